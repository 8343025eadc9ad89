"""Cards and codes at a booth of the demonstration: the tray beside the kiosk, and a code from somebody's notebook."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar, TCPConnector
from playwright.async_api import Browser, Page, async_playwright

from booth_client.config import ReaderSettings, VirtualRadioSettings
from booth_client.journey import Device, Way
from gateway.fhir.json import dumps
from gateway.fhir.patient import identified_patient
from tests.peers.kiosk import _AXE, CHROMIUM, FLAGS, SHOTS, Visitor, visitor
from tests.peers.running import FHIR_JSON
from tests.peers.town import CITIZEN, PERSONA, Town, town

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

TO_WHO = ("touch>language", "french>safety", "no>who")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()


@asynccontextmanager
async def stand(browser: Browser, folder: Path, **changes: Any) -> AsyncIterator[tuple[Town, Visitor, Page]]:
    """Run a booth with a tray; give the person at the kiosk, and the tray in another window."""
    settings: dict[str, Any] = {
        "ways": (Way.CARD, Way.CODE, Way.PHONE),
        "readers": ReaderSettings(test_people=True, tray=True),
        "devices": (Device.SCALE,),
        "virtual": VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA),
    }
    async with town(folder, **settings | changes) as here, visitor(browser, here.kiosk, bypass_csp=True) as seer:
        tray = await seer.page.context.new_page()
        await tray.goto(f"{here.kiosk}?to=/plateau")
        yield here, seer, tray
        assert seer.complaints == []


async def presses(tray: Page, name: str) -> None:
    await tray.get_by_role("button", name=name).click()
    await tray.get_by_text("C’est fait. Regardez l’écran de la borne.").wait_for()


async def shows(tray: Page, code: str) -> None:
    await tray.fill("#text", code)
    await presses(tray, "Montrer ce code")


async def test_a_visitor_of_the_demonstration_puts_in_a_card_and_shows_a_code(browser: Browser, tmp_path: Path) -> None:
    async with stand(browser, tmp_path, online=False) as (_, seer, tray):
        await tray.get_by_text("Ces personnes sont inventées.").wait_for()
        await tray.screenshot(path=SHOTS / "tray.png", full_page=True)
        found = await tray.evaluate(_AXE.read_text(encoding="utf-8") + "; axe.run().then(r => r.violations)")
        assert found == []
        await seer.goes(*TO_WHO, "card>who-card")
        await presses(tray, "Une carte à l’envers")
        await seer.finds("Retournez la carte.")
        await presses(tray, "La carte de Jeanne Lefebvre")
        await seer.sees("who-confirm")
        assert (await seer.reads()).startswith("Vous êtes Jeanne L., 8")
        await seer.goes("no>who", "card>who-card")
        await presses(tray, "Roger Carpentier et de son petit-fils")
        await seer.goes(">who-confirm", "relative>who-companion", "child>who-confirm")
        assert (await seer.reads()).startswith("Vous venez pour Tom C.")
        await seer.goes("back>who", "phone>who-qr")
        await presses(tray, "Un code qui n’est pas d’ici")
        await seer.finds("Ce code n’est pas le bon.")
        await seer.looks("who-qr-unknown")
        await shows(tray, "eyJhbGciOiJFUzI1NiJ9.eyJ2IjoxfQ.c2lnbmF0dXJl")
        await seer.finds("Internet est coupé.")
        await seer.checks("who-qr-offline")
        await presses(tray, "Le code INS d’une lettre")
        await seer.sees("who-confirm")
        assert (await seer.reads()).startswith("Vous êtes Roger C.")


async def written_down(here: Town) -> None:
    """Let the booth write down Marcelle, whose notebook there is."""
    link = here.settings.gateway
    tls = ssl.create_default_context(cafile=str(link.ca))
    tls.load_cert_chain(link.certificate, link.key)
    marcelle = identified_patient(
        id=CITIZEN,
        family="Dubois",
        given=["Marcelle"],
        birth_date=date(1942, 1, 17),
        gender="female",
        birth_place="59999",
        status="PROV",
        test=True,
    )
    async with ClientSession(connector=TCPConnector(ssl=tls)) as booth:
        url = f"{link.base_url}/fhir/R4/Patient/{CITIZEN}"
        async with booth.put(url, data=dumps(marcelle), headers=FHIR_JSON) as answer:
            assert answer.status == 201, await answer.text()


async def test_the_code_of_a_notebook_names_its_owner_at_the_booth_once(browser: Browser, tmp_path: Path) -> None:
    async with stand(browser, tmp_path) as (here, seer, tray):
        await written_down(here)
        assert here.gateway is not None
        base = here.gateway.people_url
        page = {"Sec-Fetch-Site": "same-origin"}
        async with ClientSession(cookie_jar=CookieJar(unsafe=True), headers=page) as marcelle:
            await marcelle.get(f"{base}/demo/sign-in?person=dubois", allow_redirects=False)
            async with marcelle.post(f"{base}/arrival") as answer:
                code = (await answer.json())["code"]
        await seer.goes(*TO_WHO, "phone>who-qr")
        await shows(tray, code)
        await seer.sees("who-confirm")
        assert (await seer.reads()).startswith("Vous êtes Marcelle D., 8")
        await seer.goes("no>who", "phone>who-qr")
        await shows(tray, code)
        await seer.finds("Ce code a déjà servi.")
        await seer.looks("who-qr-used")


async def test_a_tray_is_for_demonstrations_only(browser: Browser, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="test_people"):
        ReaderSettings(tray=True)
    async with town(tmp_path, online=False) as here, visitor(browser, here.kiosk) as seer:
        answer = await seer.page.context.request.get(f"{here.kiosk.split('/borne')[0]}/plateau")
        assert answer.status == 404
