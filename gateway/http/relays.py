"""Passes to our relays outside a visit: a booth and a physician's page try each way before they need one.

Route: POST /signalling/relays → `{"ice_servers": [{"urls": […], "username": "…", "credential": "…"}]}`, for whoever may
take part in visits, and under /visite for guests; docs/signalling.md, *Relays*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec
from aiohttp import web

from gateway.errors import Unauthenticated
from gateway.http.signalling import admitted
from signalling.presence import participant_id
from signalling.turn import Turn, ice_servers

__all__ = ["LIFETIME", "routes"]

LIFETIME: Final = timedelta(minutes=2)
"""How long such a pass is good: a try takes seconds."""


def routes(relays: Turn, *, now: Callable[[], datetime], folder: str = "") -> list[web.RouteDef]:
    """Return the route, under *folder*; *relays* may be none, and then the list is empty."""
    short = replace(relays, lifetime=min(LIFETIME, relays.lifetime))

    async def passes(request: web.Request) -> web.Response:
        peer = await admitted(request)
        if peer is None:
            raise Unauthenticated("Nobody is signed in.", remedy="Sign in again.")
        servers = ice_servers(short, participant_id(peer.subject), now())
        return web.json_response({"ice_servers": msgspec.to_builtins(servers)}, headers={"Cache-Control": "no-store"})

    return [web.post(f"{folder}/signalling/relays", passes)]
