"""A workplace is tried before a patient needs it: each part by itself, with words for what does not work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from gateway.config import GatewaySettings, TurnSettings
from tests.peers.coturn import SECRET, Coturn, coturn
from tests.peers.desk import PEOPLE
from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS
from tests.peers.patience import PATIENCE
from tests.peers.reader import Reader, reader
from tests.peers.running import Running, running_gateway
from tests.peers.webrtc_people import reachable

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MEDIA = {"permissions": ["camera", "microphone"]}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    reachable()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, relay: Coturn) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("house")
    async with running_gateway(folder, change=_with(folder, (relay.udp, relay.tcp, relay.tls))) as running:
        yield running


def _with(folder: Path, urls: tuple[str, ...]) -> Callable[[GatewaySettings], GatewaySettings]:
    secret = folder / "turn.secret"
    secret.write_text(SECRET, encoding="utf-8")

    def change(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, people=PEOPLE, turn=TurnSettings(urls=urls, secret_file=secret))

    return change


async def tried(person: Reader, *, heard: bool = True) -> None:
    """Go through the whole trial, and say whether the tone was heard."""
    await person.page.locator("main .buttons button.main").first.click()
    await person.page.get_by_role("button", name="Oui" if heard else "Non").click()
    await person.page.wait_for_selector("p.notice")


async def how(page: Page, name: str) -> str:
    """Return what is said of the part of that name."""
    part = page.locator(".part", has=page.get_by_role("heading", name=name, exact=True))
    return " ".join((await part.inner_text()).split())


async def test_every_part_is_tried_and_each_way_to_the_relay_by_itself(browser: Browser, house: Running) -> None:
    async with reader(browser, house, **MEDIA) as person:
        await person.signs_in("claire")
        await person.page.get_by_role("link", name="Essayer mon poste").click()
        await person.sees("Essayez votre poste", "Pas encore essayé")
        await person.looks("trial-before")
        await tried(person)
        for part in ("Navigateur", "Caméra", "Micro", "Haut-parleur ou casque", "Liaison avec le serveur"):
            assert "Marche" in await how(person.page, part), part
        ways = [" ".join(each.split()) for each in await person.page.locator(".ways li").all_inner_texts()]
        assert [each.split(" Marche")[0] for each in ways[:2]] == ["Par UDP, le meilleur chemin", "Par TCP"]
        # The test's relay has a certificate that no browser knows.
        assert "Ne marche pas" in ways[2]
        assert "ouvrir le port 443" in ways[2]
        await person.sees("Vous pouvez recevoir des patients. Une partie ne marche pas")
        await person.looks("trial-done")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("You can see patients. One part does not work: read below.")
        await person.looks("trial-done-en")


async def test_what_is_missing_is_said_with_what_to_do(browser: Browser, house: Running) -> None:
    async with reader(browser, house) as person:
        person.expected = ("Failed to load resource", "WebSocket connection")
        refusing = (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }"
        )
        await person.page.add_init_script(refusing)
        await person.page.route("**/signalling/ticket", lambda route: route.abort())
        await person.signs_in("claire")
        await person.opens("/essai/")
        await tried(person, heard=False)
        assert "touchez le cadenas" in (await how(person.page, "Caméra")).lower()
        assert "Le navigateur bloque le micro" in await how(person.page, "Micro")
        assert "Montez le son" in await how(person.page, "Haut-parleur ou casque")
        assert "Le serveur ne répond pas" in await how(person.page, "Liaison avec le serveur")
        await person.sees("Une visite n’est pas possible ainsi.")
        await person.looks("trial-bad")


async def test_nobody_who_is_not_signed_in_gets_a_pass(browser: Browser, house: Running) -> None:
    async with reader(browser, house, **MEDIA) as person:
        person.expected = ("401", "403")
        await person.opens("/essai/")
        await tried(person)
        assert "Entrez d’abord dans l’espace médecin" in await how(person.page, "Liaison avec le serveur")
        assert await person.page.locator(".ways li").count() == 0


async def test_a_visit_in_another_window_is_not_disturbed(browser: Browser, house: Running) -> None:
    async with reader(browser, house, **MEDIA) as person:
        await person.signs_in("claire")
        origin = {"Origin": house.url}
        async with house.person("claire") as claire:
            async with claire.post(f"{house.url}/signalling/ticket", headers=origin) as answer:
                ticket = (await answer.json())["ticket"]
            url = f"{house.url}/signalling/v1?ticket={ticket}"
            async with claire.ws_connect(url, protocols=("teleborne.v1",), headers=origin) as line:
                await line.send_json({"v": 1, "type": "hello", "id": "1", "body": {}})
                assert (await line.receive_json())["type"] == "welcome"
                await person.opens("/essai/")
                await tried(person)
                await line.send_json({"v": 1, "type": "available", "id": "2", "body": {"on": True}})
                async with asyncio.timeout(PATIENCE):
                    assert (await line.receive_json())["type"] in ("ack", "waiting")
