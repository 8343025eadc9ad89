"""Codes with which a booth gets its certificate: one a booth, once, for a quarter of an hour, and kept as a hash only.

A code has 60 random bits, so that its hash needs no salt and whoever reads these rows can enrol nothing in time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, String, Table, delete, insert, select

from gateway.database import Database, lock
from gateway.errors import Unauthenticated
from gateway.store.orders import believe, noted

__all__ = ["LASTS", "METADATA", "Code", "Enrolments"]

METADATA: Final = MetaData()
_ENROLMENT: Final = Table(
    "fleet_enrolment",
    METADATA,
    Column("booth", String(100), primary_key=True),
    Column("code", LargeBinary(32), nullable=False, unique=True),
    Column("expires", BigInteger, nullable=False),
)

LASTS: Final = timedelta(minutes=15)
"""From when it is made a code is good for as long."""

_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 and O, no 1 and I
_LENGTH: Final = 12
_GROUP: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code in groups of four, for one booth, as it is shown once."""

    booth: str
    code: str
    expires: datetime


class Enrolments:
    """The codes in one database (opened with METADATA), which several servers may share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, booth: str, *, who: str, now: datetime) -> Code:
        """Make the booth's code; one that it had counts no more."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        expires = int((now + LASTS).timestamp())
        row = {"booth": booth, "code": _digest(letters), "expires": expires}

        def write(connection: Connection) -> None:
            lock(connection, f"fleet/{booth}")
            gone = (_ENROLMENT.c.booth == booth) | (_ENROLMENT.c.expires <= int(now.timestamp()))
            connection.execute(delete(_ENROLMENT).where(gone))
            connection.execute(insert(_ENROLMENT).values(row))
            noted(connection, booth, "enrol", who=who, now=now)

        await self._database.act(write)
        groups = [letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP)]
        return Code(booth=booth, code="-".join(groups), expires=datetime.fromtimestamp(expires, UTC))

    async def booth(self, code: str, *, now: datetime) -> str:
        """Return which booth the code is for, and leave it good. Raises Unauthenticated."""
        found = await self._database.look(lambda connection: _booth(connection, code, now))
        if found is None:
            raise _refused()
        return found

    async def use(self, code: str, *, booth: str, key: str, who: str, now: datetime) -> None:
        """Use the code up and believe the booth with *key* alone, in one act. Raises Unauthenticated."""

        def write(connection: Connection) -> None:
            lock(connection, f"fleet/{booth}")
            if _booth(connection, code, now) != booth:
                raise _refused()
            connection.execute(delete(_ENROLMENT).where(_ENROLMENT.c.booth == booth))
            believe(connection, booth, key)
            noted(connection, booth, "enrolled", who=who, now=now)

        await self._database.act(write)


def _booth(connection: Connection, code: str, now: datetime) -> str | None:
    good = (_ENROLMENT.c.code == _digest(code)) & (_ENROLMENT.c.expires > int(now.timestamp()))
    return connection.execute(select(_ENROLMENT.c.booth).where(good)).scalar_one_or_none()


def _digest(code: str) -> bytes:
    """Return what is kept of a code, however it was typed: in small letters, in groups or in one."""
    return sha256("".join(code.upper().split()).replace("-", "").encode()).digest()


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "This code of enrolment is not good, or not any more.",
        where="code",
        remedy="Ask an operator for another: it lasts a quarter of an hour and counts once.",
    )
