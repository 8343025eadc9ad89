"""`GET /live?patient=ID`: new readings as server-sent events, for as long as the page and the sign-in last.

Without `patient`, those of every patient that the caller may see. Each event's data is the Observation's JSON; its id
goes back as `Last-Event-ID`, and then nothing that was stored in between is missing.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol

from aiohttp import web

from gateway.errors import Unauthenticated
from gateway.http.authentication import People
from gateway.http.edge import ENDLESS
from gateway.identity import Principal

__all__ = ["Stream", "routes"]

PATH: Final = "/live"
_WRITE_S: Final = 10.0


class Stream(Protocol):
    """What `gateway.live` offers: the frames of one screen's stream."""

    def __call__(
        self,
        principal: Principal,
        *,
        patient: str | None,
        last_event_id: str | None,
        lasts: Callable[[], Awaitable[bool]],
    ) -> AsyncIterator[bytes]:
        """Yield frames until the sign-in no longer *lasts*; raises Forbidden and Malformed before the first."""


def routes(stream: Stream, authenticate: People) -> list[web.RouteDef]:
    """Return the route of the stream."""

    async def live(request: web.Request) -> web.StreamResponse:
        principal = await authenticate(request)
        if principal is None:
            raise Unauthenticated("Sign in to see readings arrive.")

        async def lasts() -> bool:
            try:
                return await authenticate.lasts(request)
            except Unauthenticated:
                return False

        frames = stream(
            principal,
            patient=request.query.get("patient"),
            last_event_id=request.headers.get("Last-Event-ID") or None,
            lasts=lasts,
        )
        async with contextlib.aclosing(frames) as opened:  # type: ignore[type-var]  # an async generator in fact
            first = await anext(opened)
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
            await response.prepare(request)
            with contextlib.suppress(
                ConnectionResetError, TimeoutError
            ):  # the screen has gone; it comes back by itself
                await _write(response, first)
                async for frame in opened:
                    await _write(response, frame)
        return response

    return [web.get(PATH, live, name=ENDLESS, allow_head=False)]


async def _write(response: web.StreamResponse, frame: bytes) -> None:
    async with asyncio.timeout(_WRITE_S):
        await response.write(frame)
