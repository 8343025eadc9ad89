"""The road of a reading, walked by people: a patient at the kiosk, a physician who watches, a citizen at home."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from booth_client.config import VirtualRadioSettings
from tests.peers.demo import running_demo
from tests.peers.kiosk import CHROMIUM, FLAGS, visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, town

pytestmark = [pytest.mark.browser]

SHOTS = Path(__file__).parents[2] / "artifacts" / "screenshots" / "journeys"
AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()


async def signed_in(browser: Browser, url: str, *, width: int = 1440, height: int = 900) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="fr-FR", timezone_id="Europe/Paris", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    await page.goto(url)
    return page


async def shot(page: Page, name: str) -> bytes:
    await page.evaluate("document.fonts.ready")
    SHOTS.mkdir(parents=True, exist_ok=True)
    return await page.screenshot(path=SHOTS / f"{name}.png")


async def complaints_of_axe(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help))")
    return found


def words(text: str) -> str:
    return " ".join(text.split())


async def tile(page: Page, says: str) -> None:
    """Wait for a value on the physician's page, exactly so, without any reload."""
    exactly = re.compile(rf"^\s*{re.escape(says)}\s")
    await page.locator(".tiles .value").filter(has_text=exactly).wait_for()


async def test_four_measurements_at_the_kiosk_stand_on_the_physicians_page_exactly_and_at_once(
    browser: Browser, tmp_path: Path
) -> None:
    brisk = VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA)
    async with town(tmp_path, virtual=brisk) as here, visitor(browser, here.kiosk) as patient:
        assert here.gateway is not None
        sign_in = f"{here.gateway.people_url}/demo/sign-in?person=martin"
        physician = await signed_in(browser, sign_in)
        await physician.locator("h1").wait_for()
        opened = await physician.evaluate("performance.timeOrigin")
        await patient.goes("touch>language", "french>safety", "no>consent", "yes>do-scale")
        await patient.sees("result")
        await physician.locator("button.patient").first.click()
        # As the devices sent them: the scale counts in steps of 5 g, the thermometer in tenths.
        await tile(physician, "72,400")
        for then, value in (("do-temp", "37,2"), ("do-oxi", "97"), ("do-cuff", "132/81")):
            await patient.goes(f"continue>{then}")
            if then == "do-cuff":
                await patient.goes("done>device-wait")
            await patient.sees("result")
            await tile(physician, value)
        assert await physician.evaluate("performance.timeOrigin") == opened
        assert await complaints_of_axe(physician) == []
        await physician.locator(".tiles button").filter(has_text="Tension").click()
        at_the_desk = await shot(physician, "physician-live")
        await patient.page.set_viewport_size({"width": 1080, "height": 1920})
        at_the_booth = await shot(patient.page, "kiosk-result")
        await picture(browser, at_the_booth, at_the_desk)
        await patient.goes("continue>goodbye")
        await patient.sees("idle")
        assert "132" not in await patient.text()
        assert not patient.complaints, patient.complaints


async def picture(browser: Browser, booth: bytes, desk: bytes) -> None:
    """Lay the two screens side by side: the picture on the README's first screen."""
    page = await browser.new_page(viewport={"width": 1500, "height": 820})
    images = [base64.b64encode(image).decode() for image in (booth, desk)]
    await page.set_content(
        f"""<body style="margin:0;padding:32px;background:#efe7d8;display:flex;gap:32px;align-items:center">
        <img style="height:756px;border:10px solid #1F2A2E;border-radius:24px" src="data:image/png;base64,{images[0]}">
        <img style="width:944px;border:10px solid #1F2A2E;border-radius:16px" src="data:image/png;base64,{images[1]}">
        </body>"""
    )
    await page.screenshot(path=SHOTS / "road.png")
    await page.close()


async def test_a_citizen_adds_a_reading_by_hand_and_sees_it_in_the_trend(browser: Browser, tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        sign_in = next(person["sign_in"] for person in demo.described["people"] if person["role"] == "citizen")
        page = await signed_in(browser, sign_in, width=390, height=844)
        await page.get_by_role("button", name="Ajouter une mesure").click()
        await shot(page, "carnet-add")
        await page.get_by_role("button", name=re.compile("^Poids")).click()
        await page.get_by_label(re.compile("Poids")).fill("71,85")
        await page.get_by_role("button", name="Enregistrer").click()
        await page.get_by_text("71,85").first.wait_for()
        await shot(page, "carnet-saved")
        await page.get_by_role("link", name="Mesures").click()
        await page.get_by_role("button", name="Poids", exact=True).click()
        await page.locator("svg.trend, figure svg").first.wait_for()
        await page.get_by_text("Voir les chiffres").first.click()
        await page.get_by_role("cell", name=re.compile("71,85")).first.wait_for()
        assert "à la main" in words(await page.inner_text("body"))
        await shot(page, "carnet-trend")
        assert await complaints_of_axe(page) == []


async def test_a_homes_scale_reaches_the_citizens_notebook_by_itself(browser: Browser, tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        sign_in = next(person["sign_in"] for person in demo.described["people"] if person["role"] == "citizen")
        page = await signed_in(browser, sign_in, width=390, height=844)
        await page.get_by_text("TB Scale").first.wait_for()
        await shot(page, "carnet-home-scale")
