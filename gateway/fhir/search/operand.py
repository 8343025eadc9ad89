"""What the clauses of a search compare with: terms, phrases, dates, amounts, and how.

A *field* is a path of the type that is searched (`component.code`), under which a store keeps what it finds there:
parameters that look at the same elements share it. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

__all__ = ["AmountValue", "DateValue", "Kept", "Phrase", "Prefix", "Rows", "Term"]


class Prefix(StrEnum):
    """How a date or a number is compared (https://hl7.org/fhir/R4/search.html#prefix)."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"


class Term(NamedTuple):
    """One exact thing to find under a field.

    `system` None is any system, "" is no system; `code` None is any code of the system.
    """

    field: str
    code: str | None
    system: str | None = None


class Phrase(NamedTuple):
    """Pieces of a string that follow one another: each a place, counted from the first one, and a term's code."""

    field: str
    pieces: tuple[tuple[int, str], ...]


class Rows(StrEnum):
    """The kinds of things that a field is kept as."""

    TERM = "term"
    MOMENT = "moment"
    AMOUNT = "amount"
    DATE = "date"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateValue:
    """A date to compare with: [low, high) in microseconds since 1970 UTC, as wide as the client's precision."""

    prefix: Prefix
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountValue:
    """A number to compare with: `low` to `high` is what its digits leave open, both the same where that does not count.

    `unit` None: of whatever unit. `base`: low and high are in base units, and so is `unit`. Else `unit` is a code, and
    `system` "" takes it as the unit's name as well.
    """

    prefix: Prefix
    value: Decimal
    low: Decimal
    high: Decimal
    unit: str | None = None
    system: str = ""
    base: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A term as a store keeps it: its field, and what else must be so (None: anything)."""

    field: int
    code: int | None = None
    system: int | None = None
    text: int | None = None
