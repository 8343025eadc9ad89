"""A search, and every search inside it, limited to what the caller may search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.errors import Forbidden
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.search.query import (
    AnyClause,
    ChainClause,
    Clause,
    HasClause,
    Include,
    NotClause,
    Query,
    restricted,
)

__all__ = ["limited"]


def limited(query: Query, compartment: Callable[[str], str | None]) -> Query:
    """Return *query*, and every query inside it, limited to what the caller may search.

    *compartment* returns the only patient in whose record a type may be searched, None where that is not limited, and
    raises Forbidden. Where a chain names no type, those that may not be searched are left out, as if empty.
    """
    clauses = tuple(_limited(each, compartment) for each in query.clauses)
    includes = tuple(_visible(each, compartment) for each in query.includes)
    return restricted(replace(query, clauses=clauses, includes=includes), compartment(query.type))


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


def _limited(clause: Clause, compartment: Callable[[str], str | None]) -> Clause:
    match clause:
        case ChainClause(queries=(only,)):
            return replace(clause, queries=(limited(only, compartment),))
        case ChainClause():
            return replace(clause, queries=tuple(_allowed(clause, compartment)))
        case HasClause():
            return replace(clause, query=limited(clause.query, compartment))
        case NotClause():
            return replace(clause, clause=_limited(clause.clause, compartment))
        case AnyClause():
            return replace(clause, clauses=tuple(_limited(each, compartment) for each in clause.clauses))
        case _:
            return clause


def _allowed(clause: ChainClause, compartment: Callable[[str], str | None]) -> list[Query]:
    allowed, last = [], None
    for each in clause.queries:
        try:
            allowed.append(limited(each, compartment))
        except Forbidden as error:
            last = error
    if last is not None and not allowed:
        raise last
    return allowed
