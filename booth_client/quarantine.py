"""What the booth took and nobody can be given: sealed, until a human says whose it is or that it is nobody's.

Nothing is guessed: only a person in front of the booth, with the helper's code, attributes a measurement to the visit
that is open, or discards it. What nobody looks at is destroyed with the key of its day after thirty days.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, func, select

from booth_client.aside import Aside, pack, unpack
from booth_client.attribution import Why
from booth_client.boots import Between
from booth_client.dating import Off
from booth_client.tables import QUARANTINE
from gateway.database import Database, Keyring, seal, unseal

__all__ = ["DAYS", "Held", "Quarantine"]

DAYS: Final = 30
"""For how many days what is set aside is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One measurement that is set aside: since which `day`, `why`, until when, and what it is."""

    id: str
    day: date
    why: Why
    aside: Aside

    @property
    def until(self) -> date:
        """Return the last day on which it is kept."""
        return self.day + timedelta(days=DAYS)


def _right(_mark: str) -> timedelta:
    return timedelta(0)


class Quarantine:
    """The measurements that are set aside at one booth."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def put(self, connection: Connection, aside: Aside, why: Why, *, now: datetime) -> str:
        """Set a measurement aside, within the caller's transaction; return the id by which it is found."""
        day = now.astimezone(UTC).date().isoformat()
        key, held = self._keyring.key(_record(day)), str(uuid4())
        sealed = seal(key, pack(aside), bound_to=("quarantine", held))
        row = {"id": held, "day": day, "key_id": key.key_id, "sealed": sealed, "reason": why.value}
        connection.execute(QUARANTINE.insert().values(row))
        return held

    async def count(self) -> int:
        """Return how many measurements are set aside."""
        count = select(func.count()).select_from(QUARANTINE)
        return await self._database.look(lambda connection: connection.execute(count).scalar_one())

    async def all(self) -> tuple[Held, ...]:
        """Return what is set aside, in the order in which it arrived."""
        rows = await self._database.look(lambda connection: connection.execute(select(QUARANTINE)).all())
        held = (self._open(row) for row in rows)
        return tuple(sorted((each for each in held if each is not None), key=lambda each: each.aside.event.at))

    async def find(self, held_id: str) -> Held | None:
        """Return one of them; None where somebody else has decided about it, or its time is over."""
        one = select(QUARANTINE).where(QUARANTINE.c.id == held_id)
        row = await self._database.look(lambda connection: connection.execute(one).one_or_none())
        return None if row is None else self._open(row)

    async def discard(self, held_id: str) -> bool:
        """Destroy a measurement because a human says so; return whether it was still there. Raises Unavailable."""
        return await self.release(held_id, lambda _connection: None)

    async def release(self, held_id: str, put: Callable[[Connection], None]) -> bool:
        """Take a measurement out, in one transaction with what *put* writes; False where it is no longer there.

        Raises Unavailable: then it is still set aside, and nothing was written.
        """

        def write(connection: Connection) -> bool:
            if not connection.execute(delete(QUARANTINE).where(QUARANTINE.c.id == held_id)).rowcount:
                return False
            put(connection)
            return True

        return await self._database.act(write)

    async def forget(self, *, now: datetime, off: Off = _right) -> None:
        """Destroy what has been set aside for longer than DAYS, the keys of its days included.

        *off* says by what the clock was wrong that dated it.
        """
        before = (now - timedelta(days=DAYS)).date()
        rows = await self._database.look(lambda connection: connection.execute(select(QUARANTINE)).all())
        old = [row for row in rows if (held := self._open(row)) is None or _day(held, off) < before]
        if not old:
            return
        for day in {row.day for row in old} - {row.day for row in rows if row not in old}:
            await asyncio.to_thread(self._keyring.destroy, _record(day))
        ids = [row.id for row in old]
        await self._database.act(
            lambda connection: connection.execute(delete(QUARANTINE).where(QUARANTINE.c.id.in_(ids)))
        )

    def _open(self, row: Row[tuple[str, str, str, bytes, str]]) -> Held | None:
        key = self._keyring.find(row.key_id)
        if key is None:
            return None
        aside = unpack(unseal(key, row.sealed, bound_to=("quarantine", row.id)))
        return Held(id=row.id, day=date.fromisoformat(row.day), why=Why(row.reason), aside=aside)


def _day(held: Held, off: Off) -> date:
    """Return on which day it was set aside, by the right clock; the latest day where only the bounds are known."""
    by = off(held.aside.mark) if held.aside.mark else timedelta(0)
    if isinstance(by, Between):
        return by.until.date()
    return held.day if not by else (held.aside.event.at + by).date()


def _record(day: str) -> str:
    return f"quarantine {day}"
