"""`/healthz`: the process answers; `/readyz`: so do its database and signalling, so that it may be given work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from gateway.database import Database
from gateway.errors import Unavailable
from signalling.server import SignallingServer

__all__ = ["answers", "routes"]

_READY_S: Final = 2.0


def answers(database: Database, server: SignallingServer) -> Callable[[], Awaitable[None]]:
    """Return what returns once the database and signalling have answered, or raises Unavailable."""

    async def ready() -> None:
        await database.look(lambda _connection: None)
        if not server.ready:
            raise Unavailable("Signalling has not read its record yet.")

    return ready


def routes(ready: Callable[[], Awaitable[None]]) -> list[web.RouteDef]:
    """Return the two routes; *ready* returns once all that work needs has answered, or raises Unavailable."""

    async def healthz(request: web.Request) -> web.Response:  # noqa: ARG001 - nothing in it matters
        return web.json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:  # noqa: ARG001 - nothing in it matters
        try:
            async with asyncio.timeout(_READY_S):
                await ready()
        except (TimeoutError, Unavailable):
            headers = {"Retry-After": "2"}
            return web.json_response({"status": "not ready"}, status=503, headers=headers)
        return web.json_response({"status": "ready"})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
