"""Every kind of search parameter and every modifier, on both engines; what is expected is R4's own words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.store.endpoint import LOINC, Endpoint, heart_rate

UCUM = "http://unitsofmeasure.org"
FRENCH_LOINC = "https://mos.esante.gouv.fr/NOS/TRE_A04-Loinc/FHIR/TRE-A04-Loinc"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def quantity(value: str, code: str, unit: str | None = None) -> dict[str, Any]:
    return {"value": Decimal(value), "unit": unit or code, "system": UCUM, "code": code}


def observation(id_: str, code: str, **more: Any) -> dict[str, Any]:
    whole = heart_rate(id=id_, **more)
    del whole["valueQuantity"]
    return whole | {"code": {"coding": [{"system": LOINC, "code": code}]}, "category": [{"text": "Autre"}], **more}


def pressure(id_: str, systolic: str, diastolic: str) -> dict[str, Any]:
    def component(code: str, value: str) -> dict[str, Any]:
        return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity(value, "mm[Hg]")}

    return observation(id_, "85354-9", component=[component("8480-6", systolic), component("8462-4", diastolic)])


RESOURCES: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"tag": [{"system": "urn:tags", "code": "pilot"}], "profile": ["http://example.org/a-patient"]},
        "active": True,
        "name": [{"family": "Dupont-Lefèvre", "given": ["Marcelle"]}, {"text": "Mémé"}],
        "telecom": [{"system": "email", "value": "m@example.org"}, {"system": "phone", "value": "0327"}],
        "birthDate": "1948-03-05",
        "address": [{"line": ["3 rue de l’Église"], "city": "Caudry", "postalCode": "59540", "use": "home"}],
        "identifier": [{"system": "urn:ins", "value": "248", "type": {"coding": [{"system": V2_0203, "code": "NH"}]}}],
        "generalPractitioner": [{"reference": "Practitioner/g1"}],
        "managingOrganization": {"identifier": {"system": "urn:finess", "value": "59"}},
    },
    {
        "resourceType": "Patient",
        "id": "p2",
        "name": [{"family": "Dupond"}],
        "deceasedDateTime": "2026-01-15",
        "identifier": [{"system": "urn:ins", "value": "249"}],
    },
    {"resourceType": "Practitioner", "id": "g1", "name": [{"family": "Martin", "text": "Dr Anne Martin"}]},
    heart_rate(id="pulse", value="72.0", at="2026-11-22T10:00:00Z"),
    heart_rate(id="fast", value="131", at="2026-11-23T10:00:00Z"),
    observation("warm", "8310-5", valueQuantity=quantity("38.5", "Cel")),
    observation("warm-us", "8310-5", valueQuantity=quantity("101.3", "[degF]")),
    observation("low", "8310-5", valueQuantity=quantity("35.0", "Cel") | {"comparator": "<"}),
    observation("sugar", "2345-7", valueQuantity={"value": Decimal("1.2"), "unit": "barres"}),
    observation("word", "1-1", valueString="Très essoufflée ce matin"),
    observation("when", "1-2", valueDateTime="2026-10", status="amended"),
    observation(
        "said", "1-3", valueCodeableConcept={"coding": [{"system": "urn:s", "code": "yes", "display": "Oui, souvent"}]}
    ),
    pressure("high", "165", "80"),
    pressure("odd", "120", "165"),
    observation("french", "x")
    | {"code": {"coding": [{"system": FRENCH_LOINC, "code": "4548-4"}], "text": "Hémoglobine glyquée"}},
    {
        "resourceType": "RiskAssessment",
        "id": "risk",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "prediction": [{"probabilityDecimal": Decimal("0.70")}],
    },
    {
        "resourceType": "Questionnaire",
        "id": "q",
        "status": "active",
        "url": "https://example.org/q",
        "title": "Questions du matin",
    },
    {
        "resourceType": "QuestionnaireResponse",
        "id": "qr",
        "status": "completed",
        "questionnaire": "https://example.org/q|2",
        "subject": {"reference": "Patient/p1"},
    },
]

FOUND = [
    # token
    ("Observation?code=http://loinc.org|8310-5", "low warm warm-us"),
    (f"Observation?code={FRENCH_LOINC}|8310-5", "low warm warm-us"),
    (f"Observation?code={LOINC}|4548-4", "french"),
    (f"Observation?code={FRENCH_LOINC}|4548-4", "french"),
    ("Observation?code:text=hemoglobine", "french"),
    ("Observation?code:text=glyquee HEMOGLOBINE", "french"),
    ("Observation?code:text=hemoglobine rare", ""),
    ("Observation?code:text=heart", "fast pulse"),
    ("Observation?value-concept:text=souvent", "said"),
    ("Observation?code:not=8867-4,8310-5,85354-9", "french said sugar when word"),
    ("Observation?status:not=final", "when"),
    (
        "Observation?code:in=http://hl7.org/fhir/ValueSet/observation-vitalsignresult",
        "fast high low odd pulse warm warm-us",
    ),
    ("Observation?code:not-in=http://hl7.org/fhir/ValueSet/observation-vitalsignresult", "french said sugar when word"),
    ("Observation?value-concept=urn:s|", "said"),
    ("Observation?value-concept=urn:t|", ""),
    ("Patient?identifier=urn:ins|", "p1 p2"),
    (f"Patient?identifier:of-type={V2_0203}|NH|248", "p1"),
    (f"Patient?identifier:of-type={V2_0203}|NH|249", ""),
    ("Patient?active=true", "p1"),
    ("Patient?active:missing=true", "p2"),
    ("Patient?deceased=true", "p2"),
    ("Patient?deceased=false", "p1"),
    ("Patient?email=m@example.org", "p1"),
    ("Patient?phone=m@example.org", ""),
    ("Patient?telecom=phone|0327", "p1"),
    ("Patient?address-use=home", "p1"),
    ("Patient?_tag=urn:tags|pilot", "p1"),
    ("Patient?_tag:not=pilot", "p2"),
    ("Patient?_profile=http://example.org/a-patient", "p1"),
    ("Patient?_id:not=p1", "p2"),
    # string
    ("Patient?family=dupont-lef", "p1"),
    ("Patient?family=DUPONT", "p1"),
    ("Patient?family=dupon", "p1 p2"),
    ("Patient?family=pont", ""),
    ("Patient?family:contains=pont-lefevre", "p1"),
    ("Patient?family:contains=PON", "p1 p2"),
    ("Patient?family:contains=ponlef", ""),
    ("Patient?family:exact=Dupond", "p2"),
    ("Patient?family:exact=dupond", ""),
    ("Patient?name:contains=rcell", "p1"),
    ("Patient?name=meme", "p1"),
    ("Patient?phonetic=dupon", "p1 p2"),
    ("Patient?phonetic=marsel", "p1"),
    ("Patient?address=caudry", "p1"),
    ("Patient?address:contains=eglise", "p1"),
    ("Patient?address-postalcode=595", "p1"),
    ("Patient?given:missing=true", "p2"),
    ("Observation?value-string=tres essoufflee", "word"),
    ("Observation?value-string:contains=ce mat", "word"),
    ("Observation?code-value-string=1-1$tres esso", "word"),
    ("Observation?code-value-string=1-2$tres esso", ""),
    # number and quantity
    ("RiskAssessment?probability=0.7", "risk"),
    ("RiskAssessment?probability=gt0.7", ""),
    ("RiskAssessment?probability=ge0.70", "risk"),
    ("RiskAssessment?probability=ap0.65", "risk"),
    ("Observation?value-quantity=72", "pulse"),
    ("Observation?value-quantity=72.0||/min", "pulse"),
    ("Observation?value-quantity=71.6||/min", ""),
    ("Observation?value-quantity=gt72", "fast warm-us"),
    ("Observation?value-quantity=ge72||/min", "fast pulse"),
    ("Observation?value-quantity=lt100||/min", "pulse"),
    ("Observation?value-quantity=1.2||barres", "sugar"),
    ("Observation?value-quantity=1.2||tartines", ""),
    ("Observation?value-quantity=1.2|http://unitsofmeasure.org|barres", ""),
    ("Observation?value-quantity=38.5||Cel", "warm warm-us"),
    ("Observation?value-quantity=101.3|http://unitsofmeasure.org|[degF]", "warm warm-us"),
    ("Observation?value-quantity=gt38||Cel", "warm warm-us"),
    ("Observation?value-quantity=sa38||Cel", "warm warm-us"),
    ("Observation?value-quantity=lt36||Cel", "low"),
    ("Observation?value-quantity=eb35||Cel", ""),
    ("Observation?value-quantity=ap120||/min", "fast"),
    ("Observation?value-quantity=ne72||/min", "fast"),
    ("Observation?code=8310-5&value-quantity=ge311.65||K", "warm warm-us"),
    ("Observation?value-quantity:missing=false&code=2345-7,1-1", "sugar"),
    ("Observation?combo-value-quantity=165||mm[Hg]", "high odd"),
    ("Observation?component-value-quantity=gt21.9||kPa", "high odd"),
    # composite
    ("Observation?component-code-value-quantity=8480-6$gt160", "high"),
    (f"Observation?component-code-value-quantity={LOINC}|8462-4$gt160||mm[Hg]", "odd"),
    ("Observation?component-code-value-quantity=8480-6$gt160,8462-4$gt160", "high odd"),
    ("Observation?combo-code-value-quantity=8480-6$ge160", "high"),
    ("Observation?combo-code-value-quantity=8867-4$gt130||/min", "fast"),
    ("Observation?code-value-quantity=8867-4$gt130", "fast"),
    ("Observation?code-value-quantity=8310-5$gt100||/min", ""),
    ("Observation?code-value-concept=1-3$urn:s|yes", "said"),
    ("Observation?code-value-concept=1-3$urn:s|no", ""),
    ("Observation?code-value-date=1-2$2026", "when"),
    ("Observation?code-value-date=1-2$2026-11", ""),
    # date
    ("Observation?value-date=2026-10", "when"),
    ("Observation?value-date=lt2026-10", ""),
    ("Observation?value-date:missing=false", "when"),
    ("Patient?death-date=2026-01", "p2"),
    ("Patient?birthdate:missing=true", "p2"),
    ("Patient?birthdate=1948-03", "p1"),
    # uri and reference
    ("Questionnaire?url=https://example.org/q", "q"),
    ("Questionnaire?url=https://example.org/", ""),
    ("QuestionnaireResponse?questionnaire=https://example.org/q", "qr"),
    ("QuestionnaireResponse?questionnaire=https://example.org/q|2", "qr"),
    ("QuestionnaireResponse?questionnaire=https://example.org/q|3", ""),
    ("Patient?organization:identifier=urn:finess|59", "p1"),
    ("Patient?organization:missing=false", "p1"),
    ("Patient?general-practitioner=Practitioner/g1", "p1"),
    ("Patient?general-practitioner:Practitioner=g1", "p1"),
    ("Observation?subject:missing=true", ""),
    ("Observation?encounter:missing=false", ""),
    # order
    ("Observation?code=8310-5&_sort=value-quantity", "low warm warm-us"),
    ("Observation?code=8867-4&_sort=-value-quantity", "fast pulse"),
    ("Observation?code=8867-4&_sort=-date,_id", "fast pulse"),
    ("Observation?code=8867-4&_sort=_id", "fast pulse"),
    ("Patient?_sort=-death-date", "p2 p1"),
    ("Patient?_sort=birthdate,_id", "p2 p1"),
]


@pytest.fixture
async def filled(endpoint: Endpoint) -> Endpoint:
    for each in RESOURCES:
        await endpoint.save(each)
    return endpoint


async def test_every_kind_of_parameter_finds_exactly_this(filled: Endpoint, subtests: pytest.Subtests) -> None:
    for url, found in FOUND:
        with subtests.test(url):
            ordered = "_sort" in url
            got = await filled.ids(url)
            assert (got if ordered else sorted(got)) == found.split()
            assert await filled.ids(url + "&_count=1") == got
            assert (await filled.bundle(url + "&_total=accurate"))["total"] == len(got)


async def test_contains_wants_three_letters_and_says_so(filled: Endpoint) -> None:
    answer = await filled.get("Patient?family:contains=po")
    assert answer.status == 400
    assert b"at least 3 letters" in answer.body


async def test_what_is_changed_is_no_longer_found_by_what_it_was(filled: Endpoint) -> None:
    await filled.save(observation("warm", "8310-5", valueQuantity=quantity("36.6", "Cel")))
    assert await filled.ids("Observation?value-quantity=gt38||Cel") == ["warm-us"]
    await filled.save({"resourceType": "Patient", "id": "p1", "name": [{"family": "Durand"}]})
    assert await filled.ids("Patient?family=dupont") == []
    assert await filled.ids("Patient?family:contains=uran") == ["p1"]
