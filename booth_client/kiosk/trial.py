"""The booth's browser tried at the start of the day: camera, microphone, loudspeaker, each way to the relays.

The page is the one that physicians have (gateway/ui/trial); here the booth asks the gateway for the passes to the
relays, because the page reaches nothing but the booth. docs/network.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import ClientError, web

from gateway.ui import page
from signalling.messages import IceServer

__all__ = ["trial_routes"]


def trial_routes(passes: Callable[[], Awaitable[list[IceServer]]]) -> list[web.RouteDef]:
    """Return the page and what it asks; *passes* gives passes to the relays that are good for a try."""
    html = page("trial", "Essai de la borne · Téléborne", place="booth")

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    async def relays(_request: web.Request) -> web.Response:
        try:
            servers = await passes()
        except (ClientError, OSError, TimeoutError, msgspec.MsgspecError) as error:
            raise web.HTTPServiceUnavailable(text=f"The gateway gives no passes just now: {error}") from error
        return web.json_response({"ice_servers": msgspec.to_builtins(servers)}, headers={"Cache-Control": "no-store"})

    return [web.get("/essai", show), web.post("/signalling/relays", relays)]
