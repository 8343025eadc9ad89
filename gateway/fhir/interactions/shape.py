"""How much of a resource an answer shows: `_summary` and `_elements`.

What is cut is marked SUBSETTED, so that nobody takes it for the whole and writes it back; what an element must have is
never cut. https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from gateway.errors import NotSupported
from gateway.fhir.definitions import Part, parts
from gateway.fhir.interactions.negotiation import parameter
from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Request

__all__ = ["Shape"]

_SUMMARIES: Final = ("true", "text", "data", "count", "false")
_ASKED: Final = frozenset({"_summary", "_elements"})
_ALWAYS: Final = frozenset({"resourceType", "id", "meta"})
_SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of each resource is shown: all of it where neither is given.

    `elements` are top-level names, or names with their type before them (`Patient.name`).
    """

    summary: str = "false"
    elements: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read `_summary` and `_elements`; raises NotSupported for words that are none of theirs."""
        if not _ASKED.intersection([name for name, _ in request.query]):
            return cls()
        summary = parameter(request, "_summary") or "false"
        if summary not in _SUMMARIES:
            raise NotSupported(
                f"_summary={summary[:80]} is not offered.",
                where="_summary",
                remedy=f"Ask for one of {', '.join(_SUMMARIES)}.",
            )
        said = (value for name, value in request.query if name == "_elements")
        elements = tuple(name.strip() for value in said for name in value.split(",") if name.strip())
        return cls(summary=summary, elements=elements)

    @property
    def whole(self) -> bool:
        """Return whether nothing is cut."""
        return self.summary in ("false", "count") and not self.elements

    @property
    def counts(self) -> bool:
        """Return whether a search is to say how many there are, and nothing else."""
        return self.summary == "count"

    def shown(self, body: bytes) -> bytes:
        """Return what is shown of a resource's stored *body*; the bytes themselves where that is all of it."""
        return body if self.whole else dumps(self._cut(loads(body, own=True)))

    def _cut(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        type_ = resource["resourceType"]
        tree = parts(type_)
        match self.summary:
            case "data":
                kept = {name: value for name, value in resource.items() if name != "text"}
            case "text":
                wanted = {"text"} | {name for name, part in tree.items() if part.required}
                kept = _top(resource, wanted)
            case "true":
                kept = _summary(resource, tree)
            case _:
                kept = dict(resource)
        if self.elements:
            named = {name.removeprefix(f"{type_}.").partition(".")[0] for name in self.elements}
            choices = {name for name, part in tree.items() if part.choice in named}
            kept = _top(kept, named | choices | {name for name, part in tree.items() if part.required})
        return _marked(kept)


def _top(resource: Mapping[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name.removeprefix("_") in wanted or name in _ALWAYS}


def _summary(value: Mapping[str, Any], tree: Mapping[str, Part]) -> dict[str, Any]:
    kept = {}
    for name, member in value.items():
        part = tree.get(name.removeprefix("_"))
        if name in _ALWAYS:
            kept[name] = member
        elif part is not None and part.summary:
            kept[name] = _inside(member, part.parts) if part.parts else member
        elif part is not None and part.required:  # as Appointment.participant: whole, for its own rules hold too
            kept[name] = member
    return kept


def _inside(member: Any, tree: Mapping[str, Part]) -> Any:
    if isinstance(member, list):
        return [_inside(each, tree) for each in member]
    return _summary(member, tree) if isinstance(member, dict) else member


def _marked(resource: dict[str, Any]) -> dict[str, Any]:
    meta = dict(resource.get("meta", {}))
    tags = [tag for tag in meta.get("tag", ()) if tag.get("code") != _SUBSETTED["code"]]
    return resource | {"meta": meta | {"tag": [*tags, _SUBSETTED]}}
