"""What is stored without asking the library of models is what the library would have accepted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.devices.reading import DeviceIdentity, Kind, Name, Unit
from gateway.errors import Invalid
from gateway.fhir import json
from gateway.fhir.device import phd_device
from gateway.fhir.structure import Walk, contained_ids, model_of
from tests.fhir.mapping.profile import DATA
from tests.fhir.mapping.readings import READINGS, observed, reading

Resource = dict[str, Any]

PRESSURE = observed(reading(Kind.BLOOD_PRESSURE, (Name.SYSTOLIC, "132", Unit.MMHG), (Name.DIASTOLIC, "81", Unit.MMHG)))
CUFF = phd_device(DeviceIdentity(address="C0:FF:EE:00:00:01", manufacturer="A", model="M1", firmware="1"))
EXAMPLES = [json.loads(path.read_bytes()) for path in sorted((DATA / "examples").glob("*.json"))]
TEXTS = (
    *("2026-02-28", "2026-02-29", "2024-02-29", "2026-04-31", "2026-13-01", "2026-12-31", "1900-01-01", "0000-01-01"),
    *("2026-01-01T23:59:60Z", "2026-01-01T24:00:00Z", "2026-01-01T10:00:00", "2026-01-01T10:00:00.1234567Z"),
    *("2026-01-01T10:00:00-00:00", "2026-01-01T10:00:00+14:30", "2026-01-01T10:00:00.5+05:30", "2026-01-01t10:00:00z"),
    *("2026-01-01T10:00:00+00:00", "2026-01-01T10:00:00-13:59", "2026", "2026-01", "10:00:00", "٢٠٢٦-01-01"),
    *("a", "a b", "a  b", " a", "a ", "a\tb", "é", "\u00a0", "\u200b", "\u2028", "a\n", "a" * 65, "Patient/1"),
    *("final", "http://loinc.org", "urn:oid:1.2", "urn:uuid:1", "<div>", "==", "http://[", "1.0", "true"),
)
NUMBERS = (0, -1, 1, 10**15, 10**40, 2**31, *map(Decimal, ("0", "-0", "1E+3", "0.10", "1E-30", "1E+900")))
VALUES = (*TEXTS, *NUMBERS, True, False, None, [], {}, [None], [{}], {"text": "x"}, {"reference": "Patient/1"})


def outcome(resource: Resource) -> bool | None:
    """Return whether the walk is certain, None where it refuses."""
    walk = Walk(contained=contained_ids(resource))
    try:
        walk.resource(resource, "x")
    except Invalid:
        return None
    return walk.certain


def agrees(resource: Resource) -> None:
    """Let the library look at *resource* where the walk says that it is certain to accept it; it raises if not."""
    if outcome(resource):
        model = model_of(resource["resourceType"])
        assert model is not None
        model.model_validate(resource)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a JSON value as its container and its name or number there."""
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, name
        yield from places(value[name])


@pytest.mark.parametrize("resource", [PRESSURE, CUFF])
def test_what_a_booth_sends_is_certain(resource: Resource) -> None:
    assert outcome(json.loads(json.dumps(resource)))


@pytest.mark.parametrize("resource", [PRESSURE, CUFF, *EXAMPLES])
def test_any_one_element_may_be_missing_or_doubled_or_another(resource: Resource) -> None:
    whole = json.loads(json.dumps(resource))
    agrees(whole)
    for number, (container, name) in itertools.islice(enumerate(list(places(whole))), 80):
        before = container[name]
        for value in itertools.islice(itertools.cycle(VALUES), number, number + 6):
            container[name] = value
            agrees(whole)
        container[name] = before
        if isinstance(container, dict):
            kept = dict(container)
            del container[name]
            agrees(whole)
            container.clear()
            container.update(kept)


@settings(max_examples=150, deadline=None)
@given(resource=READINGS.map(observed), data=st.data())
def test_readings_however_damaged_get_the_librarys_verdict(resource: Resource, data: st.DataObject) -> None:
    whole = json.loads(json.dumps(resource))
    agrees(whole)
    for _ in range(3):
        container, name = data.draw(st.sampled_from(list(places(whole))))
        container[name] = data.draw(st.sampled_from(VALUES))
        agrees(whole)
    more = data.draw(st.sampled_from(("valueString", "valueBoolean", "effectivePeriod", "_status")))
    whole[more] = data.draw(st.sampled_from(VALUES))
    agrees(whole)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["effectiveDateTime", "effectiveInstant", "issued", "status", "language", "id"])
def test_a_form_is_never_wider_than_the_librarys(name: str, text: str) -> None:
    agrees({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, name: text})


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_never_wider_than_the_librarys(number: int | Decimal) -> None:
    agrees(
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": number}}
    )
