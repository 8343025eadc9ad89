"""The contract that both engines keep, and the one place that tells them apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, MetaData, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.database.postgresql import open_postgresql
from gateway.database.sqlite import open_sqlite
from gateway.errors import SettingsError

__all__ = ["Database", "lock", "open_database"]

T = TypeVar("T")


class Database(Protocol):
    """Durable rows in SQLite or PostgreSQL, with one contract for both."""

    async def act(self, fn: Callable[[Connection], T], /, *, adds: bool = False) -> T:
        """Run *fn* in a transaction and return its result once the COMMIT is on the disk.

        *adds*: it locks nothing and does nothing but `add_row` and `add_rows` that others could see; so it may share
        its transaction with others like it, and is run again alone where one of them fails.
        *fn* may run in another thread; acts of one database may share a COMMIT, never an undo. If the awaiting task is
        cancelled the act is done wholly or not at all. Raises what *fn* raised, or Unavailable.
        """
        ...

    async def look(self, fn: Callable[[Connection], T], /) -> T:
        """Run *fn* on one read-only snapshot that contains every act returned before; raises like `act`."""
        ...


@asynccontextmanager
async def open_database(url: str, *metadata: MetaData, patient: bool = False) -> AsyncIterator[Database]:
    """Open the database at *url* and create the tables of *metadata* that it lacks.

    *patient*: statements may take as long as they need, as those of a migration do.

    *url*: `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql+asyncpg://user:password@host/name`
    (https://docs.sqlalchemy.org/en/21/core/engines.html#database-urls). Raises SettingsError in one line.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        message = f"database: {url!r} is no database URL; write e.g. sqlite:///teleborne.db"
        raise SettingsError(message) from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            async with open_sqlite(Path(parsed.database), *metadata) as sqlite:
                yield sqlite
        case "postgresql":
            async with open_postgresql(parsed, *metadata, patient=patient) as postgresql:
                yield postgresql
        case _:
            shown = parsed.render_as_string()
            message = f"database: {shown} is neither sqlite:///FILE nor postgresql+asyncpg://…; write one of the two"
            raise SettingsError(message)


def lock(connection: Connection, key: str) -> None:
    """Let only one act at a time pass for *key* until its transaction ends.

    PostgreSQL takes an advisory transaction lock; SQLite's single writer has no need of one.
    https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
