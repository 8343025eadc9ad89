"""R4's own types: the elements of each, and what they are asked.

https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import msgspec

__all__ = ["Part", "Rule", "codes", "invariants", "parts", "read"]

_FOLDER: Final = files("gateway.fhir.definitions")


class Rule(NamedTuple):
    """One invariant: its key in the specification, what it asks in words, and in FHIRPath."""

    key: str
    text: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One element of a type, under its JSON name.

    `path` is where it is defined. `choice` is the choice it belongs to (`value` for `valueQuantity`). `codes` are what
    a required binding allows: plain codes, or `system|code` where the element says the system too; None: anything.
    """

    path: str
    type: str = ""
    choice: str = ""
    required: bool = False
    summary: bool = False
    codes: frozenset[str] | None = None
    rules: tuple[Rule, ...] = ()
    own: Mapping[str, Part] | None = None

    @property
    def parts(self) -> Mapping[str, Part]:
        """Return the elements in it: its own, or those of its type; none in a primitive."""
        return self.own if self.own is not None else parts(self.type) if self.type else {}


@lru_cache(maxsize=1024)
def parts(type_: str) -> Mapping[str, Part]:
    """Return the elements of a type by their JSON names, of a path such as `Questionnaire.item` as well; or nothing."""
    if "." in type_:
        holder, _, step = type_.rpartition(".")
        part = parts(holder).get(step)
        return part.parts if part else {}
    node = _types().get(type_)
    return _below(node, type_) if node else {}


@lru_cache(maxsize=1024)
def invariants(type_: str) -> tuple[Rule, ...]:
    """Return what is asked of every value of a type as a whole."""
    node = _types().get(type_)
    return tuple(Rule(*each) for each in node.get("rules", ())) if node else ()


@lru_cache(maxsize=1024)
def codes(value_set: str) -> frozenset[str] | None:
    """Return the codes of a value set, as `types.json` and `profiles.json` name it; None for no name."""
    return frozenset(_codes()[value_set]) if value_set else None


def read(name: str) -> dict[str, Any]:
    """Return one of the tables of this folder."""
    table: dict[str, Any] = msgspec.json.decode((_FOLDER / name).read_bytes())
    return table


def _below(node: Mapping[str, Any], path: str) -> Mapping[str, Part]:
    return {name: _part(each, f"{path}.{name}") for name, each in node.get("parts", {}).items()}


def _part(node: Mapping[str, Any], path: str) -> Part:
    return Part(
        path=path,
        type=node.get("type") or node.get("same", ""),
        choice=node.get("choice", ""),
        required=node.get("min", 0) > 0,
        summary=node.get("summary", False),
        codes=codes(node.get("codes", "")),
        rules=tuple(Rule(*each) for each in node.get("rules", ())),
        own=_below(node, path) if "parts" in node else None,
    )


@lru_cache(maxsize=1)
def _types() -> dict[str, Any]:
    return read("types.json")


@lru_cache(maxsize=1)
def _codes() -> dict[str, list[str]]:
    return read("codes.json")
