"""A real kiosk that plays any journey it is given, at any screen of it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image

from booth_client import qr
from booth_client.guide import Guide
from booth_client.journey import (
    OVER,
    Consultation,
    Device,
    Examination,
    Journey,
    Known,
    Plan,
    Result,
    Stage,
    State,
    Topic,
    Way,
)
from booth_client.kiosk.server import Kiosk
from booth_client.others import Asking, Other
from booth_client.shown import Shown
from booth_client.transitions import agreeing, arriving, identifying
from booth_client.words import Exam
from gateway.devices.reading import Measure, Name, Unit
from tests.peers.kiosk import Visitor
from tests.peers.town import booth_settings

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
    **dict.fromkeys((State.VISIT_EXAM, State.VISIT_TEXT, State.VISIT_PAPERS, State.VISIT_FILE), Stage.WELL),
    **dict.fromkeys((State.VISIT_SHOW, State.VISIT_HOLD, State.VISIT_LOOK), Stage.WELL),
    **dict.fromkeys((State.THIRD_PARTY, State.THIRD_DIGITS), Stage.WELL),
    State.SIX_DIGITS: Stage.WELL,
    State.HANG_UP: Stage.WELL,
    State.CALL_TROUBLE: Stage.LOST,
    State.SECURITY_STOP: Stage.STOPPED,
    State.WRITING: Stage.WRITING,
    State.REPORT: Stage.REPORTED,
    State.TAKE_PAPERS: Stage.REPORTED,
    State.CODE: Stage.REPORTED,
}


ANA = Other(participant="g-1", name="Ana Lopez", part="interpreter", digits="271828", here=True)
JEAN = Other(participant="g-2", name="Dr Jean Roy", part="specialist", here=True, known=True)
ABOUT: dict[State, dict[str, Any]] = {
    State.VISIT_EXAM: {"exam": Examination(exam=Exam.LISTEN, spot="heart-mitral")},
    State.VISIT_FILE: {"file": Shown(id="f", number=1, sheets=2)},
    State.THIRD_PARTY: {"asking": (Asking(name=str(ANA.name), part=ANA.part),)},
    State.THIRD_DIGITS: {"others": (ANA,)},
}
"""What a screen of a talk is about."""


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
    return replace(named, **{**ABOUT.get(state, {}), **changes})


_AT = {State.DO_SCALE: 0, State.DO_TEMP: 1, State.DO_OXI: 2, State.MEAL: 4, State.DO_DEVICE: 4}
"""Which of the plan's devices a screen is about."""


class Theatre:
    """A real kiosk that plays any journey it is given."""

    def __init__(self, guide: Guide, kiosk: Kiosk) -> None:
        self.guide = guide
        self.kiosk = kiosk

    async def play(self, seer: Visitor, state: State, **changes: Any) -> None:
        """Let the kiosk show *state*, and wait until it is drawn: the screen before may have had the same name."""
        self.sets(state, **changes)
        await seer.sees(state)
        await seer.page.locator(f'main[data-screen="{self.guide.screen}"]').wait_for(state="attached")

    def sets(self, state: State, *, anew: bool = True, **changes: Any) -> None:
        """Let the journey stand at *state*; not *anew*: the same screen is drawn once more."""
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
            helper="Marie" if state is State.HELPER else None,
        )
        self.guide.journey = replace(journey, **changes)
        self.guide.screen += anew
        for listener in self.guide._listeners:
            listener(self.guide.journey)


@asynccontextmanager
async def theatre(folder: Path) -> AsyncIterator[Theatre]:
    settings = booth_settings(folder, "https://localhost:9")
    guide = Guide(PLAN, {}, now=lambda: T0)
    kiosk = Kiosk(guide, settings)
    kiosk.serve(web.get("/sheet/1/0", _sheet))
    async with kiosk.open():
        yield Theatre(guide, kiosk)


async def _sheet(_request: web.Request) -> web.Response:
    drawn = io.BytesIO()
    Image.new("L", (595, 842), 255).save(drawn, "PNG")
    return web.Response(body=drawn.getvalue(), content_type="image/png")
