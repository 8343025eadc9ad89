"""Who takes part in visits at a real gateway: booths with their certificates, physicians with their cookies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import aiohttp

from gateway.config import GatewaySettings, PersonSettings
from tests.peers.patience import PATIENCE
from tests.peers.running import PATIENT, Running, running_gateway
from tests.signalling.client import Client

__all__ = ["CALL", "COUGH", "MARTIN", "PEOPLE", "ROY", "Participant", "consulting", "eventually", "talking", "visiting"]

CALL = "8d0f0000-0000-4000-8000-000000000001"
COUGH = {"reason": "cough", "language": "fr", "place": "Caudry, mairie"}
MARTIN, ROY = "rpps:10001234567", "rpps:10009876543"
PEOPLE = (
    PersonSettings(id="claire", name="Dr Claire Martin", role="physician", rpps=MARTIN.removeprefix("rpps:")),
    PersonSettings(id="roy", name="Dr Paul Roy", role="physician", rpps=ROY.removeprefix("rpps:")),
    PersonSettings(id="locum", name="Dr Ada Noël", role="physician"),
    PersonSettings(id="marcelle", name="Marcelle Dubois", role="citizen", patient=PATIENT),
)


@dataclass(kw_only=True)
class Participant(Client):
    """A client of docs/signalling.md whose session, cookie or certificate says who it is."""

    who: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.origin} if self.origin else {}

    @classmethod
    def at_a_booth(cls, running: Running, http: aiohttp.ClientSession) -> Self:
        return cls(http=http, address=running.booths_url)

    @classmethod
    def at_a_desk(cls, running: Running, http: aiohttp.ClientSession) -> Self:
        return cls(http=http, address=running.url, origin=running.url)


def consulting(settings: GatewaySettings) -> GatewaySettings:
    """Return the settings with physicians who have a number."""
    return replace(settings, people=PEOPLE)


@asynccontextmanager
async def visiting(folder: Path, **options: Any) -> AsyncIterator[Running]:
    """Run a gateway at which visits can take place."""
    async with running_gateway(folder, **{"change": consulting} | options) as running:
        yield running


async def talking(booth: Participant, physician: Participant, **asked: Any) -> None:
    """Bring the two into a visit, connected."""
    await booth.join()
    await physician.join()
    await booth.say("enqueue", COUGH | asked, call=CALL)
    await booth.hear("queued")
    await physician.say("available", {"on": True})
    await physician.hear("waiting")
    await physician.say("take", call=CALL)
    await booth.hear("admitted")
    await physician.hear("admitted")
    await booth.say("offer", {"endpoint": "av", "sdp": "v=0", "binding": "b"}, call=CALL)
    await physician.hear("offer")
    for side in (booth, physician):
        await side.say("connected", {"endpoint": "av"}, call=CALL)


async def eventually(true: Callable[[], Awaitable[bool]], *, within_s: float = PATIENCE) -> None:
    """Wait until *true* is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not await true():
                await asyncio.sleep(0.05)
    assert await true()
