"""A durable record of visits in one SQLite file: what a composition root must give the signalling server, in the least
space. Several servers may share the file."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import msgspec

from signalling.consultation import Step
from signalling.effects import Persist
from signalling.errors import RecordError
from signalling.presence import Peer
from signalling.visit import WAITING, Visit, pack, unpack

_TABLE = "CREATE TABLE IF NOT EXISTS visit (id TEXT PRIMARY KEY, step TEXT, body BLOB, physician BLOB)"
_KEEP = (
    "INSERT INTO visit (id, step, body) VALUES (:id, :step, :body)"
    " ON CONFLICT (id) DO UPDATE SET step = :step, body = :body WHERE physician IS NULL OR NOT :waiting"
)
_CLAIM = "UPDATE visit SET physician = ? WHERE id = ? AND physician IS NULL AND step != 'ended'"


@dataclass(kw_only=True)
class Record:
    path: Path
    broken: bool = False
    slow_s: float = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def _file(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level="IMMEDIATE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_TABLE)
        return connection

    async def record(self, *persists: Persist) -> None:
        await self._answer()
        with self._file as connection:
            for persist in persists:
                visit = persist.visit
                values = {"id": visit.id, "step": visit.step, "body": pack(visit), "waiting": visit.step in WAITING}
                if persist.release:
                    connection.execute("UPDATE visit SET physician = NULL WHERE id = ?", (visit.id,))
                connection.execute(_KEEP, values)
        self.reasons += [(each.visit.id, each.reason) for each in persists if each.reason is not None]

    async def claim(self, call: str, physician: Peer) -> Peer | None:
        await self._answer()
        with self._file as connection:
            connection.execute(_CLAIM, (msgspec.json.encode(physician), call))
            row = connection.execute("SELECT step, physician FROM visit WHERE id = ?", (call,)).fetchone()
        return None if row is None or row[0] == Step.ENDED else msgspec.json.decode(row[1], type=Peer)

    async def restore(self) -> list[Visit]:
        await self._answer()
        with self._file as connection:
            rows = connection.execute("SELECT body, physician FROM visit WHERE step != 'ended'").fetchall()
        return [
            replace(unpack(body), physician=msgspec.json.decode(peer, type=Peer) if peer else None)
            for body, peer in rows
        ]

    def steps(self) -> dict[str, Step]:
        with self._file as connection:
            return {call: Step(step) for call, step in connection.execute("SELECT id, step FROM visit")}

    async def _answer(self) -> None:
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.broken:
            raise RecordError("the disk is full")
