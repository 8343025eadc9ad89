"""The helper at the real page: let in by a code, guides without a number, and no call is heard or seen meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.config import Place, VirtualRadioSettings
from booth_client.journey import Device, Way
from signalling.side import Endpoint
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, town
from tests.peers.visiting import Scene, chromium, in_visit, rises, scene

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

CODE = "271828"
HELPERS = {"Marie": CODE}
BRISK = VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA)
TO_SCALE = ("touch>language", "french>safety", "no>consent", "yes>offline", "continue>do-scale")

_SPY = """
  window.loudspeakers = []; window.tracks = new Set();
  const Real = Audio, {replaceTrack} = RTCRtpSender.prototype;
  window.Audio = function () { const one = new Real(); loudspeakers.push(one); return one; };
  RTCRtpSender.prototype.replaceTrack = function (track) {
    if (track) tracks.add(track);
    return replaceTrack.call(this, track);
  };
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def enters(seer: Visitor, code: str = CODE) -> None:
    """Ask for the helper's mode and type a code, by touch."""
    await seer.page.wait_for_timeout(520)
    await seer.page.keyboard.press("Control+Alt+a")
    await seer.sees("helper-code")
    await types(seer, code)


async def types(seer: Visitor, code: str) -> None:
    for digit in code:
        await seer.touches(digit)
    await seer.touches("done")


async def test_a_helper_guides_and_never_sees_the_number_until_the_person_shows_it(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        town(tmp_path, online=False, helpers=HELPERS, virtual=BRISK, devices=(Device.OXIMETER, Device.CUFF)) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        said: list[str] = []
        seer.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: said.append(str(frame))))
        await seer.page.reload()
        await seer.sees("idle")
        await seer.goes("touch>language", "french>safety", "no>consent", "yes>offline", "help>help-called")
        await seer.goes("badge>helper-code")
        await types(seer, "999000")
        await seer.finds("Ce n’est pas le bon code.")
        await types(seer, CODE)
        await seer.sees("helper")
        await seer.says("Mode aide : Marie.")
        assert await seer.page.locator('button[data-act="guide"]').count() == 0  # nothing is measured yet
        await seer.goes("helped>offline", "continue>do-oxi", ">result", "continue>do-cuff")
        said.clear()
        await enters(seer)
        await seer.goes(">helper", "guide>do-cuff")
        await seer.finds("Mode aide : Marie.")
        await seer.goes("done>device-wait", ">live")
        await seer.page.wait_for_selector('.value:has-text("••")')
        await seer.sees("result")
        await seer.says("Le chiffre est caché. C’est enregistré.")
        assert "••" in await seer.text()
        assert not any("132" in frame for frame in said)  # not even told to the page
        await seer.goes("helped>result")
        await seer.page.wait_for_selector('h1:has-text("132")')
        assert "Mode aide" not in await seer.text()
        assert not seer.complaints, seer.complaints


async def test_a_call_is_neither_heard_nor_seen_by_a_helper_and_goes_on_when_they_leave(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path, helpers=HELPERS) as on:
        seer = on.seer

        def is_seen() -> bool:
            return on.doctor.lines[Endpoint.AV].green()

        await seer.page.add_init_script(_SPY)
        await seer.page.reload()
        await seer.sees("idle")
        await in_visit(on)
        await on.doctor.until(is_seen)
        muted, sent = "loudspeakers.some((one) => one.muted)", "[...tracks].some((track) => track.enabled)"
        assert [await seer.page.evaluate(each) for each in (muted, sent)] == [False, True]
        await seer.goes("help>help-called", "badge>helper-code")
        for code in (muted, "![...tracks].some((track) => track.enabled)", "!document.querySelector('video')"):
            async with asyncio.timeout(PATIENCE):
                while not await seer.page.evaluate(code):
                    await asyncio.sleep(0.05)
        await on.doctor.until(lambda: helper_told(on) == [False, True])
        await types(seer, CODE)
        await seer.goes(">helper")
        assert await seer.page.evaluate(muted)
        assert await seer.page.locator('button[data-act="open"]').count() == 0
        await seer.looks("helper-in-a-talk")
        await seer.goes("helped>in-visit")
        await rises(seer)
        seen = on.doctor.lines[Endpoint.AV].pictures
        await on.doctor.until(lambda: on.doctor.lines[Endpoint.AV].pictures > seen + 5)
        assert [await seer.page.evaluate(each) for each in (muted, sent)] == [False, True]
        assert helper_told(on) == [False, True, False]


def helper_told(on: Scene) -> list[bool]:
    """Return what the physician was told of a helper at the screen, each time."""
    return [bool(each.get("helper")) for each in on.doctor.lines[Endpoint.AGENT].said("has")]


async def test_between_two_people_the_booth_is_disinfected_and_its_pages_open_without_the_code_again(
    browser: Browser, tmp_path: Path
) -> None:
    ways = (Way.HELPER, Way.PHONE)
    async with (
        town(tmp_path, online=False, helpers=HELPERS, virtual=BRISK, ways=ways) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        await enters(seer)
        await seer.goes(">helper", "disinfected>helper")
        await seer.finds("Désinfection notée.")
        await seer.touches("open")
        await seer.page.get_by_text("Dernière désinfection").wait_for()
        await seer.page.get_by_role("link", name="Mesures mises de côté").click()
        await seer.page.get_by_text("Aucune mesure n’est mise de côté.").wait_for()
        await seer.page.goto(here.kiosk)
        await seer.goes(">idle", "touch>language", "french>safety", "no>who")
        await enters(seer)
        await seer.goes(">helper", "identity>")
        await seer.page.wait_for_selector("#birth_name")
        await seer.page.goto(here.kiosk)
        await seer.goes(">who-helper", "otherwise>who")
        assert not seer.complaints, seer.complaints


async def test_the_mode_is_reached_and_left_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    async with (
        town(tmp_path, online=False, helpers=HELPERS, virtual=BRISK, devices=(Device.SCALE,)) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        await seer.keys(*TO_SCALE[:-1], "help>help-called", "badge>helper-code")
        for digit in CODE:
            await seer.presses(digit)
        await seer.keys("done>helper", "helped>offline")


async def test_an_emergency_shows_the_number_and_a_message_and_claims_no_call(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, online=False, virtual=BRISK) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes("emergency>emergency", "call>emergency-call")
        await seer.says("Prenez un téléphone. Faites le 15.")
        await seer.finds("Pas d’Internet. La borne sonne fort.")
        assert "Mairie de Caudry" in await seer.text()
        await seer.goes("text>emergency-text")
        assert await seer.page.get_by_role("img", name="Code qui prépare le SMS au 114").count() == 1
        await seer.goes("back>emergency", "text>emergency-text", "not-urgent>idle")
        assert not seer.complaints, seer.complaints


async def test_a_booth_with_a_telephone_beside_it_says_to_pick_it_up(browser: Browser, tmp_path: Path) -> None:
    place = Place(name="Mairie de Caudry", telephone=True)
    async with town(tmp_path, online=False, place=place) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes("emergency>emergency", "call>emergency-call")
        await seer.says("Décrochez le téléphone. Faites le 15.")
