"""Who somebody is: traits, numbers and their keys, what qualifies an identity, and codes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booth_client.attribution import Visit
from booth_client.identity import Misread, Person
from booth_client.identity.datamatrix import HEADER, datamatrix
from booth_client.identity.matricule import Authority, Matricule, fits, matricule_of
from booth_client.identity.status import TRANSITIONS, ForbiddenStep, Proof, Status, Step, advance
from booth_client.identity.traits import Sex, traits_of
from booth_client.letters import Booth, opening
from gateway.fhir.ins import key_of
from gateway.fhir.json import dumps
from gateway.fhir.validation import check
from tests.peers.marcelle import CODE, MARCELLE, NUMBER, TODAY, TRAITS

VISIT = Visit(
    id="8d0f4f5e-0000-4000-8000-000000000001",
    patient_id="8d0f4f5e-0000-4000-9000-000000000001",
    started=datetime(2026, 3, 3, tzinfo=UTC),
    consented=True,
)
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Cabine",
    location="Mairie",
    software_version="0",
    system_id="0011223344556677",
)


def test_a_name_is_written_as_the_register_writes_it() -> None:
    said = MARCELLE | {"birth_name": " d’Œuvre-Lefèvre ", "given_names": "Zoë  Anne-Sophie"}
    traits = traits_of(said, today=TODAY)
    assert (traits.birth_name, traits.given_names) == ("D'OEUVRE-LEFEVRE", ("ZOE", "ANNE-SOPHIE"))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("birth_name", ""),
        ("birth_name", "D<b>"),
        ("birth_name", "X" * 101),
        ("given_names", ""),
        ("given_names", "Marie 2"),
        ("sex", "unknown"),
        ("born", "1942-02-30"),
        ("born", "2026-11-23"),
        ("born", "1890-01-01"),
        ("birth_place", "59 999"),
        ("birth_place", "2C001"),
    ],
)
def test_what_is_no_trait_is_told_by_its_field(field: str, text: str) -> None:
    with pytest.raises(Misread) as wrong:
        traits_of(MARCELLE | {field: text}, today=TODAY)
    assert wrong.value.field == field


def test_the_key_holds_also_in_corsica_and_only_where_the_number_means_somebody() -> None:
    assert key_of("2551499999999") == f"{97 - 2551499999999 % 97:02}"
    assert key_of("180012A123456") == f"{97 - 1800119123456 % 97:02}"
    assert key_of("180012B123456") == f"{97 - 1800118123456 % 97:02}"
    good = "255149999999" + "9" + key_of("2551499999999")
    assert matricule_of(good, Authority.NIR, test=False).value == good
    wrong = good[:13] + f"{(int(good[13:]) + 1) % 97:02}"
    with pytest.raises(Misread):
        matricule_of(wrong, Authority.NIR, test=False)
    assert matricule_of("123456789012244", Authority.TEST, test=True)  # the official example, whose key does not hold


@pytest.mark.parametrize("authority", Authority)
@pytest.mark.parametrize("test", [False, True])
def test_invented_numbers_are_refused_where_patients_are_real_and_real_ones_in_a_demonstration(
    authority: Authority, *, test: bool
) -> None:
    number = "242015999900150"[:13] + key_of("2420159999001")
    if authority.real is not test:
        assert matricule_of(number, authority, test=test).authority is authority
    else:
        with pytest.raises(Misread):
            matricule_of(number, authority, test=test)


def test_a_number_of_somebody_else_does_not_fit() -> None:
    number = Matricule(value="2420159999001" + key_of("2420159999001"), authority=Authority.NIR)
    assert fits(number, TRAITS)
    assert not fits(number, replace(TRAITS, sex=Sex.MALE))
    assert not fits(number, replace(TRAITS, born=date(1943, 1, 5)))


@pytest.mark.parametrize(("status", "step"), list(itertools.product(Status, Step)))
def test_only_the_two_proofs_together_qualify_and_nothing_else_moves(status: Status, step: Step) -> None:
    if (status, step) in TRANSITIONS:
        assert advance(status, step) is TRANSITIONS[status, step]
    else:
        with pytest.raises(ForbiddenStep):
            advance(status, step)
    to_qualified = {each for each, after in TRANSITIONS.items() if after is Status.QUALIFIED}
    assert to_qualified == {(Status.RETRIEVED, Step.PROVED), (Status.VALIDATED, Step.ANSWERED)}


@pytest.mark.parametrize("status", Status)
def test_nothing_leaves_the_booth_under_an_ins_number_unless_the_identity_is_qualified(status: Status) -> None:
    person = Person(traits=TRAITS, matricule=matricule_of(*NUMBER.values(), test=True), status=status, invented=True)
    resources = opening(VISIT, BOOTH, (), person.resource(VISIT.patient_id))
    for each in resources:
        check(each)
    said = b"".join(dumps(each) for each in resources)
    assert (NUMBER["matricule"].encode() in said) is (status is Status.QUALIFIED)
    patient = next(each for each in resources if each["resourceType"] == "Patient")
    assert ("identifier" in patient) is (status is Status.QUALIFIED)
    coded = patient["extension"][0]["extension"][0]["valueCoding"]["code"]
    assert coded == status.value
    assert patient["name"][0]["given"] == ["MARCELLE"]
    assert patient["name"][0]["extension"][0]["valueString"] == "MARCELLE ANNE-SOPHIE"
    assert patient["meta"]["security"][0]["code"] == "HTEST"


def test_a_datamatrix_names_somebody_whom_nobody_has_proved() -> None:
    person = datamatrix(CODE, test=True, today=TODAY)
    assert person.traits == TRAITS
    assert person.matricule == Matricule(value="242015999900150", authority=Authority.TEST)
    assert person.status is Status.PROVISIONAL
    known = person.known(TODAY)
    assert (known.name, known.age) == ("Marcelle D.", 84)
    full = f"{HEADER}S1242015999900150S2{Authority.TEST}S3{'A' * 100}S4{'B' * 100}S5FS605-01-1942S759999"
    assert datamatrix(full, test=True, today=TODAY).traits.birth_name == "B" * 100


@pytest.mark.parametrize(
    "text",
    [
        "IS02" + CODE[4:],
        CODE.replace("S5F", "S5X"),
        CODE.replace("05-01-1942", "1942-01-05"),
        CODE.replace("S759999", ""),
        CODE + "S759999",
        CODE.replace("S759999", "S8x"),
        CODE.replace(str(Authority.TEST), "1.2.3"),
        CODE.replace("242015999900150", "24201599990015"),
    ],
)
def test_a_code_that_is_not_whole_names_nobody(text: str) -> None:
    with pytest.raises(Misread):
        datamatrix(text, test=True, today=TODAY)
    with pytest.raises(Misread):
        datamatrix(CODE, test=False, today=TODAY)


@given(st.text(max_size=120))
def test_no_code_breaks_the_booth(text: str) -> None:
    for each in (text, HEADER + text):
        with pytest.raises(Misread):
            datamatrix(each, test=True, today=TODAY)


def test_a_proof_of_high_trust_validates_and_the_carte_vitale_is_none() -> None:
    person = Person(traits=TRAITS)
    assert person.proved(Proof.PASSPORT).status is Status.VALIDATED
    assert not {each for each in Proof if "vital" in each}
    with pytest.raises(ForbiddenStep):
        person.proved(Proof.PASSPORT).proved(Proof.IDENTITY_CARD)
