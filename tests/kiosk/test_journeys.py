"""People at a real booth: Chromium in front, virtual devices on the radio, mutual TLS to a real gateway behind."""

from __future__ import annotations

import asyncio
import re
import resource
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from booth_client.app import open_booth
from booth_client.config import Persona, VirtualRadioSettings
from booth_client.journey import Device
from gateway.app import gateway
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, Town, booth_settings, gateway_settings, town

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

BRISK = VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA)
NOBODY = VirtualRadioSettings(hands=False)
TO_CONSENT = ("touch>language", "french>safety", "no>consent")
LOINC = {
    "29463-7": "weight",
    "8310-5": "temperature",
    "2708-6": "oxygen",
    "59408-5": "oxygen",
    "85354-9": "pressure",
    "8867-4": "pulse",
}


def persona(**values: str) -> VirtualRadioSettings:
    return VirtualRadioSettings(hands_after_s=0.2, persona=Persona(**values))


def codes(observation: dict[str, Any]) -> set[str]:
    return {LOINC[one["code"]] for one in observation["code"]["coding"] if one["code"] in LOINC}


async def whole_visit(seer: Visitor, language: str) -> list[str]:
    """Walk the whole way and return what each result said."""
    said = []
    await seer.goes("touch>language", f"{language}>safety", "no>consent", "yes>do-scale")
    for then in ("do-temp", "do-oxi", "do-cuff"):
        await seer.sees("result")
        said.append(await seer.reads())
        await seer.goes(f"continue>{then}")
    await seer.goes("done>device-wait", ">live", ">result")
    said.append(await seer.reads())
    await seer.goes("continue>goodbye")
    return said


async def test_a_patient_takes_four_measurements_and_the_gateway_has_exactly_what_the_devices_sent(
    browser: Browser, tmp_path: Path
) -> None:
    async with town(tmp_path, virtual=BRISK) as here, visitor(browser, here.kiosk) as seer:
        assert await whole_visit(seer, "french") == [
            "Poids : 72,4 kg. C’est enregistré.",
            "Température : 37,2 °C. C’est enregistré.",
            "Oxygène : 97 %. C’est enregistré.",
            "Tension : 132 sur 81. C’est enregistré.",
        ]
        left = await seer.text()
        assert not any(value in left for value in ("132", "72,4", "37,2"))
        await seer.sees("idle")
        found = await arrived(here, 6)
        assert not seer.complaints, seer.complaints
    pressure = next(one for one in found if "pressure" in codes(one))
    assert [part["valueQuantity"]["value"] for part in pressure["component"]][:2] == [132, 81]
    values = {code: one["valueQuantity"]["value"] for one in found if "valueQuantity" in one for code in codes(one)}
    assert values["weight"] == Decimal("72.4")
    assert values["temperature"] == Decimal("37.2")
    assert values["oxygen"] == 97
    assert len({one["subject"]["reference"] for one in found}) == 1
    assert len({one["encounter"]["reference"] for one in found}) == 1


async def arrived(here: Any, count: int) -> list[dict[str, Any]]:
    """Return the Observations of measurements, once *count* are there (device clocks' are not counted)."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = [one for one in await here.search("Observation?_count=100") if codes(one)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.2)


async def test_the_whole_way_in_english_and_the_next_person_starts_anew(browser: Browser, tmp_path: Path) -> None:
    devices = (Device.SCALE,)
    async with town(tmp_path, virtual=BRISK, devices=devices) as here, visitor(browser, here.kiosk) as seer:
        for _ in range(2):
            await seer.goes("touch>language", "large>language", "english>safety", "no>consent", "yes>do-scale")
            await seer.sees("result")
            await seer.says("Weight: 72.4 kg. It is saved.")
            await seer.goes("continue>goodbye")
            await seer.says("Goodbye. We erase everything here.")
            await seer.is_wiped()
            assert await seer.page.get_attribute("html", "lang") == "fr"
            assert await seer.page.get_attribute("html", "data-large") is None
        found = await arrived(here, 2)
        encounters = await here.search("Encounter")
    assert len({one["subject"]["reference"] for one in found}) == 2
    assert len({one["encounter"]["reference"] for one in found}) == 2
    assert [one["status"] for one in encounters] == ["finished", "finished"]


async def test_refusing_consent_keeps_nothing_and_there_is_a_way_back(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, virtual=BRISK) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_CONSENT, "explain>explain", "continue>consent", "no>refused")
        await seer.says("D’accord. Nous ne mesurons rien.")
        await seer.goes("back>consent", "no>refused", "finish>goodbye")
        assert await here.search("Patient") == []
        assert await here.search("Encounter") == []


async def test_an_impossible_value_is_repeated_then_given_up_and_never_reaches_a_record(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        town(tmp_path, virtual=persona(temperature="46.0"), devices=(Device.THERMOMETER,)) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        await seer.goes(*TO_CONSENT, "yes>do-temp", ">retry")
        await seer.says("On recommence. Respirez doucement.")
        await seer.goes("redo>do-temp", ">failed")
        await seer.says("L’appareil ne marche pas. On continue.")
        await seer.goes("continue>goodbye")
        await asyncio.sleep(1)
        assert len(await here.search("Encounter")) == 1
        assert [one for one in await here.search("Observation") if codes(one)] == []


async def test_a_doubtful_value_is_repeated_once_and_both_are_kept(browser: Browser, tmp_path: Path) -> None:
    async with (
        town(tmp_path, virtual=persona(temperature="40.6"), devices=(Device.THERMOMETER,)) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        await seer.goes(*TO_CONSENT, "yes>do-temp", ">retry", "redo>do-temp", ">result")
        await seer.says("Température : 40,6 °C. C’est enregistré.")
        assert len(await arrived(here, 2)) == 2


async def test_skipping_help_and_emergency_are_always_there_and_lead_back(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, virtual=NOBODY) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes("emergency>emergency")
        await seer.says("Appelez le 15 ou le 112.")
        assert "Mairie de Caudry" in await seer.text()
        await seer.goes("not-urgent>idle", "touch>language", "french>safety", "yes>emergency", "not-urgent>safety")
        await seer.goes("no>consent", "yes>do-scale", "help>help-called")
        await seer.says("Nous appelons Marie.")
        await seer.goes("cancel>do-scale", "skip>skip", "back>do-scale", "skip>skip", "continue>do-temp")
        await seer.goes("comfort>comfort", "english>do-temp")
        await seer.says("Put thermometer 1 on your forehead.")
        await seer.goes("comfort>comfort", "contrast>comfort", "back>do-temp")
        assert await seer.page.get_attribute("html", "data-theme") == "contrast"
        await seer.goes("skip>skip", "continue>do-oxi", "back>do-temp", "skip>skip", "continue>do-oxi", "skip>skip")
        await seer.goes("continue>do-cuff", "done>device-wait", "back>do-cuff", "skip>skip", "continue>goodbye")
        assert not seer.complaints, seer.complaints


async def test_a_reload_in_mid_journey_resumes_where_it_was(browser: Browser, tmp_path: Path) -> None:
    devices = (Device.SCALE, Device.OXIMETER)
    async with town(tmp_path, virtual=BRISK, devices=devices) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_CONSENT, "yes>do-scale", ">result")
        await seer.page.reload()
        await seer.sees("result")
        await seer.says("Poids : 72,4 kg. C’est enregistré.")
        await seer.goes("continue>do-oxi", ">result", "continue>goodbye")


async def test_without_network_measuring_goes_on_and_everything_is_delivered_later(
    browser: Browser, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = booth_settings(tmp_path, f"https://localhost:{port}", virtual=BRISK, devices=(Device.SCALE,))
    async with open_booth(settings) as kiosk:
        assert kiosk is not None
        async with visitor(browser, kiosk.url) as seer:
            await seer.page.wait_for_selector('.line:has-text("Internet est coupé")')
            await seer.goes(*TO_CONSENT, "yes>offline")
            await seer.says("Internet est coupé. Vos mesures restent ici.")
            await seer.goes("continue>do-scale", ">result")
            await seer.says("Poids : 72,4 kg. C’est enregistré.")
            await seer.goes("continue>goodbye")
            async with gateway(gateway_settings(tmp_path, booth_port=port)) as running:
                assert running.booths_url is not None
                await seer.page.wait_for_selector('.line:not(:has-text("Internet"))', state="attached")
                here = Town(settings=settings, kiosk=kiosk.url, gateway=running)
                assert [codes(one) for one in await arrived(here, 1)] == [{"weight"}]


async def test_a_full_disk_is_said_and_nothing_is_called_saved(browser: Browser, tmp_path: Path) -> None:
    async with (
        town(tmp_path, virtual=VirtualRadioSettings(hands_after_s=2.5, persona=PERSONA)) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        await seer.goes(*TO_CONSENT, "yes>do-scale")
        await asyncio.sleep(1)
        grown = here.settings.data_dir / "booth.db-wal"
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (grown.stat().st_size, hard))  # the kernel refuses to grow it
        try:
            await seer.sees("unsaved")
            await seer.says("Pas enregistré. Marie vient.")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert [one for one in await here.search("Observation") if codes(one)] == []
        await seer.goes("redo>do-scale", ">result")
        await seer.says("Poids : 72,4 kg. C’est enregistré.")


async def test_the_whole_way_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with (
        town(tmp_path, virtual=BRISK, devices=(Device.SCALE, Device.CUFF)) as here,
        visitor(browser, here.kiosk) as seer,
    ):
        await seer.keys("touch>language", "french>safety", "no>consent", "yes>do-scale", ">result")
        await seer.keys("continue>do-cuff", "done>device-wait", ">result", "continue>goodbye")


async def its_clock_is_moved_by_hand(seer: Visitor) -> None:
    """Load the page anew with a clock that stands still until `later(ms)`."""
    await seer.page.add_init_script("{ let at = 0; performance.now = () => at; window.later = (ms) => at += ms; }")
    await seer.page.reload()
    await seer.sees("idle")


async def test_a_key_pressed_just_after_the_page_opened_is_heard(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, virtual=NOBODY) as here, visitor(browser, here.kiosk) as seer:
        await its_clock_is_moved_by_hand(seer)
        await seer.page.evaluate("later(600)")
        await seer.page.locator('button[data-act="touch"]').press("Enter")
        await seer.sees("language")


async def test_a_tap_right_after_a_change_is_not_for_the_new_screen(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, virtual=NOBODY) as here, visitor(browser, here.kiosk) as seer:
        await its_clock_is_moved_by_hand(seer)
        await seer.page.evaluate("later(600)")
        await seer.goes("touch>language")
        await seer.page.locator('button[data-act="french"]').click()
        await seer.page.wait_for_timeout(200)
        await seer.sees("language")
        await seer.page.evaluate("later(600)")
        await seer.page.locator('button[data-act="french"]').dblclick()
        await seer.sees("safety")
        await seer.page.wait_for_timeout(300)
        await seer.sees("safety")


async def test_a_long_press_and_a_finger_count_as_a_touch(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, virtual=NOBODY) as here, visitor(browser, here.kiosk, has_touch=True) as seer:
        await seer.page.wait_for_timeout(520)
        await seer.page.locator("h1").tap()
        await seer.sees("language")
        await seer.page.wait_for_timeout(520)
        await seer.page.locator('button[data-act="english"]').click(delay=1500)
        await seer.sees("safety")
        assert re.search("any of these signs", await seer.reads())
