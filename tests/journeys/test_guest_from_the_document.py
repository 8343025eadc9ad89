"""A guest's side written from the documents alone joins a physician's page and a simulated patient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.app import open_booth
from booth_client.config import Who
from booth_client.invented import SimulatedPatient
from tests.peers.house import house
from tests.peers.joining import digits, link_of, plays
from tests.peers.patience import PATIENCE
from tests.peers.second_guest import SecondGuest
from tests.peers.second_leg import Leg
from tests.peers.town import until
from tests.peers.two_pages import settings_of
from tests.peers.visit_reader import at_desk
from tests.peers.visiting import chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

BOOTH, PHYSICIAN = "urn:teleborne:booth:mairie", "rpps:10001234567"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


def hears_and_sees(leg: Leg) -> bool:
    return min(leg.frames.get(kind, 0) for kind in ("audio", "video")) > 10


async def test_who_knows_the_document_alone_is_let_in_seen_to_be_unknown_and_hears_both(
    browser: Browser, tmp_path: Path
) -> None:
    patient = SimulatedPatient(pace_s=0.2, initials="J. M.", age=82)
    async with house(tmp_path / "house") as there:
        settings = replace(settings_of(there, tmp_path), patient=Who.SIMULATED, simulated=patient)
        async with (
            open_booth(settings),
            at_desk(browser, there.running) as physician,
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
        ):
            page = physician.page
            await physician.is_available()
            await page.locator(".take").first.wait_for()
            await physician.takes()
            guest = SecondGuest(http=http, link=await link_of(page, "Interprète"), name="Amina B.")
            await guest.knocks()
            talks = asyncio.ensure_future(guest.talks())
            await page.get_by_text("Vient bien par votre lien.").wait_for()
            await page.get_by_role("button", name="Faire entrer").click()
            async with asyncio.timeout(PATIENCE):
                await until(lambda: {BOOTH, PHYSICIAN} <= guest.legs.keys() or talks.done())
                for leg in guest.legs.values():
                    await leg.proved.wait()
            assert await digits(page, ".compare .number") == guest.legs[PHYSICIAN].digits
            await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
            await page.locator(".company").get_by_text("non vérifié").wait_for()
            await plays(page, "video.far")
            await until(lambda: all(hears_and_sees(leg) for leg in guest.legs.values()))
            await page.get_by_role("button", name="Inviter", exact=True).click()
            await page.get_by_role("button", name="Faire sortir", exact=True).click()
            await talks
            assert guest.heard[-1] == "ended"
            await guest.close()
