"""What comes along with the matches of a search: what they refer to, and what refers to them.

https://hl7.org/fhir/R4/search.html#include
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, false, or_, select

from gateway.errors import NotSupported
from gateway.fhir.search.query import Include, Query
from gateway.store.holding import owner_key
from gateway.store.keys import Keys, field_number, type_number
from gateway.store.tables import resource, term

__all__ = ["Found", "included"]

_MOST: Final = 1_000
_AT_ONCE: Final = 500
_PLACES: Final = tuple([*resource.columns.keys()].index(name) for name in ("serial", "type", "own", "record"))


class Found:
    """A row that begins with the columns of `resource`, as far as it matters what comes along with it."""

    __slots__ = ("own", "record", "row", "serial", "type")

    def __init__(self, row: Sequence[Any]) -> None:
        self.row = row
        self.serial, self.type, self.own, self.record = (row[place] for place in _PLACES)


def included(connection: Connection, query: Query, matches: Sequence[Found], keys: Keys) -> list[Sequence[Any]]:
    """Return the rows that come along, each once, none of them a match; raises NotSupported where they are too many."""
    seen = {each.serial: each for each in matches}
    shown, reached = len(seen), list(matches)
    wanted = query.includes
    while reached:
        fresh: dict[int, Found] = {}
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
    return [seen[each].row for each in list(seen)[shown:]]


def _along(connection: Connection, include: Include, rows: Sequence[Found], keys: Keys) -> Iterator[Found]:
    visible = [_visible(type_, patient, keys) for type_, patient in include.visible or ()]
    found: dict[int, Found] = {}
    # Each way by itself: an engine that is offered both at once walks everything instead.
    for wanted in _reversed(include, rows) if include.reverse else _forward(connection, include, rows):
        statement = select(resource).where(wanted, resource.c.deleted.is_(False), or_(false(), *visible))
        found |= {row[0]: Found(row) for row in connection.execute(statement.limit(_MOST + 2))}
    yield from (found[serial] for serial in sorted(found))


def _visible(type_: str, patient: str | None, keys: Keys) -> ColumnElement[bool]:
    of_type = resource.c.type == type_
    return (
        of_type if patient is None else of_type & (resource.c.record == owner_key(keys, patient) + type_number(type_))
    )


def _forward(connection: Connection, include: Include, rows: Sequence[Found]) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that a resource is one that *rows* refer to."""
    sources = [each for each in rows if each.type == include.link.type]
    if not sources:
        return
    numbers = [field_number(include.link.type, each) for each in include.link.fields]
    # The field is disguised, or an engine without statistics might walk everybody's rows of it.
    mine = term.c.serial.in_([each.serial for each in sources])
    named = select(term.c.code).where(mine, (term.c.field + 0).in_(numbers))
    number = type_number(include.link.type)
    owned = [each for each in sources if each.record is not None] if include.link.owner else []
    own = {each.record - number for each in owned} | set(connection.execute(named).scalars())
    ordered = sorted(own)
    for start in range(0, len(ordered), _AT_ONCE):
        yield resource.c.own.in_(ordered[start : start + _AT_ONCE])


def _reversed(include: Include, rows: Sequence[Found]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a resource is one that refers to *rows*."""
    targets = [each for each in rows if not include.link.targets or each.type in include.link.targets]
    if not targets:
        return
    numbers = [field_number(include.link.type, each) for each in include.link.fields]
    naming = select(term.c.serial).where(term.c.field.in_(numbers), term.c.code.in_([each.own for each in targets]))
    number = type_number(include.link.type)
    patients = [each.own + number for each in targets if each.type == "Patient"] if include.link.owner else []
    of_type = resource.c.type == include.link.type
    yield of_type & resource.c.serial.in_(naming)
    if patients:
        yield of_type & resource.c.record.in_(patients)
