"""What a booth runs out of, as whoever helps there says it: paper, disinfectant, covers; told to the fleet."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, delete, insert, select

from gateway.database import Database

__all__ = ["METADATA", "Supplies", "Supply"]

METADATA: Final = MetaData()
_SHORT: Final = Table(
    "short_of",
    METADATA,
    Column("what", String(30), primary_key=True),
    Column("since", BigInteger, nullable=False),
)


class Supply(StrEnum):
    """What is used up at a booth."""

    PAPER = "paper"
    DISINFECTANT = "disinfectant"
    WIPES = "wipes"
    COVERS = "covers"
    STRIPS = "strips"
    BATTERIES = "batteries"


class Supplies:
    """The list in the booth's database (opened with METADATA): what is short, since when, until somebody refills it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, what: Supply, *, short: bool, now: datetime) -> None:
        """Write down that *what* runs out, or was refilled. Raises Unavailable: then it is not written."""

        def write(connection: Connection) -> None:
            here = _SHORT.c.what == what.value
            if not short:
                connection.execute(delete(_SHORT).where(here))
            elif connection.execute(select(_SHORT).where(here)).first() is None:
                connection.execute(insert(_SHORT).values(what=what.value, since=int(now.timestamp())))

        await self._database.act(write)

    async def short(self) -> dict[Supply, datetime]:
        """Return what is short, each with when that was first said."""
        rows = await self._database.look(lambda connection: connection.execute(select(_SHORT)).all())
        since = {row.what: datetime.fromtimestamp(row.since, UTC) for row in rows}
        return {each: since[each] for each in Supply if each in since}
