"""A Chromium with a camera, and a gateway where visits take place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.peers.house import House, house
from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS
from tests.peers.webrtc_people import reachable


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    reachable()
    async with house(tmp_path_factory.mktemp("house")) as made:
        yield made
