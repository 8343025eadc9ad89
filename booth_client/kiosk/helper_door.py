"""The door to the helper's pages: a code or their mode opens it for ten minutes. Plain forms, without any script."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web

from booth_client.badges import Badges, NotLetIn

__all__ = ["PATH", "HelperDoor", "Opened", "form_of", "page"]

PATH: Final = "/aide"
_OPEN_S: Final = 600.0
_TICKET_S: Final = 30.0
_LONGEST_FORM: Final = 4096
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; form-action 'self'; base-uri 'none'"
)


class Opened(web.HTTPSeeOther):
    """The code was right: the browser gets its key and goes on."""


class HelperDoor:
    """Knows the browser into which one of the *badges*' codes was typed, and for how long."""

    def __init__(self, badges: Badges, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.badges = badges
        self._clock = clock
        self._key: str | None = None
        self._until = 0.0
        self._once: dict[str, tuple[str, float]] = {}

    def knows(self, request: web.Request) -> bool:
        """Say whether the code was typed in this browser a short while ago."""
        given = request.cookies.get(_cookie(request), "")
        if self._key is None or self._clock() > self._until:
            return False
        return hmac.compare_digest(given.encode(), self._key.encode())

    async def enter(self, request: web.Request, code: str) -> str | None:
        """Return why *code* does not open: « wait » after too many tries, or « wrong ». Raises Opened where it does."""
        try:
            await self.badges.by_code(code)
        except NotLetIn as error:
            return "wait" if error.wait else "wrong"
        raise self._opened(request, PATH)

    def let_in(self, to: str) -> str:
        """Return an address that opens the door once, soon, and leads *to* a page: for who is in the helper's mode."""
        ticket = secrets.token_urlsafe(32)
        self._once = {ticket: (to, self._clock() + _TICKET_S)}
        return f"{PATH}/entree/{ticket}"

    def route(self) -> web.RouteDef:
        """Return the route of those addresses."""
        return web.get(f"{PATH}/entree/{{ticket}}", self._enter_once)

    async def _enter_once(self, request: web.Request) -> web.StreamResponse:
        to, until = self._once.pop(request.match_info["ticket"], (PATH, 0.0))
        raise self._opened(request, to) if self._clock() < until else Opened(PATH)

    def _opened(self, request: web.Request, to: str) -> Opened:
        self._key, self._until = secrets.token_urlsafe(32), self._clock() + _OPEN_S
        opened = Opened(to)
        opened.set_cookie(_cookie(request), self._key, httponly=True, samesite="Strict", path=PATH)
        return opened

    def leave(self) -> None:
        """Close the door."""
        self._key = None


async def form_of(request: web.Request) -> dict[str, str]:
    """Return what our own page sent, or refuse it."""
    if request.headers.get("Origin") != f"http://{request.host}":
        raise web.HTTPForbidden(text="Only the booth's own page may decide here.")
    if (request.content_length or 0) > _LONGEST_FORM:
        raise web.HTTPRequestEntityTooLarge(max_size=_LONGEST_FORM, actual_size=request.content_length or 0)
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def page(html: str, *, status: int = 200) -> web.Response:
    """Return a page of the helper's, which loads nothing but its looks and is kept nowhere."""
    response = web.Response(text=html, content_type="text/html", charset="utf-8", status=status)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "same-origin"  # with less, browsers send the forms with Origin: null
    response.headers["Cache-Control"] = "no-store"
    return response


def _cookie(request: web.Request) -> str:
    return f"aide-{request.host.rpartition(':')[2]}"  # cookies ignore ports: two booths on one machine
