"""A search, read and checked: the values between the URL and the store.

A query is a conjunction of clauses; a clause is a disjunction of alternatives. Nothing here knows a URL or a table.
https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gateway.fhir.search.operand import AmountValue, DateValue, Kept, Phrase, Prefix, Rows, Term

__all__ = [
    "LAST_UPDATED",
    "NEWEST",
    "AmountClause",
    "AmountValue",
    "AnyClause",
    "ChainClause",
    "Clause",
    "Cursor",
    "DateClause",
    "DateValue",
    "HasClause",
    "IdClause",
    "Include",
    "Kept",
    "Link",
    "NotClause",
    "OwnerClause",
    "PairClause",
    "Phrase",
    "PhraseClause",
    "Prefix",
    "PresentClause",
    "Query",
    "Resolved",
    "Rows",
    "Sort",
    "Term",
    "TermClause",
    "WordsClause",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermClause:
    """The resource has at least one of these terms."""

    alternatives: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseClause:
    """A string of the resource has at least one of these phrases."""

    alternatives: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsClause:
    """A text beside a code, in one of the fields, has all these words (folded)."""

    fields: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerClause:
    """The resource stands in the record of one of these patients."""

    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdClause:
    """The resource has one of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateClause:
    """A date compares so with at least one of these: of the fields, or the clinical one where there are none.

    `updated`: the time of last update.
    """

    updated: bool = False
    fields: tuple[str, ...] = ()
    alternatives: tuple[DateValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountClause:
    """A number or quantity compares so with at least one of these."""

    fields: tuple[str, ...]
    alternatives: tuple[AmountValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairClause:
    """Both halves of one of these pairs hold in the same part of the resource, as in the same component."""

    alternatives: tuple[tuple[Clause, Clause], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotClause:
    """The clause does not hold."""

    clause: Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyClause:
    """At least one of the clauses holds."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentClause:
    """One of the fields has a value; of references, one to one of the types (none: to any)."""

    rows: Rows
    fields: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """References of one type to others: the fields they are kept under, and whether the owner is meant as well.

    `targets` are the types that are meant, none being any.
    """

    type: str
    fields: tuple[str, ...]
    owner: bool = False
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainClause:
    """The resource refers, by the link, to one that at least one of the queries finds."""

    link: Link
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HasClause:
    """One that the query finds refers, by the link, to the resource."""

    link: Link
    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a clause came to when a store looked it up: these owners, terms, or resources, in its numbers."""

    owners: tuple[int, ...] = ()
    terms: tuple[Kept, ...] = ()
    serials: tuple[int, ...] = ()
    own: tuple[int, ...] = ()


Clause = (
    TermClause
    | PhraseClause
    | WordsClause
    | OwnerClause
    | IdClause
    | DateClause
    | AmountClause
    | PairClause
    | NotClause
    | AnyClause
    | PresentClause
    | ChainClause
    | HasClause
    | Resolved
)


class Sort(NamedTuple):
    """One key of an order.

    `name` is the parameter's; `key` is what is compared: `date`, `updated`, `id`, or the kind of rows of the fields.
    """

    name: str
    key: str
    descending: bool
    fields: tuple[str, ...] = ()


NEWEST = Sort("date", "date", descending=True)
"""The clinical date, the newest first."""

LAST_UPDATED = Sort("_lastUpdated", "updated", descending=True)
"""What was stored last comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last match of the page before: the next page starts behind it."""

    keys: tuple[int | str, ...]
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """What comes along with the matches: what they refer to by the link or, `reverse`, what refers to them by it.

    `iterate`: also from what came along. `every`: it is one of all references, so that it may as well not be seen.
    `visible` are the types that the caller may see, and in whose record only
    (None: everybody's); None where nobody has limited it yet.
    """

    link: Link
    reverse: bool = False
    iterate: bool = False
    every: bool = False
    visible: tuple[tuple[str, str | None], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search of one type. `count` 0 asks for the total alone.

    Ties of the order are broken by age, in the direction of its last key.
    """

    type: str
    clauses: tuple[Clause, ...] = ()
    order: tuple[Sort, ...] = (NEWEST,)
    count: int = 50
    cursor: Cursor | None = None
    total: bool = False
    includes: tuple[Include, ...] = ()

    @property
    def normalised(self) -> str:
        """Return the clauses in words that are equal for equal criteria, whatever order they were written in."""
        return ";".join(sorted(map(repr, self.clauses)))
