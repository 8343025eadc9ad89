"""`GET /fleet/live`: the fleet as it changes, as server-sent events, for as long as the page and the sign-in last.

    event: ready     data: {}           whoever hears this misses nothing from now on: ask for /fleet/booths
    event: booth     data: {…}          one booth, as in /fleet/booths, that is not as it was
    event: alerts    data: […]          all alerts, one of which is not as it was
    event: signed-out

Booths tell their state into the database, which several servers share: so each open page looks there, every 2 s.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final

import msgspec
from aiohttp import web

from gateway.errors import Unauthenticated, Unavailable
from gateway.http import fleet_audit
from gateway.http.authentication import People
from gateway.http.certifying import Certifying
from gateway.http.cookies import Cookies
from gateway.http.edge import FLEET_STREAM
from gateway.http.enrolment import Enrolling
from gateway.http.fleet import Watched, operator, routes
from gateway.http.revocation import RevocationList
from gateway.identity import Principal
from gateway.store.enrolments import Enrolments
from gateway.store.visits import Visits

__all__ = ["FleetLive", "add_to"]

_EVERY_S: Final = 2.0
_WRITE_S: Final = 10.0
_READY: Final = b"retry: 1000\nevent: ready\ndata: {}\n\n"
_OVER: Final = b"event: signed-out\ndata: {}\n\n"
_ALIVE: Final = b": alive\n\n"


def add_to(
    site: web.Application,
    watched: Watched,
    authenticate: People,
    cookies: Cookies,
    revocations: RevocationList,
    *,
    enrolments: Enrolments,
    certifying: Certifying | None,
    visits: Visits,
) -> None:
    """Give *site* all that operators see and do of the fleet; an order to revoke counts here at once."""
    ordered, live = partial(revocations.ask, watched.orders.keys), FleetLive(watched, authenticate)
    site.add_routes(routes(watched, authenticate, signed_in_at=cookies.signed_in_at, ordered=ordered))
    enrolling = Enrolling(enrolments, certifying=certifying, revocations=revocations, ordered=ordered, now=watched.now)
    site.add_routes(fleet_audit.routes(watched, visits, authenticate))
    site.add_routes([*live.routes(), *enrolling.routes(authenticate, signed_in_at=cookies.signed_in_at)])
    site.on_shutdown.append(live.end)


class FleetLive:
    """The open streams of one server; `end` ends them all, and the pages come back to whichever server then answers."""

    def __init__(self, watched: Watched, authenticate: People) -> None:
        self._watched = watched
        self._authenticate = authenticate
        self._ended = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return the route."""
        return [web.get("/fleet/live", self._live, name=FLEET_STREAM, allow_head=False)]

    async def end(self, _site: web.Application) -> None:
        """End every stream."""
        self._ended.set()

    async def _live(self, request: web.Request) -> web.StreamResponse:
        who = await operator(request, self._authenticate)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        await response.prepare(request)
        frames = self._frames(who, lambda: self._lasts(request))
        with contextlib.suppress(ConnectionResetError, TimeoutError):  # the page has gone; it comes back by itself
            async with contextlib.aclosing(frames) as opened:  # type: ignore[type-var]  # an async generator in fact
                async for frame in opened:
                    async with asyncio.timeout(_WRITE_S):
                        await response.write(frame)
        return response

    async def _frames(self, who: Principal, lasts: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        known = await self._look(who)
        yield _READY
        while not await self._over():
            if not await lasts():
                yield _OVER
                return
            with contextlib.suppress(Unavailable):  # the database is away: the next look tells what is new
                now = await self._look(who)
                news = [_event(what, body) for what, body in now.items() if known.get(what) != body]
                known = now
                yield b"".join(news) or _ALIVE

    async def _look(self, who: Principal) -> dict[str, bytes]:
        booths: dict[str, Any] = {f"booth {each['name']}": each for each in await self._watched.booths()}
        told = booths | {"alerts": await self._watched.alerts(who)}
        return {what: msgspec.json.encode(value) for what, value in told.items()}

    async def _over(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EVERY_S):
                await self._ended.wait()
        return self._ended.is_set()

    async def _lasts(self, request: web.Request) -> bool:
        try:
            return await self._authenticate.lasts(request)
        except Unauthenticated:
            return False


def _event(what: str, body: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (what.partition(" ")[0].encode(), body)
