"""Whether a resource keeps a profile: cardinality, types, fixed values, patterns, bindings, slices and invariants.

The tree of the profile (gateway.fhir.definitions) is walked beside the resource; every broken rule is told with its
place and the profile's name. Where a reference leads is looked at by its type alone: what it names may be elsewhere.
https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.errors import Invalid
from gateway.fhir.definitions import Discriminator, Node, profile
from gateway.fhir.invariants import Focus
from gateway.fhir.rules import allowed, refused, uncoded

__all__ = ["belongs", "contains", "departures", "is_one_of", "node_at"]

_ABSENT: Final = object()
"""Stands for a primitive that has no value, only an extension."""

Place = tuple[Any, ...]
"""Where a value is: the place it is in, and the step from there; put into words only where something is wrong."""

Member = tuple[Any, str, str]
"""A value of an element, its number in the list in brackets (empty: no list), and the JSON name it stands under."""


def departures(resource: dict[str, Any], url: str) -> list[Invalid]:
    """Return what *resource* does that the profile at *url*, which is known, does not allow."""
    node = profile(url)
    assert node is not None, url
    walk = _Walk(resource=resource)
    walk.object(node, resource, ((), resource["resourceType"]))
    name = url.rpartition("/")[2]
    return [Invalid(f"{name}: {each.what}", where=each.where, remedy=f"See {url}.") for each in walk.found]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk through one resource, and what it found."""

    resource: dict[str, Any]
    found: list[Invalid] = field(default_factory=list)

    def object(self, node: Node, value: Any, place: Place) -> None:
        for rule in node.rules:
            focus = Focus(value, node.path, self.resource, self.resource)
            self.found += refused(rule, focus, _words, place)
        if not isinstance(value, dict):
            return
        for part in node.parts.values():
            if not part.optional or not part.keys.isdisjoint(value):
                self._element(part, _members(part.names, value), (place, f".{part.step}"))

    def _element(self, node: Node, members: list[Member], place: Place) -> None:
        self._count(node, len(members), place, "")
        if node.itself or node.inside:
            for value, number, name in members:
                self._value(node, value, name, (place, number))
        if node.slices:
            self._slices(node, members, place)

    def _slices(self, node: Node, members: list[Member], place: Place) -> None:
        left = members
        for title, one in node.slices.items():
            mine = [each for each in left if belongs(one, each[0], each[2], title)]
            if mine:
                left = [each for each in left if each not in mine]
            if len(mine) < one.least or one.most is not None:
                self._count(one, len(mine), place, f" that is {_described(title, one)}")
            if one.itself or one.inside:
                for value, number, name in mine:
                    self._value(one, value, name, (place, number))
        if node.closed and left:
            self._say(f"nothing but {', '.join(node.slices)} can be here.", (place, left[0][1]))

    def _count(self, node: Node, count: int, place: Place, what: str) -> None:
        if count < node.least:
            self._say(f"{_words(place)} has at least {node.least}{what}, not {count}.", place)
        if node.most is not None and count > node.most:
            self._say(f"{_words(place)} has at most {node.most}{what}, not {count}.", place)

    def _value(self, node: Node, value: Any, name: str, place: Place) -> None:
        if value is _ABSENT:
            if node.fixed is not None or node.pattern is not None:
                self._say(f"{_words(place)} has a value.", place)
            return
        if node.itself:
            self._self(node, value, name, place)
        if node.inside:
            self.object(node, value, place)
        for url in node.profiles:
            known = profile(url)
            if known is not None and isinstance(value, dict):
                self.object(known, value, place)

    def _self(self, node: Node, value: Any, name: str, place: Place) -> None:
        """Look at what is asked of the value as a whole."""
        if node.types and not is_one_of(node.types, name):
            self._say(f"{_words(place)} is a {' or '.join(sorted(node.types))}.", place)
        if node.fixed is not None and value != node.fixed:
            self._say(f"{_words(place)} is {_shown(node.fixed)}, not {_shown(value)}.", place)
        if node.pattern is not None and not contains(value, node.pattern):
            self._say(f"{_words(place)} has {_shown(node.pattern)}.", place)
        if node.codes is not None and not allowed(value, node.codes):
            self.found.append(uncoded(value, node.codes, _words(place)))
        if node.targets:
            self._target(node, value, place)

    def _target(self, node: Node, value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            return
        type_, slash, _ = value.get("reference", "").partition("/")
        named = type_ if slash and ":" not in type_ else value.get("type", "")
        if named and named not in node.targets:
            listed = ", ".join(sorted(node.targets))
            self._say(f"a {named[:40]} cannot be here; {listed} can.", (place, ".reference"))

    def _say(self, what: str, place: Place) -> None:
        self.found.append(Invalid(what, where=_words(place)))


def _words(place: Place) -> str:
    steps = []
    while place:
        place, step = place
        steps.append(step)
    return "".join(reversed(steps))


def _members(names: Sequence[str], holder: dict[str, Any]) -> list[Member]:
    if len(names) == 1 and isinstance(value := holder.get(names[0]), dict | str):
        return [(value, "", names[0])]
    found: list[Member] = []
    for name in names:
        value = holder.get(name)
        if isinstance(value, list):
            found += [(_ABSENT if item is None else item, f"[{n}]", name) for n, item in enumerate(value)]
        elif value is not None:
            found.append((value, "", name))
        elif f"_{name}" in holder:
            found.append((_ABSENT, "", name))
    return found


def is_one_of(types: frozenset[str], name: str) -> bool:
    """Return whether a JSON name (`valueQuantity`) is that of a choice of one of *types*."""
    return any(name.endswith(each[0].upper() + each[1:]) for each in types)


def _described(title: str, one: Node) -> str:
    """Return the name of a slice with what a value of it says where the profile fixes that."""
    tells = [(".".join(steps) or "value", node.fixed) for mark in one.marks for node, steps in mark.tells]
    fixed = ", ".join(f"{name} {value}" for name, value in tells if isinstance(value, str))
    return f"{title} ({fixed})" if fixed else title


def _shown(value: Any) -> str:
    return repr(value)[:80]


def contains(value: Any, pattern: Any) -> bool:
    """Return whether *value* has all that *pattern* has: https://hl7.org/fhir/R4/elementdefinition.html."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and contains(value[name], each) for name, each in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(contains(v, each) for v in value) for each in pattern)
    return bool(value == pattern)


def belongs(one: Node, value: Any, name: str, title: str) -> bool:
    """Return whether a value belongs to a slice; an extension does by its address, whatever else the profile says."""
    if value is _ABSENT:
        return False
    if one.profiles and isinstance(value, dict) and "url" in value:
        return value["url"] in one.profiles
    if not one.marks:
        return title == name
    return all(_discriminates(one, value, name, mark) for mark in one.marks)


def _discriminates(one: Node, value: Any, name: str, mark: Discriminator) -> bool:
    if mark.kind == "type":
        return is_one_of(one.types, name)
    if mark.kind == "exists":
        node = node_at(one, mark.steps)
        found = _inside(value, mark.steps)
        return bool(found) if node is None or node.most != 0 else not found
    if mark.tells:
        return any(_fits(node, each) for node, steps in mark.tells for each in _inside(value, steps))
    # It fixes nothing where it discriminates: what it asks there must hold.
    node = node_at(one, mark.steps)
    return _keeps(one, value) if node is None else any(_keeps(node, each) for each in _inside(value, mark.steps))


def _keeps(node: Node, value: Any) -> bool:
    walk = _Walk(resource={})
    walk.object(node, value, ())
    return not walk.found


def node_at(node: Node, steps: Sequence[str]) -> Node | None:
    """Return what a profile says at *steps* below *node*, None for nothing."""
    for step in steps:
        below = node.parts.get(step)
        if below is None:
            return None
        node = below
    return node


def _inside(value: Any, steps: Sequence[str]) -> list[Any]:
    found = [value]
    for step in steps:
        members = [each[step] for each in found if isinstance(each, dict) and step in each]
        found = []
        for each in members:
            if isinstance(each, list):
                found += [item for item in each if item is not None]
            else:
                found.append(each)
    return found


def _fits(node: Node, value: Any) -> bool:
    return (
        (node.fixed is None or value == node.fixed)
        and (node.pattern is None or contains(value, node.pattern))
        and (node.codes is None or allowed(value, node.codes))
    )
