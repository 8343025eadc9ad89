"""The gateway killed in the middle of a visit of three, and started again: the talk goes on, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.peers.joining import FEW_PICTURES, KEEP_PEERS, MEDIA, everybody, link_of, streams
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.programs import Programs, programs
from tests.peers.visiting import chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

COUNT = "window.peers.length"
FEW = {"TELEBORNE_BOOTH_DEVICES": "cuff", "TELEBORNE_BOOTH_WAYS": "", "TELEBORNE_BOOTH_QUESTIONS": "false"}
WAY = (
    *("touch>language", "french>safety", "no>consent", "yes>do-cuff", "skip>skip", "continue>consent-visit"),
    *("yes>company", "no>consent-share", "yes>reason", "cough>waiting"),
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(FEW_PICTURES) as opened:
        yield opened


async def opened(browser: Browser, address: str) -> Page:
    context = await browser.new_context(locale="fr-FR", permissions=MEDIA, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    await page.add_init_script(KEEP_PEERS)
    await page.goto(address)
    return page


async def joins(patient: Visitor, page: Page, guest: Page) -> None:
    """Let patient and physician meet, and the guest join them."""
    await page.get_by_role("switch").click()
    await patient.goes(*WAY)
    await page.locator(".take").first.click()
    await patient.goes(">doctor-coming", "ready>in-visit")
    await page.wait_for_selector('.screen[data-how="talking"]')
    await guest.goto(await link_of(page, "Interprète"))
    await guest.get_by_label("Votre nom").fill("Amina B.")
    await guest.get_by_role("button", name="Entrer avec la caméra").click()
    await page.get_by_role("button", name="Faire entrer").click()
    await patient.goes(">third-party", "yes>third-digits", "yes>in-visit")
    await page.get_by_role("button", name="Oui, les mêmes").click()
    await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()


async def test_a_killed_server_is_not_heard_in_a_talk_of_three_and_everybody_finds_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with programs(tmp_path, **FEW) as here:
        url = here.folder.gateway_url
        async with visitor(browser, here.kiosk, script=KEEP_PEERS, permissions=MEDIA) as patient:
            page = await opened(browser, f"{url}/demo/sign-in?person=claire-martin")
            guest = await opened(browser, "about:blank")
            await joins(patient, page, guest)
            pages = patient.page, page, guest
            await everybody(*pages)
            made = [await each.evaluate(COUNT) for each in pages]
            await here.kill("gateway")
            for each in (page, guest):
                await each.locator(".notice").filter(has_text="coupée").wait_for()
            await asyncio.sleep(3)
            await everybody(*pages)
            await asks_while_it_is_away(page)
            await here.start("gateway")
            for each in (page, guest):
                await each.locator(".notice").filter(has_text="coupée").wait_for(state="detached")
            await page.locator("input.link").wait_for()  # what was asked meanwhile was not lost
            await everybody(*pages)
            assert [await each.evaluate(COUNT) for each in pages] == made
            await still_a_visit(here, patient, page, guest)


async def asks_while_it_is_away(page: Page) -> None:
    """Make another link: it waits for the server."""
    await page.get_by_role("button", name="Inviter", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Proche", exact=True).click()


async def still_a_visit(here: Programs, patient: Visitor, page: Page, guest: Page) -> None:
    """See that all three are led by the server again: the guest is taken out, and patient and physician hang up."""
    await page.locator(".one").filter(has_text="Amina").get_by_role("button", name="Faire sortir").click()
    await guest.get_by_text("Le médecin vous a fait sortir.").wait_for()
    await page.keyboard.press("Escape")
    await patient.page.wait_for_selector(".others", state="detached")
    await patient.sees("in-visit")
    await everybody(patient.page, page)
    assert len(await streams(guest)) == 0
    await page.get_by_role("button", name="Raccrocher").click()
    await page.locator("dialog").get_by_role("button", name="Raccrocher").click()
    await patient.sees("writing")
    assert "Traceback" not in here.log("gateway")
