"""SQLite with one writer thread: acts queue up, each in a SAVEPOINT, and share one COMMIT that is on the disk.

    act() ─► queue ─► writer thread: BEGIN IMMEDIATE
                                     SAVEPOINT · fn(connection) · RELEASE     (an act that raises is undone alone)
                                     SAVEPOINT · fn(connection) · RELEASE     (… all that waited meanwhile)
                                     COMMIT                                    (WAL, synchronous=FULL: one fsync)
    await ◄── futures resolved, only now

One act alone needs no SAVEPOINT, which costs a copy of every page that is changed; nor do acts that only add and whose
rows are written together (rows.py): where one of those goes wrong, all are undone and each is done again by itself.
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
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from gateway.database.file import create_file, keep_names
from gateway.database.notes import forget_notes
from gateway.database.rows import gathering
from gateway.database.sqlite_connection import (
    WRITER,
    connect,
    engine_of,
    explain,
    settle,
    sqlite3,
    translated,
)
from gateway.database.sqlite_reading import Readers, tell
from gateway.errors import SettingsError, Unavailable

__all__ = ["SQLite", "open_sqlite"]

T = TypeVar("T")

_GROUP: Final = 128


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


class _Undone(Exception):
    """Acts that shared a transaction were undone together: each is to be done again for itself."""


class SQLite:
    """One SQLite file; use `open_sqlite`."""

    def __init__(self, path: Path, *metadata: MetaData, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._queue: queue.SimpleQueue[list[_Act] | None] = queue.SimpleQueue()
        self._waiting: list[_Act] = []
        self._closed = False
        with closing(connect(path)) as first:
            settle(first)
        self._writing = engine_of(path, begin="BEGIN IMMEDIATE", pragmas=WRITER)
        with self._writing.begin() as connection:
            for tables in metadata:
                tables.create_all(connection)
        try:
            keep_names(path)
        except SettingsError:
            self._writing.dispose()
            raise
        self._readers = Readers(path, loop)
        self._writer = threading.Thread(target=self._write, name=f"act {path.name}", daemon=True)
        self._writer.start()

    async def act(self, fn: Callable[[Connection], T], /, *, adds: bool = False) -> T:
        """Run *fn* in the next group and return its result once the group is on the disk."""
        if self._closed:
            raise Unavailable(f"{self._path.name} is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._waiting:
            self._loop.call_soon(self._hand_over)
        self._waiting.append(_Act(fn=fn, future=future, adds=adds))
        return await future

    async def look(self, fn: Callable[[Connection], T], /, *, brief: bool = False) -> T:
        """Run *fn* on a read-only snapshot, where it is *brief* in the loop's own thread."""
        if self._closed:
            raise Unavailable(f"{self._path.name} is closed")
        return await self._readers.look(fn, brief=brief)

    async def close(self) -> None:
        """Finish what was asked for, then close every connection; the last one leaves no log file behind."""
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        self._writer.join()
        self._readers.close()
        self._writing.dispose()

    def _hand_over(self) -> None:
        """Give the writer what all tasks that were ready have asked for: one COMMIT costs as much as many rows."""
        acts, self._waiting = self._waiting, []
        if acts:
            self._queue.put(acts)

    def _write(self) -> None:
        with self._writing.connect() as connection:
            while self._wrote(connection):
                pass

    def _wrote(self, connection: Connection) -> bool:
        """Write one group; False: that was all. It returns: no name holds a group while the next is waited for."""
        if group := self._gather():
            done = self._commit(connection, group)
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(_settle, done)
        return bool(group)

    def _gather(self) -> list[_Act]:
        group: list[_Act] = []
        acts = self._queue.get()
        while acts is not None:
            group += acts
            if len(group) >= _GROUP:
                break
            try:
                acts = self._queue.get_nowait()
            except queue.Empty:
                break
        else:
            if group:
                self._queue.put(None)  # the end was seen behind a last group: come back for it
        return group

    def _commit(self, connection: Connection, group: list[_Act]) -> list[_Done]:
        wanted = [each for each in group if not each.future.cancelled()]
        try:
            if len(wanted) == 1 or all(each.adds for each in wanted):
                with suppress(_Undone):
                    return self._whole(connection, wanted)
            with connection.begin():
                raw = connection.connection.dbapi_connection
                return [self._savepoint(connection, raw, each) for each in wanted]
        except BaseException as error:  # noqa: BLE001  whatever it is, these acts are not durable and must be told
            return [
                _Done(act=act, error=translated(self._path.name, error, otherwise="could not be written to"))
                for act in group
            ]

    def _whole(self, connection: Connection, acts: list[_Act]) -> list[_Done]:
        """Do one act, or acts that only add and gather their rows; raises _Undone where one of several goes wrong."""
        with connection.begin() as transaction:
            raw: Any = connection.connection.dbapi_connection
            try:
                if len(acts) == 1:
                    return [_Done(act=acts[0], result=acts[0].fn(connection))]
                with gathering(connection):
                    return [_Done(act=act, result=act.fn(connection)) for act in acts]
            except BaseException as error:
                if not raw.in_transaction:
                    raise  # a full disk or an I/O error
                transaction.rollback()
                if len(acts) > 1:
                    raise _Undone from error
                return [self._failed(acts[0], error)]

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
            return self._failed(act, error)
        raw.execute("RELEASE act")
        return _Done(act=act, result=result)

    def _failed(self, act: _Act, error: BaseException) -> _Done:
        return _Done(act=act, error=translated(self._path.name, error) if isinstance(error, DBAPIError) else error)


def _settle(done: list[_Done]) -> None:
    for each in done:
        tell(each.act.future, each.result, each.error)


@asynccontextmanager
async def open_sqlite(path: Path, *metadata: MetaData) -> AsyncIterator[SQLite]:
    """Open or make the SQLite file *path* with the tables of *metadata*; raises SettingsError in one line."""
    loop = asyncio.get_running_loop()
    database = await asyncio.to_thread(_open, path, metadata, loop)
    try:
        yield database
    finally:
        await asyncio.shield(database.close())


def _open(path: Path, metadata: tuple[MetaData, ...], loop: asyncio.AbstractEventLoop) -> SQLite:
    create_file(path)
    try:
        return SQLite(path, *metadata, loop=loop)
    except (DBAPIError, sqlite3.Error) as error:
        raise SettingsError(f"{path}: {explain(error)}") from error
