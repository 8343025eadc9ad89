"""A search, and every search inside it, limited to what the caller may search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.errors import Forbidden
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.search.query import (
    AnyClause,
    ChainClause,
    Clause,
    DateClause,
    HasClause,
    Include,
    NotClause,
    OwnerClause,
    Query,
    TermClause,
)

__all__ = ["limited", "within"]

_PLAIN: Final = (TermClause, DateClause, OwnerClause)
"""What has no search inside it, first of all what is asked for most."""


def limited(query: Query, compartment: Callable[[str], str | None]) -> Query:
    """Return *query*, and every query inside it, limited to what the caller may search.

    *compartment* returns the only patient in whose record a type may be searched, None where that is not limited, and
    raises Forbidden. Where a chain names no type, those that may not be searched are left out, as if empty.
    """

    def own(type_: str) -> tuple[Clause, ...]:
        patient = compartment(type_)
        return () if patient is None else (OwnerClause(patients=(patient,)),)

    if query.includes:
        query = replace(query, includes=tuple(_visible(each, compartment) for each in query.includes))
    return within(query, own)


def within(query: Query, more: Callable[[str], tuple[Clause, ...]]) -> Query:
    """Return *query*, and every query inside it, with *more* clauses for its type.

    Where *more* raises Forbidden for a type of several that a chain may mean, that type is left out, as if empty.
    """
    clauses = (
        *(each if isinstance(each, _PLAIN) else _within(each, more) for each in query.clauses),
        *more(query.type),
    )
    return query if clauses == query.clauses else replace(query, clauses=clauses)


def _visible(include: Include, compartment: Callable[[str], str | None]) -> Include:
    types = (include.link.type,) if include.reverse else include.link.targets or tuple(TYPES)
    visible, last = [], None
    for each in types:
        try:
            visible.append((each, compartment(each)))
        except Forbidden as error:
            last = error
    if last is not None and not visible and not include.every:
        raise last
    return replace(include, visible=tuple(visible))


def _within(clause: Clause, more: Callable[[str], tuple[Clause, ...]]) -> Clause:
    match clause:
        case ChainClause(queries=(only,)):
            return replace(clause, queries=(within(only, more),))
        case ChainClause():
            return replace(clause, queries=tuple(_allowed(clause, more)))
        case HasClause():
            return replace(clause, query=within(clause.query, more))
        case NotClause():
            return replace(clause, clause=_within(clause.clause, more))
        case AnyClause():
            return replace(clause, clauses=tuple(_within(each, more) for each in clause.clauses))
        case _:
            return clause


def _allowed(clause: ChainClause, more: Callable[[str], tuple[Clause, ...]]) -> list[Query]:
    allowed, last = [], None
    for each in clause.queries:
        try:
            allowed.append(within(each, more))
        except Forbidden as error:
            last = error
    if last is not None and not allowed:
        raise last
    return allowed
