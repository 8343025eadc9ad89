"""PostgreSQL through asyncpg, with the contract of `Database`.

An act is one transaction of its own, but acts that only add share one: a transaction costs more messages than they do.
PostgreSQL groups the commits of concurrent ones by itself, and a COMMIT returns once its log is on the disk
(`synchronous_commit`, set here whatever the server's default is). *fn* is run in a greenlet: it is written as plain
synchronous SQLAlchemy, and waits for the server without blocking the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Dialect, Engine, MetaData, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from gateway.database.notes import forget_notes, forgetful
from gateway.database.rows import gathering, writes_what_is_gathered
from gateway.errors import SettingsError, Unavailable

__all__ = ["PostgreSQL", "open_postgresql"]

T = TypeVar("T")

_POOL: Final = 8
_RESTING: Final = 4
_LEADERS: Final = 2
_GROUP: Final = 64
_CONNECT_S: Final = 5
_STATEMENT_S: Final = 30
_RESTED_S: Final = 0.1
_SCHEMA_LOCK: Final = 0x7E1EB0  # any fixed number: the nodes that start together make the tables one after another
_SESSION: Final = {
    "application_name": "teleborne",
    "synchronous_commit": "on",
    "statement_timeout": f"{_STATEMENT_S}s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": f"{_STATEMENT_S}s",
    "timezone": "UTC",
    # Each statement of ours looks at a few places of an index. A planner that has no statistics yet thinks otherwise
    # of some, and then compiles them (45 ms) or starts workers for them (20 ms).
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}

# https://www.postgresql.org/docs/15/errcodes-appendix.html: the class, i.e. the first two characters of the code
_TROUBLES: Final[dict[str, str]] = {
    "08": "the connection was lost",
    "25": "the server takes no writes",
    "40": "another act was in the way",
    "53": "the server has no resources left",
    "55": "another act was in the way",
    "57": "the server stopped the act",
    "58": "the server's disk reports an error",
    "XX": "the server's files are damaged",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Adding:
    fn: Callable[[Connection], Any]
    future: asyncio.Future[Any]


def _gathered(group: list[_Adding], connection: Connection) -> list[Any]:
    with gathering(connection):
        return [each.fn(connection) for each in group]


class _Lines:
    """Connections of one kind that stay borrowed: to take one from the pool for each act costs as much as a short one.

    A transaction begins with the first statement that needs one (see `ask`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._resting: list[tuple[Connection, float]] = []

    def run(self, fn: Callable[[Connection], T]) -> T:
        """Run *fn* in a transaction; called in a greenlet."""
        connection = self._taken()
        try:
            result = fn(connection)
            if connection.in_transaction():
                connection.commit()
        except BaseException:
            forget_notes(connection)
            connection.close()
            raise
        if len(self._resting) < _RESTING:
            self._resting.append((connection, monotonic()))
        else:
            connection.close()
        return result

    def close(self) -> None:
        """Give all back; called in a greenlet."""
        while self._resting:
            self._resting.pop()[0].close()

    def _taken(self) -> Connection:
        while self._resting:
            connection, since = self._resting.pop()
            if monotonic() - since < _RESTED_S or _answers(connection):
                return connection
        return self._engine.connect()


def _answers(connection: Connection) -> bool:
    """Ask the server whether it still knows a connection that rested, and give it back where it does not."""
    try:
        connection.dialect.do_ping(connection.connection.dbapi_connection)  # type: ignore[arg-type]  # it is there
    except Exception as error:
        if not _is_lost(error, connection.dialect, connection.connection.dbapi_connection):
            raise
        connection.invalidate(error)
        connection.close()
        return False
    return True


def _is_lost(error: Exception, dialect: Dialect, connection: Any) -> bool:
    return isinstance(error, OSError) or dialect.is_disconnect(error, connection, None)  # type: ignore[arg-type]  # what a ping raises


def _tell(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        # A future refuses StopIteration, and its awaiter would wait for ever.
        stopped = isinstance(error, StopIteration)
        future.set_exception(RuntimeError("an act raised StopIteration") if stopped else error)


class PostgreSQL:
    """One PostgreSQL database; use `open_postgresql`."""

    def __init__(self, acts: _Lines, looks: _Lines, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._leaders = 0
        self._adding: list[_Adding] = []
        # One greenlet for a whole transaction: SQLAlchemy's own AsyncConnection takes five, which cost as much as it.
        self._acts = acts
        self._looks = looks

    async def act(self, fn: Callable[[Connection], T], /, *, adds: bool = False) -> T:
        """Run *fn* in a transaction and return its result once the COMMIT is on the disk."""
        return await (self._together(fn) if adds else self._run(self._acts, fn))

    async def look(self, fn: Callable[[Connection], T], /, *, brief: bool = False) -> T:  # noqa: ARG002  none holds the loop
        """Run *fn* on a read-only snapshot."""
        return await self._run(self._looks, fn)

    async def _together(self, fn: Callable[[Connection], T]) -> T:
        mine: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._adding.append(_Adding(fn=fn, future=mine))
        if self._leaders < _LEADERS:
            self._leaders += 1
            self._tasks.create_task(self._lead())
        return await mine

    async def _lead(self) -> None:
        """Write what waits, again and again: while one COMMIT is under way the next group gathers."""
        try:
            while self._adding:
                group, self._adding = self._adding[:_GROUP], self._adding[_GROUP:]
                await self._add([each for each in group if not each.future.done()])
        finally:
            self._leaders -= 1

    async def _add(self, group: list[_Adding]) -> None:
        try:
            results = await self._run(self._acts, partial(_gathered, group))
        except Unavailable as error:  # perhaps it was in the COMMIT: none of them may be done twice
            for each in group:
                _tell(each.future, error)
        except Exception:  # noqa: BLE001  one of them is wrong: each is told for itself
            for each in group:
                await self._alone(each)
        else:
            for each, result in zip(group, results, strict=True):
                if not each.future.done():
                    each.future.set_result(result)
        finally:
            for each in group:
                each.future.cancel()  # whoever has not been told by now was cut short

    async def _alone(self, one: _Adding) -> None:
        try:
            result = await self._run(self._acts, one.fn)
        except Exception as error:  # noqa: BLE001  raised again where the caller waits
            _tell(one.future, error)
        else:
            if not one.future.done():
                one.future.set_result(result)

    async def _run(self, lines: _Lines, fn: Callable[[Connection], T]) -> T:
        try:
            return await greenlet_spawn(lines.run, fn)
        except (DBAPIError, PoolTimeout, OSError) as error:
            trouble = explain(error)
            if trouble is None:
                raise
            problem = Unavailable(f"PostgreSQL: {trouble}", remedy="Try the same act again later.")
            raise problem from error


@asynccontextmanager
async def open_postgresql(url: URL, *metadata: MetaData, patient: bool = False) -> AsyncIterator[PostgreSQL]:
    """Connect to the database at *url* and create the tables of *metadata*; raises SettingsError in one line.

    *patient*: statements and locks are waited for as long as they take.
    """
    unlimited = dict.fromkeys(("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"), "0")
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=_POOL,
        pool_timeout=_STATEMENT_S,
        connect_args={
            "timeout": _CONNECT_S,
            "command_timeout": None if patient else _STATEMENT_S + 5,
            "server_settings": _SESSION | (unlimited if patient else {}),
        },
    )
    _ask_rested(engine)
    forgetful(engine.sync_engine)
    writes_what_is_gathered(engine.sync_engine)
    acts = _Lines(engine.sync_engine)
    looks = _Lines(engine.sync_engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True))
    try:
        await _create(engine, url, metadata)
        async with asyncio.TaskGroup() as tasks:
            yield PostgreSQL(acts, looks, tasks)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group  # the tasks here never raise: it is the one error of the caller's block
    finally:
        for each in (acts, looks):
            await greenlet_spawn(each.close)
        await engine.dispose()


def _ask_rested(engine: AsyncEngine) -> None:
    """Ask the server, before a connection that rested is used, whether it still knows it.

    A server that was restarted so costs a round trip, not a failed act, for each connection; a busy one costs nothing.
    """
    pool, dialect = engine.sync_engine.pool, engine.dialect

    @event.listens_for(pool, "checkin")
    def _rests(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests since"] = monotonic()

    @event.listens_for(pool, "checkout")
    def _is_asked(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if monotonic() - record.info.get("rests since", monotonic()) < _RESTED_S:
            return
        try:
            dialect.do_ping(connection)
        except Exception as error:
            if _is_lost(error, dialect, connection):
                raise DisconnectionError from error
            raise


async def _create(engine: AsyncEngine, url: URL, metadata: tuple[MetaData, ...]) -> None:
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
            for tables in metadata:
                await connection.run_sync(tables.create_all)
    except (DBAPIError, OSError) as error:
        original = getattr(error, "orig", None) or error
        message = f"{url.render_as_string()}: {explain(error) or original}; check the address, the name and the rights"
        raise SettingsError(message) from error


def explain(error: Exception) -> str | None:
    """Return what keeps the server from doing an act, in words, or None if the act itself is wrong."""
    if isinstance(error, PoolTimeout):
        return "all connections are busy"
    if not isinstance(error, DBAPIError):
        return f"no connection ({error.strerror or error})" if isinstance(error, OSError) else None
    code = str(getattr(error.orig, "sqlstate", None) or "")
    if code[:2] in _TROUBLES:
        return _TROUBLES[code[:2]]
    if not code and (error.connection_invalidated or isinstance(error, InterfaceError | OperationalError)):
        return "the connection was lost"
    return None
