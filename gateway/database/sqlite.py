"""SQLite with one writer thread: acts queue up, each in a SAVEPOINT, and share one COMMIT that is on the disk.

    act() ─► queue ─► writer thread: BEGIN IMMEDIATE
                                     SAVEPOINT · fn(connection) · RELEASE     (an act that raises is undone alone)
                                     SAVEPOINT · fn(connection) · RELEASE     (… all that waited meanwhile)
                                     SAVEPOINT · fn · fn · fn · RELEASE       (acts that only add: see rows.py)
                                     COMMIT                                    (WAL, synchronous=FULL: one fsync)
    await ◄── futures resolved, only now

Why one writer: SQLite has one write lock anyway; a queue makes waiting fair, and while one COMMIT waits for the disk
the next group gathers, so that the number of fsyncs does not grow with the number of callers. Why `pysqlite3`: SQLite
3.7.0 to 3.51.2 can damage a WAL database when two connections write and checkpoint at the same instant, and Python's
own module has whatever the system has. https://sqlite.org/wal.html
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeVar

from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from gateway.database.file import create_file
from gateway.database.notes import forget_notes, forgetful
from gateway.database.rows import gathering, writes_what_is_gathered
from gateway.errors import SettingsError, Unavailable

__all__ = ["SQLite", "connect", "explain", "open_sqlite", "sqlite3"]

T = TypeVar("T")

_OLDEST: Final = (3, 51, 3)
_BUSY_S: Final = 5
_READERS: Final = 4
_GROUP: Final = 128
_STATEMENTS: Final = 512

_TROUBLES: Final[dict[int, str]] = {  # https://sqlite.org/rescode.html
    5: "another program is writing to it",
    6: "another program is writing to it",
    7: "no memory left",
    8: "it may not be written to",
    10: "the disk reports an error",
    11: "the file is damaged; restore it from a backup",
    13: "the disk is full",
    14: "the file cannot be opened",
    26: "the file is not a database",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    fn: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    adds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    act: _Act
    result: Any = None
    error: BaseException | None = None


class SQLite:
    """One SQLite file; use `open_sqlite`."""

    def __init__(self, path: Path, *metadata: MetaData, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._queue: queue.SimpleQueue[_Act | None] = queue.SimpleQueue()
        self._closed = False
        self._writing = _engine(path, begin="BEGIN IMMEDIATE")
        self._reading = _engine(path, begin="BEGIN", pragmas=("PRAGMA query_only = ON",))
        with self._writing.begin() as connection:
            for tables in metadata:
                tables.create_all(connection)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix=f"look {path.name}")
        self._writer = threading.Thread(target=self._write, name=f"act {path.name}", daemon=True)
        self._writer.start()

    async def act(self, fn: Callable[[Connection], T], /, *, adds: bool = False) -> T:
        """Run *fn* in the next group and return its result once the group is on the disk."""
        if self._closed:
            raise Unavailable(f"{self._path.name} is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Act(fn=fn, future=future, adds=adds))
        return await future

    async def look(self, fn: Callable[[Connection], T], /) -> T:
        """Run *fn* on a read-only snapshot in a reader's thread."""
        if self._closed:
            raise Unavailable(f"{self._path.name} is closed")
        return await self._loop.run_in_executor(self._readers, self._look, fn)

    def close(self) -> None:
        """Finish what is queued, then close every connection; the last one leaves no log file behind."""
        self._closed = True
        self._queue.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    def _look(self, fn: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection, connection.begin():
                return fn(connection)
        except DBAPIError as error:
            raise self._translate(error)  # noqa: B904  its cause is set there, if it is another error

    def _write(self) -> None:
        with self._writing.connect() as connection:
            while group := self._gather():
                done = self._commit(connection, group)
                with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                    self._loop.call_soon_threadsafe(_settle, done)

    def _gather(self) -> list[_Act]:
        group: list[_Act] = []
        act = self._queue.get()
        while act is not None:
            group.append(act)
            if len(group) == _GROUP:
                break
            try:
                act = self._queue.get_nowait()
            except queue.Empty:
                break
        else:
            if group:
                self._queue.put(None)  # the end was seen behind a last group: come back for it
        return group

    def _commit(self, connection: Connection, group: list[_Act]) -> list[_Done]:
        try:
            with connection.begin():
                raw, wanted = (
                    connection.connection.dbapi_connection,
                    [each for each in group if not each.future.cancelled()],
                )
                runs = [(adds, [*acts]) for adds, acts in groupby(wanted, key=lambda act: act.adds)]
                return [
                    done
                    for adds, acts in runs
                    for done in (
                        self._together(connection, raw, acts)
                        if adds and len(acts) > 1
                        else [self._savepoint(connection, raw, act) for act in acts]
                    )
                ]
        except BaseException as error:  # noqa: BLE001  whatever it is, these acts are not durable and must be told
            return [_Done(act=act, error=self._translate(error, otherwise="could not be written to")) for act in group]

    def _together(self, connection: Connection, raw: Any, acts: list[_Act]) -> list[_Done]:
        """Run acts that only add and gather their rows; where one goes wrong, each is run again for itself."""
        raw.execute("SAVEPOINT together")
        try:
            with gathering(connection):
                done = [_Done(act=act, result=act.fn(connection)) for act in acts]
        except BaseException:
            if not raw.in_transaction:
                raise  # as below
            raw.execute("ROLLBACK TO together")
            raw.execute("RELEASE together")
            forget_notes(connection)
            return [self._savepoint(connection, raw, act) for act in acts]
        raw.execute("RELEASE together")
        return done

    def _savepoint(self, connection: Connection, raw: Any, act: _Act) -> _Done:
        raw.execute("SAVEPOINT act")
        try:
            result = act.fn(connection)
        except BaseException as error:
            if not raw.in_transaction:
                raise  # a full disk or an I/O error undoes the whole transaction, the acts before included
            raw.execute("ROLLBACK TO act")
            raw.execute("RELEASE act")
            forget_notes(connection)
            return _Done(act=act, error=self._translate(error) if isinstance(error, DBAPIError) else error)
        raw.execute("RELEASE act")
        return _Done(act=act, result=result)

    def _translate(self, error: BaseException, *, otherwise: str | None = None) -> BaseException:
        trouble = explain(error) if isinstance(error, DBAPIError) and _code(error) in _TROUBLES else otherwise
        if trouble is None:
            return error
        problem = Unavailable(f"{self._path.name}: {trouble}", remedy="Nothing was stored; try again later.")
        problem.__cause__ = error
        return problem


def _settle(done: list[_Done]) -> None:
    for each in done:
        if each.act.future.done():
            continue  # its task was cancelled while the group was being written
        if each.error is None:
            each.act.future.set_result(each.result)
        elif isinstance(each.error, StopIteration):  # a future refuses it, and its awaiter would wait for ever
            each.act.future.set_exception(RuntimeError("an act raised StopIteration"))
        else:
            each.act.future.set_exception(each.error)


@asynccontextmanager
async def open_sqlite(path: Path, *metadata: MetaData) -> AsyncIterator[SQLite]:
    """Open or make the SQLite file *path* with the tables of *metadata*; raises SettingsError in one line."""
    loop = asyncio.get_running_loop()
    database = await asyncio.to_thread(_open, path, metadata, loop)
    try:
        yield database
    finally:
        await asyncio.shield(asyncio.to_thread(database.close))


def _open(path: Path, metadata: tuple[MetaData, ...], loop: asyncio.AbstractEventLoop) -> SQLite:
    create_file(path)
    try:
        return SQLite(path, *metadata, loop=loop)
    except (DBAPIError, sqlite3.Error) as error:
        raise SettingsError(f"{path}: {explain(error)}") from error


def connect(path: Path) -> Any:
    """Return a pysqlite3 connection to *path* whose every commit is on the disk when it returns.

    It begins no transaction by itself. Raises SettingsError if the SQLite library is too old, sqlite3.Error otherwise.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        message = (
            f"SQLite {sqlite3.sqlite_version} can damage its files; install pysqlite3 with SQLite {oldest} or newer"
        )
        raise SettingsError(message)
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
    )
    for pragma in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA journal_size_limit = 16777216",  # the log shrinks again after a burst
    ):
        connection.execute(pragma)
    return connection


def explain(error: BaseException) -> str:
    """Return what is the matter with the file, in words."""
    original = getattr(error, "orig", None) or error
    return _TROUBLES.get(_code(error), str(original))


def _code(error: BaseException) -> int:
    original = getattr(error, "orig", None) or error
    return int(getattr(original, "sqlite_errorcode", 0)) & 0xFF  # the low octet is the primary code


def _engine(path: Path, *, begin: str, pragmas: tuple[str, ...] = ()) -> Engine:
    def creator() -> Any:
        connection = connect(path)
        for pragma in pragmas:
            connection.execute(pragma)
        return connection

    engine = create_engine(
        "sqlite://", module=sqlite3, creator=creator, pool_size=_READERS, max_overflow=0, poolclass=QueuePool
    )

    forgetful(engine)
    writes_what_is_gathered(engine)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
