"""Parameters that follow references: `subject:Patient.name`, and `_has:Observation:patient:code` the other way round.

https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.errors import Malformed, NotSupported
from gateway.fhir.search.asked import fields_of
from gateway.fhir.search.parameters import TYPES, Kind, Parameter, ResourceType
from gateway.fhir.search.query import ChainClause, Clause, HasClause, Link, Query

__all__ = ["chained", "has", "link"]

Read = Callable[[ResourceType, str, str], tuple[Clause, ...]]
"""What reads one parameter of a type: its name as written, and its value."""

_PARTS: Final = 4


def link(row: ResourceType, parameter: Parameter, targets: tuple[str, ...] = ()) -> Link:
    """Return the link that a reference parameter means, to some types or to all it may name."""
    if row.name == "AuditEvent":  # it is made of rows of its own, which nothing is joined to
        raise NotSupported("The references of AuditEvents are not followed.", where=parameter.name)
    owner = row.owner is not None and row.owner in parameter.paths
    wanted = targets or parameter.targets
    return Link(type=row.name, fields=fields_of(parameter), owner=owner, targets=wanted)


def chained(row: ResourceType, name: str, text: str, read: Read) -> tuple[Clause, ...]:
    """Read `reference.parameter`, or `reference:Type.parameter`; *read* reads what follows the point."""
    first, _, rest = name.partition(".")
    bare, _, type_ = first.partition(":")
    parameter = row.named[bare]
    if parameter.kind is not Kind.REFERENCE or not rest:
        raise NotSupported(f"{name[:80]} follows no reference.", where=name[:80])
    if type_ and (type_ not in TYPES or (parameter.targets and type_ not in parameter.targets)):
        raise NotSupported(f"{bare} names no {type_[:80]} here.", where=name[:80])
    types = (type_,) if type_ else tuple(each for each in parameter.targets or TYPES if each in TYPES)
    follows = rest.partition(".")[0].partition(":")[0]
    known = tuple(each for each in types if follows == "_has" or follows in TYPES[each].named)
    if not known:
        raise NotSupported(
            f"{name[:80]}: none of {', '.join(types)[:200]} has a search parameter {follows[:80]!r} here.",
            where=name[:80],
        )
    queries = tuple(Query(type=each, clauses=read(TYPES[each], rest, text)) for each in known)
    return (ChainClause(link=link(row, parameter, known), queries=queries),)


def has(row: ResourceType, name: str, text: str, read: Read) -> tuple[Clause, ...]:
    """Read `_has:Type:reference:parameter`."""
    parts = name.split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        raise Malformed(
            f"{name[:80]} is not complete.", where=name[:80], remedy="Write e.g. _has:Observation:patient:code=X."
        )
    _, type_, reference, rest = parts
    source = TYPES.get(type_)
    parameter = source.named.get(reference) if source else None
    if source is None or parameter is None or parameter.kind is not Kind.REFERENCE:
        raise NotSupported(f"{name[:80]}: {type_[:40]} has no reference {reference[:40]!r} here.", where=name[:80])
    if parameter.targets and row.name not in parameter.targets:
        raise NotSupported(f"{name[:80]}: {reference} of {type_} names no {row.name}.", where=name[:80])
    query = Query(type=type_, clauses=read(source, rest, text))
    return (HasClause(link=link(source, parameter, (row.name,)), query=query),)
