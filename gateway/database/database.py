"""The contract that both engines keep, and the one place that tells them apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, MetaData, func, select

from gateway.database.place import place_of
from gateway.database.sqlite import open_sqlite

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

    async def look(self, fn: Callable[[Connection], T], /, *, brief: bool = False) -> T:
        """Run *fn* on one read-only snapshot that contains every act returned before; raises like `act`.

        *brief*: as a rule it asks little, by an index. Then it may be begun in the loop's own thread; if it turns out
        to take longer there it is begun again in another (brief.py), so it leaves no trace but what it returns.
        """
        ...


@asynccontextmanager
async def open_database(url: str, *metadata: MetaData, patient: bool = False) -> AsyncIterator[Database]:
    """Open the database at *url* and create the tables of *metadata* that it lacks.

    *patient*: statements may take as long as they need, as those of a migration do.

    *url* is as `place_of` has it. Raises SettingsError in one line.
    """
    place = place_of(url, what="database")
    if isinstance(place, Path):
        async with open_sqlite(place, *metadata) as sqlite:
            yield sqlite
    else:
        from gateway.database.postgresql import open_postgresql  # noqa: PLC0415  a booth has no use for 10 MB of it

        async with open_postgresql(place, *metadata, patient=patient) as postgresql:
            yield postgresql


def lock(connection: Connection, key: str) -> None:
    """Let only one act at a time pass for *key* until its transaction ends.

    PostgreSQL takes an advisory transaction lock; SQLite's single writer has no need of one.
    https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
