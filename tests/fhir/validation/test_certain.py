"""The short way against the long one: what is certain to be right, every check finds right."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given, settings

from gateway.errors import Problem
from gateway.fhir.certain import certain
from gateway.fhir.definitions import profile
from gateway.fhir.json import dumps, loads
from gateway.fhir.validation import examine, profiles_that_hold
from tests.fhir.instances import instances, resource
from tests.fhir.mapping.readings import READINGS, observed
from tests.peers.village import devices, visits

Resource = dict[str, Any]
NAMES: Final = sorted(instances())
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 7, 2**40, 10**16, Decimal("1.50"), Decimal("1E+2000"), "", " ", "\u00a0", "\n", "x",
    "x y", " x", "x\ty", "\x7f", "é", "javascript:alert(1)", "#x", "#", "Patient/1", "Patient/ä", "Nothing/1",
    "Patient/1/_history/2",
    "http://example.org/a b", "urn:uuid:7", "2026-02-30", "2026-05", "2026-05-01T10:00:00", "2026-05-01T10:00:00+02:00",
    "final", "vital-signs", "8867-4", "mm[Hg]", "http://loinc.org", "http://unitsofmeasure.org", [], {}, [None], ["x"],
    [{}], {"a": 1}, {"reference": "Patient/1"}, {"value": 1}, {"code": "x", "system": "http://loinc.org"},
    {"text": "x"},
    [{"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}],
)  # fmt: skip
"""What may stand where it should not, and what may not stand where it does."""


def is_certain(whole: Resource) -> bool:
    return certain(whole, lambda: profiles_that_hold(whole))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    for name in [*value] if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, name
        yield from places(value[name])


def damage(whole: Resource, chosen: random.Random) -> None:
    """Change one thing: take it away, put something odd or something from elsewhere there, give it twice, rename it."""
    found = [*places(whole)]
    container, at = chosen.choice(found)
    other, elsewhere = chosen.choice(found)
    match chosen.randrange(6):
        case 0:
            del container[at]
        case 1 | 2:
            container[at] = copy.deepcopy(chosen.choice(ODD))
        case 3:
            container[at] = copy.deepcopy(other[elsewhere])
        case 4 if isinstance(container, list):
            container.append(copy.deepcopy(container[at]))
        case _ if isinstance(container, dict):
            name = chosen.choice([f"_{at}", str(elsewhere), "valueString", "extension", "id"])
            container[name] = container.pop(at)
        case _:
            container.clear()


def agree(whole: Resource) -> None:
    """Fail where the short way says yes and the long one no."""
    if is_certain(whole):
        try:
            examine(whole)
        except Problem as problem:
            pytest.fail(f"{problem} ({problem.where}) in {dumps(whole)[:2000]!r}")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_certain_in_a_damaged_official_instance_every_check_finds_right(name: str) -> None:
    chosen = random.Random(name)
    for _ in range(60):
        whole = loads(instances()[name])
        for _ in range(chosen.choice((1, 1, 1, 2, 3))):
            damage(whole, chosen)
        if isinstance(whole.get("resourceType"), str):
            agree(whole)


@settings(max_examples=150, deadline=None)
@given(READINGS)
def test_what_our_own_devices_say_takes_the_short_way(what: Any) -> None:
    whole = loads(dumps(observed(what)))
    examine(whole)
    assert is_certain(whole) or "valueSampledData" in whole, dumps(whole)


def test_what_our_own_devices_say_damaged_is_certain_only_where_every_check_finds_it_right() -> None:
    chosen, sent = random.Random(5), [*devices(), *visits(datetime(2026, 5, 1, 10, tzinfo=UTC))]
    certain_ones = 0
    for _ in range(6000):
        whole = loads(dumps(chosen.choice(sent)))
        damage(whole, chosen)
        certain_ones += is_certain(whole)
        agree(whole)
    assert certain_ones > 300, "enough of them were still right, or the test shows nothing"


def test_most_official_instances_without_a_narrative_take_the_short_way() -> None:
    bare = [{key: each for key, each in resource(name).items() if key not in ("text", "contained")} for name in NAMES]
    short = [each for each in bare if is_certain(each)]
    assert len(short) > len(bare) * 0.5, len(short) / len(bare)
    assert any(profile(url) is not None for each in short for url in profiles_that_hold(each))
