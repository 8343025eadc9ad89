"""The booth's browser is tried by the helper at the start of the day: what it hears, sees and reaches."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS, visitor
from tests.peers.town import town

pytestmark = [pytest.mark.asyncio, pytest.mark.browser]


async def test_the_helper_tries_camera_microphone_and_loudspeaker_from_the_devices_page(tmp_path: Path) -> None:
    async with async_playwright() as playwright, town(tmp_path, visits=True) as here:
        browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        origin = here.kiosk.rpartition("/borne/")[0]
        async with visitor(browser, here.kiosk, permissions=["camera", "microphone"], locale="fr-FR") as helper:
            await helper.page.goto(f"{origin}/appareils")
            await helper.page.get_by_role("link", name="Essayer caméra, micro et relais").click()
            await helper.page.get_by_role("button", name="Commencer l’essai").click()
            await helper.page.get_by_role("button", name="Oui").click()
            await helper.page.get_by_text("Tout marche. Vous pouvez recevoir des patients.").first.wait_for()
            assert await helper.page.get_by_text("Ce serveur n’a pas de relais").count() == 1
            assert await helper.page.get_by_role("heading", name="Liaison avec le serveur").count() == 0
            await helper.checks("trial")
            assert helper.complaints == []
            await helper.page.get_by_role("link", name="Les appareils").click()
            await helper.page.wait_for_selector("h1")
        await browser.close()
