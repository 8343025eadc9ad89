"""An independent checker of FHIR profiles: it knows snapshots, and nothing of this project.

It walks a StructureDefinition's snapshot beside an instance and reports every broken cardinality, unknown element,
wrong JSON type, fixed value, pattern, required binding with an enumerable value set, slice and reference target.
Constraints in FHIRPath are not evaluated. https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

__all__ = ["DATA", "Checker", "codes_of"]

DATA: Final = Path(__file__).parents[2] / "data" / "fhir"

_BOOLEANS: Final = {"boolean"}
_WHOLE: Final = {"integer", "positiveInt", "unsignedInt"}
_RESOURCES: Final = {"Resource", "DomainResource"}


class Absent:
    """A primitive that has only an extension: it is there, and has no value."""


@dataclass
class Node:
    """One element of a snapshot, with the elements below it and the slices of it."""

    definition: dict[str, Any]
    children: dict[str, Node] = field(default_factory=dict)
    slices: dict[str, Node] = field(default_factory=dict)

    @property
    def types(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.definition.get("type", [])
        return found

    def fixed(self, prefix: str) -> Any:
        return next((value for name, value in self.definition.items() if name.startswith(prefix)), None)


def _tree(elements: list[dict[str, Any]]) -> Node:
    root = Node(elements[0])
    for element in elements[1:]:
        node = root
        *path, last = element["id"].split(".")[1:]
        for step in path:
            base, _, slice_ = step.partition(":")
            node = node.children[base].slices[slice_] if slice_ else node.children[base]
        base, _, slice_ = last.partition(":")
        if slice_:
            node.children[base].slices[slice_] = Node(element)
        else:
            node.children[base] = Node(element)
    return root


class Checker:
    """Snapshots and value sets of one folder, ready to check instances."""

    def __init__(self, folder: Path = DATA / "definitions") -> None:
        self._urls: dict[str, dict[str, Any]] = {}
        for path in sorted(folder.glob("*.json")):
            definition = json.loads(path.read_text())
            self._urls[definition["url"]] = definition
        self._trees: dict[str, Node] = {}

    def known(self, url: str) -> bool:
        return url in self._urls

    def problems(self, instance: dict[str, Any], url: str) -> list[str]:
        """Return what is wrong with *instance* by the profile *url*; nothing when it conforms."""
        return list(self._object(self._root(url), instance, instance["resourceType"]))

    def _root(self, url: str) -> Node:
        if url not in self._trees:
            self._trees[url] = _tree(self._urls[url]["snapshot"]["element"])
        return self._trees[url]

    def _object(self, node: Node, instance: Any, where: str) -> Iterator[str]:
        if not isinstance(instance, dict):
            yield f"{where}: an object is needed"
            return
        accounted = {"resourceType"}
        for name, child in node.children.items():
            found, names = _members(child, name, instance)
            accounted |= names
            yield from self._element(child, found, f"{where}.{name}")
        for name in instance.keys() - accounted:
            yield f"{where}.{name}: there is no such element"

    def _element(self, node: Node, found: list[tuple[Any, str]], where: str) -> Iterator[str]:
        yield from _count(node, len(found), where)
        for value, kind in found:
            yield from self._value(node, value, kind, where)
        slicing = node.definition.get("slicing", {})
        left = list(found)
        for name, slice_ in node.slices.items():
            mine = [each for each in found if self._matches(slice_, each, slicing["discriminator"], f"{where}:{name}")]
            left = [each for each in left if each not in mine]
            yield from _count(slice_, len(mine), f"{where}:{name}")
            for value, kind in mine:
                yield from self._value(slice_, value, kind, f"{where}:{name}")
        if slicing.get("rules") == "closed" and node.slices and left:
            yield f"{where}: something belongs to no slice"

    def _value(self, node: Node, value: Any, kind: str, where: str) -> Iterator[str]:
        fixed, pattern = node.fixed("fixed"), node.fixed("pattern")
        if isinstance(value, Absent):
            if fixed is not None or pattern is not None:
                yield f"{where}: a value is needed"
            return
        if fixed is not None and value != fixed:
            yield f"{where}: {value!r} is not {fixed!r}"
        if pattern is not None and not _contains(value, pattern):
            yield f"{where}: {value!r} does not match {pattern!r}"
        yield from self._binding(node, value, where)
        yield from _targets(node, value, kind, self._urls, where)
        yield from self._type(node, value, kind, where)

    def _type(self, node: Node, value: Any, kind: str, where: str) -> Iterator[str]:
        if kind in _RESOURCES:
            return
        url = f"http://hl7.org/fhir/StructureDefinition/{kind}"
        profiles = [p.partition("|")[0] for t in node.types if t["code"] == kind for p in t.get("profile", [])]
        if node.children:
            yield from self._object(node, value, where)
        elif self.known(url):
            yield from self._object(self._root(url), value, where)
        elif kind == "BackboneElement" or kind[0].isupper():
            if not isinstance(value, dict):
                yield f"{where}: an object is needed"
        else:
            yield from _primitive(value, kind, where)
        for profile in profiles:
            if self.known(profile):
                yield from self._object(self._root(profile), value, where)

    def _binding(self, node: Node, value: Any, where: str) -> Iterator[str]:
        # eld-11: a binding speaks of codes, texts and what holds codes; a boolean has no code.
        codes = None if isinstance(value, bool) else self._codes(node)
        if codes is not None and not any(code in codes for code in _coded(value)):
            yield f"{where}: {value!r} is in no way in {node.definition['binding']['valueSet']}"

    def _codes(self, node: Node) -> set[tuple[str, str]] | None:
        """Return the (system, code) pairs of a required binding, None where there is none or they cannot be listed."""
        binding = node.definition.get("binding", {})
        if binding.get("strength") != "required":
            return None
        value_set = self._urls.get(binding.get("valueSet", "").partition("|")[0], {})
        codes: set[tuple[str, str]] = set()
        for include in value_set.get("compose", {}).get("include", []):
            concepts = include.get("concept") or self._concepts(include)
            if not concepts:
                return None
            # A plain code element has no system: it is compared by its code.
            codes |= {(system, concept["code"]) for concept in concepts for system in (include["system"], "")}
        return codes or None

    def _concepts(self, include: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what an include without a list means: the whole code system, or what its filters leave of it."""
        concepts = _flat(self._urls.get(include["system"], {}).get("concept", []))
        wanted = {(each["property"], each["value"]) for each in include.get("filter", [])}
        return [each for each in concepts if wanted <= {_property(own) for own in each.get("property", [])}]

    def _matches(self, slice_: Node, member: tuple[Any, str], discriminators: list[dict[str, str]], where: str) -> bool:
        return all(self._discriminates(slice_, member, each, where) for each in discriminators)

    def _discriminates(self, slice_: Node, member: tuple[Any, str], discriminator: dict[str, str], where: str) -> bool:
        value, kind = member
        if discriminator["type"] == "type":
            return kind in {each["code"] for each in slice_.types}
        assert discriminator["type"] == "value", f"{where}: unknown discriminator {discriminator}"
        path = [] if discriminator["path"] == "$this" else discriminator["path"].split(".")
        if path == ["url"] and not slice_.children:
            wanted = {p.partition("|")[0] for each in slice_.types for p in each.get("profile", [])}
            return isinstance(value, dict) and value.get("url") in wanted
        nodes, values = [slice_], [value]
        for step in path:
            below = [child for node in nodes if (child := node.children.get(step))]
            nodes = below + [each for child in below for each in child.slices.values()]
            values = [inside for each in values for inside in _inside(each, step)]
        telling = [node for node in nodes if self._says(node)]
        if telling:
            return any(self._fits(node, inside) for node in telling for inside in values)
        # A discriminator that fixes nothing itself: what is below it must hold, else the slice as a whole.
        pairs = [(node, inside) for node in nodes if node.children for inside in values] or [(slice_, value)]
        return any(not list(self._object(node, inside, where)) for node, inside in pairs)

    def _says(self, node: Node) -> bool:
        return node.fixed("fixed") is not None or node.fixed("pattern") is not None or self._codes(node) is not None

    def _fits(self, node: Node, value: Any) -> bool:
        fixed, pattern, codes = node.fixed("fixed"), node.fixed("pattern"), self._codes(node)
        return (
            (fixed is None or value == fixed)
            and (pattern is None or _contains(value, pattern))
            and (codes is None or any(code in codes for code in _coded(value)))
        )


def _members(node: Node, name: str, instance: dict[str, Any]) -> tuple[list[tuple[Any, str]], set[str]]:
    """Return the values of one element with their types, and the JSON names that they stood under."""
    if not name.endswith("[x]"):
        kind = node.types[0]["code"].rpartition(".")[2] if node.types else "BackboneElement"
        kind = {"String": "string"}.get(kind, kind)
        return [(value, kind) for value in _values(instance, name)], {name, f"_{name}"}
    stem, found, names = name.removesuffix("[x]"), [], set[str]()
    for each in node.types:
        typed = stem + each["code"][0].upper() + each["code"][1:]
        names |= {typed, f"_{typed}"}
        found += [(value, each["code"]) for value in _values(instance, typed)]
    return found, names


def _values(instance: dict[str, Any], name: str) -> list[Any]:
    if name in instance:
        value = instance[name]
        return [Absent() if each is None else each for each in value] if isinstance(value, list) else [value]
    return [Absent()] if f"_{name}" in instance else []


def _inside(value: Any, step: str) -> list[Any]:
    return _values(value, step) if isinstance(value, dict) else []


def _count(node: Node, count: int, where: str) -> Iterator[str]:
    least, most = node.definition["min"], node.definition["max"]
    if count < least:
        yield f"{where}: {count} of at least {least}"
    if most != "*" and count > int(most):
        yield f"{where}: {count} of at most {most}"


def _contains(value: Any, pattern: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and _contains(value[name], pattern[name]) for name in pattern
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_contains(v, p) for v in value) for p in pattern)
    return bool(value == pattern)


def _coded(value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        return [("", value)]
    if not isinstance(value, dict):
        return []
    codings = value.get("coding", [value])
    return [(each.get("system", "none"), each.get("code", "")) for each in codings]


def _targets(node: Node, value: Any, kind: str, urls: dict[str, Any], where: str) -> Iterator[str]:
    reference = value.get("reference", "") if kind == "Reference" and isinstance(value, dict) else ""
    wanted = {p.partition("|")[0] for each in node.types if each["code"] == kind for p in each.get("targetProfile", [])}
    types = {urls[p]["type"] if p in urls else p.rpartition("/")[2] for p in wanted}
    said = reference.rpartition("/")[0].rpartition("/")[2]
    if said and types and "://" not in reference and not types & {said, "Resource"}:
        yield f"{where}: a {said} is not one of {sorted(types)}"


def _primitive(value: Any, kind: str, where: str) -> Iterator[str]:
    if kind in _BOOLEANS:
        right = isinstance(value, bool)
    elif kind in _WHOLE:
        right = isinstance(value, int) and not isinstance(value, bool)
    elif kind == "decimal":
        right = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    else:
        right = isinstance(value, str) and bool(value)
    if not right:
        yield f"{where}: {value!r} is no {kind}"


def _property(own: dict[str, Any]) -> tuple[str, Any]:
    return own["code"], next(value for name, value in own.items() if name.startswith("value"))


def _flat(concepts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for concept in concepts for each in (concept, *_flat(concept.get("concept", [])))]


def codes_of(name: str) -> frozenset[str]:
    """Return the codes of one official value set that lists them, or that means a whole code system."""
    include = json.loads((DATA / "definitions" / f"ValueSet-{name}.json").read_text())["compose"]["include"][0]
    system = DATA / "definitions" / f"CodeSystem-{name}.json"
    concepts = include.get("concept") or json.loads(system.read_text())["concept"]
    return frozenset(each["code"] for each in _flat(concepts))
