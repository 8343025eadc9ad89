"""People who are not there: hands that use a virtual device, a patient who makes visits alone, one who is at home."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Final

from booth_client.config import HomeSettings, Persona, SimulatedPatient
from booth_client.guide import Guide
from booth_client.journey import Act, Device, ForbiddenAct, Journey, State

__all__ = ["ANSWERS", "Hands", "Use", "at_home", "make_visits", "values_of"]

Use = Callable[[Device], Awaitable[None]]
"""Takes a measurement with a virtual device, as a person would; returns when the device has sent it."""

_LONGEST_USE_S: Final = 90.0

_MEASURED: Final[Mapping[Device, tuple[str, ...]]] = {
    Device.CUFF: ("systolic", "diastolic", "pulse"),
    Device.OXIMETER: ("spo2", "pulse"),
    Device.THERMOMETER: ("temperature",),
    Device.SCALE: ("weight",),
    Device.ANALYSER: ("weight", "fat"),
    Device.GLUCOMETER: ("glucose",),
    Device.STRAP: (),
    Device.SENSOR: ("breaths",),
}

ANSWERS: Final[Mapping[State, Act]] = {
    State.IDLE: Act.TOUCH,
    State.LANGUAGE: Act.FRENCH,
    State.SAFETY: Act.NO,
    State.WHO: Act.NOTHING,
    State.WHO_CARD: Act.OTHERWISE,
    State.WHO_QR: Act.OTHERWISE,
    State.WHO_ASSISTED: Act.NO,
    State.WHO_HELPER: Act.OTHERWISE,
    State.WHO_PHONE: Act.WITHOUT,
    State.WHO_CONFIRM: Act.YES,
    State.WHO_COMPANION: Act.ADULT,
    State.CONSENT: Act.YES,
    State.EXPLAIN: Act.CONTINUE,
    State.REFUSED: Act.FINISH,
    State.OFFLINE: Act.CONTINUE,
    State.DO_CUFF: Act.DONE,
    State.MEAL: Act.FASTING,
    State.DO_DEVICE: Act.DONE,
    State.RESULT: Act.CONTINUE,
    State.AGAIN: Act.CONTINUE,
    State.RETRY: Act.REDO,
    State.FAILED: Act.CONTINUE,
    State.UNSAVED: Act.FINISH,
    State.SKIP: Act.CONTINUE,
    State.CONSENT_VISIT: Act.YES,
    State.NO_VIDEO: Act.FINISH,
    State.COMPANY: Act.NO,
    State.CONSENT_PRESENT: Act.YES,
    State.ALONE: Act.DONE,
    State.CONSENT_SHARE: Act.YES,
    State.CONSENTS: Act.CONTINUE,
    State.QUESTIONS: Act.UNSURE,
    State.CALLED_BACK: Act.FINISH,
    State.REASON: Act.TELL,
    State.NO_DOCTOR: Act.FINISH,
    State.ALL_RIGHT: Act.YES,
    State.LEAVE: Act.NO,
    State.DOCTOR_COMING: Act.READY,
    State.VISIT_MEASURE: Act.YES,
    State.THIRD_PARTY: Act.YES,
    State.THIRD_DIGITS: Act.BACK,  # nobody reads them out to a patient who is not there: the mark stays
    State.HANG_UP: Act.NO,
    State.SECURITY_STOP: Act.FINISH,
    State.REPORT: Act.PHONE,
    State.TAKE_PAPERS: Act.DONE,
    State.CODE: Act.DONE,
    State.STILL_THERE: Act.HERE,
    State.EMERGENCY: Act.NOT_URGENT,
    State.EMERGENCY_CALL: Act.NOT_URGENT,
    State.EMERGENCY_TEXT: Act.NOT_URGENT,
    State.HELPER_CODE: Act.BACK,
    State.HELPER: Act.HELPED,
    State.HELP_CALLED: Act.CANCEL,
    State.COMFORT: Act.BACK,
}
"""What the simulated patient touches on each screen; on the others there is nothing to do but measure or wait."""


def values_of(persona: Persona, device: Device) -> dict[str, Decimal]:
    """Return what *persona* fixes of the numbers that *device* measures."""
    named = ((name, persona.value(name)) for name in _MEASURED[device])
    return {name: value for name, value in named if value is not None}


class Hands:
    """Uses the device that the journey waits for, some seconds after it was asked for."""

    def __init__(self, use: Use, *, after_s: float) -> None:
        self._use = use
        self._after_s = after_s
        self._asked = asyncio.Event()

    async def expect(self) -> None:
        """Say that a device is expected now (Effect.EXPECT)."""
        self._asked.set()

    async def run(self, guide: Guide) -> None:
        """Use devices as they are asked for, for ever; a screen that was left meanwhile is not answered."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            screen, device = guide.screen, guide.journey.device
            await asyncio.sleep(self._after_s)
            if guide.screen == screen and device is not None:
                await _within(self._use(device))


async def make_visits(guide: Guide, settings: SimulatedPatient) -> None:
    """Make one visit after the other, for ever, through the same touches as anybody else."""
    steps: asyncio.Queue[Journey] = asyncio.Queue()
    guide.listen(steps.put_nowait)
    steps.put_nowait(guide.journey)
    visited = False
    while True:
        journey = await steps.get()
        if not steps.empty():
            continue
        act = Act(settings.reason) if journey.state is State.REASON else ANSWERS.get(journey.state)
        if act is None or (act is Act.READY and journey.consultation and journey.consultation.ready):
            visited = True
            continue
        await asyncio.sleep(settings.pause_s if visited and journey.state is State.IDLE else settings.pace_s)
        try:
            await guide.act(act, screen=guide.screen if guide.journey.state is journey.state else -1)
        except ForbiddenAct:
            continue


async def at_home(use: Use, devices: tuple[Device, ...], settings: HomeSettings) -> None:
    """Take a measurement with each device in turn, for ever."""
    for device in itertools.cycle(devices):
        await _within(use(device))
        await asyncio.sleep(settings.every_s)


async def _within(using: Awaitable[None]) -> None:
    """Await the use of a device; one that nobody listens to is put down again, as a person would."""
    try:
        async with asyncio.timeout(_LONGEST_USE_S):
            await using
    except TimeoutError:
        return
