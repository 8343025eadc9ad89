"""What goes wrong in a visit, and what the physician's page makes of it: each broken for real, at the seam."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import aiohttp
import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, WebSocketRoute

from booth_client.channels import Progress
from signalling import messages as m
from signalling.side import Endpoint
from tests.peers.house import House
from tests.peers.patience import PATIENCE
from tests.peers.patients import PatientAtBooth, Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, needs=("hearing",), known=True)


@dataclass(kw_only=True)
class Relay:
    """What is between the page and signalling, and can break."""

    lines: list[WebSocketRoute] = field(default_factory=list)

    async def between(self, page: Page) -> None:
        await page.route_web_socket("**/signalling/v1*", self._carry)

    def _carry(self, line: WebSocketRoute) -> None:
        line.connect_to_server()
        self.lines.append(line)

    async def breaks(self) -> None:
        await self.lines[-1].close()


async def talking(desk: PhysicianAtDesk, booth: PatientAtBooth) -> None:
    await desk.is_available()
    await desk.takes()
    await booth.protected()
    await desk.sees_it_move()


async def test_a_reload_in_mid_visit_goes_on_with_the_same_visit_and_the_draft(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        await desk.page.keyboard.press("F8")
        await desk.person.sees("Micro coupé")
        await desk.page.get_by_label("Conclusion").fill("Écrit juste avant de recharger.")
        await desk.page.reload()  # before the draft's own time to be kept
        await desk.page.wait_for_selector('.screen[data-how="talking"]')
        await booth.protected(generation=2)
        await desk.sees_it_move()
        await desk.person.sees("Marcelle Dubois", within="h1")
        await desk.person.sees(
            "132/81", "identité vérifiée : borne Mairie", "84 ans", "Malentendant", "Micro coupé", "Caméra ouverte"
        )
        await desk.page.wait_for_function("document.querySelector('video.self').srcObject.active")
        frames = booth.frames
        await booth.until(lambda: booth.frames > frames + 5)
        assert await desk.page.get_by_label("Conclusion").input_value() == "Écrit juste avant de recharger."
        assert await desk.page.get_by_label("Motif").input_value() == "Toux"
        assert await desk.page.locator("dialog").count() == 0


async def test_whoever_signs_in_next_is_not_taken_into_the_visit(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        await desk.person.signs_in("roy")
        await desk.person.sees("Activez quand vous êtes prêt.")
        assert await desk.page.locator("video").count() == 0
        await desk.person.signs_in("claire")
        await desk.page.wait_for_selector('.screen[data-how="talking"]')


async def test_whoever_signs_out_is_forgotten(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk:
        await desk.is_available()
        await desk.page.get_by_role("button", name="Quitter").click()
        await desk.person.sees("Entrez dans l’espace médecin")
        assert await desk.page.evaluate("localStorage.getItem('teleborne.visit-desk')") is None
        await desk.person.signs_in("claire")
        await desk.person.sees("Activez quand vous êtes prêt.")


async def test_a_second_window_asks_before_it_goes_on_here(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        second = await desk.page.context.new_page()
        await second.goto(f"{there.running.url}/medecin/")
        await second.get_by_role("heading", name="Ouverte ailleurs").wait_for()
        await desk.sees_it_move()
        other = PhysicianAtDesk(person=type(desk.person)(page=second, url=there.running.url))
        await other.looks("elsewhere")
        await second.get_by_role("button", name="Continuer ici").click()
        await second.wait_for_selector('.screen[data-how="talking"]')
        await other.sees_it_move()
        await desk.person.sees("Ouverte ailleurs", within="h1")
        assert other.person.complaints == []


async def test_the_line_to_signalling_breaks_and_the_call_goes_on(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        relay = Relay()
        await relay.between(desk.page)
        await talking(desk, booth)
        desk.person.expected = ("Failed to load resource",)

        async def unreachable(route: Route) -> None:
            await route.abort()

        await desk.page.route("**/signalling/ticket", unreachable)
        await desk.page.route("**/report/draft", unreachable)
        number = await desk.sees_it_move()
        await relay.breaks()
        await desk.person.sees("Liaison au serveur coupée. L’appel continue.")
        await desk.page.get_by_label("Conclusion").fill("Pendant la coupure")
        await desk.person.sees("Pas encore enregistré")
        await desk.looks("line-cut", tab="Visite")
        assert await desk.sees_it_move(after=number + 10) > number
        await desk.page.unroute("**/signalling/ticket")
        await desk.page.unroute("**/report/draft")
        await desk.page.wait_for_selector(".stage .notice", state="detached")
        await desk.person.sees("Enregistré à")
        assert booth.av.state.generation == 1


def nothing_revealed(said: m.Message) -> m.Message | None:
    """Never open the commitment: the proof stays unfinished."""
    return None if isinstance(said, m.Reveal) else said


_DEAF = """
const deaf = new WeakSet(), send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (data) { if (!deaf.has(this)) send.call(this, data); };
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    this.addEventListener("datachannel", ({ channel }) => {
      deaf.add(channel);
      channel.addEventListener("message", () => deaf.delete(channel));
    });
  }
};
"""
"""Chromium at its slowest: what is said on a channel of the other side's is lost until something has come on it."""


async def test_what_a_browser_loses_on_a_channel_that_it_says_is_open_ends_no_talk(
    browser: Browser, there: House
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await desk.page.add_init_script(_DEAF)
        await desk.page.reload()
        await desk.page.wait_for_selector(".switch")
        await talking(desk, booth)
        await desk.person.sees("132/81")
        assert booth.frames > 0


async def test_before_the_booth_is_verified_nothing_is_shown(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE, lie=nothing_revealed) as booth:
        await desk.is_available()
        await desk.page.locator(".take").click()
        await desk.person.sees("La borne répond. On vérifie l’appel…", "Rien ne passe encore.")
        await desk.page.wait_for_timeout(1000)
        await desk.looks("connecting", tab="Visite")
        assert await desk.page.evaluate("document.querySelector('video.far').srcObject") is None
        assert booth.frames == 0
        assert await desk.page.locator(".vital .value", has_text="132").count() == 0
        await desk.page.get_by_role("button", name="Vérification en cours").click()
        await desk.person.sees("Rien n’est montré ni mesuré avant que la borne ait prouvé qui elle est.")
        await desk.page.keyboard.press("Escape")
        await desk.page.get_by_role("button", name="Raccrocher").click()
        await desk.person.sees("il garde sa place")
        await desk.page.get_by_role("button", name="Rendre à la file").click()
        await desk.person.sees("La visite est finie", "Le patient est revenu dans la file, à sa place.")
        await desk.page.get_by_role("button", name="Revenir à la file").click()
        await desk.person.sees("M. D., 84 ans")


async def test_a_booth_that_is_another_one_is_a_hard_stop(browser: Browser, there: House) -> None:
    async with (
        at_desk(browser, there.running) as desk,
        at_booth(there, person=MARCELLE, signer=there.signer("pharmacie")) as booth,
    ):
        await desk.is_available()
        await desk.page.locator(".take").click()
        await desk.person.sees("L’appel n’est pas sûr. Nous l’avons arrêté.", "identity")
        await desk.looks("stop")
        await booth.until(lambda: any(isinstance(each, m.Ended) and each.reason == "identity" for each in booth.heard))
        assert booth.frames == 0
        assert await desk.page.locator("video").count() == 0
        assert await desk.page.get_by_role("button", name="Continuer").count() == 0
        await desk.page.get_by_role("button", name="Revenir à la file").click()
        await desk.person.sees("Personne n’attend.")


def another_fingerprint(said: m.Message) -> m.Message:
    """Put another certificate's fingerprint into the description, as a relay in between would."""
    if isinstance(said, m.Offer) and said.endpoint is Endpoint.AGENT:
        return msgspec.structs.replace(
            said, sdp=said.sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", 1)[:-3]
        )
    return said


async def test_a_changed_fingerprint_is_a_hard_stop(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE, lie=another_fingerprint):
        await desk.is_available()
        await desk.page.locator(".take").click()
        await desk.person.sees("L’appel n’est pas sûr. Nous l’avons arrêté.", "fingerprint")


async def test_a_booth_that_is_revoked_in_the_talk_is_stopped_at_once_and_its_place_can_be_telephoned(
    browser: Browser, there: House
) -> None:
    assert there.running.settings.booths is not None
    revoked = there.running.settings.booths.revoked
    assert revoked is not None
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        try:
            revoked.write_text("mairie\n")
            await desk.person.sees(
                "L’appel n’est pas sûr. Nous l’avons arrêté.",
                "Cette borne, ou votre clé, a été retirée du service.",
                "Ce que vous avez vu avant venait de la borne vérifiée.",
            )
            assert await desk.page.locator("video").count() == 0
            assert await desk.page.locator(".stop a").get_attribute("href") == "tel:0327000003"
            await desk.looks("stop-revoked")
            await desk.page.get_by_role("button", name="Mettre à rappeler").click()
            await desk.person.sees("Le patient est dans « À rappeler ». Vous l’avez pris.")
        finally:
            revoked.write_text("")


async def test_a_booth_that_is_killed_comes_back_to_the_same_visit(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        await booth.killed()
        await desk.person.sees("La borne ne répond plus. On attend son retour.")
        await desk.page.wait_for_timeout(500)
        await desk.looks("recovering", tab="Visite")
        await booth.starts()
        await desk.page.wait_for_selector('.screen[data-how="talking"]')
        await desk.sees_it_move()
        await desk.person.sees("132/81")


async def test_a_patient_who_hangs_up_is_said_to_have_done_so(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        await booth.link.send(m.HangUp(reason="finished"), call=booth.call)
        await desk.person.sees("Le patient a raccroché.", "Écrivez le compte rendu, puis signez.")


async def test_a_request_that_the_booth_forgot_can_be_made_again(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        booth.answers = (Progress.ASKED,)
        await desk.page.get_by_role("button", name="Refaire Tension").click()
        await desk.person.sees("Demandé")
        await booth.killed()
        await booth.starts()
        await desk.page.wait_for_selector('.screen[data-how="talking"]')
        await desk.person.sees("Sans succès")
        booth.answers = (Progress.DONE,)
        await desk.page.get_by_role("button", name="Refaire Tension").click()
        await desk.person.sees("Reçu")


async def test_whom_another_physician_took_is_said_in_place(browser: Browser, there: House) -> None:
    async with (
        at_desk(browser, there.running) as desk,
        at_booth(there, "mairie", MARCELLE) as booth,
        at_booth(there, "pharmacie", Somebody()),
    ):
        await desk.is_available()
        await desk.page.locator(".take").nth(1).wait_for()
        async with there.running.person("roy") as roy:
            await desk.page.locator(f'[data-call="{booth.call}"] .take').focus()
            await takes(roy, there, booth.call)
            await desk.person.sees("Pris par Dr Hélène Roy")
            assert await desk.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Prendre Patient"
            await desk.looks("taken", *SIZES[:2])


async def takes(physician: aiohttp.ClientSession, there: House, call: str) -> None:
    """Take a visit, in plain JSON."""
    origin = {"Origin": there.running.url}
    async with physician.post(f"{there.running.url}/signalling/ticket", headers=origin) as answer:
        ticket = (await answer.json())["ticket"]
    url = f"{there.running.url}/signalling/v1?ticket={ticket}"
    async with physician.ws_connect(url, protocols=("teleborne.v1",), headers=origin) as line:
        for kind, body in (("hello", {}), ("available", {"on": True}), ("take", {})):
            about = {"call": call} if kind == "take" else {}
            await line.send_json({"v": 1, "type": kind, "id": kind, "body": body, **about})
        async with asyncio.timeout(PATIENCE):
            while (await line.receive_json())["type"] != "admitted":
                pass
