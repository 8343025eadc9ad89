"""A guest's way into a visit: a link's ticket for a cookie, used once; docs/signalling.md, *Joining*.

POST /visite/enter            {"ticket": …, "jwk": …, "name": …} → 204 and a cookie that is good for this visit alone
POST /visite/signalling/ticket, GET /visite/signalling/v1   as for everybody, with that cookie
GET  /visite/anchors.json     whom the guest's page believes: what every physician's page is told

A ticket has 256 bits and only its hash is kept, so that guessing is hopeless; wrong tries are limited all the same, and
whoever has a right link is let in however many wrong ones others try.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from gateway.errors import Forbidden, Malformed, NotFound, Unavailable
from gateway.http.authentication import check_same_origin
from signalling import jws
from signalling.errors import BindingError, RecordError
from signalling.presence import Peer
from signalling.rate import Bucket
from signalling.server import SignallingServer
from signalling.side import Role
from signalling.third import guest_subject, hash_of

__all__ = ["FOLDER", "Guests"]

FOLDER: Final = "/visite"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_OCTETS: Final = 32
_WRONG_PER_SECOND: Final = 0.2
_WRONG_AT_ONCE: Final = 20
_LOOKS: Final = 3


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ticket: str
    jwk: dict[str, Any]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Guests:
    """Who came by a link. *origins* are our own pages', *tls* whether cookies need it."""

    def __init__(self, server: SignallingServer, *, origins: Collection[str], tls: bool) -> None:
        self._server = server
        self._origins = frozenset(origins)
        self._tls = tls
        self._cookie = "__Secure-guest" if tls else "guest"
        self._wrong = Bucket.full(per_second=_WRONG_PER_SECOND, burst=_WRONG_AT_ONCE, now=time.monotonic())

    def session(self, request: web.Request) -> str | None:
        """Return what the request shows, None where it is none of ours."""
        shown = request.cookies.get(self._cookie, "")
        return shown if _SECRET.fullmatch(shown) else None

    async def admit(self, request: web.Request) -> Peer | None:
        """Return who asks under FOLDER: a guest whose visit goes on."""
        check_same_origin(request)
        session = self.session(request)
        return None if session is None else self._server.guest(session)

    def lasts(self, session: str) -> Callable[[], Awaitable[bool]]:
        """Return what says whether a guest's socket may stay: a little longer than they are asked, to be told why."""
        gone = 0

        async def lasts() -> bool:
            nonlocal gone
            gone = 0 if self._server.guest(session) is not None else gone + 1
            return gone < _LOOKS

        return lasts

    async def enter(self, request: web.Request) -> web.Response:
        """Use a link."""
        if request.headers.get("Origin") not in self._origins:
            raise Forbidden("The page is not the gateway's.", remedy="Open the link as it was sent.")
        asked, peer = await _asked(request)
        session = secrets.token_urlsafe(_OCTETS)
        try:
            entered = await self._server.redeem(asked.ticket, peer, hash_of(session))
        except RecordError as error:
            raise Unavailable("It cannot be noted that you came.", remedy="Try again in a moment.") from error
        if not entered and not self._wrong.take(time.monotonic()):
            told = {"what": "Too many wrong links were tried.", "remedy": "Try again in a minute."}
            return web.json_response(told, status=429, headers={"Cache-Control": "no-store"})
        if not entered:
            raise NotFound("This link was used, is too old, or the visit is over.", remedy="Ask for another link.")
        answer = web.Response(status=204, headers={"Cache-Control": "no-store"})
        answer.set_cookie(self._cookie, session, path=f"{FOLDER}/", httponly=True, samesite="Strict", secure=self._tls)
        return answer


async def _asked(request: web.Request) -> tuple[_Asked, Peer]:
    try:
        asked = msgspec.json.decode(await request.read(), type=_Asked)
        jwk = dict(jws.jwk_of(jws.key_of(asked.jwk)))
    except (msgspec.MsgspecError, UnicodeDecodeError, BindingError) as error:
        raise Malformed(f"Not what a guest sends: {error}.", remedy="Open the link again.") from None
    name = " ".join(asked.name.split())
    if not name or not name.isprintable() or not _SECRET.fullmatch(asked.ticket):
        raise Malformed("The name or the link cannot be read.", remedy="Write your name; open the link again.")
    return asked, Peer(role=Role.GUEST, subject=guest_subject(jwk), name=name)
