"""Three pages by the relay alone: what the countryside's line does to whoever joined, and their passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.peers.coturn import Coturn, coturn
from tests.peers.countryside import RELAY_ALONE, Countryside, countryside
from tests.peers.joining import FEW_PICTURES, MEDIA, everybody, link_of
from tests.peers.patience import PATIENCE
from tests.peers.visiting import TO_WAITING, chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(FEW_PICTURES) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@asynccontextmanager
async def joined(browser: Browser, here: Countryside) -> AsyncIterator[Page]:
    """Let somebody come in by a link, with no way but the relay either."""
    context = await browser.new_context(locale="fr-FR", permissions=MEDIA)
    context.set_default_timeout(PATIENCE * 1000)
    guest = await context.new_page()
    await guest.add_init_script(RELAY_ALONE)
    desk, kiosk = here.desk.page, here.kiosk
    await guest.goto(await link_of(desk, "Interprète"))
    await guest.get_by_label("Votre nom").fill("Amina B.")
    await guest.get_by_role("button", name="Entrer avec la caméra").click()
    await desk.get_by_role("button", name="Faire entrer").click()
    await kiosk.sees("third-party")
    await kiosk.goes("yes>third-digits", "yes>in-visit")
    await desk.get_by_role("button", name="Oui, les mêmes").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Fermer").click()
    yield guest
    await context.close()


async def test_a_guests_passes_are_renewed_and_a_bad_line_leaves_the_sound_with_everybody_who_is_told(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    async with countryside(browser, tmp_path, relay, ttl_s=4) as here:
        await here.begins()
        async with joined(browser, here) as guest:
            pages = here.kiosk.page, here.desk.page, guest
            await everybody(*pages)
            await asyncio.sleep(5)  # those passes have run out
            await guest.reload()
            await everybody(*pages)
            here.line.link.loss = 0.25
            for part in ("booth", "physician"):
                cut = guest.locator(f'figure[data-part="{part}"]').get_by_text("L’image est coupée.")
                await cut.wait_for()
            await guest.get_by_text("votre image est coupée").wait_for()
            await here.desk.page.locator(".company .frame").get_by_text("Image coupée.").wait_for()
            await here.kiosk.page.locator(".others").get_by_text("son seulement").wait_for()
            await here.is_heard()


async def test_when_no_relay_answers_the_pages_say_it_in_plain_words(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    async with countryside(browser, tmp_path, relay) as here:
        here.line.link.cut = True
        here.desk.person.expected = ("Failed to load resource",)
        await here.desk.is_available()
        await here.kiosk.goes(*TO_WAITING)
        await here.desk.page.locator(".take").first.click()
        await here.kiosk.sees("doctor-coming")
        await here.kiosk.page.get_by_text("Le réseau bloque peut-être l’appel.").wait_for()
        await here.kiosk.looks("no-relay")
        await here.desk.person.sees("Aucun relais n’a répondu.")
        await here.desk.looks("no-relay", (1440, 900), (390, 844), tab="Visite")
        here.line.link.cut = False
        await here.kiosk.goes("ready>in-visit")
        await here.moves()
