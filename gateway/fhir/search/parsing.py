"""From the parameters of a URL to a `Query`: everything that is asked for is understood, or refused by name.

A parameter that is silently ignored answers another question than the one asked; with patients that is dangerous.
Only a client that says `Prefer: handling=lenient` gets such an answer, and is told what was left out.
https://hl7.org/fhir/R4/search.html#errors
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from gateway.errors import Malformed, NotFound, NotSupported
from gateway.fhir.search.asked import Asked
from gateway.fhir.search.chain import chained, has
from gateway.fhir.search.parameters import COMPARTMENTS, TYPES, ResourceType
from gateway.fhir.search.query import AnyClause, Clause, IdClause, Query
from gateway.fhir.search.result import DEFAULT_COUNT, MOST, RESULT_PARAMETERS, default_order, is_result, shaped
from gateway.fhir.search.values import read

__all__ = ["DEFAULT_COUNT", "MOST", "RESULT_PARAMETERS", "Search", "criteria", "in_compartment", "search"]

_CLAUSES: Final = 20
_DEEPEST: Final = 4
_ALL_ASKED: Final = {"asked"}

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search as understood: the query, the parameters it was made of, and the names of those left out.

    The query is not limited to what the caller may see: `gateway.fhir.search.limit.limited` does that.
    """

    query: Query
    used: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...] = ()


def search(type_: str, pairs: Pairs, *, base: str, lenient: bool = False) -> Search:
    """Read the parameters of a search of *type_*; raises NotSupported or Malformed, naming the parameter."""
    row = TYPES[type_]
    kinds = [_kind(type_, name) for name, _ in pairs]
    known: Pairs = pairs
    results: Pairs = ()
    unknown: Pairs = ()
    if set(kinds) != _ALL_ASKED:
        known, results, unknown = (
            [pair for pair, each in zip(pairs, kinds, strict=True) if each == kind]
            for kind in ("asked", "result", "unknown")
        )
    ignored = tuple(dict.fromkeys(name for name, _ in unknown))
    if ignored and not lenient:
        raise _unknown(row, ignored[0])
    clauses = tuple(_clauses(row, known, base))
    query = Query(type=type_, clauses=clauses, order=default_order(row, clauses))
    used = tuple(pair for pair in pairs if pair not in unknown) if unknown else tuple(pairs)
    return Search(query=shaped(row, query, results) if results else query, used=used, ignored=ignored)


def criteria(type_: str, pairs: Pairs, *, base: str) -> Query:
    """Read the criteria of a conditional interaction: at least one, of the type itself, none about the answer."""
    row = TYPES[type_]
    for name, _ in pairs:
        if is_result(name) or not _offers(row, name):
            raise _unknown(row, name)
        if "." in name or name.startswith("_has"):
            raise NotSupported(
                f"A condition follows no references ({name[:80]}).", where=name[:80], remedy=f"Name the {type_} itself."
            )
    if not pairs:
        raise Malformed(
            "If-None-Exist names no criteria.", where="If-None-Exist", remedy="Write e.g. identifier=system|value."
        )
    return Query(type=type_, clauses=tuple(_clauses(row, pairs, base)), count=2)


def in_compartment(query: Query, compartment: str, id_: str, *, base: str) -> Query:
    """Return *query* limited to a compartment: what refers to that resource by one of the parameters R4 names.

    Raises NotFound where R4 knows no such compartment of the type. https://hl7.org/fhir/R4/compartmentdefinition.html
    """
    names = COMPARTMENTS.get(compartment, {}).get(query.type, ())
    row, reference = TYPES[query.type], f"{compartment}/{id_}"
    clauses: list[Clause] = [IdClause(ids=(id_,))] if query.type == compartment else []
    for name in names:
        if name in row.named:
            clauses += read(Asked(row, row.named[name], "", base), reference)
    if not clauses:
        raise NotFound(
            f"No {query.type} is in the compartment of a {compartment[:80]}.",
            remedy=f"There are compartments of: {', '.join(sorted(COMPARTMENTS))}.",
        )
    several = clauses[0] if len(clauses) == 1 else AnyClause(clauses=tuple(clauses))
    return replace(query, clauses=(several, *query.clauses))


@lru_cache(maxsize=1024)
def _kind(type_: str, name: str) -> str:
    """Return whether a parameter says how the answer is to look, what is asked for, or nothing that is known."""
    return "result" if is_result(name) else "asked" if _offers(TYPES[type_], name) else "unknown"


def _offers(row: ResourceType, name: str) -> bool:
    bare = name.partition(":")[0].partition(".")[0]
    return bare == "_has" or bare in row.named


def _unknown(row: ResourceType, name: str) -> NotSupported:
    bare = name.partition(":")[0].partition(".")[0]
    why = "does not offer R4's search parameter" if bare in row.refused else "has no search parameter"
    offered = ", ".join(sorted([*row.named, "_has", *RESULT_PARAMETERS[:7]]))
    return NotSupported(
        f"{row.name} {why} {name[:80]!r} here.",
        where=name[:80],
        remedy=f"Supported are: {offered}. With the header Prefer: handling=lenient, unknown ones are ignored.",
    )


def _clauses(row: ResourceType, pairs: Pairs, base: str) -> Iterator[Clause]:
    if len(pairs) > _CLAUSES:
        raise NotSupported(f"More than {_CLAUSES} search parameters at once.", remedy="Ask in several searches.")
    for name, text in pairs:
        alone = "." not in name and not name.startswith("_has")
        yield from _alone(row.name, name, text, base) if alone else _read(row, name, text, base, 0)


def _read(row: ResourceType, name: str, text: str, base: str, depth: int) -> tuple[Clause, ...]:
    if depth == _DEEPEST:
        raise NotSupported(f"{name[:80]} follows more than {_DEEPEST} references.", where=name[:80])

    def follow(other: ResourceType, rest: str, value: str) -> tuple[Clause, ...]:
        if not _offers(other, rest):
            raise _unknown(other, rest)
        return _read(other, rest, value, base, depth + 1)

    if name.partition(":")[0] == "_has":
        return has(row, name, text, follow)
    if "." in name:
        return chained(row, name, text, follow)
    return _alone(row.name, name, text, base)


@lru_cache(maxsize=4096)
def _alone(type_: str, name: str, text: str, base: str) -> tuple[Clause, ...]:
    """Read a parameter that follows no reference; the same codes and days are asked for again and again."""
    row, (bare, _, modifier) = TYPES[type_], name.partition(":")
    return read(Asked(row, row.named[bare], modifier, base), text)
