"""Official FHIR definitions as they are published: packages of single JSON files, and the codes of their value sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Definitions", "Json"]

Json = dict[str, Any]


class Definitions:
    """All definitions of all folders, by address; a folder given first wins."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.by_url: dict[str, Json] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*.json")):
                found = json.loads(path.read_text())
                if found.get("resourceType") in ("StructureDefinition", "ValueSet", "CodeSystem"):
                    self.by_url.setdefault(found.get("url", ""), found)

    def structures(self, derivation: str | None) -> Iterator[Json]:
        """Yield the types (`specialization`) or the profiles (`constraint`)."""
        for each in self.by_url.values():
            if each["resourceType"] == "StructureDefinition" and each.get("derivation") == derivation:
                yield each

    def codes(self, url: str, *, typed: bool) -> list[str] | None:
        """Return the codes of a value set, with their system where `typed`; None where they cannot be listed."""
        value_set = self.by_url.get(url)
        codes: list[str] = []
        for include in (value_set or {}).get("compose", {}).get("include", []):
            found = self._included(include, typed=typed)
            if not found:
                return None
            codes += found
        excluded = {
            _code(each.get("system", ""), concept["code"], typed=typed)
            for each in (value_set or {}).get("compose", {}).get("exclude", [])
            for concept in each.get("concept", [])
        }
        return sorted(set(codes) - excluded) or None

    def _included(self, include: Json, *, typed: bool) -> list[str] | None:
        system = include.get("system", "")
        if not system:
            sets = [self.codes(url.partition("|")[0], typed=typed) for url in include.get("valueSet", [])]
            return None if None in sets else [code for codes in sets for code in codes or ()]
        if "concept" in include:
            return [_code(system, each["code"], typed=typed) for each in include["concept"]]
        whole = self.by_url.get(system, {})
        if whole.get("content") != "complete":
            return None
        concepts = list(_flat(whole.get("concept", []), ()))
        for each in include.get("filter", []):
            if each["op"] in ("is-a", "descendent-of"):
                own = each["op"] == "is-a"
                concepts = [
                    (c, up) for c, up in concepts if each["value"] in up or (own and c["code"] == each["value"])
                ]
            elif each["op"] == "=":
                wanted = (each["property"], each["value"])
                concepts = [(c, up) for c, up in concepts if wanted in _properties(c)]
            else:
                return None
        return [_code(system, concept["code"], typed=typed) for concept, _ in concepts]


def _code(system: str, code: str, *, typed: bool) -> str:
    return f"{system}|{code}" if typed else code


def _flat(concepts: list[Json], above: tuple[str, ...]) -> Iterator[tuple[Json, tuple[str, ...]]]:
    for concept in concepts:
        parents = tuple(each["valueCode"] for each in concept.get("property", []) if each["code"] == "subsumedBy")
        yield concept, above + parents
        yield from _flat(concept.get("concept", []), (*above, concept["code"]))


def _properties(concept: Json) -> set[tuple[str, str]]:
    return {
        (each["code"], str(next(value for name, value in each.items() if name.startswith("value"))))
        for each in concept.get("property", [])
    }
