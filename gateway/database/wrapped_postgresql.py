"""The wrapped data keys in a PostgreSQL database of their own, shared by all nodes.

A node asks in the middle of an act, synchronously, as it would ask a file; so the connection lives in a thread of its
own. What a node remembers is worth something only while that connection stands: it listens there for keys that other
nodes destroy. https://www.postgresql.org/docs/15/sql-listen.html
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from gateway.database.wrapped import Wrapped
from gateway.errors import SettingsError, Unavailable

__all__ = ["WrappedInPostgreSQL"]

T = TypeVar("T")

_CHANNEL: Final = "teleborne_keyring"
_WAIT_S: Final = 10
_SETTINGS: Final = {"application_name": "teleborne keyring", "synchronous_commit": "on"}
_SCHEMA_LOCK: Final = 0x7E1EB1

_SCHEMA: Final = f"""
BEGIN;
SELECT pg_advisory_xact_lock({_SCHEMA_LOCK});
CREATE TABLE IF NOT EXISTS proof (only_one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_one), wrapped BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS data_key (record TEXT PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, wrapped BYTEA NOT NULL);
COMMIT;
LISTEN {_CHANNEL};
"""


class WrappedInPostgreSQL:
    """The rows in one database; made in a thread, as it waits for the server. Raises SettingsError in one line."""

    def __init__(self, url: URL) -> None:
        _, self._address = PGDialect_asyncpg().create_connect_args(url)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it out
        self._shown = url.render_as_string()
        self._changes = 0
        self._connection: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="keyring", daemon=True)
        self._thread.start()
        try:
            self._wait(self._connected())
        except Unavailable as error:
            self.close()
            raise SettingsError(f"{self._shown}: {error}; check the address, the name and the rights") from error

    def version(self) -> int:
        """Return how often keys were destroyed, or could have been without our hearing of it."""
        if self._connection.is_closed():
            self._wait(self._connected())
        return self._changes

    def heard(self) -> int | None:
        """Return the same while the connection stands."""
        return None if self._connection.is_closed() else self._changes

    def add(self, record: str, key: Wrapped) -> None:
        """Keep *key* for *record* unless it has one."""
        self._do(
            lambda line: line.execute(
                "INSERT INTO data_key (record, key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT (record) DO NOTHING",
                record,
                *key,
            )
        )

    def of_record(self, record: str) -> Wrapped | None:
        """Return the key of *record*."""
        return self._found("SELECT key_id, wrapped FROM data_key WHERE record = $1", record)

    def called(self, key_id: str) -> Wrapped | None:
        """Return the key of that name."""
        return self._found("SELECT key_id, wrapped FROM data_key WHERE key_id = $1", key_id)

    def destroy(self, record: str) -> None:
        """Delete the key of *record*, tell the other nodes in the same commit, and clean the table's pages."""
        statement = (
            "WITH gone AS (DELETE FROM data_key WHERE record = $1 RETURNING key_id)"
            " SELECT pg_notify($2, '') FROM (SELECT count(*) FROM gone) AS counted"
        )
        self._do(lambda line: line.execute(statement, record, _CHANNEL))
        self._do(lambda line: line.execute("VACUUM data_key"))

    def proof(self) -> bytes | None:
        """Return the proof."""
        found = self._do(lambda line: line.fetchval("SELECT wrapped FROM proof"))
        return None if found is None else bytes(found)

    def prove(self, wrapped: bytes) -> None:
        """Keep the proof, unless another node has just kept its own."""
        self._do(lambda line: line.execute("INSERT INTO proof (wrapped) VALUES ($1) ON CONFLICT DO NOTHING", wrapped))

    def close(self) -> None:
        """Close the connection and end the thread."""
        if self._connection is not None and not self._connection.is_closed():
            self._wait(self._connection.close(timeout=_WAIT_S))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _found(self, statement: str, value: str) -> Wrapped | None:
        row = self._do(lambda line: line.fetchrow(statement, value))
        return None if row is None else Wrapped(row["key_id"], bytes(row["wrapped"]))

    def _do(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async def done() -> T:
            if self._connection.is_closed():
                await self._connected()
            return await work(self._connection)

        found: T = self._wait(done())
        return found

    def _wait(self, work: Any) -> Any:
        try:
            return asyncio.run_coroutine_threadsafe(_bounded(work), self._loop).result()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            said = str(error) or "no answer in time"
            raise Unavailable(f"the keyring: {said}", remedy="Try the same act again later.") from error

    async def _connected(self) -> None:
        line = await asyncpg.connect(**self._address, timeout=_WAIT_S, server_settings=_SETTINGS)
        await line.execute(_SCHEMA)
        await line.add_listener(_CHANNEL, self._changed)
        self._connection = line
        # Whatever was destroyed while no line stood was not heard of.
        self._changes += 1

    def _changed(self, *_said: object) -> None:
        self._changes += 1


async def _bounded(work: Awaitable[Any]) -> Any:
    async with asyncio.timeout(_WAIT_S):
        return await work
