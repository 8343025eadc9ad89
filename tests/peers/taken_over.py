"""The booths' front of a gateway that was taken over: with its certificate it reads and writes all that passes.

It stands where the real listener does, as far as a booth can see; behind it is the real one, which is told what the
booth says, or something else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from tests.peers.hostile import Relay
from tests.peers.running import Running

__all__ = ["taken_over"]

_SUB_PROTOCOL: Final = "teleborne.v1"
_OF_ONE_HOP: Final = frozenset({"connection", "content-encoding", "content-length", "host", "transfer-encoding"})


@asynccontextmanager
async def taken_over(running: Running, booth: str, relay: Relay) -> AsyncIterator[str]:
    """Serve that booth in the gateway's place, and return the address; *relay* has what signalling says."""

    async def serve(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _carry(request, onward, running.booths_url, relay)
        return await _pass_on(request, onward, running.booths_url)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(running.certificates.server.certificate, running.certificates.server.key)
    site = web.Application(client_max_size=64 * 1024 * 1024)
    site.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)
    async with running.booth(booth) as onward:
        await runner.setup()
        try:
            listening = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await listening.start()
            yield f"https://localhost:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


async def _pass_on(request: web.Request, onward: ClientSession, to: str) -> web.Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP}
    async with onward.request(
        request.method, f"{to}{request.path_qs}", headers=headers, data=await request.read(), allow_redirects=False
    ) as answer:
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_ONE_HOP}
        return web.Response(status=answer.status, headers=kept, body=await answer.read())


async def _carry(request: web.Request, onward: ClientSession, to: str, relay: Relay) -> web.WebSocketResponse:
    """Carry signalling both ways, with what the relay makes of it, until either side closes."""
    line = web.WebSocketResponse(protocols=(_SUB_PROTOCOL,), max_msg_size=1 << 20)
    await line.prepare(request)
    async with onward.ws_connect(f"{to}{request.path_qs}", protocols=(_SUB_PROTOCOL,), max_msg_size=1 << 20) as server:
        pumps = [
            asyncio.ensure_future(_pump(line, server, relay)),
            asyncio.ensure_future(_pump(server, line, relay)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await line.close(code=server.close_code or 1001)
    return line


async def _pump(
    here: web.WebSocketResponse | ClientWebSocketResponse,
    there: web.WebSocketResponse | ClientWebSocketResponse,
    relay: Relay,
) -> None:
    async for frame in here:
        if frame.type is WSMsgType.TEXT:
            await there.send_str(relay.passed(frame.data, at="booth"))
