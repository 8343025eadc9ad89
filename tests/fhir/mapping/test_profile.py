"""The checker itself: it accepts what HL7 publishes and refuses what breaks a profile."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.devices.reading import Kind, Name, Unit
from tests.fhir.mapping.profile import DATA, Checker
from tests.fhir.mapping.readings import observed, reading

CHECKER = Checker()
R4 = "http://hl7.org/fhir/StructureDefinition/"
PHD = "http://hl7.org/fhir/uv/phd/StructureDefinition/"
EXAMPLES = sorted((DATA / "examples").glob("*.json"))

Resource = dict[str, Any]


def _resources(path: Path) -> Iterator[Resource]:
    instance = json.loads(path.read_text())
    yield from (
        (entry["resource"] for entry in instance["entry"]) if instance["resourceType"] == "Bundle" else [instance]
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_keeps_its_type_and_every_profile_it_claims(path: Path) -> None:
    for resource in _resources(path):
        claimed = resource.get("meta", {}).get("profile", [])
        for url in [R4 + resource["resourceType"], *claimed]:
            if CHECKER.known(url):
                assert CHECKER.problems(resource, url) == []


def test_the_official_examples_reach_the_profiles_that_we_claim() -> None:
    claimed = {url for path in EXAMPLES for each in _resources(path) for url in each.get("meta", {}).get("profile", [])}
    ours = {"PhdNumericObservation", "PhdCompoundNumericObservation", "PhdCoincidentTimeStampObservation", "PhdDevice"}
    assert {PHD + name for name in ours | {"PhgDevice"}} <= claimed
    assert R4 + "vitalsigns" in claimed


@pytest.mark.parametrize(
    ("example", "profile"),
    [
        ("r4-Observation-blood-pressure", "bp"),
        ("r4-Observation-blood-pressure-cancel", "bp"),
        ("r4-Observation-blood-pressure-dar", "bp"),
        ("r4-Observation-satO2", "oxygensat"),
        ("r4-Observation-heart-rate", "heartrate"),
        ("r4-Observation-respiratory-rate", "resprate"),
        ("r4-Observation-body-height", "bodyheight"),
        ("r4-Observation-example", "bodyweight"),
        ("phd-compound-numeric-blood-pressure", "bp"),
    ],
)
def test_an_official_vital_sign_keeps_the_profile_of_its_code(example: str, profile: str) -> None:
    assert CHECKER.problems(json.loads((DATA / "examples" / f"{example}.json").read_text()), R4 + profile) == []


def test_the_guides_supplemental_types_break_only_the_units_of_a_vital_signs_component() -> None:
    # R4 binds component.value[x] to units; the guide puts MDC codes there. We send no supplemental types.
    spot = json.loads((DATA / "examples" / "phd-numeric-spotnumeric.json").read_text())
    (problem,) = CHECKER.problems(spot, R4 + "heartrate")
    assert "ucum-vitals-common" in problem


PRESSURE = observed(
    reading(
        Kind.BLOOD_PRESSURE,
        (Name.SYSTOLIC, "132", Unit.MMHG),
        (Name.DIASTOLIC, "81", Unit.MMHG),
        (Name.MEAN, "98", Unit.MMHG),
    )
)
WEIGHT = observed(reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "72.50", Unit.KILOGRAM)))


def _without(*path: str | int) -> Callable[[Resource], None]:
    def change(resource: Resource) -> None:
        *way, last = path
        holder: Any = resource
        for step in way:
            holder = holder[step]
        del holder[last]

    return change


def _with(value: object, *path: str | int) -> Callable[[Resource], None]:
    def change(resource: Resource) -> None:
        *way, last = path
        holder: Any = resource
        for step in way:
            holder = holder[step]
        holder[last] = value

    return change


@pytest.mark.parametrize(
    ("good", "profile", "change"),
    [
        (WEIGHT, R4 + "bodyweight", _without("status")),
        (WEIGHT, R4 + "bodyweight", _without("subject")),
        (WEIGHT, R4 + "bodyweight", _without("effectiveDateTime")),
        (WEIGHT, R4 + "bodyweight", _without("category", 0)),
        (WEIGHT, R4 + "bodyweight", _without("valueQuantity", "unit")),
        (WEIGHT, R4 + "bodyweight", _with("kPa", "valueQuantity", "code")),
        (WEIGHT, R4 + "bodyweight", _with("http://example.org", "valueQuantity", "system")),
        (WEIGHT, R4 + "bodyweight", _with("72", "valueQuantity", "value")),
        (WEIGHT, R4 + "bodyweight", _with("finished", "status")),
        (WEIGHT, R4 + "bodyweight", _with({"reference": "Group/1"}, "subject")),
        (WEIGHT, R4 + "bodyweight", _with("29463-8", "code", "coding", 0, "code")),
        (WEIGHT, R4 + "bodyweight", _with("x", "valueString")),
        (WEIGHT, R4 + "bodyweight", _with("x", "weight")),
        (WEIGHT, R4 + "bodyweight", _with([], "effectiveDateTime")),
        (WEIGHT, PHD + "PhdNumericObservation", _without("device")),
        (WEIGHT, PHD + "PhdNumericObservation", _without("extension")),
        (WEIGHT, PHD + "PhdNumericObservation", _without("category", 1)),
        (WEIGHT, PHD + "PhdNumericObservation", _without("valueQuantity", "code")),
        (WEIGHT, PHD + "PhdNumericObservation", _with(R4 + "other", "extension", 0, "url")),
        (WEIGHT, PHD + "PhdNumericObservation", _with({"reference": "Patient/1"}, "device")),
        (WEIGHT, PHD + "PhdNumericObservation", _with([{"coding": [{"code": "x"}]}], "interpretation")),
        (PRESSURE, R4 + "bp", _without("component", 0)),
        (PRESSURE, R4 + "bp", _with(PRESSURE["component"][1], "component", 2)),
        (PRESSURE, R4 + "bp", _with("85354-0", "code", "coding", 0, "code")),
        (PRESSURE, R4 + "bp", _with(WEIGHT["valueQuantity"], "valueQuantity")),
        (PRESSURE, R4 + "bp", _with("kPa", "component", 1, "valueQuantity", "code")),
        (PRESSURE, R4 + "bp", _with("kPa", "component", 2, "valueQuantity", "code")),
        (PRESSURE, R4 + "bp", _without("component", 0, "code")),
        (PRESSURE, PHD + "PhdCompoundNumericObservation", _with(WEIGHT["valueQuantity"], "valueQuantity")),
        (
            PRESSURE,
            PHD + "PhdCompoundNumericObservation",
            _with(
                {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "lost"}]},
                "dataAbsentReason",
            ),
        ),
    ],
)
def test_a_broken_observation_is_refused(good: Resource, profile: str, change: Callable[[Resource], None]) -> None:
    assert CHECKER.problems(good, profile) == []
    broken = copy.deepcopy(good)
    change(broken)
    assert CHECKER.problems(broken, profile) != []
