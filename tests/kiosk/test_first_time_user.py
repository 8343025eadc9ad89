"""A first-time user at the real page: any button, twice, too early, too late. There is always a way on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.async_api import Browser

from booth_client.guide import Guide
from booth_client.journey import Act, Effect, Plan, Way
from booth_client.kiosk.server import Kiosk
from tests.peers.kiosk import Visitor, visitor
from tests.peers.town import booth_settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(120)]

PLAN = Plan(ways=frozenset(Way), visits=True, questions=True, printer=True)
TOUCHES = 30
_BUTTONS = """() => [...document.querySelectorAll("main button, .bar button, .emergency")]
  .filter((e) => !e.disabled).map((e) => e.dataset.act)"""


async def wander(seer: Visitor, dice: random.Random) -> set[str]:
    """Touch whatever there is; every screen has a sentence and something to touch."""
    seen = set()
    for _ in range(TOUCHES):
        await seer.page.wait_for_timeout(dice.choice((0, 60, 530, 530)))
        acts = await seer.page.evaluate(_BUTTONS)
        assert acts
        assert await seer.reads()
        seen.add(await seer.page.get_attribute("main", "data-state"))
        button = seer.page.locator(f'button[data-act="{dice.choice(acts)}"]:not(:disabled)').first
        if not await button.count():
            continue  # gone with the screen, as under a slow finger
        if dice.random() < 0.3:
            await button.dblclick(timeout=3000, force=True)
        else:
            await button.click(timeout=3000, force=True, delay=dice.choice((0, 0, 700)))
    return {str(state) for state in seen}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_somebody_touches_there_is_a_way_on(browser: Browser, tmp_path: Path, seed: int) -> None:
    async def wipe() -> Act | None:
        return Act.WIPED

    async def carried() -> Act | None:
        return None

    guide = Guide(PLAN, {**dict.fromkeys(Effect, carried), Effect.WIPE: wipe})
    kiosk = Kiosk(guide, booth_settings(tmp_path, "https://localhost:9"))
    dice = random.Random(seed)
    async with kiosk.open(), visitor(browser, kiosk.url) as seer:
        seen = await wander(seer, dice)
        assert len(seen) > 3, seen
        assert not seer.complaints, seer.complaints
