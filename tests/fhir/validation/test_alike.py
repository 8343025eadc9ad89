"""What comes again and again is looked at once: what is remembered of it must hold wherever it comes again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.fhir.alike import again, is_alike
from gateway.fhir.definitions import Node, Part, Rule, invariants, parts, profile, profiles_of
from gateway.fhir.invariants import OWN
from gateway.fhir.json import loads

ABOUT_THE_WHOLE = ("%resource", "%context", "%rootResource")
BY_OTHER_MEANS = {"ref-1"}
"""A reference to something contained is never certain, so that this rule never decides."""


def rules_of_type(type_: str, seen: set[str]) -> Iterator[Rule]:
    if type_ in seen:
        return
    seen.add(type_)
    yield from invariants(type_)
    for part in parts(type_).values():
        yield from rules_of_part(part, seen)


def rules_of_part(part: Part, seen: set[str]) -> Iterator[Rule]:
    yield from part.rules
    if part.own is not None:
        yield from rules_of_type(part.path, seen)
    elif part.type:
        yield from rules_of_type(part.type, seen)


def rules_of_node(node: Node) -> Iterator[Rule]:
    yield from node.rules
    for each in (*node.parts.values(), *node.slices.values()):
        yield from rules_of_node(each)


def test_no_rule_of_what_is_remembered_asks_about_the_rest_of_the_resource() -> None:
    rules: list[Rule] = []
    for name, part in parts("Observation").items():
        if is_alike("Observation", name):
            rules += rules_of_part(part, set())
    for url in profiles_of("Observation"):
        node = profile(url)
        assert node is not None
        for part_node in node.parts.values():
            if any(is_alike("Observation", name) for name in part_node.names):
                rules += rules_of_node(part_node)
    assert {"obs-3", "qty-3", "ext-1"} & {rule.key for rule in rules}, "the rules were found"
    strangers = {rule.key for rule in rules if any(each in rule.expression for each in ABOUT_THE_WHOLE)}
    assert strangers <= BY_OTHER_MEANS
    assert not {rule.key for rule in rules} & {"obs-7", "dom-3"}, "ours that look at the whole"
    assert {"obs-7", "dom-3"} <= OWN.keys()


def test_every_digit_counts_when_something_comes_again() -> None:
    asked: list[Any] = []

    def note(value: Any) -> int:
        asked.append(value)
        return len(asked)

    remembered = again(note)
    texts = [b'{"value":132}', b'{"value":132.0}', b'{"value":1.32E+2}', b'{"value":"132"}', b'{"value":true}']
    first = [remembered(loads(each)) for each in texts]
    assert len(set(first)) == len(texts)
    assert [remembered(loads(each)) for each in texts] == first
    assert len(asked) == len(texts)


def test_what_is_long_is_not_remembered() -> None:
    asked: list[Any] = []
    remembered = again(asked.append)
    for _ in range(2):
        remembered({"text": "x" * 5_000})
    assert len(asked) == 2


def test_what_identifies_a_person_is_not_remembered() -> None:
    for type_, name in (("Patient", "name"), ("Patient", "identifier"), ("Observation", "subject")):
        assert not is_alike(type_, name)
