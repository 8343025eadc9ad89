"""The disinfection log: when the booth was cleaned, durable and dated; who came in between is nobody's business."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, delete, insert, select

from gateway.database import Database

__all__ = ["METADATA", "Disinfected", "Disinfections"]

METADATA: Final = MetaData()
_DISINFECTED: Final = Table(
    "disinfected",
    METADATA,
    Column("serial", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(80), nullable=False),
)

_KEPT: Final = timedelta(days=400)
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Disinfected:
    """Once: *at* that moment, *by* the helper of that name."""

    at: datetime
    by: str


class Disinfections:
    """The log in the booth's database (opened with METADATA), for 400 days; longer where the clock is not *sure*."""

    def __init__(self, database: Database, *, sure: Callable[[], bool] = lambda: True) -> None:
        self._sure = sure
        self._database = database

    async def note(self, by: str, *, now: datetime) -> None:
        """Write down that the booth was disinfected just now. Raises Unavailable: then it is not written."""

        def write(connection: Connection) -> None:
            connection.execute(insert(_DISINFECTED).values(at=_seconds(now), by=by[:_LONGEST_NAME]))
            if self._sure():
                connection.execute(delete(_DISINFECTED).where(_DISINFECTED.c.at < _seconds(now - _KEPT)))

        await self._database.act(write)

    async def last(self, *, most: int = 10) -> Sequence[Disinfected]:
        """Return the latest lines, the newest first."""
        wanted = select(_DISINFECTED.c.at, _DISINFECTED.c.by).order_by(_DISINFECTED.c.serial.desc()).limit(most)
        rows = await self._database.look(lambda connection: connection.execute(wanted).all())
        return [Disinfected(at=datetime.fromtimestamp(row.at, UTC), by=row.by) for row in rows]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
