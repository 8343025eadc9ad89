"""Measuring at the kiosk: the pressure three times a minute apart and its mean, and what a device says was wrong."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from booth_client.config import Persona
from booth_client.curves import Piece
from booth_client.journey import Device, Result, State
from booth_client.measure import Live
from booth_client.words import Arm, Trouble
from gateway.devices.reading import Measure, Name, Special, Unit
from tests.kiosk.test_journeys import BRISK, TO_CONSENT
from tests.kiosk.theatre import PLAN, PRESSURE, T0, theatre
from tests.peers.kiosk import visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import Town, town

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MEAN = (
    Measure(name=Name.SYSTOLIC, value=Decimal("131.5"), unit=Unit.MMHG),
    Measure(name=Name.DIASTOLIC, value=Decimal("80.5"), unit=Unit.MMHG),
)

MEASURED = {
    Device.GLUCOMETER: (Measure(name=Name.GLUCOSE, value=Decimal("0.00104"), unit=Unit.KILOGRAM_PER_LITRE),),
    Device.STRAP: (),
    Device.SENSOR: (Measure(name=Name.RESPIRATORY_RATE, value=Decimal(16), unit=Unit.PER_MINUTE),),
    Device.ANALYSER: (
        Measure(name=Name.BODY_FAT, value=Decimal("24.1"), unit=Unit.PERCENT),
        Measure(name=Name.WEIGHT, value=Decimal("72.400"), unit=Unit.KILOGRAM),
    ),
}

_WALKED = """() => {
  window.walked = [];
  const main = document.querySelector("main");
  new MutationObserver(() => walked.push(main.dataset.state)).observe(main, {attributeFilter: ["data-state"]});
}"""
"""Notes each screen from now on, however short it stands."""


async def test_the_pressure_is_taken_three_times_and_the_mean_of_the_last_two_is_shown_and_sent(
    browser: Browser, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"devices": (Device.CUFF,), "rounds": 3, "gap_s": 4.0, "virtual": BRISK}
    options["both_arms"] = False
    async with town(tmp_path, **options) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_CONSENT, "yes>do-cuff", "done>device-wait", ">result")
        await seer.says("Tension : 132 sur 81. C’est enregistré.")
        await seer.page.evaluate(_WALKED)
        await seer.goes("continue>again", ">result", "continue>again", ">result")
        assert await seer.page.evaluate("walked") == ["again", "device-wait", "live", "result"] * 2
        await seer.says("Tension moyenne : 132 sur 81. C’est enregistré.")
        await seer.goes("continue>goodbye")
        mean = await _mean(here)
        assert not seer.complaints, "\n".join(seer.complaints)
    values = [part["valueQuantity"]["value"] for part in mean["component"]]
    assert values == [132, 81]
    assert len({each["reference"] for each in mean["derivedFrom"]}) == 2


async def test_both_arms_are_measured_each_by_its_name_and_the_record_says_which(
    browser: Browser, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"devices": (Device.CUFF,), "rounds": 2, "gap_s": 0.0, "virtual": BRISK}
    async with town(tmp_path, **options) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_CONSENT, "yes>do-cuff")
        assert (await seer.reads()).endswith("sur le bras gauche.")
        await seer.goes("done>device-wait", ">result", "continue>do-cuff")
        assert (await seer.reads()).endswith("sur le bras droit.")
        await seer.goes("done>device-wait", ">result", "continue>again", "continue>device-wait", ">result")
        assert (await seer.reads()).startswith("Tension moyenne")
        await seer.goes("continue>goodbye")
        arms = await _arms(here, 3)
        assert not seer.complaints, "\n".join(seer.complaints)
    assert sorted(arms) == ["368208006", "368209003", "368209003"]


async def _arms(here: Town, count: int) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = [each["bodySite"] for each in await here.search("Observation?code=85354-9") if "bodySite" in each]
            if len(found) == count:
                return [each["coding"][0]["code"] for each in found]
            await asyncio.sleep(0.2)


async def test_the_pulse_wave_stands_beside_the_oxygen_and_is_said_to_rest(browser: Browser, tmp_path: Path) -> None:
    wave = tuple(Decimal(round(100 + 60 * math.sin(2 * math.pi * at / 125))) for at in range(125))
    piece = Piece(name=Name.PLETH, unit=Unit.DIMENSIONLESS, first_at=T0, period=timedelta(milliseconds=8), samples=wave)
    oxygen = Measure(name=Name.SPO2, value=Decimal(97), unit=Unit.PERCENT)
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for language, comes, rests in (("fr", "Votre pouls", "Tracé en pause"), ("en", "Your pulse", "Tracing paused")):
            await stage.play(seer, State.LIVE, at=2, language=language)
            stage.kiosk.show(Live(device=Device.OXIMETER, measures=(oxygen,)))
            for second in range(5):
                stage.kiosk.draw(replace(piece, first_at=T0 + timedelta(seconds=second)))
            await seer.finds(comes)
            drawn = "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((octet) => octet > 0)"
            assert await seer.page.locator("canvas.curve").evaluate(drawn)
            await seer.finds(rests)
            await seer.looks(f"live-pulse-{language}")
            await seer.checks(f"live-pulse-{language}")
        await stage.play(seer, State.RESULT, at=2)
        assert await seer.page.locator("canvas").count() == 0
        assert not seer.complaints, "\n".join(seer.complaints)


async def _mean(here: Town) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            for each in await here.search("Observation?code=96607-7"):
                if each["meta"]["versionId"] == "2":
                    return each
            await asyncio.sleep(0.2)


async def test_every_other_device_of_the_catalogue_is_guided_kept_and_told_in_words(
    browser: Browser, tmp_path: Path
) -> None:
    devices = (Device.ANALYSER, Device.GLUCOMETER, Device.SENSOR, Device.STRAP)
    virtual = replace(BRISK, persona=Persona(weight="72.4", fat="24.1", glucose="104", breaths="16"))
    async with town(tmp_path, devices=devices, virtual=virtual) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_CONSENT, "yes>do-scale", ">result")
        await seer.says("Poids : 72,4 kg. Graisse : 24,1 %. C’est enregistré.")
        await seer.goes("continue>meal", "fasting>do-device")
        await seer.says("Prenez le lecteur n° 5.")
        await seer.goes("done>device-wait", ">result")
        await seer.says("Sucre dans le sang : 104 mg/dL. C’est enregistré.")
        assert "Soit 1,04 g/L" in (await seer.text()).replace("\u00a0", " ")
        await seer.goes("continue>do-device", "done>device-wait", ">result")
        await seer.says("Respiration : 16 par minute. C’est enregistré.")
        await seer.goes("continue>do-device")
        await seer.says("Mettez la ceinture n° 10 sous la poitrine.")
        await seer.goes("done>device-wait", ">live")
        await seer.sees("result")
        await seer.says("Le rythme du cœur est lu. C’est enregistré.")
        found = await _found(here, {"29463-7", "2345-7", "9279-1"})
        assert not seer.complaints, "\n".join(seer.complaints)
    glucose = found["2345-7"]
    assert glucose["valueQuantity"]["value"] == 104
    assert "Before" not in str(glucose["component"])


async def _found(here: Town, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Return the Observations by their LOINC codes, once all are there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = {
                one["code"]: each
                for each in await here.search("Observation?_count=100")
                for one in each["code"].get("coding", ())
            }
            if wanted <= set(found):
                return found
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
        *((State.DO_CUFF, arm, {"plan": replace(plan, arms=True), "spared": set(Arm) - {arm}}) for arm in Arm),
        (State.DO_OXI, "recheck", {"checked_pulse": True, "at": 2}),
    ]
    others = (Device.GLUCOMETER, Device.STRAP, Device.SENSOR, Device.ANALYSER)
    for at, device in enumerate(others):
        at_hand = {"plan": replace(plan, devices=others), "at": at}
        state = State.DO_SCALE if device is Device.ANALYSER else State.DO_DEVICE
        shades.append((state, device, at_hand))
        shades.append(
            (State.RESULT, device, {**at_hand, "results": {device: Result(device=device, measures=MEASURED[device])}})
        )
    high = Measure(name=Name.GLUCOSE, value=Special.POSITIVE_INFINITY, unit=Unit.KILOGRAM_PER_LITRE)
    meter = {"plan": replace(plan, devices=others), "at": 0}
    told = {Device.GLUCOMETER: Result(device=Device.GLUCOMETER, measures=(high,))}
    shades.append((State.RESULT, "too-high", {**meter, "results": told}))
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state, name, changes in shades:
            await stage.play(seer, state, language=language, **changes)
            await seer.looks(f"{state}-{name}-{language}")
            if state is State.AGAIN:
                assert await seer.page.locator("[data-act=continue]").is_disabled(), "a minute is a minute"
            await seer.checks(f"{state}-{name}-{language}")
        assert not seer.complaints, "\n".join(seer.complaints)
