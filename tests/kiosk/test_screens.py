"""Every screen of the journey, in both languages and all comforts, at three sizes: complete, legible, accessible."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from booth_client import qr
from booth_client.guide import Guide
from booth_client.hours import OpeningHours
from booth_client.journey import OVER, Consultation, Device, Journey, Known, Plan, Result, Stage, State, Topic, Way
from booth_client.kiosk.server import Kiosk
from booth_client.measure import Live
from booth_client.transitions import agreeing, arriving, identifying
from gateway.devices.reading import Measure, Name, Unit
from tests.peers.kiosk import Visitor, visitor
from tests.peers.town import booth_settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(180)]

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
DEVICES = (Device.SCALE, Device.THERMOMETER, Device.OXIMETER, Device.CUFF, Device.GLUCOMETER)
PLAN = Plan(
    devices=DEVICES,
    ways=frozenset(Way),
    rest=timedelta(minutes=5),
    rounds=3,
    visits=True,
    questions=True,
    printer=True,
)
FRIDAYS = OpeningHours(friday=("09:00-12:00",))
PRESSURE = (
    Measure(name=Name.SYSTOLIC, value=Decimal(132), unit=Unit.MMHG),
    Measure(name=Name.DIASTOLIC, value=Decimal(81), unit=Unit.MMHG),
    Measure(name=Name.PULSE, value=Decimal(72), unit=Unit.PER_MINUTE),
)
RESULTS = {
    Device.CUFF: PRESSURE,
    Device.SCALE: (Measure(name=Name.WEIGHT, value=Decimal("72.400"), unit=Unit.KILOGRAM),),
    Device.THERMOMETER: (Measure(name=Name.TEMPERATURE, value=Decimal("37.2"), unit=Unit.CELSIUS),),
    Device.OXIMETER: (
        Measure(name=Name.SPO2, value=Decimal(97), unit=Unit.PERCENT),
        Measure(name=Name.PULSE, value=Decimal(72), unit=Unit.PER_MINUTE),
    ),
}


CODE = qr.picture("Téléborne, votre visite du 03/03/2026 à 14 h 05\nMairie de Caudry\nTension : 132/81 mmHg\n" * 2)
STAGES = {
    State.WAITING: Stage.ASKED,
    State.ALL_RIGHT: Stage.ASKED,
    State.LEAVE: Stage.ASKED,
    State.DOCTOR_COMING: Stage.WELL,
    State.IN_VISIT: Stage.WELL,
    State.VISIT_MEASURE: Stage.WELL,
    State.SIX_DIGITS: Stage.WELL,
    State.HANG_UP: Stage.WELL,
    State.CALL_TROUBLE: Stage.LOST,
    State.SECURITY_STOP: Stage.STOPPED,
    State.WRITING: Stage.WRITING,
    State.REPORT: Stage.REPORTED,
    State.TAKE_PAPERS: Stage.REPORTED,
    State.CODE: Stage.REPORTED,
}


def consultation(state: State, **changes: Any) -> Consultation | None:
    """Return a visit that stands as the screen shows it."""
    if state not in STAGES:
        return None
    named = replace(
        Consultation(
            stage=STAGES[state], before=2, minutes=(5, 15), name="Dr Claire Martin", device=Device.CUFF, digits="403180"
        ),
        ready=state is not State.DOCTOR_COMING,
        papers=1,
        pages=2,
        code=CODE,
    )
    return replace(named, **changes)


_AT = {State.DO_SCALE: 0, State.DO_TEMP: 1, State.DO_OXI: 2, State.MEAL: 4, State.DO_DEVICE: 4}
"""Which of the plan's devices a screen is about."""


class Theatre:
    """A real kiosk that plays any journey it is given."""

    def __init__(self, guide: Guide, kiosk: Kiosk) -> None:
        self.guide = guide
        self.kiosk = kiosk

    async def play(self, seer: Visitor, state: State, **changes: Any) -> None:
        at = _AT.get(state, 3)
        first = state in (*arriving.ROWS, *identifying.ROWS, State.GOODBYE)
        journey = Journey(
            plan=PLAN,
            since=T0,
            state=state,
            at=-1 if first else at,
            behind=(State.DO_CUFF,) if state in OVER else (),
            people=(Known(id="1", name="Jeanne M.", age=82),),
            phone="0612345678" if state is State.CALLED_BACK else "061234",
            agreed={Topic.READINGS: True, Topic.VISIT: True, Topic.PRESENT: True, Topic.SHARE: False},
            reason="cough",
            visit=state in STAGES or state in agreeing.ROWS or state in (State.NO_DOCTOR, State.OFFLINE),
            rest_from=T0,
            results={device: Result(device=device, measures=values) for device, values in RESULTS.items()},
            consultation=consultation(state),
        )
        self.guide.journey = replace(journey, **changes)
        self.guide.screen += 1
        for listener in self.guide._listeners:
            listener(self.guide.journey)
        await seer.sees(state)


@asynccontextmanager
async def theatre(folder: Path) -> AsyncIterator[Theatre]:
    settings = booth_settings(folder, "https://localhost:9")
    guide = Guide(PLAN, {}, now=lambda: T0)
    kiosk = Kiosk(guide, settings)
    async with kiosk.open():
        yield Theatre(guide, kiosk)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_screen_is_whole_legible_and_accessible(browser: Browser, tmp_path: Path, language: str) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state in State:
            await stage.play(seer, state, language=language)
            await seer.looks(f"{state}-{language}")
            await seer.checks(f"{state}-{language}")
            assert await seer.page.evaluate("document.activeElement.tagName") == "H1"
            assert await seer.page.locator("h1").count() == 1
            assert await seer.page.get_attribute("html", "lang") == language
            assert (await seer.reads()) in (await seer.page.title()).replace("\u00a0", " ")
        assert not seer.complaints, "\n".join(seer.complaints)


@pytest.mark.parametrize(("comfort", "language"), [("large", "fr"), ("contrast", "fr"), ("large", "en")])
async def test_every_screen_stands_large_text_and_contrast(
    browser: Browser, tmp_path: Path, comfort: str, language: str
) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state in State:
            await stage.play(seer, state, language=language, hinted=True, **{comfort: True})
            await seer.looks(f"{state}-{language}-{comfort}")
            await seer.checks(f"{state}-{language}-{comfort}")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_every_shade_of_a_visit_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    shades: list[tuple[State, str, dict[str, Any]]] = [
        (State.WAITING, "asking", {"before": None, "minutes": None}),
        (State.WAITING, "next", {"before": 0, "minutes": (0, 5)}),
        (State.WAITING, "unknown", {"before": 12, "minutes": None}),
        (State.DOCTOR_COMING, "unproved", {"stage": Stage.COMING, "name": None}),
        (State.DOCTOR_COMING, "checking", {"stage": Stage.COMING, "name": None, "ready": True}),
        (State.DOCTOR_COMING, "minute", {"minute": True}),
        (State.DOCTOR_COMING, "long-name", {"name": "Dr Marie-Antoinette de La Rochefoucauld-Montbéliard"}),
        (State.IN_VISIT, "unseen-unheard", {"sound": False, "camera": False}),
        (State.IN_VISIT, "long-name", {"name": "Dr Marie-Antoinette de La Rochefoucauld-Montbéliard"}),
        (State.CALL_TROUBLE, "sound", {"stage": Stage.SOUND}),
        (State.SIX_DIGITS, "sound", {"stage": Stage.SOUND}),
        (State.SIX_DIGITS, "long-name", {"name": "Dr Marie-Antoinette de La Rochefoucauld-Montbéliard"}),
        (State.TAKE_PAPERS, "printing", {"pages": None}),
        (State.CODE, "unprinted", {"unprinted": True}),
        (State.REPORT, "unprinted", {"unprinted": True}),
        *((State.VISIT_MEASURE, device, {"device": device}) for device in Device),
    ]
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for language in ("fr", "en"):
            for state, shade, changes in shades:
                await stage.play(seer, state, language=language, consultation=consultation(state, **changes))
                await seer.looks(f"{state}-{language}-{shade}")
                await seer.checks(f"{state}-{language}-{shade}")
            await stage.play(seer, State.WAITING, language=language, hinted=True, online=False)
            await seer.looks(f"waiting-{language}-late")
            await stage.play(seer, State.REASON, language=language, page=1)
            await seer.looks(f"reason-{language}-more")
            await stage.play(seer, State.NO_DOCTOR, language=language, online=False)
            await seer.looks(f"no-doctor-{language}-offline")
            for state in (State.DO_CUFF, State.DEVICE_WAIT, State.LIVE, State.RESULT, State.RETRY):
                talk = consultation(State.IN_VISIT)
                await stage.play(seer, state, language=language, consultation=talk)
                await seer.looks(f"{state}-{language}-talk")
                await seer.checks(f"{state}-{language}-talk")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_every_shade_of_saying_who_one_is_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    shades: list[tuple[State, str, dict[str, Any]]] = [
        (State.WHO, "card-only", {"closed": frozenset({Way.CODE, Way.HELPER})}),
        (State.WHO_CARD, "turned", {"tries": 1}),
        (State.WHO_PHONE, "empty", {"phone": ""}),
        (State.WHO_PHONE, "missing", {"checked": True}),
        (State.WHO_PHONE, "abroad", {"phone": "00330612345678901"}),
        (State.WHO_CONFIRM, "no-age", {"people": (Known(id="1", name="Jeanne M."),)}),
        (State.WHO_CONFIRM, "child", {"people": (Known(id="2", name="Tom M.", age=8),), "companion": "parent"}),
        (State.WHO_CONFIRM, "long", {"people": (Known(id="1", name="Marie-Antoinette-Bernadette D.", age=104),)}),
    ]
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for language in ("fr", "en"):
            for state, shade, changes in shades:
                for comfort in ("plain", "large"):
                    await stage.play(seer, state, language=language, large=comfort == "large", **changes)
                    await seer.looks(f"{state}-{language}-{shade}-{comfort}")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_every_question_and_every_closed_hour_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    closed = replace(PLAN, hours=OpeningHours(tuesday=("16:30-18:00",), friday=("09:00-12:00",)).hours)
    shades: list[tuple[State, str, dict[str, Any]]] = [
        *((State.QUESTIONS, reason, {"reason": reason, "question": 3}) for reason in ("cough", "fever")),
        *((State.QUESTIONS, str(at), {"question": at}) for at in (1, 2)),
        *((State.EXPLAIN, topic, {"topic": topic}) for topic in (Topic.VISIT, Topic.SHARE)),
        (State.REFUSED, "no-visits", {"plan": replace(PLAN, visits=False)}),
        (State.CALLED_BACK, "here", {"phone": ""}),
        (State.IDLE, "closed", {"plan": closed, "open": False}),
        (
            State.IDLE,
            "closed-for-days",
            {"plan": replace(closed, hours=OpeningHours(friday=("09:00-12:00",)).hours), "open": False},
        ),
        (State.NO_DOCTOR, "closed", {"plan": closed, "open": False, "visit": True}),
    ]
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for language in ("fr", "en"):
            for state, shade, changes in shades:
                for comfort in ("plain", "large"):
                    await stage.play(seer, state, language=language, large=comfort == "large", **changes)
                    await seer.looks(f"{state}-{language}-{shade}-{comfort}")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_hints_results_and_live_values_find_their_place(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state in (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.DEVICE_WAIT, State.HELP_CALLED):
            await stage.play(seer, state, hinted=True)
            await seer.looks(f"{state}-hint")
        for at, device in enumerate(PLAN.devices):
            await stage.play(seer, State.RESULT, at=at, online=False)
            await seer.looks(f"result-{device}-offline")
        await stage.play(seer, State.LIVE)
        stage.kiosk.show(Live(device=Device.CUFF, measures=PRESSURE[:1]))
        await seer.page.wait_for_selector(".valued .value")
        await seer.looks("live-cuff")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_a_lost_booth_is_said_to_be_out_of_order_and_shows_nothing_of_anybody(
    browser: Browser, tmp_path: Path
) -> None:
    async with theatre(tmp_path) as stage:
        gone = asyncio.Event()
        async with visitor(browser, stage.kiosk.url) as seer:
            await stage.play(seer, State.RESULT)
            assert "132" in await seer.text()
            await seer.page.context.set_offline(offline=True)
            for page in stage.kiosk._pages:
                page.put_nowait("")
            await seer.sees("out-of-service")
            assert "132" not in await seer.text()
            gone.set()
        assert gone.is_set()
