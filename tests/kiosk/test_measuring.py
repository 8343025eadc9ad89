"""Measuring at the kiosk: the pressure three times a minute apart and its mean, and what a device says was wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from booth_client.journey import Device, Result, State
from booth_client.words import Trouble
from gateway.devices.reading import Measure, Name, Unit
from tests.kiosk.test_journeys import BRISK, TO_CONSENT
from tests.kiosk.test_screens import PLAN, PRESSURE, T0, theatre
from tests.peers.kiosk import visitor
from tests.peers.town import Town, town

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(180)]

MEAN = (
    Measure(name=Name.SYSTOLIC, value=Decimal("131.5"), unit=Unit.MMHG),
    Measure(name=Name.DIASTOLIC, value=Decimal("80.5"), unit=Unit.MMHG),
)


async def test_the_pressure_is_taken_three_times_and_the_mean_of_the_last_two_is_shown_and_sent(
    browser: Browser, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"devices": (Device.CUFF,), "rounds": 3, "gap_s": 2.0, "virtual": BRISK}
    async with town(tmp_path, **options) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_CONSENT, "yes>do-cuff", "done>device-wait", ">result")
        assert await seer.reads() == "Tension : 132 sur 81. C'est enregistré."
        await seer.goes("continue>again")
        assert "C'est la mesure 2 sur 3." in await seer.text()
        assert await seer.page.locator("[data-act=continue]").is_disabled()
        await seer.goes(">device-wait", ">result", "continue>again", ">device-wait", ">result")
        assert await seer.reads() == "Tension moyenne : 132 sur 81. C'est enregistré."
        await seer.goes("continue>goodbye")
        mean = await _mean(here)
        assert not seer.complaints, "\n".join(seer.complaints)
    values = [part["valueQuantity"]["value"] for part in mean["component"]]
    assert values == [132, 81]
    assert len({each["reference"] for each in mean["derivedFrom"]}) == 2


async def _mean(here: Town) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            for each in await here.search("Observation?code=96607-7"):
                if each["meta"]["versionId"] == "2":
                    return each
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_shade_of_measuring_is_whole_legible_and_accessible(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    plan = replace(PLAN, gap=timedelta(minutes=1))
    averaged = {Device.CUFF: Result(device=Device.CUFF, measures=PRESSURE, mean=MEAN)}
    shades: list[tuple[State, str, dict[str, Any]]] = [
        *((State.RETRY, trouble, {"trouble": trouble}) for trouble in Trouble),
        (State.AGAIN, "minute", {"plan": plan, "measured": T0, "round": 1}),
        (State.AGAIN, "half", {"plan": plan, "measured": T0 - timedelta(seconds=33), "round": 1}),
        (State.RESULT, "mean", {"results": averaged, "round": 3}),
    ]
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state, name, changes in shades:
            await stage.play(seer, state, language=language, **changes)
            await seer.looks(f"{state}-{name}-{language}")
            await seer.checks(f"{state}-{name}-{language}")
        assert not seer.complaints, "\n".join(seer.complaints)
