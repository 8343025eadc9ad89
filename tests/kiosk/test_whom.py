"""The sentences change with whom they are said to, and of what."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from booth_client.journey import Device, State
from booth_client.words import Trouble
from tests.kiosk.theatre import PLAN, theatre
from tests.peers.kiosk import visitor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


async def test_where_to_press_if_it_hurts_is_said_of_the_cuff_alone(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for at, device in enumerate(PLAN.devices):
            await stage.play(seer, State.LIVE, at=at)
            said = await seer.page.locator(".words .quiet").all_inner_texts()
            assert said == (["Si ça fait mal, appuyez sur le bouton de l’appareil."] if device is Device.CUFF else [])


async def test_whoever_speaks_for_another_is_told_whom_the_physician_means(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for companion, measure, exam in (
            (None, "Le médecin veut votre tension.", "Le médecin écoute votre cœur."),
            ("parent", "Le médecin veut la tension de votre enfant.", "Le médecin écoute votre enfant."),
        ):
            await stage.play(seer, State.VISIT_MEASURE, companion=companion)
            await seer.says(measure)
            await stage.play(seer, State.VISIT_EXAM, companion=companion)
            await seer.says(exam)


async def test_whoever_helps_somebody_to_measure_is_told_what_to_do_for_them(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state, changes, sentence, below in (
            (State.DO_SCALE, {}, "Aidez votre enfant à monter sur la balance n° 4.", "Pieds nus, sans bouger."),
            (
                State.DO_CUFF,
                {},
                "Mettez le brassard n° 2 sur son bras nu.",
                "Faites asseoir votre enfant, les pieds à plat.",
            ),
            (State.REST, {}, "Laissez votre enfant se reposer.", "Jambes décroisées. Ne parlez pas."),
            (State.RETRY, {"trouble": Trouble.SIGNAL}, "Frottez ses mains. On recommence.", "Mettez un doigt chaud"),
            (State.DO_DEVICE, {}, "Prenez le lecteur n° 5.", "Lavez ses mains."),
        ):
            await stage.play(seer, state, companion="parent", **changes)
            await seer.says(sentence)
            assert below in await seer.text()
        await stage.play(seer, State.DO_SCALE)
        await seer.says("Montez sur la balance n° 4, pieds nus.")
