"""What operators did, which booths were enrolled and what helpers did at them, read from the chained audit.

A helper's deed is told by their booth, perhaps days later, and perhaps twice: its row has the moment of the deed, and
nobody does the same thing twice in one millisecond. Of the people whom booths serve nothing is in these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from gateway.database import Database, lock
from gateway.fhir.helper_deed import DEEDS, HelperDeed
from gateway.fhir.search.date import at
from gateway.store import audit
from gateway.store.orders import BOOTH, FLEET, Act
from gateway.store.tables import audit as rows

__all__ = ["HELPED", "Acts", "Done"]

HELPED: Final = "help:"
"""How the interaction of a helper's deed begins; the deed follows."""

READ: Final = "audit"
ENROLMENTS: Final = ("enrol", "enrolled")
BEFORE: Final = "restore"
"""What operators could order in releases that revoked booths by name."""

_FLEET: Final = tuple(f"{FLEET}{each}" for each in (*Act, *ENROLMENTS, READ, BEFORE))
_HELPED: Final = tuple(f"{HELPED}{each}" for each in DEEDS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One act: `fleet:close`, `help:badge` …, by *who* (a stable key, or a helper's name) on a booth."""

    serial: int
    at: datetime
    who: str
    what: str
    booth: str


class Acts:
    """The acts in the audit of one database, which several servers may share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, booth: str, told: HelperDeed) -> None:
        """Write down what a helper did at *booth*; what is there already is not written again."""

        def write(connection: Connection) -> None:
            lock(connection, f"fleet/{booth}")
            what, moment = f"{HELPED}{told.deed}", at(told.at)
            same = (
                (rows.c.type == BOOTH) & (rows.c.id == booth) & (rows.c.at == moment)
                & (rows.c.who == told.by) & (rows.c.interaction == what)
            )  # fmt: skip
            if connection.execute(select(rows.c.serial).where(same).limit(1)).first() is None:
                audit.record(connection, BOOTH, booth, who=told.by, interaction=what, status=200, at=moment)

        await self._database.act(write)

    async def looked(self, *, who: str, now: datetime) -> None:
        """Write down that *who* read this."""

        def write(connection: Connection) -> None:
            audit.record(connection, "", "", who=who, interaction=f"{FLEET}{READ}", status=200, at=at(now))

        await self._database.act(write)

    async def on(self, booth: str, *, most: int) -> Sequence[Done]:
        """Return the last acts of operators on a booth, the newest first."""

        def read(connection: Connection) -> list[Done]:
            of = (rows.c.type == BOOTH) & (rows.c.id == booth) & rows.c.interaction.in_(_FLEET)
            newest = select(rows).where(of).order_by(rows.c.at.desc(), rows.c.serial.desc()).limit(most)
            return [_done(row) for row in connection.execute(newest)]

        return await self._database.look(read)

    async def last(self, *, most: int, before: datetime | None = None) -> Sequence[Done]:
        """Return the last acts of all, the newest first; *before*: older ones."""

        def read(connection: Connection) -> list[Done]:
            found: list[Done] = []
            # One stretch of the index for each kind: no page costs more for what else is in the audit.
            for what in (*_FLEET, *_HELPED):
                wanted = select(rows).where(rows.c.interaction == what)
                wanted = wanted if before is None else wanted.where(rows.c.at < at(before))
                newest = wanted.order_by(rows.c.at.desc(), rows.c.serial.desc()).limit(most)
                found += [_done(row) for row in connection.execute(newest)]
            return sorted(found, key=lambda each: (each.at, each.serial), reverse=True)[:most]

        return await self._database.look(read)


def _done(row: Row[Any]) -> Done:
    return Done(
        serial=row.serial,
        at=_EPOCH + timedelta(microseconds=row.at),
        who=row.who,
        what=row.interaction,
        booth=row.id,
    )
