"""Many rows at once with next to no work for each: tuples go to the driver as they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Table, insert

__all__ = ["add_rows"]


def add_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert *rows* into *table*: all its columns in their order, as values that both drivers take unconverted."""
    if rows:
        connection.exec_driver_sql(_insert(table, connection.dialect), list(rows))


@lru_cache(maxsize=64)
def _insert(table: Table, dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect))
