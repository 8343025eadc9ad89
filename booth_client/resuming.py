"""Where one person was when the booth stopped, so that it goes on there: sealed with their visit, and as short-lived.

The steps between two measurements are taken up where they were; what waited for a device begins that device again. A
visit with a physician is found through its call (`visits.take_up`). Numbers travel as text, with their own digits.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from booth_client.transitions import TRANSITIONS, Device, State, Turn
from booth_client.turns import TURNS
from booth_client.whereabouts import Journey, Known, Result
from booth_client.words import Act, Topic
from gateway.devices.reading import Measure, Name, Special, Unit

__all__ = ["Interrupted", "keep", "take_up"]

_SPECIAL: Final = frozenset(Special)
_AFRESH: Final = frozenset(
    {state for state, row in TRANSITIONS.items() if Act.SEEN in row} | {State.RESULT, State.AGAIN, State.UNSAVED}
)
"""Screens that a device has to be begun again for."""


class _Measure(msgspec.Struct, frozen=True):
    name: Name
    value: str
    unit: Unit


class Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a journey; `at` is when, `called` whether a physician had been asked for."""

    at: datetime
    state: State
    called: bool
    language: str
    large: bool
    contrast: bool
    known: Known | None
    companion: str | None
    phone: str
    device: int
    told_offline: bool
    results: dict[Device, tuple[_Measure, ...]]
    agreed: dict[Topic, bool]
    answers: dict[str, str]
    question: int
    reason: str | None
    calling: State | None


def keep(journey: Journey, *, at: datetime) -> Interrupted:
    """Return what has to be kept of *journey*; screens that lie over another are left out."""
    return Interrupted(
        at=at,
        state=journey.behind[0] if journey.behind else journey.state,
        called=journey.consultation is not None,
        language=journey.language,
        large=journey.large,
        contrast=journey.contrast,
        known=journey.known,
        companion=journey.companion,
        phone=journey.phone,
        device=journey.at,
        told_offline=journey.told_offline,
        results={
            device: tuple(_Measure(each.name, str(each.value), each.unit) for each in result.measures)
            for device, result in journey.results.items()
        },
        agreed=dict(journey.agreed),
        answers=dict(journey.answers),
        question=journey.question,
        reason=journey.reason,
        calling=journey.calling,
    )


def take_up(kept: Interrupted, fresh: Journey) -> Journey:
    """Return the journey that goes on from *kept*, on the plan and the clock of *fresh*, with a word to the person."""
    journey = replace(
        fresh,
        state=kept.state,
        language=kept.language,
        large=kept.large,
        contrast=kept.contrast,
        people=(kept.known,) if kept.known else (),
        known=kept.known,
        companion=kept.companion,
        phone=kept.phone,
        at=min(kept.device, len(fresh.plan.devices) - 1),
        told_offline=kept.told_offline,
        results={device: _result(device, measures) for device, measures in kept.results.items()},
        agreed=kept.agreed,
        answers=kept.answers,
        question=kept.question,
        reason=kept.reason,
        calling=kept.calling,
        visit=True,
        resumed=True,
    )
    if kept.called:
        return replace(journey, state=State.NO_DOCTOR)
    if kept.state not in _AFRESH:
        return journey
    return TURNS[Turn.NEXT](journey) if journey.device in journey.results else TURNS[Turn.DO](journey)


def _result(device: Device, measures: tuple[_Measure, ...]) -> Result:
    def number(text: str) -> Decimal | Special:
        return Special(text) if text in _SPECIAL else Decimal(text)

    shown = (Measure(name=each.name, value=number(each.value), unit=each.unit) for each in measures)
    return Result(device=device, measures=tuple(shown))
