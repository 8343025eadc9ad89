"""Documents in a visit of two real pages: the physician's in one Chromium, the kiosk's and its booth in another."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser

from booth_client.app import open_booth
from booth_client.config import PrinterSettings
from tests.kiosk.test_documents import leaflet
from tests.peers.house import House, house
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.two_pages import settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, chromium, rises

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """The patient at the kiosk, the physician at the desk, and where the booth prints."""

    there: House
    patient: Visitor
    physician: PhysicianAtDesk
    printed: Path


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@asynccontextmanager
async def talk(browser: Browser, folder: Path) -> AsyncIterator[Two]:
    printed = folder / "print"
    async with house(folder / "house") as there:
        settings = replace(settings_of(there, folder), printer=PrinterSettings(folder=printed))
        async with open_booth(settings) as booth:
            assert booth is not None
            async with (
                visitor(browser, booth.url, permissions=["camera", "microphone"]) as patient,
                at_desk(browser, there.running) as physician,
            ):
                await physician.is_available()
                await patient.goes(*TO_WAITING)
                await physician.takes()
                await patient.goes(">doctor-coming", "ready>in-visit")
                await rises(patient)
                yield Two(there=there, patient=patient, physician=physician, printed=printed)
                assert not patient.complaints, patient.complaints


async def test_a_file_goes_to_the_kiosk_and_its_printer_and_a_paper_comes_back_into_the_record(
    browser: Browser, tmp_path: Path
) -> None:
    async with talk(browser, tmp_path) as two:
        patient, page = two.patient, two.physician.page
        await page.locator('[data-tool="files"]').click()
        file = {"name": "Exercices.pdf", "mimeType": "application/pdf", "buffer": leaflet()}
        await page.locator("#file").set_input_files(file)
        await two.physician.person.sees("Exercices.pdf", "Arrivé entier à la borne.")
        await page.get_by_role("button", name="Montrer au patient").click()
        await reads_and_prints(two)
        await two.physician.person.sees("Le patient l’a lu, ou fermé.", "Imprimé 2/2.")
        await page.get_by_role("button", name="Demander un papier").click()
        await patient.goes(">visit-measure", "yes>visit-show", "take>visit-hold", ">visit-look")
        shown = await patient.page.evaluate(
            "[...document.querySelectorAll('.photo canvas')].map((e) => [e.width, e.height])"
        )
        assert await page.locator("canvas.near").count() == 0  # nothing is sent before the patient has said yes
        await patient.goes("yes>in-visit")
        await page.wait_for_selector("canvas.near")
        assert [
            await page.evaluate("(({width, height}) => [width, height])(document.querySelector('canvas.near'))")
        ] == shown
        assert await is_no_single_colour(page)
        await page.get_by_label("Légende").fill("Ordonnance de l’hôpital")
        await page.get_by_role("button", name="Joindre au dossier").click()
        await two.physician.person.sees("Dans le dossier")
        await two.physician.looks("documents-both-ways", (1440, 900))
        await leaves(two)


async def reads_and_prints(two: Two) -> None:
    """Read both pages at the kiosk, print them, and take them."""
    patient = two.patient
    await patient.sees("visit-file")
    async with asyncio.timeout(PATIENCE):
        while not await patient.page.evaluate("document.querySelector('.document img')?.naturalWidth > 0"):
            await asyncio.sleep(0.05)
    await two.physician.person.sees("Affiché au patient.")
    await patient.touches("more")
    await patient.finds("Page 2 sur 2")
    await patient.goes("print>visit-papers")
    await patient.page.wait_for_selector('h1:has-text("Prenez 2 feuilles")')
    (paper,) = two.printed.iterdir()
    with pikepdf.open(io.BytesIO(paper.read_bytes())) as pages:
        assert len(pages.pages) == 2
    await patient.goes("done>in-visit")


async def is_no_single_colour(page: object) -> bool:
    """Say whether the photograph that came shows something."""
    with Image.open(io.BytesIO(await page.locator("canvas.near").screenshot())) as seen:  # type: ignore[attr-defined]
        return len(seen.convert("L").getcolors() or ()) > 64


async def leaves(two: Two) -> None:
    """End the visit: what was printed, sent and photographed is nowhere at the booth."""
    await two.patient.goes("finish>hang-up", "yes>writing", "finish>goodbye")
    await two.patient.is_wiped()
    async with asyncio.timeout(PATIENCE):
        while any(two.printed.iterdir()):
            await asyncio.sleep(0.05)
