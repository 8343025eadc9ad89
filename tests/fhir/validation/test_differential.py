"""Our verdicts against those of others: fhirpathpy's on invariants, an independent checker's on profiles."""

from __future__ import annotations

import copy
import json as plain
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Problem
from gateway.fhir.definitions import Part, Rule, invariants, parts, profile, profiles_of
from gateway.fhir.definitions.types import read
from gateway.fhir.invariants import OWN, Focus, official
from gateway.fhir.json import dumps, loads
from gateway.fhir.profile import departures
from gateway.fhir.validation import check
from tests.fhir.instances import instances, resource
from tests.fhir.mapping.profile import Checker

Resource = dict[str, Any]
NAMES = sorted(instances())

# What fhirpathpy 2.2 cannot evaluate: `resolve()`, `as` on several, comparing Quantities, a date with its own
# precision.
BEYOND_IT = frozenset({"ctm-1", "dom-3", "rng-2", "per-1", "que-7", "vs-1"})


def below(path: str, members: Mapping[str, Part]) -> Iterator[tuple[str, tuple[Rule, str]]]:
    for name, part in members.items():
        for rule in part.rules:
            yield rule.key, (rule, f"{path}.{name}")
        if part.own is not None:
            yield from below(f"{path}.{name}", part.own)


def rules() -> dict[str, tuple[Rule, str]]:
    """Return every invariant of every type and profile by its key, with the path of what it is about."""
    found: dict[str, tuple[Rule, str]] = {}

    for type_ in read("types.json"):
        found |= {rule.key: (rule, type_) for rule in invariants(type_) if rule.key not in found}
        found |= {key: each for key, each in below(type_, parts(type_)) if key not in found}
    for url in profiles_of("Observation"):
        node = profile(url)
        assert node is not None
        for rule in node.rules:
            found.setdefault(rule.key, (rule, "Observation"))
    vital = profile("http://hl7.org/fhir/StructureDefinition/bp")
    assert vital is not None
    for name, path in (("component", "Observation.component"), ("effective[x]", "Observation.effectiveDateTime")):
        for rule in vital.parts[name].rules:
            found.setdefault(rule.key, (rule, path))
    return found


RULES = rules()


def inside(value: Any, path: str, steps: list[str]) -> Iterator[tuple[Any, str]]:
    """Yield every object in a resource with the path of its type."""
    if isinstance(value, list):
        for each in value:
            yield from inside(each, path, steps)
        return
    if not isinstance(value, dict):
        return
    yield value, path
    for name, member in value.items():
        part = parts(path).get(name)
        if part is not None and part.own is not None:
            yield from inside(member, part.path, steps)
        elif part is not None and part.type:
            yield from inside(member, part.type, steps)


def disagreements(whole: Resource) -> list[str]:
    """Return where our own verdict is not fhirpathpy's."""
    found = []
    for value, path in inside(whole, whole["resourceType"], []):
        for key, own in OWN.items():
            if key in BEYOND_IT or key not in RULES:
                continue
            rule, about = RULES[key]
            if about != path and not (about == "DomainResource" and value is whole):
                continue
            focus = Focus(value=value, path=path, resource=whole, root=whole)
            if own(focus) != official(rule.expression, focus):
                found.append(f"{key} at {path}: {str(value)[:200]}")
    return found


def test_every_verdict_of_ours_is_on_an_official_invariant() -> None:
    assert set(OWN) <= set(RULES)
    assert set(OWN) >= BEYOND_IT


@pytest.mark.parametrize("name", NAMES[::2])
def test_our_verdicts_on_an_official_instance_are_fhirpathpys(name: str) -> None:
    assert disagreements(resource(name)) == []


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, name
        yield from places(value[name])


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from([each for each in NAMES if "Observation" in each or "Patient" in each]), data=st.data())
def test_our_verdicts_on_a_damaged_instance_are_fhirpathpys(name: str, data: st.DataObject) -> None:
    whole = copy.deepcopy(resource(name))
    for _ in range(4):
        container, at = data.draw(st.sampled_from([*islice(places(whole), 1, 200)]))
        if isinstance(container, dict) and at != "resourceType":
            del container[at]  # what is left still has the right JSON types, as after the walk through the structure
    assert disagreements(whole) == []


def test_every_invariant_that_is_not_ours_can_be_evaluated() -> None:
    for key, (rule, path) in RULES.items():
        if key not in OWN:
            for value in ({}, {"extension": [{"url": "http://a.b", "valueString": "x"}]}):
                official(rule.expression, Focus(value=value, path=path, resource=value, root=value))


@pytest.mark.parametrize("name", NAMES)
def test_every_official_instance_is_valid_and_not_changed(name: str) -> None:
    whole = resource(name)
    before = dumps(whole)
    check(whole)
    assert dumps(whole) == before


CHECKER = Checker()

# We ask no version of a PhdDevice, as the French feed sends none; the checker has not the value set of identifier
# types.
NOT_ALIKE = {("PhdDevice", "version"), ("PhdPatient", "code"), ("PhdPatient", "system")}
PROFILED = [
    (name, url.partition("|")[0])
    for name in NAMES
    for url in resource(name).get("meta", {}).get("profile", ())
    if CHECKER.known(url.partition("|")[0]) and profile(url.partition("|")[0]) is not None
]


@pytest.mark.parametrize(("name", "url"), PROFILED)
def test_a_damaged_instance_keeps_its_profile_exactly_if_an_independent_checker_says_so(name: str, url: str) -> None:
    whole = loads(instances()[name])
    found = [each for each in places(whole) if isinstance(each[0], dict) and each[1] != "resourceType"]
    for number, (container, at) in enumerate(found[:: max(1, len(found) // 40)]):
        if (url.rpartition("/")[2], at) in NOT_ALIKE:
            continue
        before = dict(container)
        if number % 3:
            del container[at]
        else:
            container[at] = container[at] + "x" if isinstance(container[at], str) else container[at]
        try:
            check({key: value for key, value in whole.items() if key != "meta"})
        except Problem:
            pass  # not FHIR at all: no profile is asked
        else:
            # The checker evaluates no FHIRPath.
            ours = [
                each for each in departures(whole, url) if not any(key in each.what for key in ("vs-1", "vs-2", "vs-3"))
            ]
            theirs = CHECKER.problems(plain.loads(dumps(whole)), url)
            assert bool(ours) == bool(theirs), (at, [str(each) for each in ours], theirs)
        container.clear()
        container.update(before)
