"""What comes along with the matches of a search: what they refer to, and what refers to them.

https://hl7.org/fhir/R4/search.html#include
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, false, or_, select

from gateway.errors import NotSupported
from gateway.fhir.search.query import Include, Query
from gateway.store.holding import owner_key
from gateway.store.keys import Keys, field_number, type_number
from gateway.store.tables import resource, term

__all__ = ["included"]

_MOST: Final = 1_000
_AT_ONCE: Final = 500


def included(connection: Connection, query: Query, matches: Sequence[Row[Any]], keys: Keys) -> list[Row[Any]]:
    """Return the rows that come along, each once, none of them a match; raises NotSupported where they are too many."""
    seen = {each.serial: each for each in matches}
    shown, reached = len(seen), list(matches)
    wanted = query.includes
    while reached:
        fresh: dict[int, Row[Any]] = {}
        for include in wanted:
            for start in range(0, len(reached), _AT_ONCE):
                some = reached[start : start + _AT_ONCE]
                for row in _along(connection, include, some, keys):
                    if row.serial not in seen:
                        fresh[row.serial] = seen[row.serial] = row
        if len(seen) - shown > _MOST:
            raise NotSupported(
                f"More than {_MOST} resources would come along.", where="_include", remedy="Ask for smaller pages."
            )
        reached, wanted = list(fresh.values()), tuple(each for each in query.includes if each.iterate)
    return [seen[each] for each in list(seen)[shown:]]


def _along(connection: Connection, include: Include, rows: Sequence[Row[Any]], keys: Keys) -> Iterator[Row[Any]]:
    statement = (_reversed if include.reverse else _forward)(include, rows)
    if statement is None:
        return
    visible = [_visible(type_, patient, keys) for type_, patient in include.visible or ()]
    statement = statement.where(resource.c.deleted.is_(False), or_(false(), *visible))
    yield from connection.execute(statement.order_by(resource.c.serial).limit(_MOST + 2))


def _visible(type_: str, patient: str | None, keys: Keys) -> ColumnElement[bool]:
    of_type = resource.c.type == type_
    return (
        of_type if patient is None else of_type & (resource.c.record == owner_key(keys, patient) + type_number(type_))
    )


def _forward(include: Include, rows: Sequence[Row[Any]]) -> Select[Any] | None:
    """Return what finds the resources that *rows* refer to."""
    sources = [each for each in rows if each.type == include.link.type]
    if not sources:
        return None
    numbers = [field_number(include.link.type, each) for each in include.link.fields]
    named = select(term.c.code).where(term.c.serial.in_([each.serial for each in sources]), term.c.field.in_(numbers))
    number = type_number(include.link.type)
    owned = [each for each in sources if each.record is not None] if include.link.owner else []
    owners = {each.record - number for each in owned}
    return select(resource).where(resource.c.own.in_(named) | resource.c.own.in_(sorted(owners)))


def _reversed(include: Include, rows: Sequence[Row[Any]]) -> Select[Any] | None:
    """Return what finds the resources that refer to *rows*."""
    targets = [each for each in rows if not include.link.targets or each.type in include.link.targets]
    if not targets:
        return None
    numbers = [field_number(include.link.type, each) for each in include.link.fields]
    naming = select(term.c.serial).where(term.c.field.in_(numbers), term.c.code.in_([each.own for each in targets]))
    number = type_number(include.link.type)
    patients = [each.own + number for each in targets if each.type == "Patient"] if include.link.owner else []
    of_type = resource.c.type == include.link.type
    return select(resource).where(of_type, resource.c.serial.in_(naming) | resource.c.record.in_(patients))
