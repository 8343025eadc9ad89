"""The booth's page for the start of the day, for the kiosk's own browser only."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import ClientSession, CookieJar

from booth_client.config import Equipment, VirtualRadioSettings
from booth_client.virtual_devices import number_of
from gateway.devices.virtual import Scale
from tests.peers.town import PERSONA, booth_settings, town


async def test_the_helper_reads_which_devices_are_ready(tmp_path: Path) -> None:
    scale = Scale(number=number_of(booth_settings(tmp_path / "elsewhere", "https://localhost:9")) + 1)
    listed = (
        Equipment(name="Balance", address=scale.address, calibrated="2020-02-01", calibrate_every_days=365),
        Equipment(name="Tensiomètre <1>", address="F0:00:00:00:00:01"),
    )
    virtual = VirtualRadioSettings(hands=False, persona=PERSONA, others=("scale+wrong-clock+low-battery",))
    async with town(tmp_path, online=False, virtual=virtual, equipment=listed) as here:
        origin = here.kiosk.rpartition("/borne/")[0]
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            async with browser.get(f"{origin}/appareils") as stranger:
                assert stranger.status == 403
            await browser.get(here.kiosk)
            async with asyncio.timeout(20):
                while "en retard de 400 j" not in (page := await _text(browser, f"{origin}/appareils")):
                    await asyncio.sleep(0.2)
            english = await _text(browser, f"{origin}/appareils?lang=en")
    assert '<html lang="fr">' in page
    assert "Changez la pile<br>" in page
    assert "Étalonnage à refaire" in page
    assert "9 %" in page
    assert "2020-02-01" in page
    assert "Tensiomètre &lt;1&gt;" in page
    assert "Pas encore vu" in page
    assert "400 d behind" in english
    assert "Change its battery" in english


async def _text(browser: ClientSession, url: str) -> str:
    async with browser.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["Refresh"] == "5"
        return await answer.text()
