"""A durable record of visits in one SQLite file: what a composition root must give the signalling server, in the least
space. Several servers may share the file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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

    async def record(self, persist: Persist) -> None:
        await self._answer()
        visit = persist.visit
        values = {"id": visit.id, "step": visit.step, "body": pack(visit), "waiting": visit.step in WAITING}
        with self._act() as connection:
            if persist.release:
                connection.execute("UPDATE visit SET physician = NULL WHERE id = ?", (visit.id,))
            connection.execute(_KEEP, values)
        if persist.reason is not None:
            self.reasons.append((visit.id, persist.reason))

    async def claim(self, call: str, physician: Peer) -> Peer | None:
        await self._answer()
        with self._act() as connection:
            connection.execute(_CLAIM, (msgspec.json.encode(physician), call))
            row = connection.execute("SELECT step, physician FROM visit WHERE id = ?", (call,)).fetchone()
        return None if row is None or row[0] == Step.ENDED else msgspec.json.decode(row[1], type=Peer)

    async def restore(self) -> list[Visit]:
        await self._answer()
        with self._act() as connection:
            rows = connection.execute("SELECT body, physician FROM visit WHERE step != 'ended'").fetchall()
        return [
            replace(unpack(body), physician=msgspec.json.decode(peer, type=Peer) if peer else None)
            for body, peer in rows
        ]

    def steps(self) -> dict[str, Step]:
        with self._act() as connection:
            return {call: Step(step) for call, step in connection.execute("SELECT id, step FROM visit")}

    async def _answer(self) -> None:
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.broken:
            raise RecordError("the disk is full")

    @contextmanager
    def _act(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, isolation_level="IMMEDIATE")
        try:
            with connection:
                connection.execute(_TABLE)
                yield connection
        finally:
            connection.close()
