"""Whose each code of arrival is, and whether it was used: a row a code, kept by the hash of its `jti`.

Whoever reads the rows learns that somebody wanted to come to a booth; they can make no code of it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from gateway.database import Database
from gateway.identity.arrival import Refused

__all__ = ["METADATA", "Arrivals"]

METADATA: Final = MetaData()
_ARRIVAL: Final = Table(
    "arrival",
    METADATA,
    Column("code", LargeBinary(32), primary_key=True),
    Column("patient", String(64), nullable=False, index=True),
    Column("maker", String(200), nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
    Column("used", BigInteger),
    Column("booth", String(100)),
)

_REMEMBERED: Final = timedelta(days=1)
"""So long a code that ran out is told apart from one that never was."""


class Arrivals:
    """The codes in one database (opened with METADATA)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def new(self, patient: str, *, maker: str, expires: datetime, now: datetime) -> str:
        """Keep a new code of *patient* and return its `jti`; the one *maker* made for them before is good no more."""
        jti, forgotten = secrets.token_urlsafe(16), int((now - _REMEMBERED).timestamp())
        row = {"code": _hash(jti), "patient": patient, "maker": maker[:200], "expires": int(expires.timestamp())}
        before = (_ARRIVAL.c.patient == patient) & (_ARRIVAL.c.maker == maker[:200]) & _ARRIVAL.c.used.is_(None)

        def write(connection: Connection) -> None:
            connection.execute(delete(_ARRIVAL).where(_ARRIVAL.c.expires < forgotten))
            if maker == patient:
                connection.execute(update(_ARRIVAL).where(before).values(used=int(now.timestamp())))
            connection.execute(insert(_ARRIVAL).values(row))

        await self._database.act(write)
        return jti

    async def use(self, jti: str, *, booth: str, now: datetime) -> str | Refused:
        """Use a code up and return whose it is, or why it is refused: of two booths exactly one gets an answer."""
        found: list[str | Refused] = []

        def write(connection: Connection) -> None:
            free = (_ARRIVAL.c.code == _hash(jti)) & _ARRIVAL.c.used.is_(None)
            used = update(_ARRIVAL).where(free).values(used=int(now.timestamp()), booth=booth)
            took = connection.execute(used).rowcount
            whose = select(_ARRIVAL.c.patient).where(_ARRIVAL.c.code == _hash(jti))
            patient = connection.execute(whose).scalar_one_or_none()
            found.append(Refused.UNKNOWN if patient is None else patient if took else Refused.USED)

        await self._database.act(write)
        return found[-1]


def _hash(jti: str) -> bytes:
    return hashlib.sha256(jti.encode()).digest()
