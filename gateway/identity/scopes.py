"""SMART v2 scopes: the one grammar of permission for people, programs and booths.

`system/Observation.rs` lets a program read and search Observations. The letters are c(reate) r(ead) u(pdate) d(elete)
s(earch), in that order. Version 1's `.read`, `.write` and `.*` are taken and mean `.rs`, `.cud` and `.cruds`. A scope
with a search part (`?category=…`) is refused: nothing here would enforce it.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from gateway.errors import Invalid

__all__ = ["Context", "Interaction", "Scope", "Scopes"]


class Interaction(StrEnum):
    """What is done to a resource. Reading a version or an instance's history is READ; listing a type is SEARCH."""

    CREATE = "c"
    READ = "r"
    UPDATE = "u"
    DELETE = "d"
    SEARCH = "s"


class Context(StrEnum):
    """Whose data a scope opens: one patient's, what the user may see, or what the system may see."""

    PATIENT = "patient"
    USER = "user"
    SYSTEM = "system"


_ALL: Final = "cruds"
_VERSION_1: Final = {"read": "rs", "write": "cud", "*": _ALL}
_SCOPE: Final = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{0,63})\.(read|write|\*|c?r?u?d?s?)", re.ASCII)
_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One permission: these interactions on this type (`*`: every type) in this context."""

    context: Context
    type: str
    interactions: frozenset[Interaction]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `system/Observation.rs`; raises Invalid that says what is wrong with it."""
        if "?" in text:
            raise Invalid(
                f"the scope {_short(text)} has a search part", remedy="ask for it without the part after `?`."
            )
        match = _SCOPE.fullmatch(text)
        if match is None or not match[3]:
            raise Invalid(
                f"{_short(text)} is not a SMART scope",
                remedy="write it like system/Observation.rs, the letters of cruds in that order.",
            )
        letters = _VERSION_1.get(match[3], match[3])
        return cls(context=Context(match[1]), type=match[2], interactions=frozenset(map(Interaction, letters)))

    def allows(self, interaction: Interaction, type_: str) -> bool:
        """Tell whether the scope covers the interaction on the type, in its own context."""
        return interaction in self.interactions and self.type in ("*", type_)

    def __str__(self) -> str:
        letters = "".join(letter for letter in _ALL if Interaction(letter) in self.interactions)
        return f"{self.context}/{self.type}.{letters}"


@dataclass(frozen=True, slots=True)
class Scopes:
    """A set of scopes; empty means that nothing is allowed."""

    granted: frozenset[Scope] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read scopes separated by spaces (RFC 6749 §3.3); raises Invalid for the first that cannot be read."""
        return cls(frozenset(map(Scope.parse, _words(text))))

    @classmethod
    def known(cls, text: str) -> tuple[Self, tuple[str, ...]]:
        """Return the scopes of *text* that can be read, and in words what is wrong with each of the others.

        A server may grant less than is asked for, and says what it grants (RFC 6749 §3.3). Raises Invalid for too many.
        """
        granted, others = set(), []
        for word in _words(text):
            try:
                granted.add(Scope.parse(word))
            except Invalid as problem:
                others.append(str(problem))
        return cls(frozenset(granted)), tuple(others)

    def of(self, interaction: Interaction, type_: str) -> frozenset[Context]:
        """Return the contexts in which the interaction on the type is allowed; empty: not at all."""
        return _contexts(self.granted, interaction, type_)

    def __and__(self, other: Scopes) -> Scopes:
        """Return what both allow, as few scopes as say it."""
        return Scopes(frozenset(_merged(_overlaps(self, other))))

    def __bool__(self) -> bool:
        return bool(self.granted)

    def __str__(self) -> str:
        return " ".join(sorted(map(str, self.granted)))


@lru_cache(maxsize=4096)
def _contexts(granted: frozenset[Scope], interaction: Interaction, type_: str) -> frozenset[Context]:
    """Answer `Scopes.of`: the same few callers ask the same with each request."""
    return frozenset(scope.context for scope in granted if scope.allows(interaction, type_))


def _overlaps(ours: Scopes, theirs: Scopes) -> Iterator[Scope]:
    for one in ours.granted:
        for two in theirs.granted:
            both = one.interactions & two.interactions
            narrower = two.type if one.type == "*" else one.type
            if one.context is two.context and two.type in ("*", narrower) and both:
                yield Scope(context=one.context, type=narrower, interactions=both)


def _merged(scopes: Iterable[Scope]) -> Iterator[Scope]:
    letters: dict[tuple[Context, str], frozenset[Interaction]] = {}
    for scope in scopes:
        key = (scope.context, scope.type)
        letters[key] = letters.get(key, frozenset()) | scope.interactions
    for (context, type_), interactions in letters.items():
        if type_ == "*" or not interactions <= letters.get((context, "*"), frozenset()):
            yield Scope(context=context, type=type_, interactions=interactions)


def _words(text: str) -> list[str]:
    words = [word for word in text.split(" ") if word]
    if len(words) > _MOST:
        raise Invalid(f"more than {_MOST} scopes were asked for", remedy="ask for fewer, or for system/*.cruds.")
    return words


def _short(text: str) -> str:
    """Quote at most 60 printable characters of what the caller wrote."""
    return repr(text if len(text) <= 60 else text[:60] + "…")  # noqa: PLR2004 - a line's worth
