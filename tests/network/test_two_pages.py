"""A visit between the kiosk's page and the physician's, by the relay alone, over a country network."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.peers.coturn import Coturn, coturn
from tests.peers.countryside import countryside
from tests.peers.impairment import Link
from tests.peers.patience import PATIENCE
from tests.peers.visiting import chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


async def test_a_visit_survives_an_outage_another_address_and_a_restarted_server(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    async with countryside(browser, tmp_path, relay) as here:
        await here.begins()
        assert await here.ways() == {"relay"}
        here.line.link.cut = True
        await here.kiosk.sees("call-trouble")
        await here.desk.person.sees("On la rétablit. Restez là.")
        here.line.link.cut = False
        await here.moves()
        await here.kiosk.sees("in-visit")
        connections = await here.generation()
        here.line.move()  # the relay knows no such address: only another connection has one of its own there
        async with asyncio.timeout(PATIENCE):
            while await here.generation() == connections:
                await asyncio.sleep(0.1)
        await here.desk.page.wait_for_selector('.screen[data-how="talking"]')
        await here.kiosk.sees("in-visit")
        await here.moves()
        connections = await here.generation()
        here.desk.person.expected = ("Failed to load resource", "WebSocket connection")
        await here.restart()
        await here.is_heard()
        await here.moves()
        await here.desk.page.wait_for_selector(".stage .notice.warn", state="detached")
        assert await here.generation() == connections
        await here.kiosk.sees("in-visit")


async def test_loss_distance_and_a_narrow_line_leave_a_talk_and_worse_leaves_the_sound_and_both_are_told(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    bad = Link(loss=0.05, delay_s=0.1, bits_s=300_000)
    async with countryside(browser, tmp_path, relay, link=bad) as here:
        await here.begins()
        await here.is_heard()
        assert here.line.dropped > 0
        here.line.link.delay_s, here.line.link.bits_s, here.line.link.loss = 0.0, None, 0.25
        await here.kiosk.page.wait_for_selector('h1:has-text("Le son continue")')
        await here.desk.person.sees("Le son continue.")
        await here.is_heard()
        await here.kiosk.looks("sound-only")


async def test_a_pass_that_ran_out_in_the_visit_is_a_new_one_when_the_page_comes_back(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    async with countryside(browser, tmp_path, relay, ttl_s=4) as here:
        await here.begins()
        await asyncio.sleep(5)
        await here.kiosk.page.reload()
        await here.desk.page.wait_for_selector('.screen[data-how="recovering"]')
        await here.kiosk.sees("in-visit")
        await here.moves()
        assert await here.ways() == {"relay"}


@pytest.mark.soak
@pytest.mark.parametrize("out_s", [5, 40])
async def test_after_an_outage_the_picture_comes_back(
    browser: Browser, relay: Coturn, tmp_path: Path, out_s: int
) -> None:
    async with countryside(browser, tmp_path, relay) as here:
        await here.begins()
        for _ in range(5 if out_s == 5 else 1):
            here.line.link.cut = True
            await asyncio.sleep(out_s)
            here.line.link.cut = False
            back = await here.moves()
            made = await here.generation()
            sys.stdout.write(f"both pictures back {back:.2f} s after an outage of {out_s} s, connection {made}\n")
            await here.kiosk.sees("in-visit")
            await asyncio.sleep(8)
