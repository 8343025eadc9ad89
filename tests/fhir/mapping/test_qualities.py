"""What a device says about its own measurement is kept, and what must not pass for a result does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gateway.devices.reading import Kind, Name, Quality, Unit
from gateway.fhir import json
from gateway.fhir.codes import BITS
from tests.fhir.mapping.readings import observed, reading, said

SYSTOLIC = (Name.SYSTOLIC, "132", Unit.MMHG)
DIASTOLIC = (Name.DIASTOLIC, "81", Unit.MMHG)
WEIGHT = (Name.WEIGHT, "72.50", Unit.KILOGRAM)


@pytest.mark.parametrize(
    ("quality", "status", "interpretation"),
    [
        (Quality.EARLY_ESTIMATE, "preliminary", "early-indication"),
        (Quality.ONGOING, "preliminary", "msmt-ongoing"),
        (Quality.CALIBRATING, "preliminary", "calibration-ongoing"),
        (Quality.QUESTIONABLE, "final", "questionable"),
        (Quality.VALIDATED, "final", "validated-data"),
        (Quality.FULLY_QUALIFIED, "final", "validated-data"),
    ],
)
def test_a_measurement_status_is_status_and_interpretation(quality: Quality, status: str, interpretation: str) -> None:
    resource = observed(reading(Kind.BODY_WEIGHT, WEIGHT, qualities=frozenset({quality})))
    assert resource["status"] == status
    assert said(resource, "interpretation.0.coding.0.code") == interpretation
    assert said(resource, "valueQuantity.value") == Decimal("72.50")


@pytest.mark.parametrize(
    ("quality", "status", "reason"),
    [(Quality.INVALID, "entered-in-error", "error"), (Quality.UNAVAILABLE, "cancelled", "not-performed")],
)
def test_a_measurement_without_worth_has_no_number(quality: Quality, status: str, reason: str) -> None:
    for what in (
        reading(Kind.BODY_WEIGHT, WEIGHT, qualities=frozenset({quality})),
        reading(Kind.BLOOD_PRESSURE, SYSTOLIC, DIASTOLIC, qualities=frozenset({quality})),
    ):
        resource = observed(what)
        assert resource["status"] == status
        assert reason in json.dumps(resource).decode()
        assert b"valueQuantity" not in json.dumps(resource)


@pytest.mark.parametrize("quality", [Quality.DEMONSTRATION, Quality.TESTING])
def test_test_data_are_labelled_and_never_final(quality: Quality) -> None:
    resource = observed(reading(Kind.BODY_WEIGHT, WEIGHT, qualities=frozenset({quality})))
    assert said(resource, "meta.security.0.code") == "HTEST"
    assert resource["status"] == "preliminary"


def test_the_worst_of_several_statuses_counts() -> None:
    both = frozenset({Quality.EARLY_ESTIMATE, Quality.INVALID, Quality.VALIDATED})
    assert observed(reading(Kind.BODY_WEIGHT, WEIGHT, qualities=both))["status"] == "entered-in-error"


@pytest.mark.parametrize("quality", BITS)
def test_a_devices_remark_is_a_component_that_says_true(quality: Quality) -> None:
    resource = observed(reading(Kind.BLOOD_PRESSURE, SYSTOLIC, DIASTOLIC, qualities=frozenset({quality})))
    remark = resource["component"][-1]
    assert remark["valueBoolean"] is True
    assert remark["code"]["text"]
    assert resource["status"] == "final"
