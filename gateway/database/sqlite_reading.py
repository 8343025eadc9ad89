"""Looks at an SQLite file: a brief one in the loop's own thread as long as it is brief, all others in readers' threads.

    look(brief) ──► the loop's connection ──within its time──► answered
                           │ stopped (time is over, the file is not to be had at once, or it says so itself)
    look() ───────► queue ─┴► reader's thread ──► answered

In a WAL database a reader waits for no writer. While a brief look runs SQLite asks every few hundred steps of its
machine whether to go on; it is told not to when the time is over. https://sqlite.org/c3ref/progress_handler.html
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.database.brief import NotBrief, be_brief
from gateway.database.sqlite_connection import READERS, code, engine_of, translated

__all__ = ["Readers", "tell"]

T = TypeVar("T")

_BRIEF_S: Final = 0.002
_STEPS: Final = 200
_NOT_NOW: Final = frozenset({5, 6, 9})  # busy, locked, interrupted: https://sqlite.org/rescode.html


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    fn: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    brief: bool


class Readers:
    """The connections that read one file; `close` may wait for a look that runs."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._name = path.name
        self._loop = loop
        self._engine = engine_of(path, begin="BEGIN", pragmas=("PRAGMA query_only = ON",))
        self._asked: queue.SimpleQueue[_Look | None] = queue.SimpleQueue()
        self._looking = 0
        self._threads: list[threading.Thread] = []
        self._mine = threading.local()
        self._lent: list[Connection] = []
        self._opening = threading.Lock()
        self._near: Connection | None = None
        self._until = 0.0
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def look(self, fn: Callable[[Connection], T], *, brief: bool) -> T:
        """Run *fn* on a snapshot, where it is *brief* at once."""
        if brief:
            await self._turn()
            if self._near is not None:
                with suppress(NotBrief):
                    return self._at_once(self._near, fn)
        self._looking += 1
        if self._looking > len(self._threads) < READERS:
            self._threads.append(threading.Thread(target=self._read, name=f"look {self._name}", daemon=True))
            self._threads[-1].start()
        future: asyncio.Future[T] = self._loop.create_future()
        self._asked.put(_Look(fn=fn, future=future, brief=brief))
        try:
            return await future
        finally:
            self._looking -= 1

    def close(self) -> None:
        """Answer what was asked, and close every connection."""
        for _ in self._threads:
            self._asked.put(None)
        for each in self._threads:
            each.join()
        for connection in self._lent:
            connection.close()
        self._engine.dispose()

    async def _turn(self) -> None:
        """Wait until no other brief look was answered in this turn of the loop: what else is ready goes on between."""
        if self._taken:
            turn: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._taken = True
            self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled meanwhile
                turn.set_result(None)
                self._loop.call_soon(self._next_turn)
                return
        self._taken = False

    def _at_once(self, connection: Connection, fn: Callable[[Connection], T]) -> T:
        """Run *fn* in the loop's own thread; raises NotBrief where it is to be run in another."""
        self._until = perf_counter() + _BRIEF_S
        try:
            return _on_a_snapshot(connection, fn)
        except DBAPIError as error:
            if code(error) not in _NOT_NOW:
                self._near = None  # whatever is the matter with it, the thread that looks again opens another
                self._give_back(connection)
            raise NotBrief from error

    def _is_over(self) -> bool:
        return perf_counter() > self._until

    def _read(self) -> None:
        while look := self._asked.get():  # what a ThreadPoolExecutor does around a look costs as much as a short one
            if not look.future.cancelled():
                self._tell(look)
            del look  # what somebody asked for does not wait here for the next one

    def _tell(self, look: _Look) -> None:
        result, trouble = None, None
        try:
            result = self._look(look.fn)
            if look.brief and self._near is None:
                self._come_near()
        except BaseException as error:  # noqa: BLE001  whoever asked is told
            trouble = error
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(tell, look.future, result, trouble)

    def _look(self, fn: Callable[[Connection], T]) -> T:
        connection = None
        try:
            connection = self._reader()
            return _on_a_snapshot(connection, fn)
        except DBAPIError as error:
            if connection is not None:  # whatever is the matter with it, the next look begins with another
                self._mine.connection = None
                self._give_back(connection)
            raise translated(self._name, error)  # noqa: B904  its cause is set there, if it is another error

    def _reader(self) -> Connection:
        """Return this thread's connection: to borrow one for each look costs as much as a short look."""
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._borrow()
        return connection

    def _come_near(self) -> None:
        """Open the loop's own connection here, where it may wait for the file."""
        with self._opening:
            if self._near is None:
                connection = self._borrow()
                connection.exec_driver_sql("PRAGMA busy_timeout = 0")
                connection.rollback()
                driver: Any = connection.connection.dbapi_connection
                driver.set_progress_handler(self._is_over, _STEPS)
                be_brief(connection)
                self._near = connection

    def _borrow(self) -> Connection:
        connection = self._engine.connect()
        self._lent.append(connection)
        return connection

    def _give_back(self, connection: Connection) -> None:
        self._lent.remove(connection)
        connection.invalidate()
        connection.close()


def _on_a_snapshot(connection: Connection, fn: Callable[[Connection], T]) -> T:
    try:
        return fn(connection)  # its first statement begins the snapshot, unless it is the only one
    finally:
        if connection.in_transaction():
            connection.rollback()


def tell(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    """Let whoever awaits *future* go on, unless they were cancelled."""
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):  # a future refuses it, and its awaiter would wait for ever
        future.set_exception(RuntimeError("what was asked raised StopIteration"))
    else:
        future.set_exception(error)
