"""A search, read and checked: the values between the URL and the store.

A query is a conjunction of clauses; a clause is a disjunction of alternatives. Nothing here knows a URL or a table.
https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import NamedTuple

__all__ = [
    "Clause",
    "Cursor",
    "DateClause",
    "DateValue",
    "IdClause",
    "Order",
    "OwnerClause",
    "Prefix",
    "Query",
    "Term",
    "TermClause",
    "restricted",
]


class Prefix(StrEnum):
    """How a date is compared (https://hl7.org/fhir/R4/search.html#prefix)."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"


class Order(Enum):
    """The order of the matches: key, and whether the greatest comes first. Ties are broken by age, the same way."""

    DATE = ("date", False)
    NEWEST = ("date", True)
    UPDATED = ("updated", False)
    LAST_UPDATED = ("updated", True)
    ID = ("id", False)

    @property
    def key(self) -> str:
        """Return what is compared: `date`, `updated` or `id`."""
        return self.value[0]

    @property
    def descending(self) -> bool:
        """Return whether the greatest comes first."""
        return self.value[1]


class Term(NamedTuple):
    """One exact thing to find in an index: `system` None is any system, "" is no system.

    A `personal` code is kept as a keyed hash only.
    """

    parameter: str
    code: str
    system: str | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TermClause:
    """The resource has at least one of these terms."""

    alternatives: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerClause:
    """The resource stands in the record of one of these patients."""

    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdClause:
    """The resource has one of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateValue:
    """A date to compare with: [low, high) in microseconds since 1970 UTC, as wide as the client's precision."""

    prefix: Prefix
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DateClause:
    """The resource's clinical date, or its time of last update, compares so with at least one of these."""

    updated: bool
    alternatives: tuple[DateValue, ...]


Clause = TermClause | OwnerClause | IdClause | DateClause


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last match of the page before: the next page starts behind it."""

    key: int | str
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search of one type. `count` 0 asks for the total alone."""

    type: str
    clauses: tuple[Clause, ...] = ()
    order: Order = Order.NEWEST
    count: int = 50
    cursor: Cursor | None = None
    total: bool = False

    @property
    def normalised(self) -> str:
        """Return the clauses in words that are equal for equal criteria, whatever order they were written in."""
        return ";".join(sorted(map(repr, self.clauses)))


def restricted(query: Query, patient: str | None) -> Query:
    """Return *query* limited to the record of *patient*, or as it is where that is None."""
    if patient is None:
        return query
    return replace(query, clauses=(*query.clauses, OwnerClause(patients=(patient,))))
