"""What the booths of a fleet told last, and when each became something else; bounded, and of no person.

A booth's row is its last word; a change is written when its condition, or why it has it, is another one than before.
That a booth fell silent is seen by whoever looks, because nothing arrives then: `note_silence` writes it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from gateway.database import Database, lock
from gateway.fleet import CLOSED, SILENT, Condition, Status, condition, reasons
from gateway.store.alerts import METADATA as ALERTS
from gateway.store.alerts import follow
from gateway.store.audit_check import METADATA as CHECKED
from gateway.store.enrolments import METADATA as ENROLMENTS
from gateway.store.orders import METADATA as ORDERS

__all__ = ["TABLES", "Booth", "Change", "Fleet"]

_METADATA: Final = MetaData()
_SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")
_BOOTH: Final = Table(
    "fleet_booth",
    _METADATA,
    Column("name", String(100), primary_key=True),
    Column("heard", BigInteger, nullable=False, index=True),
    Column("status", LargeBinary, nullable=False),
    Column("condition", String(20), nullable=False),
    Column("reasons", String(2000), nullable=False),
)
_CHANGE: Final = Table(
    "fleet_change",
    _METADATA,
    Column("serial", _SERIAL, primary_key=True),
    Column("booth", String(100), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("condition", String(20), nullable=False),
    Column("reasons", String(2000), nullable=False),
)

TABLES: Final = (_METADATA, ALERTS, ORDERS, ENROLMENTS, CHECKED)
"""What a database of a fleet is opened with."""

_OUT: Final = frozenset({"out-of-service", CLOSED, "silent"})
"""Why a booth serves nobody."""

_AT_ONCE: Final = 200
"""How many changes a page of a booth's past has."""

_KEPT: Final = timedelta(days=400)
"""How long a booth's changes are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booth:
    """A booth as it told last: its name in its certificate, its status, when it was heard, and how it is now."""

    name: str
    status: Status
    heard: datetime
    condition: Condition
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From when on a booth was like that, and why; `serial` says where it stands among all changes."""

    serial: int
    booth: str
    at: datetime
    condition: Condition
    reasons: tuple[str, ...]


class Fleet:
    """The fleet in one database (opened with TABLES), which several servers may share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hear(self, booth: str, status: Status, *, now: datetime) -> None:
        """Take in what a booth tells of itself."""
        why = reasons(status, heard=now, now=now)
        told = _told(condition(status, heard=now, now=now), why)
        row = {"heard": _seconds(now), "status": msgspec.json.encode(status), **told}

        def write(connection: Connection) -> None:
            lock(connection, f"fleet/{booth}")
            before = connection.execute(select(_BOOTH).where(_BOOTH.c.name == booth)).one_or_none()
            if before is None:
                connection.execute(insert(_BOOTH).values(name=booth, **row))
            else:
                connection.execute(update(_BOOTH).where(_BOOTH.c.name == booth).values(row))
            if before is None or (before.condition, before.reasons) != (told["condition"], told["reasons"]):
                _change(connection, booth, now, told)
            follow(connection, booth, [each for each in why if each != CLOSED], now=now)

        await self._database.act(write)

    async def note_silence(self, *, now: datetime) -> None:
        """Write down which booths have fallen silent since the last look."""
        told = {"condition": Condition.OFFLINE.value, "reasons": "silent"}
        silent = (_BOOTH.c.heard < _seconds(now - SILENT)) & (_BOOTH.c.condition != Condition.OFFLINE.value)

        def write(connection: Connection) -> None:
            lock(connection, "fleet silence")
            for row in connection.execute(select(_BOOTH.c.name).where(silent)).all():
                connection.execute(update(_BOOTH).where(_BOOTH.c.name == row.name).values(told))
                _change(connection, row.name, now, told)
                follow(connection, row.name, ["silent"], now=now)

        if await self._database.look(lambda c: c.execute(select(_BOOTH.c.name).where(silent).limit(1)).first()):
            await self._database.act(write)

    async def booths(self, *, now: datetime) -> Sequence[Booth]:
        """Return every booth, by name, as it is at *now*."""
        wanted = select(_BOOTH).order_by(_BOOTH.c.name)
        rows = await self._database.look(lambda connection: connection.execute(wanted).all())
        return [_booth(row, now) for row in rows]

    async def changes(self, booth: str, *, before: int | None = None) -> Sequence[Change]:
        """Return a page of the changes of a booth, the newest first; *before* is the serial of the last one seen."""
        older = (_CHANGE.c.booth == booth) & (true() if before is None else _CHANGE.c.serial < before)
        wanted = select(_CHANGE).where(older).order_by(_CHANGE.c.serial.desc()).limit(_AT_ONCE)
        rows = await self._database.look(lambda connection: connection.execute(wanted).all())
        return [
            Change(
                serial=row.serial,
                booth=row.booth,
                at=datetime.fromtimestamp(row.at, UTC),
                condition=Condition(row.condition),
                reasons=tuple(filter(None, row.reasons.split(" "))),
            )
            for row in rows
        ]

    async def out_of_service(self, *, since: datetime, now: datetime) -> dict[str, timedelta]:
        """Return for how long each booth served nobody: stopped, closed or silent; as far back as changes are kept."""
        first = _seconds(since)
        earlier = select(func.max(_CHANGE.c.serial)).where(_CHANGE.c.at <= first).group_by(_CHANGE.c.booth)
        asked = or_(_CHANGE.c.at > first, _CHANGE.c.serial.in_(earlier))
        wanted = select(_CHANGE).where(asked).order_by(_CHANGE.c.booth, _CHANGE.c.serial)
        rows = await self._database.look(lambda connection: connection.execute(wanted).all())
        spent: dict[str, timedelta] = {}
        for row, following in zip_longest(rows, rows[1:]):
            more = following is not None and following.booth == row.booth
            ends = datetime.fromtimestamp(following.at, UTC) if more and following else now
            lasted = ends - max(datetime.fromtimestamp(row.at, UTC), since)
            out = _OUT & set(row.reasons.split(" "))
            spent[row.booth] = spent.get(row.booth, timedelta()) + (max(lasted, timedelta()) if out else timedelta())
        return spent


def _told(how: Condition, why: tuple[str, ...]) -> dict[str, str]:
    return {"condition": how.value, "reasons": " ".join(why)}


def _change(connection: Connection, booth: str, now: datetime, told: dict[str, str]) -> None:
    connection.execute(insert(_CHANGE).values(booth=booth, at=_seconds(now), **told))
    old = _CHANGE.c.at < _seconds(now - _KEPT)
    connection.execute(delete(_CHANGE).where(_CHANGE.c.booth == booth, old))


def _booth(row: Row[Any], now: datetime) -> Booth:
    status = msgspec.json.decode(row.status, type=Status)
    heard = datetime.fromtimestamp(row.heard, UTC)
    how, why = condition(status, heard=heard, now=now), reasons(status, heard=heard, now=now)
    return Booth(name=row.name, status=status, heard=heard, condition=how, reasons=why)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
