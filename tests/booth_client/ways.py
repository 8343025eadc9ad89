"""Ways through the booth that several tests begin with: to the cuff, to the wait, into a talk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from booth_client.journey import Act, Device, Journey, News, Plan, Result, Stage, advance
from gateway.devices.reading import Measure, Name, Unit

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
PLAN = Plan()


def reading(device: Device) -> Result:
    return Result(device=device, measures=(Measure(name=Name.WEIGHT, value=Decimal("72.40"), unit=Unit.KILOGRAM),))


def walk(*acts: Act | tuple[Act, Device], plan: Plan = PLAN, start: Journey | None = None) -> Journey:
    journey = start or Journey(plan=plan, since=T0)
    for act in acts:
        name, device = act if isinstance(act, tuple) else (act, None)
        journey, _ = advance(journey, name, T0, result=reading(device) if device else None)
    return journey


CONSENTED = (Act.TOUCH, Act.FRENCH, Act.NO, Act.YES)
TO_CUFF = (
    *CONSENTED,
    (Act.SAVED, Device.SCALE),
    Act.CONTINUE,
    (Act.SAVED, Device.THERMOMETER),
    Act.CONTINUE,
    (Act.SAVED, Device.OXIMETER),
    Act.CONTINUE,
)
VISITS = replace(PLAN, devices=(Device.CUFF,), visits=True, printer=True)
AGREED = (Act.YES, Act.NO, Act.YES)
"""To see a physician, alone, and that the report may be read by one's own."""
MEASURED = (*CONSENTED, (Act.SAVED, Device.CUFF), Act.CONTINUE)
TO_REASON = (*MEASURED, *AGREED)
TO_WAITING = (*TO_REASON, Act.COUGH)


def told(journey: Journey, stage: Stage | None, act: Act = Act.VISIT, **news: Any) -> Journey:
    after, _ = advance(journey, act, T0, news=News(stage=stage, **news))
    return after


def waiting() -> Journey:
    return told(walk(*TO_WAITING, plan=VISITS), Stage.ASKED, before=2, minutes=(5, 15))


def talking() -> Journey:
    coming = told(waiting(), Stage.COMING)
    return walk(Act.READY, start=told(coming, Stage.WELL, name="Dr Claire Martin"))
