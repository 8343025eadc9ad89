"""A first-time user at the real page: any button, twice, too early, too late. There is always a way on."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser
from playwright.async_api import TimeoutError as NotInTime

from booth_client.guide import Guide
from booth_client.journey import Act, Consultation, Effect, Journey, Plan, Stage, State, Way
from booth_client.kiosk.server import Kiosk
from tests.peers.kiosk import Visitor, visitor
from tests.peers.town import booth_settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(120)]

PLAN = Plan(ways=frozenset(Way), visits=True, questions=True, printer=True)
TOUCHES = 30
_BUTTONS = """() => [...document.querySelectorAll("main button, .bar button, .emergency")]
  .filter((e) => !e.disabled).map((e) => e.dataset.act)"""


async def wander(seer: Visitor, dice: random.Random, touches: int = TOUCHES) -> set[str]:
    """Touch whatever there is; every screen has a sentence and something to touch."""
    seen = set()
    for _ in range(touches):
        await seer.page.wait_for_timeout(dice.choice((0, 60, 530, 530)))
        acts = await seer.page.evaluate(_BUTTONS)
        assert acts
        assert await seer.reads()
        seen.add(await seer.page.get_attribute("main", "data-state"))
        button = seer.page.locator(f'button[data-act="{dice.choice(acts)}"]:not(:disabled)').first
        if not await button.count():
            continue  # gone with the screen, as under a slow finger
        touch, delay = (button.dblclick, 0) if dice.random() < 0.3 else (button.click, dice.choice((0, 0, 700)))
        try:
            await touch(timeout=3000, force=True, delay=delay)
        except NotInTime:
            assert not await button.count()  # gone between two looks
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


STARTS: tuple[dict[str, Any], ...] = (
    {"state": State.HELPER, "behind": (State.REST,), "helper": "Marie"},
    {"state": State.HELPER_CODE, "behind": (State.WAITING, State.HELP_CALLED), "typed": "27182"},
    {"state": State.DO_CUFF, "guided": True, "helper": "Marie"},
    {"state": State.EMERGENCY_CALL, "behind": (State.DO_CUFF, State.EMERGENCY)},
    {"state": State.EMERGENCY_TEXT, "behind": (State.IN_VISIT, State.EMERGENCY)},
    {"state": State.WHO_COMPANION, "visit": False},
    {"state": State.CONSENT, "companion": "parent", "visit": False},
    {"state": State.QUESTIONS, "companion": "carer", "reason": "cough"},
    {"state": State.TAKE_PAPERS, "card": True},
)


async def test_whatever_somebody_touches_on_a_later_screen_there_is_a_way_on(browser: Browser, tmp_path: Path) -> None:
    async def carried() -> Act | None:
        return None

    async def wipe() -> Act | None:
        return Act.WIPED

    guide = Guide(PLAN, {**dict.fromkeys(Effect, carried), Effect.WIPE: wipe})
    kiosk = Kiosk(guide, booth_settings(tmp_path, "https://localhost:9"))
    dice = random.Random(7)
    async with kiosk.open(), visitor(browser, kiosk.url) as seer:
        await seer.touches("touch")
        for start in STARTS:
            talk = Consultation(stage=Stage.REPORTED if start["state"] is State.TAKE_PAPERS else Stage.WELL, ready=True)
            visit = start.get("visit", True)
            journey = Journey(plan=PLAN, since=guide.now(), at=3, rest_from=guide.now())
            guide.resume(replace(journey, **{"visit": True, "consultation": talk if visit else None, **start}))
            guide.screen += 1
            kiosk._changed(guide.journey)
            await seer.sees(start["state"])
            await wander(seer, dice, 7)
        assert not seer.complaints, seer.complaints
