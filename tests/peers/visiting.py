"""A visit on stage: a real gateway, a booth, somebody at its kiosk in Chromium, and a physician by aiortc."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from booth_client.config import PrinterSettings, VirtualRadioSettings
from booth_client.journey import Device
from booth_client.synthetic import read_number
from certs_example.make import make
from tests.peers.doctor import Doctor, doctor, people_of
from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS, Visitor, visitor
from tests.peers.moving import moves
from tests.peers.town import PERSONA, RPPS, Town, town
from tests.peers.webrtc_people import People, reachable

__all__ = ["BRISK", "DEVICES", "TO_WAITING", "Scene", "chromium", "in_visit", "number_shown", "rises", "scene"]

BRISK = VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA)
DEVICES = (Device.SCALE, Device.CUFF)
TO_WAITING = (
    *("touch>language", "french>safety", "no>consent", "yes>result", "continue>do-cuff"),
    *("skip>skip", "continue>consent-visit", "yes>company", "no>consent-share", "yes>reason", "cough>waiting"),
)


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """Open a browser with a test camera and a test microphone, and with *flags* besides."""
    reachable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*MEDIA_FLAGS, *flags])
        yield browser
        await browser.close()


@dataclass(kw_only=True)
class Scene:
    people: People
    seer: Visitor
    doctor: Doctor
    town: Town | None = None

    async def search(self, query: str) -> list[dict[str, Any]]:
        """Return what the gateway has of it."""
        assert self.town is not None
        return await self.town.search(query)


@asynccontextmanager
async def scene(browser: Browser, folder: Path, **changes: Any) -> AsyncIterator[Scene]:
    """A booth where physicians are seen, somebody in front of it, and a physician who is available."""
    printer = PrinterSettings(folder=folder / "print")
    settings: dict[str, Any] = {"virtual": BRISK, "devices": DEVICES, "visits": True, "printer": printer}
    async with (
        town(folder, **settings | changes) as here,
        visitor(browser, here.kiosk, permissions=["camera", "microphone"]) as seer,
    ):
        assert here.gateway is not None
        people = people_of(make(folder / "certificates"), rpps=RPPS, name="Dr Claire Martin")
        async with doctor(here.gateway.people_url, people) as martin:
            yield Scene(people=people, seer=seer, doctor=martin, town=here)


async def rises(seer: Visitor) -> None:
    """See that the physician's picture moves."""
    await moves(seer.page, ".remote video")


_ROW = """() => {
  const video = document.querySelector(".remote video");
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 640, 480);
  return [...context.getImageData(0, 456, 640, 1).data].filter((_, at) => at % 4 === 1);
}"""


async def number_shown(seer: Visitor) -> int | None:
    """Return the number that the physician's picture carries, as the kiosk's pixels have it."""
    row = bytes(await seer.page.evaluate(_ROW))
    return read_number(row * 480, width=640, height=480, stride=640)


async def in_visit(on: Scene) -> None:
    """Wait, be taken, be ready, and see each other."""
    await on.seer.goes(*TO_WAITING)
    await on.doctor.takes()
    await on.seer.sees("doctor-coming")
    await on.seer.goes("ready>in-visit")
    await on.doctor.talks()
    await rises(on.seer)
