"""Which helper did what at this booth, and when: durable and dated, and of no patient; told to the gateway's audit.

A line and the letter that tells of it are one transaction, so that what is written down arrives, once, also after days
without a network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, delete, insert, select

from booth_client.dating import marked
from booth_client.helping import Deed
from booth_client.ledger import DESTINATION
from gateway import outbox
from gateway.database import Database, Keyring
from gateway.fhir.helper_deed import HelperDeed, helper_deed
from gateway.fhir.json import dumps

__all__ = ["METADATA", "Done", "HelpLog", "last"]

_LANE: Final = "helpers"

METADATA: Final = MetaData()
_HELPED: Final = Table(
    "helped",
    METADATA,
    Column("serial", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(40), nullable=False),
    Column("deed", String(40), nullable=False),
)

_KEPT: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One line: *by* is a helper's name, empty where nobody was let in."""

    at: datetime
    by: str
    deed: Deed


class HelpLog:
    """The log in the database of the booth *name* (opened with METADATA and the outbox's), kept for 400 days.

    *wake* tells the delivery that there is a letter, *mark* by which clock it is dated. Nothing is
    deleted where that is not *sure*.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        name: str,
        wake: asyncio.Event,
        mark: Callable[[], str] = lambda: "",
        sure: Callable[[], bool] = lambda: True,
    ) -> None:
        self._mark, self._sure = mark, sure
        self._database = database
        self._keyring = keyring
        self._name = name
        self._wake = wake

    async def note(self, by: str, deed: Deed, *, now: datetime) -> None:
        """Write down what was done just now. Raises Unavailable: then it is not written."""
        told = HelperDeed(at=now.astimezone(UTC), by=by, deed=deed.name.lower())
        letter = helper_deed(told, id=str(uuid4()), booth=self._name)
        # A lane of its own: no patient's letters wait for it.
        key = await asyncio.to_thread(self._keyring.key, _LANE)

        def write(connection: Connection) -> None:
            connection.execute(insert(_HELPED).values(at=int(now.timestamp()), by=by, deed=deed))
            if self._sure():
                connection.execute(delete(_HELPED).where(_HELPED.c.at < int((now - _KEPT).timestamp())))
            path, body = f"AuditEvent/{letter['id']}", marked(self._mark(), dumps(letter))
            outbox.put(connection, destination=DESTINATION, path=path, body=body, key=key, now=now)

        await self._database.act(write)
        self._wake.set()


async def last(database: Database, *, most: int = 100) -> Sequence[Done]:
    """Return the latest lines, the newest first."""
    wanted = select(_HELPED).order_by(_HELPED.c.serial.desc()).limit(most)
    rows = await database.look(lambda connection: connection.execute(wanted).all())
    return [Done(at=datetime.fromtimestamp(row.at, UTC), by=row.by, deed=Deed(row.deed)) for row in rows]
