"""Servers and visits in the state in which a test needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from signalling.consultation import Step
from signalling.server import Limits, SignallingServer
from tests.peers.patience import PATIENCE
from tests.signalling.client import Client, hang_up_all
from tests.signalling.program import serving
from tests.signalling.record import Record

CALL, OTHER = "8d0f0000-0000-4000-8000-000000000001", "8d0f0000-0000-4000-8000-000000000002"
COUGH = {"reason": "cough", "language": "fr", "place": "Caudry, mairie"}


@asynccontextmanager
async def server_of(record: Record, limits: Limits | None = None) -> AsyncIterator[tuple[SignallingServer, str]]:
    """A server whose clients hang up before it ends."""
    async with serving(record, limits=limits) as server:
        try:
            yield server
        finally:
            await hang_up_all()


async def admitted(http: aiohttp.ClientSession, address: str) -> tuple[Client, Client]:
    """A booth and a physician in one visit."""
    booth, physician = Client.booth(http, address, "caudry-03"), Client.physician(http, address, 1, "Dr Roy")
    await booth.join()
    await physician.join()
    await booth.say("enqueue", COUGH, call=CALL)
    await booth.hear("queued", before=0)
    await physician.say("available", {"on": True})
    await physician.hear("waiting")
    await physician.say("take", call=CALL)
    await booth.hear("admitted")
    await physician.hear("admitted")
    return booth, physician


async def talking(http: aiohttp.ClientSession, address: str) -> tuple[Client, Client]:
    """The same two, connected."""
    booth, physician = await admitted(http, address)
    await booth.say("offer", {"endpoint": "av", "sdp": "v=0", "binding": "b"}, call=CALL)
    await physician.hear("offer")
    for side in (booth, physician):
        await side.say("connected", {"endpoint": "av"}, call=CALL)
    return booth, physician


async def eventually(record: Record, step: Step) -> None:
    async with asyncio.timeout(PATIENCE):
        while record.steps().get(CALL) is not step:
            await asyncio.sleep(0.01)
