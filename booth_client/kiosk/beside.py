"""The helper's pages beside the kiosk's own: plain HTML, without any script that would say that the browser lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

__all__ = ["READING_S", "read_slowly"]

READING_S: Final = 600.0
"""For how long somebody may look at such a page; then the browser is taken to be stuck, or forgotten there."""


def read_slowly(route: web.RouteDef, beat: Callable[[], None]) -> web.RouteDef:
    """Return *route* with *beat* called at each request."""
    handler: Any = route.handler

    async def answer(request: web.Request) -> web.StreamResponse:
        beat()
        response: web.StreamResponse = await handler(request)
        return response

    return web.RouteDef(route.method, route.path, answer, route.kwargs)
