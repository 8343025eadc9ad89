"""Rows that every write adds, with next to no work for each: plain values go to the driver, many rows in one statement.

One statement of twelve rows is one step of SQLite and one message to PostgreSQL; twelve statements of one row would
each let go of the interpreter and wait for it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from sqlalchemy import Connection, Dialect, Table, insert

__all__ = ["add_row", "add_rows"]

_AT_ONCE: Final = 16


def add_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert *rows*, each with the values of *columns* in their order, which both drivers take unconverted."""
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        statement = _insert(table, columns, len(some), connection.dialect)
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def add_row(
    connection: Connection, table: Table, columns: tuple[str, ...], row: tuple[object, ...], *, made: str
) -> int:
    """Insert one row and return the number that the database gave its column *made*."""
    statement = _insert(table, columns, 1, connection.dialect) + f" RETURNING {made}"
    return int(connection.exec_driver_sql(statement, row).scalar_one())


@lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], count: int, dialect: Dialect) -> str:
    inserted = insert(table).values([dict.fromkeys(columns)] * count)
    # A number that the database gives is asked for by `add_row` alone.
    return str(inserted.inline().compile(dialect=dialect))
