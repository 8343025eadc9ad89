"""Who read what, and who was refused: rows that are written behind the answer, many in one commit.

A read waits for no disk. Its row is in the next commit, together with all that came while the one before was written;
so a busy server adds few commits, and what a read costs does not grow. Where the rows cannot be written, reading stops:
a record that nobody could account for is not shown. A crash loses the rows of the reads answered within the last
commit.

What was searched for is not in the row: it may be a name. Callers nobody knows get nothing and leave no row here, so
that they cannot fill the disk; the log of the edge has them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection

from gateway.database import Database
from gateway.errors import Unavailable
from gateway.fhir.repository import Stored
from gateway.fhir.search.date import at
from gateway.store import audit

__all__ = ["Looked", "Trail", "open_trail"]

_MOST: Final = 10_000
"""The most rows that wait; beyond it reads are refused until they are written."""

_AGAIN_S: Final = 0.5
_WORD: Final = re.compile(r"[A-Za-z0-9\-.$_]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One read, or one refusal: *who* did what at which address, and how it was answered."""

    who: str
    interaction: str
    path: str
    status: int
    at: datetime


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
        while not self._closing or self._waiting:
            await self._news.wait()
            self._news.clear()
            rows = self._waiting[:_MOST]
            try:
                await self._database.act(partial(_record, rows))
            except Unavailable:
                if self._closing:
                    return
                self._stuck = True
                self._news.set()
                await asyncio.sleep(_AGAIN_S)
                continue
            self._stuck = False
            del self._waiting[: len(rows)]

    def close(self) -> None:
        """Let `write` end once everything is written."""
        self._closing = True
        self._news.set()


def _record(rows: list[Looked], connection: Connection) -> None:
    for row in rows:
        words = [each if _WORD.fullmatch(each) else "" for each in row.path.strip("/").split("/")[:2]]
        type_, id_ = (*words, "", "")[:2]
        looked = Stored(type=type_, id=id_, version=0, updated=row.at, body=None)
        moment = at(row.at.astimezone(UTC))
        audit.record(connection, looked, who=row.who, interaction=row.interaction, status=row.status, at=moment)


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
