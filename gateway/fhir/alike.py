"""What comes again and again: a device says the same codes, and often the same values, with every reading.

What was found out about an element is remembered by the element's JSON, digits and all, so that each such thing is
looked at once. Only elements that say nothing of a person are remembered, and none that is long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

__all__ = ["again", "anew", "is_alike"]

T = TypeVar("T")

_REMEMBERED: Final = 8192
_LONGEST: Final = 1024
_ALIKE: Final = {
    "Observation": frozenset(
        {"bodySite", "category", "code", "component", "extension", "interpretation", "meta", "method", "valueQuantity"}
    )
}
# Numbers as numbers tell 132 from "132", numbers as texts tell it from 1.32E+2: only both together are the value.
_NUMBERS: Final = msgspec.json.Encoder(decimal_format="number")
_TEXTS: Final = msgspec.json.Encoder(decimal_format="string")

Said = tuple[bytes, bytes]
"""The JSON of an element, in two ways that tell it from all others."""

_found: Final[dict[tuple[Callable[[Any], Any], Said], Any]] = {}


class _Seen(threading.local):
    """The elements of the resource that a thread looks at, by their place in memory, each with its JSON."""

    def __init__(self) -> None:
        self.values: dict[int, tuple[Any, Said | None]] = {}


_seen: Final = _Seen()


def is_alike(type_: str, name: str) -> bool:
    """Return whether an element of a resource type comes again and again."""
    return name in _ALIKE.get(type_, ())


def again(of: Callable[[Any], T], *, often: bool = False) -> Callable[[Any], T]:
    """Return *of*, which depends on nothing but the value it is given and whose results nobody changes, remembering.

    *often*: others look at the same element of the same resource, between one `anew` and the next.
    """
    said_by = _said_once if often else _said

    def remembered(value: Any) -> T:
        said = said_by(value)
        if said is None:
            return of(value)
        key = (of, said)
        try:
            found: T = _found[key]
        except KeyError:
            if len(_found) >= _REMEMBERED:
                _found.clear()
            found = _found[key] = of(value)
        return found

    return remembered


def anew() -> None:
    """Begin to look at a resource: what was written to JSON before may have changed since.

    Until the next time, in this thread, an element is written once, however many looks are taken at it.
    """
    _seen.values.clear()


def _said(value: Any) -> Said | None:
    """Return the JSON of an element, None of a long one."""
    number = _NUMBERS.encode(value)
    return None if len(number) > _LONGEST else (number, _TEXTS.encode(value))


def _said_once(value: Any) -> Said | None:
    seen = _seen.values.get(id(value))
    if seen is None:
        # The value is kept beside its JSON: as long as it is, its place in memory is no other's.
        seen = _seen.values[id(value)] = value, _said(value)
    return seen[1]
