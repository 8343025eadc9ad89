"""A visit of three in real browsers: a patient at the kiosk, their physician, an interpreter who came by a link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from booth_client.app import open_booth
from tests.peers.hostile import LISTENER, Relay
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patients import House, house
from tests.peers.reader import Reader, reader
from tests.peers.two_pages import SPY, alerts, settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, chromium, rises

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(240)]

MEDIA: Final = ["camera", "microphone"]
NB: Final = "\u00a0"
SLOW_MS: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Three:
    there: House
    patient: Visitor
    physician: PhysicianAtDesk
    guest: Reader


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@asynccontextmanager
async def met(browser: Browser, folder: Path) -> AsyncIterator[Three]:
    """Patient and physician talk; the guest's browser is open and has no link yet."""
    async with house(folder / "house") as there, open_booth(settings_of(there, folder)) as kiosk:
        assert kiosk is not None
        async with (
            visitor(browser, kiosk.url, permissions=MEDIA) as patient,
            at_desk(browser, there.running) as physician,
            reader(browser, there.running, permissions=MEDIA) as guest,
        ):
            await physician.is_available()
            await patient.goes(*TO_WAITING)
            await physician.takes()
            await patient.goes(">doctor-coming", "ready>in-visit")
            await rises(patient)
            yield Three(there=there, patient=patient, physician=physician, guest=guest)


async def link_of(page: Page, part: str) -> str:
    """Make a link in the physician's panel, and return it."""
    await page.get_by_role("button", name="Inviter", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name=part).click()
    return await page.locator("input.link").input_value()


async def plays(page: Page, video: str) -> None:
    """See that a picture moves."""
    count = f"document.querySelector({video!r})?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
    before = int(await page.evaluate(count))
    async with asyncio.timeout(SLOW_MS / 1000):
        while not before + 5 <= int(await page.evaluate(count)):
            await asyncio.sleep(0.1)


async def digits(page: Page, where: str) -> str:
    """Return six digits as somebody reads them out."""
    await page.wait_for_selector(where, timeout=SLOW_MS)
    return "".join((await page.inner_text(where)).split())


async def heading(patient: Visitor) -> str:
    return (await patient.page.inner_text("h1")).replace(NB, " ")


async def comes_in(three: Three, *, name: str = "Amina B.", button: str = "Entrer avec la caméra") -> str:
    """Let the guest come by a link, the physician open and the patient agree; return the link."""
    page, guest = three.physician.page, three.guest.page
    link = await link_of(page, "Interprète")
    assert "#" in link
    await guest.goto(link)
    await guest.get_by_label("Votre nom").fill(name)
    await guest.get_by_role("button", name=button).click()
    await guest.wait_for_selector('main[data-screen="door"]', timeout=SLOW_MS)
    await page.get_by_text("Vient bien par votre lien.").wait_for(timeout=SLOW_MS)
    await page.get_by_role("button", name="Faire entrer").click()
    await guest.wait_for_selector('main[data-screen="asked"]', timeout=SLOW_MS)
    return link


async def test_an_interpreter_comes_by_a_link_and_is_heard_by_all(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        patient, page, guest = three.patient, three.physician.page, three.guest.page
        link = await comes_in(three)
        await patient.sees("third-party")
        assert "Amina B" in await heading(patient)
        await patient.looks("third-party")
        await patient.checks("third-party")
        await patient.goes("yes>third-digits")
        theirs = await digits(guest, 'figure[data-part="booth"] .digits')
        assert await digits(patient.page, ".six") == theirs
        await patient.looks("third-digits")
        await patient.checks("third-digits")
        await patient.goes("yes>in-visit")
        await plays(patient.page, ".others video")
        await rises(patient)
        await patient.looks("in-visit-three")
        await patient.checks("in-visit-three")
        assert "Amina B" in await heading(patient)
        assert await digits(page, ".compare .number") == await digits(guest, 'figure[data-part="physician"] .digits')
        await three.physician.looks("company-panel", (1440, 900), (390, 844))
        await page.get_by_role("button", name="Oui, les mêmes").click()
        await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
        await plays(page, ".company video")
        assert "ligne vérifiée" in await page.inner_text(".company figcaption")
        await three.physician.looks("visit-of-three", (1440, 900), (1024, 768), (390, 844), tab="Visite")
        for part in ("booth", "physician"):
            await plays(guest, f'figure[data-part="{part}"] video')
        await three.guest.looks("guest-in")
        await guest.get_by_role("button", name="English").click()
        await three.guest.looks("guest-in-en")
        await used_once(browser, link)
        assert not patient.complaints, patient.complaints


async def used_once(browser: Browser, link: str) -> None:
    """A second person with the same link is told so."""
    context = await browser.new_context(locale="fr-FR")
    other = await context.new_page()
    await other.goto(link)
    await other.get_by_label("Votre nom").fill("Un autre")
    await other.get_by_role("button", name="Entrer avec le son seulement").click()
    await other.wait_for_selector('main[data-screen="no-link"]', timeout=SLOW_MS)
    await context.close()


async def test_somebody_reloads_somebody_is_taken_out_and_the_visit_goes_on(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        patient, page, guest = three.patient, three.physician.page, three.guest.page
        await comes_in(three, button="Entrer avec le son seulement")
        await patient.goes(">third-party", "yes>third-digits", "yes>in-visit")
        await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
        await page.wait_for_selector(".company video", timeout=SLOW_MS)
        await page.get_by_text("Son seulement").wait_for(timeout=SLOW_MS)
        await guest.reload()
        for part in ("booth", "physician"):
            await plays(guest, f'figure[data-part="{part}"] video')
        await page.reload()
        await page.wait_for_selector('.screen[data-how="talking"]', timeout=SLOW_MS)
        await page.wait_for_selector(".company video", timeout=SLOW_MS)
        await page.get_by_role("button", name="Inviter", exact=True).click()
        await page.get_by_role("button", name="Faire sortir", exact=True).click()
        await guest.wait_for_selector('main[data-screen="ended"]', timeout=SLOW_MS)
        assert "Le médecin vous a fait sortir." in await guest.inner_text("main")
        await patient.page.wait_for_selector(".others", state="detached", timeout=SLOW_MS)
        await patient.sees("in-visit", seconds=30)
        await rises(patient)
        assert await page.locator(".company").count() == 0
        assert not patient.complaints, patient.complaints


async def test_a_listener_whom_a_relay_adds_to_the_roster_hears_nothing(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        relay = Relay(folder=tmp_path / "relay", ally=three.there.signer("pharmacie"), attack=LISTENER)
        guest = three.guest.page
        await relay.between(guest)
        await guest.add_init_script(SPY)
        await comes_in(three)
        await three.patient.goes(">third-party", "yes")
        await guest.wait_for_selector('main[data-screen="ended"]', timeout=SLOW_MS)
        assert "La liaison n’était pas sûre" in await guest.inner_text("main")
        passed = await guest.evaluate("passed")
        assert (passed["attached"], passed["arrived"], passed["said"], passed["heard"]) == (0, 0, [], [])
        await three.patient.sees("in-visit", seconds=30)
        await rises(three.patient)
        ((who, flaw),) = await alerts(three.there.running)
        assert (who.startswith("urn:teleborne:guest:"), flaw) == (True, "roster")


async def test_without_the_patients_yes_nobody_comes_in(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        await comes_in(three)
        await three.patient.goes(">third-party", "no>in-visit")
        await three.guest.page.wait_for_selector('main[data-screen="ended"]', timeout=SLOW_MS)
        assert "Le patient préfère rester seul" in await three.guest.page.inner_text("main")
        await rises(three.patient)
