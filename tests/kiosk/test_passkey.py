"""A device's passkey on the kiosk: large, announced, beside the emergency button and never over it, gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from booth_client.bluetooth import Passkeys
from booth_client.journey import State
from gateway.devices.virtual import Cuff
from tests.kiosk.theatre import consultation, theatre
from tests.peers.bluez.booth import bluez_booth
from tests.peers.kiosk import SIZES, Visitor, visitor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

CUFF, SCALE = "F0:54:42:01:00:01", "F0:54:42:04:00:01"
_SHOWN = ".passkey"
_AT_THE_EMERGENCY = """() => {
  const button = document.querySelector(".emergency"), box = button.getBoundingClientRect();
  const over = document.querySelector(".passkey").getBoundingClientRect();
  const there = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  return button.contains(there) && !button.disabled && over.top >= box.bottom;
}"""
_WATCH = """() => {
  window.shown = [];
  const look = () => document.querySelector(".passkey")?.textContent ?? "";
  new MutationObserver(() => { if (look() !== (window.shown.at(-1) ?? "")) window.shown.push(look()); })
    .observe(document.querySelector("#booth"), { childList: true, subtree: true, characterData: true });
}"""
_TALL = "() => parseFloat(getComputedStyle(document.querySelector('.passkey')).fontSize)"


async def _reads(seer: Visitor, digits: str) -> None:
    await seer.page.wait_for_function(
        "digits => document.querySelector('.passkey')?.textContent === digits", arg=digits
    )


@pytest.mark.parametrize(("language", "comfort"), [("fr", None), ("en", None), ("fr", "large"), ("fr", "contrast")])
async def test_a_passkey_takes_the_questions_place_large_announced_and_accessible(
    browser: Browser, tmp_path: Path, language: str, comfort: str | None
) -> None:
    passkeys = Passkeys()
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        passkeys.attach(lambda digits: stage.kiosk.stand("passkey", digits))
        comforts = {comfort: True} if comfort else {}
        await stage.play(seer, State.DO_CUFF, language=language, **comforts)
        question = await seer.reads()
        passkeys.show(CUFF, "001234")
        await _reads(seer, "001\u00a0234")
        title = "Code de l’appareil" if language == "fr" else "The device’s code"
        await seer.says(title)
        assert await seer.page.inner_text("[role=alert]") == f"{title} 0 0 1 2 3 4"
        assert await seer.page.evaluate("document.activeElement.tagName") == "H1"
        name = f"passkey-{language}" + (f"-{comfort}" if comfort else "")
        await seer.looks(name)
        await seer.checks(name)
        for width, height in SIZES:
            await seer.page.set_viewport_size({"width": width, "height": height})
            assert await seer.page.evaluate(_AT_THE_EMERGENCY), f"the emergency button at {width}x{height}"
            assert await seer.page.evaluate(_TALL) >= 80, f"legible from 1.5 m at {width}x{height}"
        passkeys.clear(CUFF)
        await seer.page.wait_for_selector(_SHOWN, state="detached")
        await seer.says(question)
        assert await seer.page.evaluate("document.activeElement.tagName") == "H1"
        assert not await seer.page.inner_text("[role=alert]")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_the_emergency_button_works_while_a_passkey_is_shown(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state in (State.DO_CUFF, State.IN_VISIT):
            await stage.play(seer, state, consultation=consultation(state))
            stage.kiosk.stand("passkey", "271828")
            await _reads(seer, "271\u00a0828")
            await seer.touches("emergency")
            await seer.sees("emergency")
            assert await seer.page.locator(_SHOWN).count() == 0, "no passkey hides whom to call"
            assert "15" in await seer.text()
            await stage.play(seer, state, consultation=consultation(state))
            await _reads(seer, "271\u00a0828")
            stage.kiosk.stand("passkey", None)
            await seer.page.wait_for_selector(_SHOWN, state="detached")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_a_page_that_opens_later_shows_the_passkey_and_a_lost_one_does_not(
    browser: Browser, tmp_path: Path
) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        stage.kiosk.stand("passkey", "271828")
        await _reads(seer, "271\u00a0828")
        await seer.page.reload()
        await _reads(seer, "271\u00a0828")
        await seer.page.context.set_offline(offline=True)
        for page in stage.kiosk._pages:
            page.put_nowait("")
        await seer.page.wait_for_selector(_SHOWN, state="detached")


async def test_of_two_devices_at_once_the_latest_is_shown_and_then_the_other(browser: Browser, tmp_path: Path) -> None:
    passkeys = Passkeys()
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        passkeys.attach(lambda digits: stage.kiosk.stand("passkey", digits))
        passkeys.show(CUFF, "111111")
        passkeys.show(SCALE, "222222")
        await _reads(seer, "222\u00a0222")
        passkeys.clear(SCALE)
        await _reads(seer, "111\u00a0111")
        passkeys.clear(CUFF)
        await seer.page.wait_for_selector(_SHOWN, state="detached")


async def test_a_cuff_that_bonds_with_a_passkey_shows_it_on_the_kiosk_and_is_read(
    browser: Browser, tmp_path: Path
) -> None:
    passkeys = Passkeys()
    cuff = Cuff(inflates_s=0.1, live_packets=5, window_s=8.0)
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        passkeys.attach(lambda digits: stage.kiosk.stand("passkey", digits))
        await seer.page.evaluate(_WATCH)
        async with bluez_booth([cuff], security="display", passkey=1234, desk=passkeys) as booth:
            record = await cuff.measure()
            await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
            await booth.heard.until_ended()
            await seer.page.wait_for_function("() => window.shown.join() === '001\\u00a0234,'")
