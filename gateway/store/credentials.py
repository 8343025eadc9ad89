"""What proves who somebody is, for a while: signed-in sessions, access tokens, and the assertions that were used up.

Tokens are 256 random bits and are kept only as their SHA-256, so that whoever reads these rows can sign in with none.
Times are whole seconds since 1970, UTC.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Executable,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from gateway.database import Database
from gateway.errors import Unauthenticated

__all__ = ["METADATA", "REMEMBERED", "Credentials", "Grant"]

METADATA: Final = MetaData()

_SESSION: Final = Table(
    "signed_in",
    METADATA,
    Column("token", LargeBinary(32), primary_key=True),
    Column("person", String(200), nullable=False),
    Column("acr", String(200), nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("proved", BigInteger),
)
_TOKEN: Final = Table(
    "access_token",
    METADATA,
    Column("token", LargeBinary(32), primary_key=True),
    Column("client", String(200), nullable=False),
    Column("scopes", String(8000), nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)
_USED: Final = Table(
    "used_assertion",
    METADATA,
    Column("client", String(200), primary_key=True),
    Column("jti", String(255), primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
)

_TOUCH_EVERY: Final = timedelta(seconds=30)
"""A session's last use is written at most this often: reading a page must not cost a durable write a request."""

REMEMBERED: Final = timedelta(seconds=2)
"""How long a token is believed without asking the database: a program sends the same one with every request."""

_MOST_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an access token stands for: the client and the scopes, as text, that it was granted."""

    client: str
    scopes: str


def _now() -> datetime:
    return datetime.now(UTC)


class Credentials:
    """The credentials of one server, in its database (opened with METADATA)."""

    def __init__(
        self,
        database: Database,
        *,
        idle: timedelta,
        absolute: timedelta,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._idle = idle
        self._absolute = absolute
        self._now = now
        self._grants: dict[bytes, tuple[int, Grant]] = {}

    async def sign_in(self, person: str, *, acr: str = "", proved: datetime | None = None) -> str:
        """Begin a session of *person* and return its secret token, for the cookie.

        *acr* says how they proved who they are, in the words of whoever checked it; empty: nobody said. *proved* is
        when, which may be long ago where they were signed in elsewhere already; None: nobody said.
        """
        token, now = secrets.token_urlsafe(32), _seconds(self._now())
        at = None if proved is None else _seconds(proved)
        row = {"token": _digest(token), "person": person, "acr": acr[:200], "began": now, "seen": now, "proved": at}
        await self._write(insert(_SESSION).values(row))
        return token

    async def acr(self, token: str) -> str:
        """Return how the session's person proved who they are; empty where nobody said, or the session ended."""
        wanted = select(_SESSION.c.acr).where(_SESSION.c.token == _digest(token))
        return str(await self._database.look(lambda c: c.execute(wanted).scalar_one_or_none()) or "")

    async def proved(self, token: str) -> datetime | None:
        """Return when the session's person proved who they are; None where nobody said, or the session ended."""
        wanted = select(_SESSION.c.proved).where(_SESSION.c.token == _digest(token))
        at = await self._database.look(lambda c: c.execute(wanted).scalar_one_or_none())
        return None if at is None else datetime.fromtimestamp(at, UTC)

    async def person(self, token: str) -> str | None:
        """Return whose session the token is, and count this as its use; None where it ended or never was."""
        now, digest = self._now(), _digest(token)
        row = await self._database.look(lambda c: c.execute(_alive(digest)).one_or_none())
        if row is None or not self._lasts(row.began, row.seen, now):
            return None
        if _seconds(now - _TOUCH_EVERY) >= row.seen:
            await self._write(update(_SESSION).where(_SESSION.c.token == digest).values(seen=_seconds(now)))
        return str(row.person)

    async def lasts(self, token: str) -> bool:
        """Tell whether the session still is, without using it: an open stream must not keep it alive."""
        row = await self._database.look(lambda c: c.execute(_alive(_digest(token))).one_or_none())
        return row is not None and self._lasts(row.began, row.seen, self._now())

    async def sign_out(self, token: str) -> None:
        """End the session at once; nothing happens where there is none."""
        await self._write(delete(_SESSION).where(_SESSION.c.token == _digest(token)))

    async def grant(self, *, client: str, scopes: str, jti: str, jti_expires: datetime, lifetime: timedelta) -> str:
        """Use up the assertion *jti* and return a new access token, in one act; raises Unauthenticated on a replay."""
        token = secrets.token_urlsafe(32)
        expires = _seconds(self._now() + lifetime)
        try:
            await self._write(
                insert(_USED).values(client=client, jti=jti, expires=_seconds(jti_expires) + 1),
                insert(_TOKEN).values(token=_digest(token), client=client, scopes=scopes, expires=expires),
            )
        except IntegrityError:
            # The primary key decides, so of two requests at the same instant exactly one gets a token.
            raise Unauthenticated(
                "The assertion's jti was used before.",
                where="client_assertion",
                remedy="Make a new assertion with a new jti for each request.",
            ) from None
        return token

    async def token(self, token: str) -> Grant | None:
        """Return what the access token grants, or None where it expired or never was; believed again for REMEMBERED."""
        now, digest = _seconds(self._now()), _digest(token)
        remembered = self._grants.get(digest)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        wanted = select(_TOKEN).where(_TOKEN.c.token == digest, _TOKEN.c.expires > now)
        row = await self._database.look(lambda connection: connection.execute(wanted).one_or_none())
        if row is None:
            self._grants.pop(digest, None)
            return None
        if len(self._grants) >= _MOST_REMEMBERED:
            self._grants.clear()
        grant = Grant(client=row.client, scopes=row.scopes)
        self._grants[digest] = (min(row.expires, now + _seconds_in(REMEMBERED)), grant)
        return grant

    async def sweep(self) -> None:
        """Delete what has expired; an assertion is forgotten only once it would be refused as expired anyway."""
        now = self._now()
        await self._write(
            delete(_TOKEN).where(_TOKEN.c.expires <= _seconds(now)),
            delete(_USED).where(_USED.c.expires <= _seconds(now)),
            delete(_SESSION).where(_SESSION.c.began <= _seconds(now - self._absolute)),
            delete(_SESSION).where(_SESSION.c.seen <= _seconds(now - self._idle)),
        )

    async def _write(self, *statements: Executable) -> None:
        def write(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement)

        await self._database.act(write)

    def _lasts(self, began: int, seen: int, now: datetime) -> bool:
        return began > _seconds(now - self._absolute) and seen > _seconds(now - self._idle)


def _alive(digest: bytes) -> Select[Any]:
    return select(_SESSION.c.person, _SESSION.c.began, _SESSION.c.seen).where(_SESSION.c.token == digest)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _seconds_in(duration: timedelta) -> int:
    return int(duration.total_seconds())


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
