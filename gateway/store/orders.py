"""What operators have ordered for a booth, and which key it is believed with; each act in the chained audit.

An order stands until its opposite. A booth whose certificate was revoked is believed again with the key of its next
enrolment, and with no other: an enrolment puts whatever had the booth's name before out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, MetaData, String, Table, delete, insert, select

from gateway.database import Database, lock
from gateway.fhir.search.date import at
from gateway.store import audit

__all__ = ["BOOTH", "FLEET", "METADATA", "NOBODY", "Act", "Order", "Orders", "believe", "noted"]

METADATA: Final = MetaData()
_ORDER: Final = Table(
    "fleet_order",
    METADATA,
    Column("booth", String(100), primary_key=True),
    Column("closed", Boolean, nullable=False),
    Column("key", String(64)),
)

FLEET: Final = "fleet:"
"""How the interaction of an operator's act begins in the audit; the act follows."""

BOOTH: Final = "Booth"
"""The type of what was acted on; its id is the booth's name."""

NOBODY: Final = ""
"""The key of a booth whose certificate was revoked: no certificate has it."""


class Act(StrEnum):
    """What an operator may order."""

    CLOSE = "close"
    OPEN = "open"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What stands for a booth: nobody is let in (`closed`); only certificates of `key` are believed.

    `key` is the SHA-256 of a public key, NOBODY after a revocation, None where the device authority's word is enough.
    """

    closed: bool = False
    key: str | None = None

    @property
    def revoked(self) -> bool:
        """Whether nothing of the booth is believed."""
        return self.key == NOBODY


_SETS: Final[Mapping[Act, Mapping[str, Any]]] = {
    Act.CLOSE: {"closed": True},
    Act.OPEN: {"closed": False},
    Act.REVOKE: {"key": NOBODY},
}


class Orders:
    """The orders in one database (opened with METADATA), which several servers may share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, booth: str, act: Act, *, who: str, now: datetime) -> None:
        """Order *act*, in the same transaction as the audit's row; what stands already is ordered again."""

        def write(connection: Connection) -> None:
            _set(connection, booth, **_SETS[act])
            noted(connection, booth, act.value, who=who, now=now)

        await self._database.act(write)

    async def all(self) -> dict[str, Order]:
        """Return what stands, by booth; a booth that is not in it has no order."""
        rows = await self._database.look(lambda c: c.execute(select(_ORDER)).all())
        return {row.booth: Order(closed=bool(row.closed), key=row.key) for row in rows}

    async def of(self, booth: str) -> Order:
        """Return what stands for one booth."""
        wanted = select(_ORDER).where(_ORDER.c.booth == booth)
        row = await self._database.look(lambda c: c.execute(wanted).one_or_none())
        return Order() if row is None else Order(closed=bool(row.closed), key=row.key)

    async def keys(self) -> dict[str, str]:
        """Return by name the booths that are believed with one key alone, or with none (NOBODY)."""
        wanted = select(_ORDER.c.booth, _ORDER.c.key).where(_ORDER.c.key.is_not(None))
        rows = await self._database.look(lambda c: c.execute(wanted).all())
        return {row.booth: row.key for row in rows}


def believe(connection: Connection, booth: str, key: str) -> None:
    """Believe the booth with *key* and with no other."""
    _set(connection, booth, key=key)


def noted(connection: Connection, booth: str, act: str, *, who: str, now: datetime) -> None:
    """Add the audit's row that says that *who* did *act* to a booth."""
    audit.record(connection, BOOTH, booth, who=who, interaction=f"{FLEET}{act}", status=200, at=at(now))


def _set(connection: Connection, booth: str, **changes: Any) -> None:
    lock(connection, f"fleet/{booth}")
    row = connection.execute(select(_ORDER).where(_ORDER.c.booth == booth)).one_or_none()
    standing = {"closed": bool(row and row.closed), "key": row.key if row else None}
    connection.execute(delete(_ORDER).where(_ORDER.c.booth == booth))
    connection.execute(insert(_ORDER).values(booth=booth, **(standing | changes)))
