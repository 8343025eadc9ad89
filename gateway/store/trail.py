"""Who read what, and who was refused: rows that are written behind the answer, many in one commit.

A read waits for no disk. Its row is in the next commit, together with all that came within a fiftieth of a second
after the one before; so a busy server adds few commits, and what a read costs does not grow. Where the rows cannot be
written, reading stops: a record that nobody could account for is not shown. A crash loses the rows of the reads
answered within that time.

What was searched for is not in the row: it may be a name. Callers nobody knows get nothing and leave no row here, so
that they cannot fill the disk; the log of the edge has them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Connection

from gateway.database import Database
from gateway.errors import Unavailable
from gateway.store import audit

__all__ = ["Looked", "Trail", "open_trail"]

_MOST: Final = 10_000
"""The most rows that wait; beyond it reads are refused until they are written."""

_GATHERED_S: Final = 0.02
"""How long rows are gathered after a commit: where many are read, it is not the commits that are waited for."""

_AGAIN_S: Final = 0.5
_WORD: Final = re.compile(r"[A-Za-z0-9\-.$_]{1,64}", re.ASCII)


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One read, or one refusal: *who* did what at which address, how it was answered, and when (µs since 1970 UTC)."""

    who: str
    interaction: str
    path: str
    status: int
    at: int


class Trail:
    """The rows that wait to be written; use `open_trail`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[Looked] = []
        self._news = asyncio.Event()
        self._stuck = False
        self._closing = False

    def check(self) -> None:
        """Raise Unavailable where rows cannot be written just now."""
        if self._stuck or len(self._waiting) >= _MOST:
            raise Unavailable("Nothing can be read just now: it cannot be recorded who reads.", remedy="Try again.")

    def note(self, looked: Looked) -> None:
        """Have a row written soon."""
        self._waiting.append(looked)
        self._news.set()

    async def write(self) -> None:
        """Write rows as they come, until `close`; what cannot be written then is lost, as in a crash."""
        while self._waiting or not self._closing:
            if not self._waiting:
                await self._news.wait()
                self._news.clear()
                continue
            rows = self._waiting[:_MOST]
            try:
                await self._database.act(partial(_record, rows), adds=True)
            except Unavailable:
                if self._closing:
                    return
                self._stuck = True
                await asyncio.sleep(_AGAIN_S)
                continue
            self._stuck = False
            del self._waiting[: len(rows)]
            if not self._closing:
                await asyncio.sleep(_GATHERED_S)

    def close(self) -> None:
        """Let `write` end once everything is written."""
        self._closing = True
        self._news.set()


def _record(rows: list[Looked], connection: Connection) -> None:
    audit.record_all(connection, [(row.at, row.who, row.interaction, *_named(row.path), 0, row.status) for row in rows])


def _named(path: str) -> tuple[str, str]:
    """Return the type and the id that an address names, empty where it names none."""
    words = [each if _WORD.fullmatch(each) else "" for each in path.strip("/").split("/", 2)[:2]]
    return words[0], words[1] if len(words) > 1 else ""


@asynccontextmanager
async def open_trail(database: Database, tasks: asyncio.TaskGroup) -> AsyncIterator[Trail]:
    """Write rows in a task of *tasks* until the block ends, then what is left."""
    trail = Trail(database)
    writing = tasks.create_task(trail.write())
    try:
        yield trail
    finally:
        trail.close()
        await writing
