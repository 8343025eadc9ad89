"""A talk over the countryside's network: by the relay alone, lossy, far, narrow, interrupted, at another address."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from booth_client.protection import Status
from gateway.devices.reading import Kind, Measure, Name, Reading, Unit
from tests.peers.coturn import Coturn, coturn
from tests.peers.impairment import Impairment, Link, impaired
from tests.peers.kiosk import CHROMIUM
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_browser import MEDIA_FLAGS, SimulatedBooth, house, physician_page, simulated_booth
from tests.peers.webrtc_people import People, people, reachable
from tests.signalling.record import Record

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

PULSE = Reading(kind=Kind.PULSE_RATE, measures=(Measure(name=Name.PULSE, value=Decimal(72), unit=Unit.PER_MINUTE),))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    reachable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def folk(tmp_path_factory: pytest.TempPathFactory) -> People:
    return people(tmp_path_factory.mktemp("people"))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    booth: SimulatedBooth
    page: Page
    line: Impairment

    async def frames(self) -> int:
        return int(await self.page.evaluate("physician.seen.numbers.length"))

    async def moves(self, *, seconds: float = PATIENCE) -> float:
        """Wait until new frames are decoded; return after how many seconds."""
        loop = asyncio.get_running_loop()
        began, seen = loop.time(), await self.frames()
        async with asyncio.timeout(seconds):
            while await self.frames() < seen + 3:
                await asyncio.sleep(0.05)
        return loop.time() - began


@asynccontextmanager
async def talk(
    chromium: Browser, folk: People, relay: Coturn, folder: Path, *, link: Link | None = None, lifetime_s: int = 600
) -> AsyncIterator[Talk]:
    async with impaired(relay.port, link) as line:
        url = f"turn:127.0.0.1:{line.port}?transport=udp"

        def servers(participant: str, _now: datetime) -> Any:
            return relay.servers(url, participant=participant, lifetime=timedelta(seconds=lifetime_s))

        async with (
            house(folk, Record(path=folder / "record.db"), relays=servers) as home,
            simulated_booth(folk, home.url) as booth,
            physician_page(chromium, home) as page,
        ):
            yield Talk(booth=booth, page=page, line=line)


async def test_a_talk_by_the_relay_alone_is_protected_and_carries_picture_and_values(
    chromium: Browser, folk: People, relay: Coturn, tmp_path: Path
) -> None:
    async with talk(chromium, folk, relay, tmp_path) as here:
        here.booth.agent.vital(PULSE, device="oximeter", at=datetime.now(UTC))
        await here.booth.protected()
        await here.moves()
        await here.page.wait_for_function("physician.seen.heard.some((said) => said.k === 'vital')")
        pairs = await here.page.evaluate("physician.pairs()")
        assert {pair["local"] for pair in pairs} == {"relay"}


async def test_loss_distance_and_a_narrow_line_leave_a_talk_that_moves(
    chromium: Browser, folk: People, relay: Coturn, tmp_path: Path
) -> None:
    bad = Link(loss=0.05, delay_s=0.1, bits_s=300_000)
    async with talk(chromium, folk, relay, tmp_path, link=bad) as here:
        await here.booth.protected()
        await here.moves()
        here.booth.agent.vital(PULSE, device="oximeter", at=datetime.now(UTC))
        await here.page.wait_for_function("physician.seen.heard.some((said) => said.k === 'vital')")
        assert here.line.dropped > 0


@pytest.mark.parametrize("out_s", [5, pytest.param(40, marks=pytest.mark.soak)])
async def test_after_an_outage_picture_and_values_come_back(
    chromium: Browser, folk: People, relay: Coturn, tmp_path: Path, out_s: int
) -> None:
    async with talk(chromium, folk, relay, tmp_path) as here:
        await here.booth.protected()
        await here.moves()
        here.line.link.cut = True
        await asyncio.sleep(out_s)
        assert here.booth.agent.state.status is Status.RECOVERING
        here.line.link.cut = False
        back = await here.moves()
        sys.stdout.write(f"picture back {back:.2f} s after an outage of {out_s} s\n")
        await here.booth.protected(generation=1)
        here.booth.agent.vital(PULSE, device="oximeter", at=datetime.now(UTC))
        await here.page.wait_for_function("physician.seen.heard.some((said) => said.k === 'vital')")


async def test_a_talk_goes_on_at_another_address(
    chromium: Browser, folk: People, relay: Coturn, tmp_path: Path
) -> None:
    async with talk(chromium, folk, relay, tmp_path) as here:
        await here.booth.protected()
        await here.moves()
        here.line.move()
        await here.moves()
        await here.booth.protected()


async def test_a_pass_that_is_out_of_date_is_told_and_the_talk_tries_without(
    chromium: Browser, folk: People, relay: Coturn, tmp_path: Path
) -> None:
    async with talk(chromium, folk, relay, tmp_path, lifetime_s=-1) as here:
        await here.booth.until(lambda: here.booth.agent.state.without_relay)
        with contextlib.suppress(TimeoutError):
            await here.booth.protected(seconds=3)
        assert here.booth.agent.state.status is not Status.REFUSED
