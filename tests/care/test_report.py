"""What keeps a report from being signed, told by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.care.report import REQUIRED, Draft, Flaw, Gap, Identity, Medicine, Physician, gaps
from tests.care.reports import DRAFT, MARCELLE, MARTIN

TODAY = date(2026, 11, 22)


def _gaps(draft: Draft = DRAFT, *, physician: Physician = MARTIN, patient: Identity = MARCELLE) -> dict[str, Flaw]:
    return {each.field: each.flaw for each in gaps(draft, physician=physician, patient=patient, today=TODAY)}


def test_a_whole_draft_can_be_signed() -> None:
    assert _gaps() == {}


def test_an_empty_draft_is_told_all_that_is_missing_in_the_order_of_the_form() -> None:
    found = gaps(Draft(), physician=MARTIN, patient=MARCELLE, today=TODAY)
    expected = [*REQUIRED, "examination", "present"]
    assert found == tuple(Gap(field=field, flaw=Flaw.MISSING) for field in expected)


@pytest.mark.parametrize("field", REQUIRED)
def test_spaces_are_no_text(field: str) -> None:
    changed: dict[str, Any] = {field: " \n "}
    assert _gaps(replace(DRAFT, **changed)) == {field: Flaw.MISSING}


def test_readings_alone_are_an_examination_and_so_is_a_text_alone() -> None:
    assert _gaps(replace(DRAFT, examination="")) == {}
    assert _gaps(replace(DRAFT, readings=())) == {}
    assert _gaps(replace(DRAFT, readings=(), examination="")) == {"examination": Flaw.MISSING}


def test_each_medicine_has_its_four_parts() -> None:
    half = replace(DRAFT, prescription=(*DRAFT.prescription, Medicine(name="Ibuprofène")))
    assert _gaps(half) == {f"prescription[2].{part}": Flaw.MISSING for part in ("dose", "frequency", "duration")}


def test_an_ordonnance_needs_a_named_patient_with_sex_and_birth_date_and_a_report_does_not() -> None:
    missing = {f"identity.{part}": Flaw.MISSING for part in ("family", "given", "birth_date", "gender")}
    assert _gaps(patient=Identity()) == missing
    assert _gaps(replace(DRAFT, prescription=()), patient=Identity()) == {}


def test_an_ordonnance_needs_the_practice_of_the_prescriber() -> None:
    bare = Physician(id="p", name="Dr Roy", rpps="10001234567")
    fields = ("physician.title", "physician.address", "physician.phone")
    assert _gaps(physician=bare) == dict.fromkeys(fields, Flaw.MISSING)


def test_nobody_signs_without_a_national_number() -> None:
    assert _gaps(physician=replace(MARTIN, rpps="1")) == {"physician.rpps": Flaw.MISSING}


@pytest.mark.parametrize(
    ("changed", "field", "flaw"),
    [
        ({"conclusion": "x" * 4001}, "conclusion", Flaw.TOO_LONG),
        ({"plan": "a\x00b"}, "plan", Flaw.UNREADABLE),
        ({"plan": "a\ud800b"}, "plan", Flaw.UNREADABLE),
        ({"present": ("",)}, "present[0]", Flaw.MISSING),
        ({"present": ("x",) * 7}, "present", Flaw.TOO_MANY),
        ({"readings": ("Observation/1",) * 61}, "readings", Flaw.TOO_MANY),
        ({"prescription": DRAFT.prescription * 11}, "prescription", Flaw.TOO_MANY),
        ({"identity": Identity(birth_date="2027-01-01")}, "identity.birth_date", Flaw.UNREADABLE),
        ({"identity": Identity(birth_date="05/01/1942")}, "identity.birth_date", Flaw.UNREADABLE),
        ({"identity": Identity(birth_date="1842-01-05")}, "identity.birth_date", Flaw.UNREADABLE),
    ],
)
def test_what_cannot_be_printed_is_told(changed: dict[str, Any], field: str, flaw: Flaw) -> None:
    assert _gaps(replace(DRAFT, **changed)) == {field: flaw}
