"""The fleet: booths tell how they are, operators read it.

PUT /fleet/status              on the booths' listener: {…} as gateway/fleet.py has it; the certificate says which booth
GET /fleet/booths              for operators: every booth with its condition
GET /fleet/booths/{name}       for operators: its last changes
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from gateway.errors import Forbidden, Malformed, NotFound, TooLarge, Unauthenticated
from gateway.fleet import Status
from gateway.http.authentication import Authenticate
from gateway.identity import Principal, Role
from gateway.store.fleet import Booth, Fleet

__all__ = ["booth_routes", "routes"]

_LARGEST: Final = 16 * 1024


def booth_routes(fleet: Fleet, authenticate: Authenticate, *, now: Callable[[], datetime]) -> list[web.RouteDef]:
    """Return the booths' route."""

    async def tell(request: web.Request) -> web.Response:
        who = await authenticate(request)
        if who is None:
            raise Unauthenticated("There is no client certificate.", remedy="Connect as an enrolled booth.")
        if (request.content_length or 0) > _LARGEST:
            raise TooLarge("A booth's state is shorter than that.")
        try:
            status = msgspec.json.decode(await request.read(), type=Status)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"The state cannot be read: {error}.", remedy="Update the booth or the gateway.") from None
        await fleet.hear(who.name, status, now=now())
        return web.Response(status=204)

    return [web.put("/fleet/status", tell)]


def routes(fleet: Fleet, authenticate: Authenticate, *, now: Callable[[], datetime]) -> list[web.RouteDef]:
    """Return the operators' routes."""

    async def booths(request: web.Request) -> web.Response:
        _check_operator(await authenticate(request))
        return _json({"at": now(), "booths": [_shown(each) for each in await fleet.booths(now=now())]})

    async def booth(request: web.Request) -> web.Response:
        _check_operator(await authenticate(request))
        name = request.match_info["name"]
        found = next((each for each in await fleet.booths(now=now()) if each.name == name), None)
        if found is None:
            raise NotFound("No booth of that name has ever told anything.")
        changes = [
            {"at": each.at, "condition": each.condition, "reasons": each.reasons} for each in await fleet.changes(name)
        ]
        return _json(_shown(found) | {"changes": changes})

    return [web.get("/fleet/booths", booths), web.get("/fleet/booths/{name}", booth)]


def _check_operator(who: Principal | None) -> None:
    if who is None:
        raise Unauthenticated("Nobody is signed in.", remedy="Sign in.")
    if Role.OPERATOR not in who.roles:
        raise Forbidden("Only operators see the fleet.", remedy="Sign in as an operator.")


def _shown(booth: Booth) -> dict[str, Any]:
    return {
        "name": booth.name,
        "condition": booth.condition,
        "reasons": booth.reasons,
        "heard": booth.heard,
        "status": booth.status,
    }


def _json(value: Any) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=headers)
