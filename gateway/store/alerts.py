"""What is wrong with which booth, since when, and who sees to it: one line a reason, however often it comes back.

A reason that goes away and comes back within AGAIN is the same alert once more; whoever had taken it still has it.
That nothing is heard of a booth ends none of its other alerts: it may be mended or not, nobody knows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from gateway.database import Database, lock
from gateway.errors import NotFound

__all__ = ["AGAIN", "METADATA", "Alert", "Alerts", "follow"]

METADATA: Final = MetaData()
_ALERT: Final = Table(
    "fleet_alert",
    METADATA,
    Column("booth", String(100), primary_key=True),
    Column("reason", String(60), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Column("ended", BigInteger),
    Column("owner", String(200)),
    Column("owner_name", String(200)),
)

AGAIN: Final = timedelta(hours=24)
"""What comes back within is no new alert; what ended is shown, and then forgotten, after as long."""

SILENT: Final = "silent"
"""The reason of a booth that says nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that is wrong with a booth: it began at *since*, came *times* times, last at *last*.

    `ended`: it is over. `owner` is whoever sees to it, under a stable key and by name; None: nobody yet.
    """

    booth: str
    reason: str
    since: datetime
    last: datetime
    times: int
    ended: datetime | None
    owner: str | None
    owner_name: str | None


def follow(connection: Connection, booth: str, reasons: Collection[str], *, now: datetime) -> None:
    """Open, go on with and end the alerts of a booth that has told *reasons*, or fallen silent, in its transaction."""
    at = int(now.timestamp())
    forgotten = (_ALERT.c.booth == booth) & (_ALERT.c.ended <= int((now - AGAIN).timestamp()))
    connection.execute(delete(_ALERT).where(forgotten))
    known = {row.reason: row for row in connection.execute(select(_ALERT).where(_ALERT.c.booth == booth)).all()}
    for reason in reasons:
        row = known.get(reason)
        if row is None:
            begun = {"since": at, "last": at, "times": 1}
            connection.execute(insert(_ALERT).values(booth=booth, reason=reason, **begun))
        elif row.ended is not None:
            _change(connection, booth, reason, ended=None, last=at, times=row.times + 1)
    if SILENT not in reasons:
        for reason in (each for each, row in known.items() if row.ended is None and each not in reasons):
            _change(connection, booth, reason, ended=at)


class Alerts:
    """The alerts of the fleet in one database (opened with METADATA)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, *, now: datetime) -> Sequence[Alert]:
        """Return those that are open, and those that ended within AGAIN, the oldest first."""
        recent = _ALERT.c.ended.is_(None) | (_ALERT.c.ended > int((now - AGAIN).timestamp()))
        wanted = select(_ALERT).where(recent).order_by(_ALERT.c.since, _ALERT.c.booth, _ALERT.c.reason)
        return [_alert(row) for row in await self._database.look(lambda c: c.execute(wanted).all())]

    async def take(self, booth: str, reason: str, *, who: str, name: str) -> None:
        """Let *who* see to an open alert, also where somebody else did. Raises NotFound."""
        await self._own(booth, reason, owner=who[:200], owner_name=name[:200])

    async def give_back(self, booth: str, reason: str) -> None:
        """Let nobody see to an open alert. Raises NotFound."""
        await self._own(booth, reason, owner=None, owner_name=None)

    async def _own(self, booth: str, reason: str, **owner: str | None) -> None:
        def write(connection: Connection) -> None:
            lock(connection, f"fleet/{booth}")
            wanted = select(_ALERT.c.ended).where(_ALERT.c.booth == booth, _ALERT.c.reason == reason)
            row = connection.execute(wanted).one_or_none()
            if row is None or row.ended is not None:
                raise NotFound("That is over, or never was.", remedy="Look at the list again.")
            _change(connection, booth, reason, **owner)

        await self._database.act(write)


def _change(connection: Connection, booth: str, reason: str, **values: Any) -> None:
    connection.execute(update(_ALERT).where(_ALERT.c.booth == booth, _ALERT.c.reason == reason).values(values))


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        booth=row.booth,
        reason=row.reason,
        since=datetime.fromtimestamp(row.since, UTC),
        last=datetime.fromtimestamp(row.last, UTC),
        times=row.times,
        ended=None if row.ended is None else datetime.fromtimestamp(row.ended, UTC),
        owner=row.owner,
        owner_name=row.owner_name,
    )
