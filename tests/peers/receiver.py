"""The smallest honest other side of a delivery: PUT stores by id, an identical PUT makes no new version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

__all__ = ["Receiver", "receiver"]

Script = Callable[[str], web.Response | None]


@dataclass(slots=True, kw_only=True)
class Receiver:
    """What arrived: `order` is the paths in the order of their first arrival, `versions` the contents of each."""

    port: int = 0
    order: list[str] = field(default_factory=list)
    versions: dict[str, list[bytes]] = field(default_factory=dict)
    requests: int = 0
    script: Script = lambda _: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/fhir/R4"

    async def put(self, request: web.Request) -> web.Response:
        self.requests += 1
        path = request.match_info["path"]
        scripted = self.script(path)
        if scripted is not None:
            return scripted
        body = await request.read()
        versions = self.versions.setdefault(path, [])
        if not versions:
            self.order.append(path)
        if not versions or versions[-1] != body:
            versions.append(body)
        return web.json_response({}, status=201 if len(versions) == 1 else 200)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Serve a Receiver on loopback."""
    peer = Receiver()
    app = web.Application()
    app.router.add_put("/fhir/R4/{path:.+}", peer.put)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.port = runner.addresses[0][1]
    try:
        yield peer
    finally:
        await runner.cleanup()
