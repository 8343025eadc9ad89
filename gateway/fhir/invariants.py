"""Whether the invariants of FHIR and of its profiles hold: their official FHIRPath, evaluated by fhirpathpy.

FHIRPath costs some ten microseconds an expression. What a busy booth sends would have to wait for a dozen of them, so
OWN says the same in Python for the invariants of its resources, and for those that fhirpathpy cannot evaluate; a test
holds the two together wherever both have a verdict. An expression that comes out empty is not broken: it compares what
cannot be compared, such as 2026 with 2026-05-01. https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from fhirpathpy import compile as compiled
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from gateway.errors import Invalid
from gateway.fhir.definitions import Rule
from gateway.fhir.json import dumps
from gateway.fhir.search.date import parse

__all__ = ["OWN", "Focus", "has_value", "holds", "official"]


class Focus(NamedTuple):
    """What an invariant is asked about: a value, the path where its element is defined, and the resource it is in.

    `root` is the resource that contains that one, itself where none does.
    """

    value: Any
    path: str
    resource: dict[str, Any]
    root: dict[str, Any]


def holds(rule: Rule, focus: Focus) -> bool:
    """Return whether *rule* holds."""
    own = OWN.get(rule.key)
    if own is not None:
        return own(focus)
    try:
        return official(rule.expression, focus)
    except Exception as error:  # it says by bare Exceptions that it cannot evaluate something
        raise Invalid(f"{rule.key} cannot be evaluated here: {rule.text}", where=focus.path) from error


def official(expression: str, focus: Focus) -> bool:
    """Return fhirpathpy's verdict on an expression; raises whatever it raises where it cannot evaluate it."""
    node = ResourceNode.create_node(focus.value, focus.path)  # type: ignore[no-untyped-call]  # the library's
    answer = _compiled(expression)(node, {"resource": focus.resource, "rootResource": focus.root})
    return answer != [False]


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Callable[..., list[Any]]:
    return compiled(expression, models["r4"], {"userInvocationTable": _FUNCTIONS})


def _with_value(nodes: list[Any]) -> list[bool]:
    """FHIR's own function `hasValue`: https://hl7.org/fhir/R4/fhirpath.html#functions."""
    return [len(nodes) == 1 and not isinstance(getattr(nodes[0], "data", nodes[0]), dict | list | None)]


_FUNCTIONS: Final = {"hasValue": {"fn": _with_value, "arity": {0: []}}}


def has_value(element: dict[str, Any]) -> bool:
    """Return whether the element has a value[x], or says with an extension why its value is missing."""
    return any(name.removeprefix("_").startswith("value") for name in element)


def _has(focus: Focus, *names: str) -> bool:
    return any(name in focus.value or f"_{name}" in focus.value for name in names)


def _codings(concept: Any) -> list[Any]:
    return concept.get("coding", []) if isinstance(concept, dict) else []


def _components_say_something_else(focus: Focus) -> bool:
    if not has_value(focus.value):
        return True
    own = {*map(_said, _codings(focus.resource.get("code")))}
    parts = focus.value.get("component", [])
    return not any(_said(coding) in own for part in parts for coding in _codings(part.get("code")))


def _said(coding: dict[str, Any]) -> tuple[tuple[str, bytes], ...]:
    """Return what two codings have in common if they say the same."""
    return tuple(sorted((name, dumps(value)) for name, value in coding.items()))


def _value_or_reason(focus: Focus) -> bool:
    return has_value(focus.value) or _has(focus, "dataAbsentReason")


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            stack += each.values()
        elif isinstance(each, list):
            stack += each


def _contained(focus: Focus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = focus.value.get("contained", [])
    return found


def _all_referred_to(focus: Focus) -> bool:
    """dom-3: what is contained is referred to from elsewhere in the resource, or refers to the resource."""
    inside = _contained(focus)
    if not inside:
        return True
    named = set(_texts(focus.resource))
    return all(f"#{each.get('id')}" in named or "#" in _texts(each) for each in inside)


def _in_order(low: Any, high: Any) -> bool:
    """Return whether *low* is not certain to come after *high*, two Quantities; without values there is no order."""
    if not isinstance(low, dict) or not isinstance(high, dict):
        return True
    units = [(each.get("system"), each.get("code"), each.get("unit")) for each in (low, high)]
    least, most = low.get("value"), high.get("value")
    if units[0] != units[1] or not isinstance(least, int | Decimal) or not isinstance(most, int | Decimal):
        return True
    return least <= most


def _starts_first(focus: Focus) -> bool:
    """per-1: the start is not certain to come after the end."""
    start, end = (parse(str(focus.value.get(name, ""))) for name in ("start", "end"))
    return start is None or end is None or start.low < end.high


def _precise_to_the_day(focus: Focus) -> bool:
    value = focus.value
    return not isinstance(value, str) or len(value) >= 8  # noqa: PLR2004  as vs-1 counts


OWN: Final[dict[str, Callable[[Focus], bool]]] = {
    "ctm-1": lambda focus: not _has(focus, "onBehalfOf") or _may_be(focus.value.get("member"), "Practitioner"),
    "cpt-2": lambda focus: not _has(focus, "value") or _has(focus, "system"),
    "dom-2": lambda focus: not any(each.get("contained") for each in _contained(focus)),
    "dom-3": _all_referred_to,
    "dom-4": lambda focus: not any(_meta(each, "versionId", "lastUpdated") for each in _contained(focus)),
    "dom-5": lambda focus: not any(_meta(each, "security") for each in _contained(focus)),
    "ext-1": lambda focus: ("extension" in focus.value) != has_value(focus.value),
    "obs-3": lambda focus: _has(focus, "low", "high", "text"),
    "obs-6": lambda focus: not _has(focus, "dataAbsentReason") or not has_value(focus.value),
    "obs-7": _components_say_something_else,
    "pat-1": lambda focus: _has(focus, "name", "telecom", "address", "organization"),
    "per-1": _starts_first,
    "qty-3": lambda focus: not _has(focus, "code") or _has(focus, "system"),
    "que-7": lambda focus: focus.value.get("operator") != "exists" or "answerBoolean" in focus.value,
    "rng-2": lambda focus: _in_order(focus.value.get("low"), focus.value.get("high")),
    "vs-1": _precise_to_the_day,
    "vs-2": lambda focus: _has(focus, "component", "hasMember") or _value_or_reason(focus),
    "vs-3": _value_or_reason,
}
"""The verdicts that are ours, by the key of the invariant."""


def _may_be(reference: Any, type_: str) -> bool:
    """Return whether a Reference may name a *type_*: it says so, or does not say what it names."""
    named = reference.get("reference", "") if isinstance(reference, dict) else ""
    return "/" not in named or ":" in named or named.startswith(f"{type_}/")


def _meta(resource: dict[str, Any], *names: str) -> bool:
    meta = resource.get("meta", {})
    return any(name in meta or f"_{name}" in meta for name in names)
