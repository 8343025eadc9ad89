"""The R4 vital-signs profiles hold for what anybody sends, claimed or implied by the LOINC code."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gateway.devices.reading import Kind, Name, Unit
from gateway.errors import Invalid
from gateway.fhir.definitions import profile
from gateway.fhir.validation import check
from gateway.fhir.vital_signs import PROFILES
from tests.fhir.mapping.readings import observed, reading

Resource = dict[str, Any]

PRESSURE = observed(reading(Kind.BLOOD_PRESSURE, (Name.SYSTOLIC, "132", Unit.MMHG), (Name.DIASTOLIC, "81", Unit.MMHG)))
WEIGHT = observed(reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "72.50", Unit.KILOGRAM)))


def _changed(resource: Resource, **changes: Any) -> Resource:
    return {name: value for name, value in (resource | changes).items() if value is not None}


def _part(at: int, **changes: Any) -> list[Any]:
    parts: list[Any] = copy.deepcopy(PRESSURE["component"])
    parts[at] = _changed(parts[at], **changes)
    return parts


def _quantity(**changes: Any) -> Resource:
    return _changed(WEIGHT["valueQuantity"], **changes)


CODE_TWICE = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}] * 2}


@pytest.mark.parametrize("claimed", [True, False])
@pytest.mark.parametrize(
    ("resource", "where", "says"),
    [
        (_changed(WEIGHT, category=WEIGHT["category"][:1] * 2), "Observation.category", "at most 1 that is VSCat"),
        (_changed(WEIGHT, subject=None), "Observation.subject", "at least 1"),
        (_changed(WEIGHT, subject={"reference": "Group/1"}), "Observation.subject.reference", "Patient can"),
        (_changed(WEIGHT, effectiveDateTime=None), "Observation.effective", "at least 1"),
        (_changed(WEIGHT, effectiveDateTime="2026-11"), "Observation.effective", "vs-1"),
        (_changed(WEIGHT, valueQuantity=None), "Observation", "vs-2"),
        (_changed(WEIGHT, code=CODE_TWICE), "Observation.code.coding", "at most 1"),
        (_changed(WEIGHT, valueQuantity=None, valueString="72"), "Observation.value", "is a Quantity"),
        (_changed(WEIGHT, valueQuantity=_quantity(value=None)), "Observation.value.value", "at least 1"),
        (_changed(WEIGHT, valueQuantity=_quantity(unit=None)), "Observation.value.unit", "at least 1"),
        (_changed(WEIGHT, valueQuantity=_quantity(code=None)), "Observation.value.code", "at least 1"),
        (_changed(WEIGHT, valueQuantity=_quantity(system="http://a.b")), "Observation.value.system", "unitsofmeasure"),
        (_changed(WEIGHT, valueQuantity=_quantity(code="mm[Hg]")), "Observation.value.code", "kg"),
        (_changed(PRESSURE, component=PRESSURE["component"][:1]), "Observation.component", "at least 2"),
        (
            _changed(PRESSURE, component=PRESSURE["component"] * 2),
            "Observation.component",
            "at most 1 that is SystolicBP",
        ),
        (_changed(PRESSURE, component=_part(1, valueQuantity=None)), "Observation.component[1]", "vs-3"),
        (
            _changed(PRESSURE, component=_part(1, valueQuantity=_quantity())),
            "Observation.component[1].value.code",
            "mm[Hg]",
        ),
        (
            _changed(PRESSURE, component=_part(0, valueQuantity=_quantity(code="kPa"))),
            "Observation.component[0].value",
            "mm[Hg]",
        ),
        (_changed(PRESSURE, valueQuantity=_quantity()), "Observation.value", "at most 0"),
        (_changed(WEIGHT, component=[{"code": WEIGHT["code"], "valueString": "x"}]), "Observation", "obs-7"),
    ],
)
def test_what_is_called_a_vital_sign_keeps_its_profile_claimed_or_not(
    resource: Resource, where: str, says: str, *, claimed: bool
) -> None:
    resource = resource if claimed else _changed(resource, meta=None)
    with pytest.raises(Invalid) as caught:
        check(resource)
    assert caught.value.where == where
    assert says in caught.value.what


def test_a_claimed_profile_asks_for_its_code() -> None:
    with pytest.raises(Invalid, match="29463-7"):
        check(_changed(WEIGHT, code={"text": "Poids"}))


def test_a_body_mass_index_has_a_value() -> None:
    bmi = observed(reading(Kind.BODY_MASS_INDEX, (Name.BMI, "23.7", Unit.KILOGRAM_PER_SQUARE_METRE)))
    with pytest.raises(Invalid, match="has at least 1"):
        check(_changed(bmi, valueQuantity=None, dataAbsentReason={"text": "x"}))


def test_a_panel_has_members() -> None:
    panel = _changed(
        WEIGHT, code={"coding": [{"system": "http://loinc.org", "code": "85353-1"}]}, valueQuantity=None, meta=None
    )
    with pytest.raises(Invalid, match="vs-2"):
        check(panel)
    check(_changed(panel, hasMember=[{"reference": "Observation/1"}]))


@pytest.mark.parametrize(
    "resource",
    [
        _changed(WEIGHT, valueQuantity=None, dataAbsentReason={"text": "refusé"}),
        _changed(WEIGHT, effectiveDateTime=None, effectivePeriod={"start": "2026-11-22"}),
        _changed(WEIGHT, subject={"reference": "https://other.example/fhir/Patient/1"}),
        _changed(WEIGHT, subject={"reference": "urn:uuid:0b5f2c1e-6a43-4a57-9d0b-2d1f3a5c7e90"}),
        _changed(WEIGHT, subject={"identifier": {"system": "urn:oid:1.2.3", "value": "x"}}),
    ],
)
def test_what_the_profiles_allow_is_accepted(resource: Resource) -> None:
    check(resource)


def test_the_codes_that_stand_for_profiles_are_those_that_the_profiles_fix() -> None:
    for code, name in PROFILES.items():
        node = profile(f"http://hl7.org/fhir/StructureDefinition/{name}")
        assert node is not None
        fixed = {each.parts["code"].fixed for each in node.parts["code"].parts["coding"].slices.values()}
        assert fixed == {code}


def test_a_claimed_profile_needs_its_category() -> None:
    with pytest.raises(Invalid) as caught:
        check(_changed(WEIGHT, category=WEIGHT["category"][1:]))
    assert caught.value.where == "Observation.category"


def test_a_code_alone_implies_no_profile() -> None:
    check(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "valueQuantity": {"value": 72, "unit": "bpm"},
        }
    )
