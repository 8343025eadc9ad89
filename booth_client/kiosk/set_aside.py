"""The helper's page: whose are the measurements that were set aside? Plain forms, without any script.

It opens with the helper's code, for ten minutes. It shows other people's numbers, and so never to whoever stands there:
a measurement is given to the person of the open visit or discarded, by a button each, and nothing is decided for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from booth_client.kiosk.helper_door import PATH, HelperDoor, form_of, page
from booth_client.kiosk.set_aside_page import asking, listing
from booth_client.ledger import Ledger, Visit
from gateway.errors import Unavailable

__all__ = ["SetAside"]


class SetAside:
    """The page's routes; `visit` says whose visit it is, `language` in which words the page speaks.

    *identity*: the helper also writes down who somebody is, on a page that this one leads to.
    """

    def __init__(
        self,
        ledger: Ledger,
        door: HelperDoor,
        *,
        visit: Callable[[], Visit | None],
        language: Callable[[], str],
        identity: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger = ledger
        self._door = door
        self._visit = visit
        self._language = language
        self._identity = identity
        self._now = now

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
        if not self._door.knows(request):
            return page(asking(self._language()))
        return await self._list()

    async def _list(self, said: str | None = None) -> web.StreamResponse:
        held, giving = await self._ledger.quarantine.all(), self._may_give() is not None
        return page(listing(self._language(), held, with_visit=giving, said=said, identity=self._identity))

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        said = await self._door.enter(request, (await form_of(request)).get("code", ""))
        return page(asking(self._language(), said=said), status=429 if said == "wait" else 403)

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        await form_of(request)
        self._door.leave()
        return web.Response(status=303, headers={"Location": "/"})

    def _deciding(
        self, decide: Callable[[str], Awaitable[str]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            form = await form_of(request)
            if not self._door.knows(request):
                return page(asking(self._language()), status=403)
            try:
                return await self._list(said=await decide(form.get("id", "")))
            except Unavailable:
                return page(asking(self._language(), said="broken"), status=503)

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
