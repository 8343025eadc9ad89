"""Calls between a simulated booth (aiortc) and a physician's page in a real Chromium, over a real signalling server."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from booth_client.channels import Answer, Progress, Request
from booth_client.protection import Status
from gateway.devices.reading import Kind, Measure, Name, Reading, Special, Unit
from signalling import messages as m
from signalling.errors import Flaw
from signalling.side import Endpoint
from tests.peers.kiosk import CHROMIUM
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_browser import MEDIA_FLAGS, House, house, physician_page, prepare, simulated_booth
from tests.peers.webrtc_people import People, reachable
from tests.signalling.record import Record

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PRESSURE = Reading(
    kind=Kind.BLOOD_PRESSURE,
    measures=(
        Measure(name=Name.SYSTOLIC, value=Decimal(132), unit=Unit.MMHG),
        Measure(name=Name.DIASTOLIC, value=Decimal("81.0"), unit=Unit.MMHG),
        Measure(name=Name.MEAN, value=Special.NRES, unit=Unit.MMHG),
    ),
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    reachable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def home(folk: People, tmp_path: Path) -> AsyncIterator[House]:
    async with house(folk, Record(path=tmp_path / "record.db")) as opened:
        yield opened


async def seen(page: Page, what: str) -> Any:
    return await page.evaluate(f"physician.seen.{what}")


async def until(page: Page, expression: str, *, seconds: float = PATIENCE) -> None:
    await page.wait_for_function(expression, timeout=seconds * 1000)


async def test_picture_sound_and_measurements_are_right_in_the_physicians_browser(
    chromium: Browser, home: House
) -> None:
    async with simulated_booth(home.people, home.url) as booth, physician_page(chromium, home) as page:
        booth.agent.vital(PRESSURE, device="cuff", at=AT)
        await booth.protected()
        await until(page, "physician.seen.numbers.length > 20")
        numbers, frames = await seen(page, "numbers"), await seen(page, "frames")
        assert numbers == sorted(numbers)
        assert len(set(numbers)) > 15
        assert len(numbers) >= 0.9 * len(frames)  # the barcode could be read in nearly every picture that was shown
        await booth.until(lambda: len(booth.frames) > 20)  # and the physician's camera is seen at the booth
        await until(page, "physician.seen.heard.some((each) => each.k === 'vital')")
        (vital,) = [each for each in await seen(page, "heard") if each["k"] == "vital"]
        assert (vital["channel"], vital["early"]) == ("vitals", False)
        assert json.loads(vital["text"], parse_float=Decimal)["measures"] == [
            {"name": "systolic", "value": 132, "unit": "mmHg"},
            {"name": "diastolic", "value": Decimal("81.0"), "unit": "mmHg"},
            {"name": "mean", "value": None, "unit": "mmHg", "special": "NRes"},
        ]
        assert '"value":81.0' in vital["text"]
        digits = await seen(page, "digits")
        assert digits == {"agent": booth.agent.state.digits, "av": booth.av.state.digits}


async def test_the_physicians_page_asks_for_a_measurement_and_sees_curve_and_answer(
    chromium: Browser, home: House
) -> None:
    async with simulated_booth(home.people, home.url) as booth, physician_page(chromium, home) as page:
        await booth.protected()
        await until(page, "physician.seen.proved.agent === 1")
        await page.evaluate("physician.ask({k: 'request', id: 'r-1', what: 'measure', kind: 'cuff'})")
        await booth.until(lambda: booth.requests)
        assert booth.requests == [Request(id="r-1", what="measure", kind="cuff")]
        booth.agent.answer(Answer(id="r-1", what="measure", state=Progress.DOING))
        period = timedelta(milliseconds=250)
        booth.agent.wave([Decimal("12.5")], name=Name.CUFF, unit=Unit.MMHG, first_at=AT, period=period)
        await until(page, "['answer', 'wave'].every((k) => physician.seen.heard.some((each) => each.k === k))")
        channels = {each["k"]: each["channel"] for each in await seen(page, "heard")}
        assert (channels["answer"], channels["wave"]) == ("control", "wave")


async def test_a_page_with_a_false_fingerprint_gets_no_picture_and_no_measurement(
    chromium: Browser, home: House
) -> None:
    before = f"physician.lieAbout('{'AB' * 32}')"
    async with simulated_booth(home.people, home.url) as booth, physician_page(chromium, home, before=before) as page:
        booth.agent.vital(PRESSURE, device="cuff", at=AT)
        await booth.until(lambda: booth.flaws)
        assert booth.flaws[0] == Flaw.FINGERPRINT
        assert Status.REFUSED in {state.status for state in booth.states}
        await booth.until(lambda: any(isinstance(each, m.Ended) for each in booth.heard))
        assert next(each.reason for each in booth.heard if isinstance(each, m.Ended)) == Flaw.FINGERPRINT
        await page.wait_for_timeout(500)
        assert (await seen(page, "heard"), await seen(page, "numbers")) == ([], [])
        assert "connected" not in {state for _, _, state in await seen(page, "closed")}


async def test_a_reloaded_page_has_picture_and_measurements_back_in_the_next_generation(
    chromium: Browser, home: House
) -> None:
    async with simulated_booth(home.people, home.url) as booth, physician_page(chromium, home) as page:
        booth.agent.vital(PRESSURE, device="cuff", at=AT)
        await booth.protected()
        await until(page, "physician.seen.numbers.length > 3")
        await prepare(page, home)
        await booth.protected(generation=2)
        await until(page, "physician.seen.numbers.length > 3")
        await until(page, "physician.seen.heard.some((each) => each.k === 'vital' && each.seq === 1)")


async def test_while_signalling_is_dead_picture_and_measurements_go_on_and_the_booth_finds_it_again(
    chromium: Browser, home: House
) -> None:
    async with simulated_booth(home.people, home.url) as booth, physician_page(chromium, home) as page:
        await booth.protected()
        await home.shut()
        await booth.until(lambda: booth.link._socket is None)
        before = len(await seen(page, "numbers"))
        booth.agent.vital(PRESSURE, device="cuff", at=AT)
        await until(page, f"physician.seen.numbers.length > {before + 15}")
        await until(page, "physician.seen.heard.some((each) => each.k === 'vital')")
        home.open()
        await booth.until(lambda: sum(isinstance(each, m.Admitted) for each in booth.heard) == 2)
        assert booth.agent.state.generation == booth.av.state.generation == 1


async def test_a_killed_browser_is_noticed_in_three_to_five_seconds_and_another_one_goes_on(
    home: House,
) -> None:
    reachable()
    async with async_playwright() as playwright, simulated_booth(home.people, home.url) as booth:
        flags = [*MEDIA_FLAGS, "--remote-debugging-port=0"]
        first = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        session = await first.new_browser_cdp_session()
        async with physician_page(first, home):
            await booth.protected()
            processes = await session.send("SystemInfo.getProcessInfo")
            for each in sorted(processes["processInfo"], key=lambda each: each["type"] == "browser"):
                os.kill(each["id"], 9)
            killed = time.monotonic()
            await booth.until(lambda: booth.agent.state.status is Status.RECOVERING)
            noticed_s = time.monotonic() - killed
            assert noticed_s <= 5
        second = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        async with physician_page(second, home) as page:
            await booth.protected(generation=2)
            await until(page, "physician.seen.numbers.length > 3")
        await second.close()


async def test_the_endpoints_are_proved_before_anything_is_seen(chromium: Browser, home: House) -> None:
    async with simulated_booth(home.people, home.url) as booth, physician_page(chromium, home) as page:
        await booth.protected()
        await until(page, "physician.seen.numbers.length > 0")
        when = await seen(page, "when")
        assert when["av-offer"] < when["av-proved"] < when["av-frame"]
        assert not any(each["early"] for each in await seen(page, "heard"))
        assert {each.endpoint for each in booth.states if each.name == "Dr Claire Martin"} == set(Endpoint)
