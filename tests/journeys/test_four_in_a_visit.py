"""Four in a visit, each in a real browser: a patient, their physician, an interpreter, a colleague."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.peers.joining import (
    FEW_PICTURES,
    KEEP_PEERS,
    Three,
    agreed,
    comes_in,
    digits,
    everybody,
    link_of,
    met,
    panel,
)
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

AMINA, ROY = "Amina B.", "Dr Hélène Roy"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(FEW_PICTURES) as opened:
        yield opened


async def the_colleague_joins(three: Three, roy: PhysicianAtDesk) -> Page:
    """Let the physician ask a colleague, who comes with their own key, and the patient agree."""
    page, theirs = three.physician.page, roy.page
    await theirs.add_init_script(KEEP_PEERS)
    await roy.is_available()
    await panel(page)
    await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
    await panel(page)  # who is there is asked when it opens
    await page.get_by_role("button", name="Demander", exact=True).click()
    await roy.person.sees("Dr Claire Martin vous demande dans une visite")
    await theirs.get_by_role("button", name="Rejoindre").click()
    await theirs.get_by_role("button", name="Entrer avec la caméra").click()
    await theirs.wait_for_selector('main[data-screen="door"]')
    await page.get_by_role("button", name="Faire entrer").click()
    await three.patient.sees("third-party")
    assert "Hélène Roy" in (await three.patient.reads()).replace("\u00a0", " ")
    await three.patient.goes("yes>in-visit")
    await theirs.wait_for_selector('main[data-screen="in"]')
    assert isinstance(theirs, Page)
    return theirs


async def known_as(page: Page, name: str, mark: str) -> None:
    """See how sure the physician's page is of somebody."""
    await page.locator(".company figcaption").filter(has_text=name).get_by_text(mark).wait_for()


async def closes(page: Page) -> None:
    await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()


async def test_four_see_and_hear_each_other_and_only_the_guest_has_digits_to_compare(
    browser: Browser, tmp_path: Path
) -> None:
    async with met(browser, tmp_path) as three, at_desk(browser, three.there.running, "roy") as colleague:
        patient, page, guest = three.patient, three.physician.page, three.guest.page
        await comes_in(three)
        await agreed(three)
        await page.get_by_role("button", name="Oui, les mêmes").click()
        roy = await the_colleague_joins(three, colleague)
        assert await page.locator(".compare").count() == 0
        assert "quatre" in await page.get_by_role("dialog").inner_text()
        await closes(page)
        await everybody(*three.pages, roy)
        await known_as(page, AMINA, "ligne vérifiée")
        await known_as(page, ROY, "identité vérifiée")
        assert await roy.locator("figure .digits").count() == 1
        assert await digits(roy, 'figure[data-part="interpreter"] .digits') == await digits(
            guest, 'figure[data-part="specialist"] .digits'
        )
        assert await guest.locator("figure .digits").count() == 3
        assert "non vérifié" not in await patient.text()
        await page.get_by_role("button", name=re.compile("identité vérifiée")).click()
        roster = await page.inner_text(".roster")
        assert [name for name in (AMINA, ROY, "Dr Claire Martin", "Mairie") if name not in roster] == []
        await page.keyboard.press("Escape")
        await three.physician.looks("visit-of-four", (1440, 900), (1024, 768), (390, 844), tab="Visite")
        await patient.looks("in-visit-four")
        await patient.checks("in-visit-four")
        await three.guest.looks("guest-in-four")
        await they_come_and_go(three, roy)
        assert not patient.complaints, patient.complaints


async def they_come_and_go(three: Three, roy: Page) -> None:
    """A guest's reload, the physician's reload, a colleague put out: the others go on, and nobody is asked again."""
    page, guest = three.physician.page, three.guest.page
    await guest.reload()
    await everybody(*three.pages, roy)
    await page.reload()
    await page.wait_for_selector('.screen[data-how="talking"]')
    await everybody(*three.pages, roy)
    await known_as(page, AMINA, "ligne vérifiée")
    await panel(page)
    assert await page.locator(".compare").count() == 0
    await page.locator(".one").filter(has_text=ROY).get_by_role("button", name="Faire sortir").click()
    await roy.get_by_text("Le médecin vous a fait sortir.").wait_for()
    await closes(page)
    await everybody(*three.pages)
    await roy.get_by_role("link", name="Revenir à vos patients").click()
    await roy.wait_for_selector(".switch")


async def test_who_left_comes_back_by_another_link_and_with_another_key_is_asked_again(
    browser: Browser, tmp_path: Path
) -> None:
    async with met(browser, tmp_path) as three:
        page, guest = three.physician.page, three.guest.page
        first = await comes_in(three)
        await agreed(three)
        await page.get_by_role("button", name="Oui, les mêmes").click()
        await closes(page)
        await everybody(*three.pages)
        await guest.get_by_role("button", name="Quitter la visite").click()
        await guest.get_by_text("Vous avez quitté la visite.").wait_for()
        await page.wait_for_selector(".company", state="detached")
        await everybody(*three.pages[:2])
        await refused(three, first)
        taken_back = await link_of(page, "Proche")
        await page.get_by_role("button", name="Annuler l’invitation").click()
        await page.locator("input.link").wait_for(state="detached")
        await refused(three, taken_back)
        await three.guest.looks("guest-no-link")
        await guest.goto("about:blank")
        await comes_in(three)
        await agreed(three)
        await page.locator(".compare").wait_for()
        await closes(page)
        await known_as(page, AMINA, "non vérifié")
        await everybody(*three.pages)
        assert not three.patient.complaints, three.patient.complaints


async def refused(three: Three, link: str) -> None:
    """See that a link leads nowhere any more, in words."""
    guest = three.guest.page
    three.guest.expected = ("404",)
    await guest.goto(link.partition("#")[0])  # a page that still knew of the visit would ask to be let in again
    await guest.evaluate("sessionStorage.clear()")
    await guest.goto("about:blank")
    await guest.goto(link)
    await guest.get_by_label("Votre nom").fill(AMINA)
    await guest.get_by_role("button", name="Entrer avec le son seulement").click()
    await guest.get_by_text("Ce lien ne sert plus.").wait_for()
