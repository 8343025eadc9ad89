"""A report's resources keep the official definitions, and say what the report says."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import Invalid
from gateway.fhir import json
from gateway.fhir.encounter import booth_encounter
from gateway.fhir.finding import finding
from gateway.fhir.provenance import provenance, signature
from gateway.fhir.report import Paper, PaperKind, attended, composition, document, ids, practitioner
from gateway.fhir.validation import check
from tests.care.reports import DRAFT, FINDINGS, MARTIN, NOW, VISIT, report
from tests.fhir.mapping.profile import Checker

CHECKER = Checker()
R4 = "http://hl7.org/fhir/StructureDefinition/"
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
PDF = Paper(kind=PaperKind.REPORT, pdf=b"%PDF-1.7 a report")
ENCOUNTER = booth_encounter(
    id=VISIT.encounter,
    patient=f"Patient/{VISIT.patient}",
    status="in-progress",
    start=VISIT.started,
    location="Mairie de Caudry",
)


def _proof() -> dict[str, Any]:
    made = ids(VISIT.encounter)
    return provenance(
        id=made.provenance,
        targets=[f"Composition/{made.composition}"],
        physician=MARTIN,
        written=NOW,
        recorded=NOW,
        jws="a.b.c",
    )


ALL = {
    "Encounter": attended(ENCOUNTER, report()),
    "Composition": composition(report(), security=[HTEST]),
    "DocumentReference": document(report(), PDF, security=[HTEST]),
    "Practitioner": practitioner(MARTIN),
    "Provenance": _proof(),
}


@pytest.mark.parametrize("type_", ALL)
def test_each_resource_keeps_the_official_definition_of_its_type(type_: str) -> None:
    resource = ALL[type_]
    check(json.loads(json.dumps(resource)))
    assert CHECKER.known(R4 + type_)
    assert CHECKER.problems(resource, R4 + type_) == []


def test_the_composition_is_a_teleconsultation_report_attested_by_its_physician() -> None:
    made = ALL["Composition"]
    assert made["type"]["coding"] == [{"system": "http://loinc.org", "code": "85208-7"}]
    (attester,) = made["attester"]
    assert (attester["mode"], attester["party"]) == ("legal", made["author"][0])
    assert made["event"] == [{"period": {"start": "2026-11-22T12:48:00+00:00", "end": "2026-11-22T13:02:00+00:00"}}]
    assert made["encounter"]["reference"] == f"Encounter/{VISIT.encounter}"


def test_its_sections_say_what_was_typed_and_lead_to_the_readings() -> None:
    sections = {each["title"]: each for each in ALL["Composition"]["section"]}
    assert list(sections) == [
        "Motif",
        "Antécédents et allergies",
        "Examen",
        "Conclusion",
        "Conduite à tenir",
        "Ordonnance",
        "Suivi",
        "Conditions de la téléconsultation",
    ]
    assert DRAFT.conclusion in sections["Conclusion"]["text"]["div"]
    assert [each["reference"] for each in sections["Examen"]["entry"]] == [each.reference for each in FINDINGS]
    assert "148/93" in sections["Examen"]["text"]["div"]
    assert "Aucun incident technique." in sections["Conditions de la téléconsultation"]["text"]["div"]


def test_markup_that_was_typed_is_text_in_the_narrative() -> None:
    made = composition(report(draft=replace(DRAFT, reason="<script>x</script>\n& co")))
    check(made)
    assert "&lt;script&gt;x&lt;/script&gt;<br/>&amp; co" in made["section"][0]["text"]["div"]


def test_a_document_carries_its_pdf_with_size_and_hash() -> None:
    (content,) = ALL["DocumentReference"]["content"]
    attachment = content["attachment"]
    assert base64.b64decode(attachment["data"]) == PDF.pdf
    assert attachment["size"] == len(PDF.pdf)
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(PDF.pdf).digest()
    assert ALL["DocumentReference"]["contained"][0]["identifier"][0]["value"] == MARTIN.rpps
    assert ALL["DocumentReference"]["category"][0]["coding"][0]["code"] == "10"


def test_the_prescription_is_another_document_of_another_type() -> None:
    made = document(report(), Paper(kind=PaperKind.PRESCRIPTION, pdf=b"%PDF-1.7"))
    assert CHECKER.problems(made, R4 + "DocumentReference") == []
    assert made["type"]["coding"][0]["code"] == "57833-6"
    assert made["category"][0]["coding"][0] == {
        "system": "https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument",
        "code": "42",
        "display": "Prescription",
    }
    assert made["id"] != ALL["DocumentReference"]["id"]


def test_the_visit_keeps_what_the_booth_wrote_and_gets_its_number_physician_and_end() -> None:
    made = ALL["Encounter"]
    assert made["location"] == ENCOUNTER["location"]
    assert (made["status"], made["class"]["code"]) == ("finished", "VR")
    (number,) = made["identifier"]
    assert (number["type"]["coding"][0]["code"], number["value"]) == ("VN", f"urn:uuid:{VISIT.encounter}")
    assert made["participant"] == [{"individual": ALL["Composition"]["author"][0]}]
    assert attended(made, report()) == made


def test_ids_follow_from_the_visit() -> None:
    assert ids("a") == ids("a")
    assert len({ids("a").composition, ids("b").composition, ids("a").provenance, *ids("a").papers.values()}) == 5


def test_a_signature_comes_back_as_it_was() -> None:
    assert signature(_proof()) == "a.b.c"


BP = {
    "resourceType": "Observation",
    "id": "bp",
    "code": {"text": "Pression artérielle"},
    "effectiveDateTime": "2026-11-22T13:40:00+01:00",
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": "mmHg"},
        }
        for code, value in (("8478-0", Decimal(101)), ("8480-6", Decimal(132)), ("8462-4", Decimal("81.0")))
    ],
}


@pytest.mark.parametrize(
    ("observation", "value"),
    [
        (BP, "132/81,0\u00a0mmHg"),
        ({**BP, "component": [], "valueQuantity": {"value": Decimal("72.40"), "unit": "kg"}}, "72,40\u00a0kg"),
        ({**BP, "component": [], "valueQuantity": {"value": 97, "code": "%"}}, "97\u00a0%"),
        ({**BP, "component": [], "valueQuantity": {"comparator": "<", "value": 40, "unit": "mg"}}, "<40\u00a0mg"),
        ({**BP, "component": [], "valueString": "négatif"}, "négatif"),
        ({**BP, "component": []}, "—"),
    ],
)
def test_a_reading_is_told_with_its_own_digits(observation: dict[str, Any], value: str) -> None:
    told = finding(observation, {"manufacturer": "A&D", "modelNumber": "UA-651BLE"})
    assert (told.value, told.what, told.source) == (value, "Pression artérielle", "A&D UA-651BLE")
    assert told.at == datetime(2026, 11, 22, 12, 40, tzinfo=UTC)


def test_a_reading_that_nobody_measured_was_typed() -> None:
    assert finding(BP, None).source == "saisie à la main"


def test_a_reading_of_which_only_the_bounds_are_known_is_told_with_both() -> None:
    period = {"start": "2026-11-22T12:40:00Z", "end": "2026-11-23T08:00:00Z"}
    told = finding({**{name: BP[name] for name in BP if name != "effectiveDateTime"}, "effectivePeriod": period}, None)
    assert (told.at, told.until) == (
        datetime(2026, 11, 22, 12, 40, tzinfo=UTC),
        datetime(2026, 11, 23, 8, tzinfo=UTC),
    )


def test_a_reading_without_a_time_is_refused() -> None:
    with pytest.raises(Invalid):
        finding({**BP, "effectiveDateTime": "2026-11-22"}, None)
