"""A real Chromium, and a real gateway to which a booth has told what happened in its village."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.peers.desk import PEOPLE
from tests.peers.kiosk import CHROMIUM, FLAGS
from tests.peers.modules import computing
from tests.peers.running import Running, running_gateway
from tests.peers.village import tell

KIOSK = "http://127.0.0.1:9/"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def village(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("village")
    async with running_gateway(
        folder, change=lambda settings: replace(settings, kiosk=KIOSK, people=PEOPLE)
    ) as running:
        await tell(running)
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Give a page that may import what only computes."""
    async with computing(browser) as opened:
        yield opened
