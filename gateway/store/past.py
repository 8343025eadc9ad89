"""History in SQL: the versions of one resource, of a type or of everything, the newest first.

https://hl7.org/fhir/R4/http.html#history
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, union_all

from gateway.fhir.repository import History, Moment, Past, Stored
from gateway.store.tables import history, resource

__all__ = ["page"]

_VERSION = ("serial", "version", "updated", "deleted", "method", "key_id", "body")


def page(connection: Connection, asked: History, stored: Callable[[Row[Any]], Stored]) -> Past:
    """Return one page; *stored* opens a row."""
    total = None
    if asked.total:
        counted = [select(func.count().label("number")).select_from(each.subquery()) for each in _both(asked)]
        total = connection.execute(select(func.sum(union_all(*counted).subquery().c.number))).scalar_one()
    if asked.count == 0:
        return Past(entries=(), total=total)
    limit = asked.count + 1
    found = [
        each.where(*_behind(each, asked)).order_by(*_newest(each.selected_columns)).limit(limit).subquery()
        for each in _both(asked)
    ]
    merged = union_all(*(select(each) for each in found)).subquery()
    rows = connection.execute(select(merged).order_by(*_newest(merged.c)).limit(limit)).all()
    shown = rows[: asked.count]
    more = None
    if len(rows) > len(shown):
        last = shown[-1]
        more = Moment(updated=last.updated, serial=last.serial, version=last.version)
    return Past(entries=tuple(map(stored, shown)), next=more, total=total)


def _both(asked: History) -> tuple[Select[Any], Select[Any]]:
    """Return what finds the current versions, and those before."""
    names = (resource.c.type, resource.c.id, resource.c.patient)
    current = select(*names, *(resource.c[each] for each in _VERSION))
    before = select(*names, *(history.c[each] for each in _VERSION)).join_from(history, resource)
    return (
        current.where(*_wanted(asked, resource.c.updated)),
        before.where(*_wanted(asked, history.c.updated)),
    )


def _wanted(asked: History, updated: ColumnElement[int]) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.type:
        wanted.append(resource.c.type == asked.type)
    if asked.id:
        wanted.append(resource.c.id == asked.id)
    if asked.patient is not None:
        wanted.append(resource.c.patient == asked.patient)
    if asked.types:
        wanted.append(resource.c.type.in_(asked.types))
    if asked.since is not None:
        wanted.append(updated >= asked.since)
    return wanted


def _behind(found: Select[Any], asked: History) -> list[ColumnElement[bool]]:
    cursor = asked.cursor
    if cursor is None:
        return []
    columns = found.selected_columns
    updated, serial, version = columns.updated, columns.serial, columns.version
    older = and_(serial == cursor.serial, version < cursor.version)
    return [
        updated <= cursor.updated,
        or_(updated < cursor.updated, serial < cursor.serial, older),
    ]


def _newest(columns: Any) -> list[ColumnElement[Any]]:
    return [columns.updated.desc(), columns.serial.desc(), columns.version.desc()]
