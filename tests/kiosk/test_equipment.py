"""The booth's page for the start of the day, for the kiosk's own browser only."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser

from booth_client.config import Equipment, PrinterSettings, VirtualRadioSettings
from booth_client.kiosk.start_of_day_words import TO_DO, WHAT, WORDS
from booth_client.virtual_devices import number_of
from gateway.devices.virtual import Scale
from tests.peers.kiosk import SHOTS, SIZES, visitor
from tests.peers.patience import PATIENCE
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
            async with asyncio.timeout(PATIENCE):
                page = ""  # the clock is read before the battery is
                while not all(word in page for word in ("en retard de 400 j", "Changez la pile<br>")):
                    await asyncio.sleep(0.2)
                    page = await _text(browser, f"{origin}/appareils")
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
        return await answer.text()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_the_helper_walks_from_the_kiosk_to_what_is_set_aside_to_the_devices_and_back(
    browser: Browser, tmp_path: Path
) -> None:
    listed = (Equipment(name="Balance", address="F0:00:00:00:00:01"),)
    async with (
        town(tmp_path, online=False, helpers={"Marie": "271828"}, equipment=listed) as here,
        visitor(browser, here.kiosk, bypass_csp=True) as seer,
    ):
        page = seer.page
        await page.goto(page.url + "aide")
        await seer.checks("aide")
        await page.get_by_label("Code de l’aidant").fill("271828")
        await page.keyboard.press("Enter")
        await page.get_by_text("Aucune mesure n’est mise de côté.").wait_for()
        await page.get_by_role("link", name="La borne, ce matin").click()
        await page.get_by_role("row", name="Balance").wait_for()
        await page.get_by_role("button", name="Je viens de désinfecter").click()
        await page.get_by_text("C’est noté.").wait_for()
        await page.get_by_text("Dernière désinfection").wait_for()
        await page.get_by_role("button", name="Il en manque\u00a0: Lingettes").click()
        await page.get_by_role("button", name="J’en ai remis\u00a0: Lingettes").wait_for()
        await page.get_by_role("button", name="Demander de l’aide").click()
        await page.get_by_text("La demande est envoyée.").wait_for()
        await page.get_by_role("button", name="Contrôler à nouveau").click()
        await page.get_by_text("Le contrôle est fait.").wait_for()
        await page.get_by_role("row", name="Internet En panne Regardez le câble de la box.").wait_for()
        await seer.checks("appareils")
        await page.screenshot(path=SHOTS / "start-of-day-fr.png", full_page=True)
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{width}x{height}"
        await page.get_by_role("link", name="English").click()
        await page.get_by_role("row", name="Internet Broken Look at the router’s cable.").wait_for()
        await seer.checks("appareils-en")
        await page.screenshot(path=SHOTS / "start-of-day-en.png", full_page=True)
        await page.get_by_role("link", name="Measurements set aside").click()
        await page.wait_for_url("**/aide")
        await page.get_by_role("link", name="La borne, ce matin").click()
        await page.get_by_role("link", name="Fermer cette page").click()
        await seer.sees("idle")
        assert not seer.complaints, "\n".join(seer.complaints)


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_whoever_has_no_code_comes_to_the_devices_and_back(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, online=False) as here, visitor(browser, here.kiosk) as seer:
        await seer.page.wait_for_timeout(520)
        await seer.page.keyboard.press("Control+Alt+a")
        await seer.goes(">helper-code", "open>")
        await seer.page.wait_for_url("**/appareils")
        assert await seer.page.get_by_role("link", name="Mesures mises de côté").count() == 0
        await seer.page.get_by_role("link", name="Fermer cette page").click()
        await seer.sees("idle")


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_device_that_is_used_appears_while_the_focus_stays_where_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    scale = Scale(number=number_of(booth_settings(tmp_path / "elsewhere", "https://localhost:9")) + 1)
    listed = (Equipment(name="Balance", address=scale.address),)
    virtual = VirtualRadioSettings(hands=False, persona=PERSONA, others=("scale",))
    async with (
        town(tmp_path, online=False, virtual=virtual, equipment=listed) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        page = seer.page
        await page.goto(f"{here.kiosk.rpartition('/borne/')[0]}/appareils")
        way = page.get_by_role("link", name="Fermer cette page")
        await way.focus()
        await page.evaluate("window.untouched = true")
        await page.get_by_role("row", name="Balance").get_by_text("87 %").wait_for()
        assert await page.evaluate("window.untouched"), "the page was loaded anew"
        assert await way.evaluate("link => link === document.activeElement"), "the focus was taken away"
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_another_pages_form_may_not_act_for_the_helper(tmp_path: Path) -> None:
    async with town(tmp_path, online=False) as here:
        origin = here.kiosk.rpartition("/borne/")[0]
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            await browser.get(here.kiosk)
            for act in ("test", "desinfecte", "appel"):
                for stranger in ({}, {"Origin": "http://evil.example"}):
                    async with browser.post(f"{origin}/appareils/{act}", headers=stranger) as answer:
                        assert answer.status == 403
            page = await _text(browser, f"{origin}/appareils")
    assert "Aucune désinfection" in page


async def test_every_part_that_is_looked_at_has_words_in_both_languages(tmp_path: Path) -> None:
    async with town(tmp_path, visits=True, printer=PrinterSettings(folder=tmp_path / "print")) as here:
        assert here.gateway is not None
        origin = here.kiosk.rpartition("/borne/")[0]
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            await browser.get(here.kiosk)
            await browser.post(f"{origin}/appareils/test", headers={"Origin": origin})
            page = await _text(browser, f"{origin}/appareils")
    for word in ("Internet", "Appels vidéo", "Imprimante", "Disque", "Horloge", "Clé de la borne", "Caméra", "Micro"):
        assert f'<th scope="row">{word}</th>' in page
    assert WHAT["fr"].keys() == WHAT["en"].keys() == TO_DO["fr"].keys() == TO_DO["en"].keys()
    assert WORDS["fr"].keys() == WORDS["en"].keys()
