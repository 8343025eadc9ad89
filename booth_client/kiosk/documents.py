"""What the kiosk page and its booth show each other beside the screens: sheets, a photographed paper, a live picture.

    GET  /sheet/{number}/{at}   one sheet of the document that the physician shows now
    GET  /near                  what the exam camera sees while the physician looks (multipart/x-mixed-replace)
    POST /paper                 the paper that somebody holds before the kiosk's camera

All of it is in memory and never stored by the browser; a document that is not shown any more is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import count
from typing import Final

from aiohttp import web

__all__ = ["LARGEST_PAPER", "Documents"]

LARGEST_PAPER: Final = 6 * 1024 * 1024
_TAKEN_WITHIN_S: Final = 10.0
_JPEG: Final = b"\xff\xd8\xff"
_HEADERS: Final = {"Cache-Control": "no-store"}
_BOUNDARY: Final = "picture"

Near = Callable[[], AsyncIterator[bytes]]
"""Gives what the exam camera sees, as JPEGs, until the physician looks no more."""


class Documents:
    """What is shown at one kiosk; *near* gives the exam camera's pictures."""

    def __init__(self, near: Near) -> None:
        self._near = near
        self._numbers = count(1)
        self._number = 0
        self._sheets: tuple[bytes, ...] = ()
        self._paper: asyncio.Future[bytes] | None = None
        self._photograph = b""

    def show(self, sheets: tuple[bytes, ...]) -> int:
        """Let the page fetch a document; return its number."""
        self._number, self._sheets = next(self._numbers), sheets
        return self._number

    def forget(self) -> None:
        """Show nothing any more, and forget what was photographed."""
        self._number, self._sheets, self._photograph = 0, (), b""

    async def photograph(self) -> bytes | None:
        """Return the paper that was photographed last, once; None where there is no camera, or none came in time."""
        if not self._photograph:
            self._paper = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(_TAKEN_WITHIN_S):
                    self._photograph = await self._paper
        taken, self._photograph = self._photograph, b""
        return taken or None

    def retake(self) -> None:
        """Forget what was photographed: another is to come."""
        self._photograph = b""

    def routes(self) -> list[web.RouteDef]:
        """Return what the kiosk serves."""
        return [
            web.get("/sheet/{number:[0-9]+}/{at:[0-9]+}", self._sheet, allow_head=False),
            web.get("/near", self._live, allow_head=False),
            web.post("/paper", self._taken),
        ]

    async def _sheet(self, request: web.Request) -> web.StreamResponse:
        number, at = int(request.match_info["number"]), int(request.match_info["at"])
        if number != self._number or at >= len(self._sheets):
            raise web.HTTPNotFound
        return web.Response(body=self._sheets[at], content_type="image/jpeg", headers=_HEADERS)

    async def _taken(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            raise web.HTTPForbidden(text="Only the kiosk's own page photographs papers.")
        taken = b""
        async for piece in request.content.iter_any():
            taken += piece
            if len(taken) > LARGEST_PAPER:
                raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_PAPER, actual_size=len(taken))
        if not taken.startswith(_JPEG):
            raise web.HTTPUnsupportedMediaType
        self._photograph = taken
        if self._paper is not None and not self._paper.done():
            self._paper.set_result(taken)
        return web.Response(status=204)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={**_HEADERS, "Content-Type": f"multipart/x-mixed-replace; boundary={_BOUNDARY}"}
        )
        await response.prepare(request)
        with suppress(ConnectionError):  # the page has turned to another screen
            async for picture in self._near():
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                await response.write(head.encode() + picture + b"\r\n")
        return response
