"""A signalling server on loopback, as a context for tests and as a program that a test can kill:

python -m tests.signalling.program RECORD PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from signalling.presence import Peer
from signalling.server import Limits, SignallingServer
from signalling.side import Role
from tests.signalling.record import Record

ORIGIN = "https://gateway.example"


async def who(request: web.Request) -> Peer | None:
    """The test's way to sign in: a header says who a program is, and a cookie who a page is."""
    said = (request.headers.get("X-Who") or unquote(request.cookies.get("who", ""))).split("|")
    return Peer(role=Role(said[0]), subject=said[1], name=said[2]) if len(said) == 3 else None


@asynccontextmanager
async def serving(
    record: Record, *, port: int = 0, limits: Limits | None = None
) -> AsyncIterator[tuple[SignallingServer, str]]:
    """Yield the server and its address."""
    server = SignallingServer(
        authenticate=who,
        record=record.record,
        claim=record.claim,
        restore=record.restore,
        origins=[ORIGIN],
        limits=limits or Limits(tick_s=0.05, restore_again_s=0.05),
    )
    app = web.Application()
    app.add_routes(server.routes())
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    running = asyncio.ensure_future(server.run())
    try:
        while not server.ready:
            await asyncio.sleep(0.01)
        yield server, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await runner.cleanup()


async def _main(path: Path, port: int) -> None:
    async with serving(Record(path=path), port=port) as (_, address):
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
