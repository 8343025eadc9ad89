"""A whole visit at a real booth: Chromium at the kiosk, a physician by aiortc, a real gateway between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from booth_client.config import VirtualRadioSettings
from booth_client.journey import Device
from certs_example.make import make
from signalling.side import Endpoint
from tests.peers.doctor import Doctor, doctor, people_of
from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS, Visitor, visitor
from tests.peers.town import PERSONA, RPPS, Town, town
from tests.peers.webrtc_people import People, reachable

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(120)]

BRISK = VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA)
SCALE = (Device.SCALE, Device.CUFF)
TO_WAITING = (
    *("touch>language", "french>safety", "no>consent", "yes>do-scale", ">result", "continue>do-cuff"),
    *("skip>skip", "continue>reason", "cough>waiting"),
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    reachable()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        yield chromium
        await chromium.close()


@dataclass(kw_only=True)
class Scene:
    here: Town
    people: People
    seer: Visitor
    doctor: Doctor


@asynccontextmanager
async def scene(browser: Browser, folder: Path, **changes: Any) -> AsyncIterator[Scene]:
    """A booth where physicians are seen, somebody in front of it, and a physician who is available."""
    settings: dict[str, Any] = {"virtual": BRISK, "devices": SCALE, "visits": True, "print_to": folder / "print"}
    async with (
        town(folder, **settings | changes) as here,
        visitor(browser, here.kiosk, permissions=["camera", "microphone"]) as seer,
    ):
        assert here.gateway is not None
        people = people_of(make(folder / "certificates"), rpps=RPPS, name="Dr Claire Martin")
        async with doctor(here.gateway.people_url, people) as martin:
            yield Scene(here=here, people=people, seer=seer, doctor=martin)


async def decoded(seer: Visitor) -> int:
    """Return how many of the physician's pictures the kiosk shows by now."""
    count = "document.querySelector('.remote video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
    return int(await seer.page.evaluate(count))


async def rises(seer: Visitor) -> None:
    """See that the physician's picture moves."""
    before = await decoded(seer)
    async with asyncio.timeout(10):
        while await decoded(seer) < before + 5:
            await asyncio.sleep(0.1)


async def test_a_whole_visit_from_the_queue_to_the_papers_and_nothing_is_left(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        seer, martin = on.seer, on.doctor
        assert await seer.reads() == "Touchez l'écran pour voir un médecin."
        await seer.goes(*TO_WAITING)
        assert await seer.reads() == "Vous êtes le prochain. Nous ne savons pas dans combien de temps."
        waiter = await martin.takes()
        assert (waiter.reason, waiter.language, waiter.place) == ("cough", "fr", "Mairie de Caudry")
        await martin.talks()
        await seer.sees("doctor-coming")
        await seer.page.wait_for_function("document.querySelector('h1').innerText.includes('Martin')")
        assert await seer.reads() == "Le docteur Claire Martin arrive."
        await seer.goes("ready>in-visit")
        await rises(seer)
        await martin.until(lambda: martin.lines[Endpoint.AV].sound > 20)
        await martin.asks("cuff")
        await seer.sees("visit-measure")
        assert await seer.reads() == "Le médecin veut votre tension."
        await seer.goes("yes>do-cuff", "done>device-wait", ">live", ">result")
        await seer.goes("continue>in-visit")
        await rises(seer)
        assert martin.told() == ["asked", "accepted", "measuring", "received"]
        vitals = [each for each in martin.lines[Endpoint.AGENT].said("vital") if not each.get("live")]
        assert {each["kind"] for each in vitals} == {"body-weight", "blood-pressure", "pulse-rate"}
        await martin.hangs_up()
        await seer.sees("writing")
        await martin.signs()
        await seer.sees("report")
        await seer.goes("both>take-papers")
        await seer.page.wait_for_function("document.querySelector('h1').innerText.includes('feuille')")
        papers = list((tmp_path / "print").iterdir())
        assert [each.read_bytes()[:5] for each in papers] == [b"%PDF-"]
        await seer.goes("done>code")
        await seer.looks("visit-code")
        await seer.goes("done>goodbye")
        await seer.sees("idle", seconds=20)
        assert list((tmp_path / "print").iterdir()) == []
        assert not seer.complaints, seer.complaints
