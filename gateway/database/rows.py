"""Rows that every write adds, with next to no work for each: tuples go to the driver as they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Table, insert

__all__ = ["add_rows"]


def add_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert *rows*, each with the values of *columns* in their order, which both drivers take unconverted."""
    if rows:
        connection.exec_driver_sql(_insert(table, columns, connection.dialect), list(rows))


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect, column_keys=list(columns)))
