"""Rows that every write adds, with next to no work for each: plain values go to the driver, many rows in one statement.

One statement of twelve rows is one step of SQLite and one message to PostgreSQL; twelve statements of one row would
each let go of the interpreter and wait for it again. SQLite's own driver is asked directly: what SQLAlchemy does around
a statement costs more than the statement.

Where acts that only add share a transaction, their rows are gathered: the same tables get them all at once at the end,
or before anything is asked of the connection. https://docs.sqlalchemy.org/en/21/core/events.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy import Connection, Dialect, Engine, Table, event, func, insert, select
from sqlalchemy.exc import DBAPIError

__all__ = ["add_row", "add_rows", "gathering", "writes_what_is_gathered"]

_AT_ONCE: Final = 64
_GATHERED: Final = "gathered rows"
_NUMBERS: Final = "numbers to give"
_NUMBERS_AT_ONCE: Final = 64

Row = tuple[object, ...]


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """The rows that wait, by table and columns in the order in which they came; the numbers that SQLite would give."""

    rows: dict[tuple[Table, tuple[str, ...]], list[Row]] = field(default_factory=dict)
    numbers: dict[Table, Iterator[int]] = field(default_factory=dict)


@contextmanager
def gathering(connection: Connection) -> Iterator[None]:
    """Gather the rows that are added inside the block; they are written when it ends."""
    connection.info[_GATHERED] = _Gathered()
    try:
        yield
        _write(connection)
    finally:
        connection.info.pop(_GATHERED, None)


def writes_what_is_gathered(engine: Engine) -> None:
    """Have gathered rows written before any other statement on a connection of *engine*: it may be about them."""

    @event.listens_for(engine, "before_cursor_execute")
    def _before(connection: Connection, *_statement: object) -> None:
        if _GATHERED in connection.info:
            _write(connection)


def _write(connection: Connection) -> None:
    gathered = connection.info[_GATHERED]
    waiting, gathered.rows = gathered.rows, {}
    for (table, columns), rows in waiting.items():
        _insert_all(connection, table, columns, rows)


def add_rows(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert *rows*, each with the values of *columns* in their order, which both drivers take unconverted."""
    gathered = connection.info.get(_GATHERED)
    if gathered is None:
        _insert_all(connection, table, columns, rows)
    else:
        gathered.rows.setdefault((table, columns), []).extend(rows)


def add_row(connection: Connection, table: Table, columns: tuple[str, ...], row: Row, *, made: str) -> int:
    """Insert one row and return the number that the database gave its column *made*."""
    gathered = connection.info.get(_GATHERED)
    if gathered is None:
        return int(_run(connection, _insert(table, columns, 1, connection.dialect, made), row).fetchone()[0])
    number = _number(connection, gathered, table, made)
    gathered.rows.setdefault((table, (made, *columns)), []).append((number, *row))
    return number


def _number(connection: Connection, gathered: _Gathered, table: Table, made: str) -> int:
    """Return the number that the database would give next."""
    if connection.dialect.name == "sqlite":
        if table not in gathered.numbers:  # nobody else writes until this transaction ends
            last = connection.execute(select(func.max(table.c[made]))).scalar_one()
            gathered.numbers[table] = count((last or 0) + 1)
        return next(gathered.numbers[table])
    waiting: list[int] = connection.info.setdefault(_NUMBERS, {}).setdefault(table, [])
    if not waiting:
        sequence = func.pg_get_serial_sequence(table.name, made)
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, _NUMBERS_AT_ONCE))
        waiting += reversed(connection.execute(drawn).scalars().all())
    return waiting.pop()


def _insert_all(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    if connection.dialect.name != "sqlite" and len(rows) > _AT_ONCE:
        connection.exec_driver_sql(_insert(table, columns, 1, connection.dialect), list(rows))
        return
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        statement = _insert(table, columns, len(some), connection.dialect)
        _run(connection, statement, tuple(chain.from_iterable(some)))


def _run(connection: Connection, statement: str, values: Row) -> Any:
    if connection.dialect.name != "sqlite":
        return connection.exec_driver_sql(statement, values)
    driver: Any = connection.connection.dbapi_connection
    try:
        return driver.execute(statement, values)
    except sqlite3.Error as error:
        raise DBAPIError.instance(None, None, error, sqlite3.Error, dialect=connection.dialect) from error


@lru_cache(maxsize=1024)
def _insert(table: Table, columns: tuple[str, ...], rows: int, dialect: Dialect, made: str = "") -> str:
    inserted = insert(table).values([dict.fromkeys(columns)] * rows)
    # A number that the database gives is asked for by `add_row` alone.
    return str(inserted.inline().compile(dialect=dialect)) + (f" RETURNING {made}" if made else "")
