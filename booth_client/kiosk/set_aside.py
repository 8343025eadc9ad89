"""The helper's page: whose are the measurements that were set aside? Plain forms, without any script.

It opens with the helper's code, for ten minutes. It shows other people's numbers, and so never to whoever stands there:
a measurement is given to the person of the open visit or discarded, by a button each, and nothing is decided for them.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from booth_client.kiosk.set_aside_page import asking, listing
from booth_client.ledger import Ledger, Visit
from gateway.errors import Unavailable

__all__ = ["SetAside"]

PATH: Final = "/aide"
_OPEN_S: Final = 600.0
_TRIES: Final = 5
_WITHIN_S: Final = 300.0
_LONGEST_FORM: Final = 2048
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; form-action 'self'; base-uri 'none'"
)


class SetAside:
    """The page's routes; `visit` says whose visit it is, `language` in which words the page speaks."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        code: str,
        visit: Callable[[], Visit | None],
        language: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger = ledger
        self._code = code
        self._visit = visit
        self._language = language
        self._clock = clock
        self._now = now
        self._key: str | None = None
        self._until = 0.0
        self._wrong: deque[float] = deque(maxlen=_TRIES)

    def routes(self) -> tuple[web.RouteDef, ...]:
        """Return what the kiosk's server serves."""
        return (
            web.get(PATH, self._show),
            web.post(PATH, self._enter),
            web.post(PATH + "/give", self._deciding(self._give)),
            web.post(PATH + "/discard", self._deciding(self._discard)),
            web.post(PATH + "/leave", self._leave),
        )

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if not self._knows(request):
            return self._page(asking(self._language()))
        return await self._list()

    async def _list(self, said: str | None = None) -> web.StreamResponse:
        held = await self._ledger.quarantine.all()
        return self._page(listing(self._language(), held, with_visit=self._may_give() is not None, said=said))

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        form = await self._form(request)
        now = self._clock()
        if len(self._wrong) == _TRIES and now - self._wrong[0] < _WITHIN_S:
            return self._page(asking(self._language(), said="wait"), status=429)
        if not hmac.compare_digest(form.get("code", "").encode(), self._code.encode()):
            self._wrong.append(now)
            return self._page(asking(self._language(), said="wrong"), status=403)
        self._wrong.clear()
        self._key, self._until = secrets.token_urlsafe(32), now + _OPEN_S
        response = web.Response(status=303, headers={"Location": PATH})
        response.set_cookie(_cookie(request), self._key, httponly=True, samesite="Strict", path=PATH)
        return response

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        await self._form(request)
        self._key = None
        return web.Response(status=303, headers={"Location": "/"})

    def _deciding(
        self, decide: Callable[[str], Awaitable[str]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            form = await self._form(request)
            if not self._knows(request):
                return self._page(asking(self._language()), status=403)
            try:
                return await self._list(said=await decide(form.get("id", "")))
            except Unavailable:
                return self._page(asking(self._language(), said="broken"), status=503)

        return answer

    async def _give(self, held_id: str) -> str:
        visit = self._may_give()
        if visit is None:
            return "nobody"
        return "given" if await self._ledger.give(held_id, visit, now=self._now()) else "gone"

    async def _discard(self, held_id: str) -> str:
        return "discarded" if await self._ledger.quarantine.discard(held_id) else "gone"

    def _may_give(self) -> Visit | None:
        visit = self._visit()
        return visit if visit is not None and visit.consented else None

    async def _form(self, request: web.Request) -> dict[str, str]:
        """Return what our own page sent, or refuse it."""
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden(text="Only the booth's own page may decide about measurements.")
        if (request.content_length or 0) > _LONGEST_FORM:
            raise web.HTTPRequestEntityTooLarge(max_size=_LONGEST_FORM, actual_size=request.content_length or 0)
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}

    def _knows(self, request: web.Request) -> bool:
        given = request.cookies.get(_cookie(request), "")
        if self._key is None or self._clock() > self._until:
            return False
        return hmac.compare_digest(given.encode(), self._key.encode())

    def _page(self, html: str, *, status: int = 200) -> web.StreamResponse:
        response = web.Response(text=html, content_type="text/html", charset="utf-8", status=status)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "same-origin"  # with less, browsers send the forms with Origin: null
        response.headers["Cache-Control"] = "no-store"
        return response


def _cookie(request: web.Request) -> str:
    return f"aide-{request.host.rpartition(':')[2]}"  # cookies ignore ports: two booths on one machine
