"""The order of a search in SQL, and where a page of it begins.

https://hl7.org/fhir/R4/search.html#sort
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select

from gateway.fhir.search.query import Query, Sort
from gateway.store.holding import Scope
from gateway.store.keys import field_number
from gateway.store.tables import LOWEST, MISSING, amount, moment

__all__ = ["behind", "ends", "key", "ordered"]


def key(sort: Sort, scope: Scope, query: Query, *, walks: str) -> ColumnElement[Any]:
    """Return a sort key; one that the driver's index does not have is disguised, so that no other index tempts."""
    if sort.fields:
        return _least(sort, scope)
    column = scope.column(sort.key)
    if sort.key == walks and len(query.order) == 1:
        return column
    return column + "" if sort.key == "id" else column + 0


def _least(sort: Sort, scope: Scope) -> ColumnElement[Any]:
    """Return what several values of a resource are sorted by: the least one, or the greatest of a descending order."""
    other = (moment if sort.key == "moment" else amount).alias()
    low = other.c.low if sort.key == "moment" else func.coalesce(func.nullif(other.c.base_low, LOWEST), other.c.low)
    wanted = or_(*(other.c.field == field_number(scope.type, each) for each in sort.fields))
    found = select(func.max(low) if sort.descending else func.min(low)).where(
        other.c.serial == scope.column("serial"), wanted
    )
    nothing = literal(MISSING, BigInteger) if sort.key == "moment" else literal(LOWEST)
    return func.coalesce(found.correlate(*scope.tables).scalar_subquery(), nothing)


def ordered(statement: Select[Any], query: Query) -> Select[Any]:
    """Return the statement with its rows in the order of the query."""
    return statement.order_by(*ends(statement.selected_columns, query))


def ends(found: Any, query: Query) -> list[ColumnElement[Any]]:
    """Return what a statement's columns are ordered by."""
    columns = found.c if hasattr(found, "c") else found
    ends = [
        columns[f"k{place}"].desc() if sort.descending else columns[f"k{place}"].asc()
        for place, sort in enumerate(query.order)
    ]
    serial = columns["serial"]
    return [*ends, serial.desc() if query.order[-1].descending else serial.asc()]


def behind(keys: Sequence[ColumnElement[Any]], scope: Scope, query: Query) -> ColumnElement[bool]:
    """Return the condition that a row comes after the cursor, key by key."""
    cursor = query.cursor
    assert cursor is not None
    columns = (*keys, scope.column("serial"))
    values = (*cursor.keys, cursor.serial)
    downward = (*(each.descending for each in query.order), query.order[-1].descending)
    after: ColumnElement[bool] | None = None
    for column, value, descending in reversed(list(zip(columns, values, downward, strict=True))):
        beyond = column < value if descending else column > value
        after = beyond if after is None else or_(beyond, and_(column == value, after))
    first, value = columns[0], values[0]
    assert after is not None
    # Said once more by the first key alone, which an index can begin at.
    return and_(first <= value if downward[0] else first >= value, after)
