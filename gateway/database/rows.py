"""Rows that every write adds, with next to no work for each: plain values go to the driver, many rows in one statement.

One statement of twelve rows is one step of SQLite and one message to PostgreSQL; twelve statements of one row would
each let go of the interpreter and wait for it again. SQLite's own driver is asked directly: what SQLAlchemy does around
a statement costs more than the statement. PostgreSQL takes the rows as columns, one array each: so one statement, which
it has prepared once, serves any number of rows, and all tables of a group go in one message.
https://www.postgresql.org/docs/15/queries-with.html#QUERIES-WITH-MODIFYING

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
from sqlalchemy import Connection, Engine, Table, event, func, select
from sqlalchemy.exc import DBAPIError

__all__ = ["add_row", "add_rows", "ask", "gathering", "writes_what_is_gathered"]

_AT_ONCE: Final = 64
_GATHERED: Final = "gathered rows"
_NUMBERS: Final = "numbers to give"
_NUMBERS_AT_ONCE: Final = 64
_ALONE: Final = 40
_MOST_SHAPES: Final = 48
"""How many statements for acts alone there are: the driver keeps a hundred prepared, those of searches among them."""

Row = tuple[object, ...]
Place = tuple[Table, tuple[str, ...]]
"""Where rows go: a table, and the columns whose values they have."""

Shape = tuple[tuple[Place, int], ...]
"""How many rows go where."""

_shapes: Final[set[Shape]] = set()


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """The rows that wait, by table and columns in the order in which they came; the numbers that SQLite would give."""

    rows: dict[Place, list[Row]] = field(default_factory=dict)
    numbers: dict[Table, Iterator[int]] = field(default_factory=dict)


@contextmanager
def gathering(connection: Connection) -> Iterator[None]:
    """Gather the rows that are added inside the block; they are written when it ends."""
    connection.info[_GATHERED] = _Gathered()
    try:
        yield
        _write(connection, last=True)
    finally:
        connection.info.pop(_GATHERED, None)


def writes_what_is_gathered(engine: Engine) -> None:
    """Have gathered rows written before any other statement on a connection of *engine*: it may be about them."""

    @event.listens_for(engine, "before_cursor_execute")
    def _before(connection: Connection, *_statement: object) -> None:
        if _GATHERED in connection.info:
            _write(connection)


def _write(connection: Connection, *, last: bool = False) -> None:
    gathered = connection.info[_GATHERED]
    waiting, gathered.rows = gathered.rows, {}
    if some := {place: rows for place, rows in waiting.items() if rows}:
        _insert(connection, some, last=last)


def add_rows(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert *rows*, each with the values of *columns* in their order, which both drivers take unconverted."""
    gathered = connection.info.get(_GATHERED)
    if gathered is not None:
        gathered.rows.setdefault((table, columns), []).extend(rows)
    elif rows:
        _insert(connection, {(table, columns): rows})


def add_row(connection: Connection, table: Table, columns: tuple[str, ...], row: Row, *, made: str) -> int:
    """Insert one row and return the number that the database gave its column *made*."""
    gathered = connection.info.get(_GATHERED)
    if gathered is None and connection.dialect.name == "sqlite":
        return int(_ask(connection, f'{_rows_in(table, columns, 1)} RETURNING "{made}"', row)[0][0])
    number = _number(connection, gathered, table, made)
    add_rows(connection, table, (made, *columns), [(number, *row)])
    return number


def _number(connection: Connection, gathered: _Gathered | None, table: Table, made: str) -> int:
    """Return the number that the database would give next."""
    if gathered is not None and connection.dialect.name == "sqlite":
        if table not in gathered.numbers:  # nobody else writes until this transaction ends
            last = _ask(connection, _last(table, made), ())[0][0]
            gathered.numbers[table] = count((last or 0) + 1)
        return next(gathered.numbers[table])
    waiting: list[int] = connection.info.setdefault(_NUMBERS, {}).setdefault(table, [])
    if not waiting:
        sequence = func.pg_get_serial_sequence(table.name, made)
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, _NUMBERS_AT_ONCE))
        waiting += reversed(connection.execute(drawn).scalars().all())
    return waiting.pop()


def _insert(connection: Connection, rows: dict[Place, Sequence[Row]], *, last: bool = False) -> None:
    if connection.dialect.name != "sqlite":
        statement, values = _for_postgresql(rows)
        _ask_postgresql(connection, statement, values, last=last)
        return
    for (table, names), some in rows.items():
        for start in range(0, len(some), _AT_ONCE):
            part = some[start : start + _AT_ONCE]
            _ask(connection, _rows_in(table, names, len(part)), tuple(chain.from_iterable(part)))


def _for_postgresql(rows: dict[Place, Sequence[Row]]) -> tuple[str, Row]:
    """Return one statement for all tables, and its values.

    One act alone writes its rows as they are, which is quicker where the server has prepared just that statement; of
    such there are few, for devices say the same things always.
    """
    shape = tuple((place, len(some)) for place, some in rows.items())
    alone = len(shape) > 1 and sum(number for _, number in shape) <= _ALONE
    if alone and (shape in _shapes or len(_shapes) < _MOST_SHAPES):
        _shapes.add(shape)
        return _values_into(shape), tuple(chain.from_iterable(chain.from_iterable(rows.values())))
    columns = chain.from_iterable(map(list, zip(*some, strict=True)) for some in rows.values())
    return _columns_into(tuple(rows)), tuple(columns)


def ask(connection: Connection, statement: str, values: Row = (), *, last: bool = False) -> Sequence[Sequence[Any]]:
    """Return the rows that a statement in the engine's own words finds.

    *last*: nothing is asked after it in this transaction, which may so be the statement's own.
    """
    if _GATHERED in connection.info:
        _write(connection)
    if connection.dialect.name == "sqlite":
        if not last and not connection.in_transaction():
            connection.begin()
        return _ask(connection, statement, values)
    return _ask_postgresql(connection, statement, values, last=last)


def _ask_postgresql(connection: Connection, statement: str, values: Row, *, last: bool) -> Sequence[Sequence[Any]]:
    """Ask the driver itself where a transaction has begun, or need not: a statement alone is one, and durable.

    SQLAlchemy begins it with the first statement that goes through it.
    """
    driver: Any = connection.connection.dbapi_connection
    line = driver.driver_connection
    if not last and not line.is_in_transaction():
        result = connection.exec_driver_sql(statement, values)
        return result.all() if result.returns_rows else ()
    try:
        found: Sequence[Sequence[Any]] = driver.run_async(lambda line: line.fetch(statement, *values))
    except Exception as error:
        if lost := line.is_closed():
            connection.invalidate(error)
        if isinstance(error, OSError):  # time is up, or the network gone: no word of the database's
            raise
        raise DBAPIError(None, None, error, connection_invalidated=lost) from error
    return found


def _ask(connection: Connection, statement: str, values: Row) -> list[Any]:
    """Return all rows: SQLite reads on with each, so that the disk may fail or time be over at any of them."""
    driver: Any = connection.connection.dbapi_connection
    try:
        found: list[Any] = driver.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(None, None, error, sqlite3.Error, dialect=connection.dialect) from error
    return found


@lru_cache(maxsize=1024)
def _rows_in(table: Table, columns: tuple[str, ...], rows: int) -> str:
    """Return SQLite's statement that inserts so many rows."""
    one = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {_named(table, columns)} VALUES {', '.join([one] * rows)}"  # noqa: S608  our own tables' names


def _last(table: Table, made: str) -> str:
    return f'SELECT max("{made}") FROM "{table.name}"'  # noqa: S608  as above


@lru_cache(maxsize=_MOST_SHAPES)
def _values_into(shape: Shape) -> str:
    """Return PostgreSQL's statement that inserts so many rows into each of these tables."""
    number, inserts = count(1), []
    for (table, columns), rows in shape:
        some = ", ".join(f"({', '.join(f'${next(number)}' for _ in columns)})" for _ in range(rows))
        inserts.append(f"INSERT INTO {_named(table, columns)} VALUES {some}")  # noqa: S608  as above
    return _together(inserts)


@lru_cache(maxsize=256)
def _columns_into(places: tuple[Place, ...]) -> str:
    """Return PostgreSQL's statement that inserts into all these tables what it is given as one array a column."""
    number, inserts = count(1), []
    for table, columns in places:
        arrays = ", ".join(f"${next(number)}::{_type(table, name)}[]" for name in columns)
        inserts.append(f"INSERT INTO {_named(table, columns)} SELECT * FROM unnest({arrays})")  # noqa: S608  as above
    return _together(inserts)


def _together(inserts: list[str]) -> str:
    *before, last = inserts
    if not before:
        return last
    named = ", ".join(f"of{place} AS ({each})" for place, each in enumerate(before))
    return f"WITH {named} {last}"


def _type(table: Table, column: str) -> str:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  a booth has no use for it

    compiled = table.c[column].type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it out
    return compiled.partition(" COLLATE")[0]


def _named(table: Table, columns: tuple[str, ...]) -> str:
    names = '", "'.join(columns)
    return f'"{table.name}" ("{names}")'
