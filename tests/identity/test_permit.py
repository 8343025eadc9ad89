"""The gate, case by case: every role, interaction and type, with one's own, another's and nobody's resources."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.config.gateway import PersonSettings
from gateway.errors import Forbidden
from gateway.identity import Interaction, Principal, Role, Scopes, permit, restrict
from gateway.identity.principal import booth, person, program

OWN, OTHER = "own-patient", "other-patient"
TYPES = ("Patient", "Observation", "Device", "Encounter", "Consent", "Practitioner", "AuditEvent")
ELEMENT = {"Observation": "subject", "Encounter": "subject", "Consent": "patient", "Device": "patient"}

CALLERS = {
    "physician": person(subject="p", name="P", role=Role.PHYSICIAN),
    "citizen": person(subject="c", name="C", role=Role.CITIZEN, patient=OWN),
    "citizen without a record": person(subject="n", name="N", role=Role.CITIZEN),
    "booth": booth("mairie"),
    "program for all": program(client_id="a", name="A", scopes=Scopes.parse("system/*.cruds")),
    "program that reads": program(client_id="r", name="R", scopes=Scopes.parse("system/Observation.rs")),
    "program with nothing": program(client_id="0", name="0", scopes=Scopes()),
}

# What each may do, one line a type; the rest is forbidden. A small letter: on one's own record only.
ALLOWED = {
    "physician": dict.fromkeys(("Patient", "Observation", "Device", "Encounter", "Consent", "Practitioner"), "RS"),
    "citizen": {"Patient": "rs", "Observation": "crs", "Device": "rs", "Encounter": "rs", "Consent": "rs"},
    "citizen without a record": {},
    "booth": dict.fromkeys(("Patient", "Observation", "Device", "Encounter", "Consent"), "CU"),
    "program for all": dict.fromkeys(TYPES, "CRUDS"),
    "program that reads": {"Observation": "RS"},
    "program with nothing": {},
}


def resource(type_: str, patient: str | None) -> dict[str, Any]:
    if type_ == "Patient":
        return {"resourceType": type_, "id": patient or "somebody"}
    if patient is None or type_ not in ELEMENT:
        return {"resourceType": type_, "id": "x"}
    return {"resourceType": type_, "id": "x", ELEMENT[type_]: {"reference": f"Patient/{patient}"}}


def allowed(caller: Principal, interaction: Interaction, type_: str, thing: dict[str, Any] | None) -> bool:
    try:
        permit(caller, interaction, type_, resource=thing)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("interaction", Interaction, ids=lambda i: i.name.lower())
@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("name", CALLERS)
def test_each_may_do_what_the_table_says_and_nothing_else(name: str, type_: str, interaction: Interaction) -> None:
    letters, letter = ALLOWED[name].get(type_, ""), interaction.value
    everyone, own = letter.upper() in letters, letter in letters
    caller = CALLERS[name]
    assert allowed(caller, interaction, type_, None) == (everyone or own)
    assert allowed(caller, interaction, type_, resource(type_, OWN)) == (everyone or own)
    assert allowed(caller, interaction, type_, resource(type_, OTHER)) == everyone
    readable = type_ == "Device" and interaction is Interaction.READ and own
    assert allowed(caller, interaction, type_, resource(type_, None)) == (everyone or readable)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("name", CALLERS)
def test_a_search_shows_everybody_s_or_only_one_s_own(name: str, type_: str) -> None:
    letters = ALLOWED[name].get(type_, "")
    if "S" in letters:
        assert restrict(CALLERS[name], type_) is None
    elif "s" in letters:
        assert restrict(CALLERS[name], type_) == OWN
    else:
        with pytest.raises(Forbidden):
            restrict(CALLERS[name], type_)


@pytest.mark.parametrize(
    "subject",
    [
        None,
        "Patient/own-patient",
        [{"reference": f"Patient/{OWN}"}],
        {"reference": None},
        {"reference": 7},
        {"reference": OWN},
        {"reference": f"Patient/{OWN}/"},
        {"reference": f" Patient/{OWN}"},
        {"reference": f"Patient/{OWN}\n"},
        {"reference": f"Patient/{OWN}x"},
        {"reference": f"Group/{OWN}"},
        {"reference": f"https://elsewhere.example/fhir/Patient/{OWN}"},
        {"reference": f"Patient/{OTHER}?x=Patient/{OWN}"},
        {"identifier": {"value": OWN}},
        {"display": f"Patient/{OWN}"},
    ],
    ids=repr,
)
def test_what_does_not_plainly_refer_to_one_s_own_record_is_not_in_it(subject: object) -> None:
    thing = {"resourceType": "Observation", "id": "x", "subject": subject}
    assert not allowed(CALLERS["citizen"], Interaction.READ, "Observation", thing)


def test_a_reference_to_a_version_of_one_s_record_is_in_it() -> None:
    thing = {"resourceType": "Observation", "subject": {"reference": f"Patient/{OWN}/_history/3"}}
    assert allowed(CALLERS["citizen"], Interaction.READ, "Observation", thing)


def test_a_resource_of_another_type_than_was_asked_for_opens_nothing() -> None:
    assert not allowed(CALLERS["citizen"], Interaction.READ, "Observation", {"resourceType": "Patient", "id": OWN})


def test_the_wider_of_two_contexts_counts() -> None:
    both = program(client_id="b", name="B", scopes=Scopes.parse("patient/Observation.rs system/Observation.r"))
    assert allowed(both, Interaction.READ, "Observation", resource("Observation", OTHER))
    assert not allowed(both, Interaction.SEARCH, "Observation", None)


def test_the_roles_of_the_settings_are_those_of_the_gate() -> None:
    for role in Role:
        patient = OWN if role is Role.CITIZEN else None
        assert PersonSettings(id="x", name="X", role=role.value, patient=patient).role == role.value
