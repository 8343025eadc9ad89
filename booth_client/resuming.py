"""Where one person was when the booth stopped, so that it goes on there: sealed with their visit, and as short-lived.

The steps between two measurements are taken up where they were, a result that was shown too; what waited for a device
begins that device again. A visit with a physician is found through its call (`visits.take_up`), and goes on with the
place in the queue and the text that the person last read. Numbers travel as text, with their own digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from booth_client.transitions import TRANSITIONS, Device, Stage, State, Turn
from booth_client.turns import TURNS
from booth_client.whereabouts import Consultation, Journey, Known, Result, Written
from booth_client.words import Act, Topic
from gateway.devices.reading import Measure, Name, Special, Unit

__all__ = ["Interrupted", "keep", "take_up", "taken_up"]

_SPECIAL: Final = frozenset(Special)
_AFRESH: Final = frozenset(
    ({state for state, row in TRANSITIONS.items() if Act.SEEN in row} - {State.REST}) | {State.UNSAVED}
)
"""Screens that a device has to be begun again for."""


class _Measure(msgspec.Struct, frozen=True):
    name: Name
    value: str
    unit: Unit


class _Kept(msgspec.Struct, frozen=True):
    measures: tuple[_Measure, ...]
    mean: tuple[_Measure, ...] = ()
    irregular: bool = False


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a visit with a physician: the place, what was promised, what was chosen, what was read."""

    since: datetime | None
    before: int | None
    minutes: tuple[int, int] | None
    promised_s: float | None
    minute: bool
    sound: bool
    camera: bool
    text: str | None
    over: bool


class Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a journey; `at` is when, `asked` how the visit with a physician stood."""

    at: datetime
    state: State
    asked: _Asked | None
    language: str
    large: bool
    contrast: bool
    known: Known | None
    companion: str | None
    phone: str
    device: int
    told_offline: bool
    round: int
    extra: int
    measured: datetime | None
    rest_from: datetime | None
    results: dict[Device, _Kept]
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
        asked=_asked(journey.consultation) if journey.consultation else None,
        language=journey.language,
        large=journey.large,
        contrast=journey.contrast,
        known=journey.known,
        companion=journey.companion,
        phone=journey.phone,
        device=journey.at,
        told_offline=journey.told_offline,
        round=journey.round,
        extra=journey.extra,
        measured=journey.measured,
        rest_from=journey.rest_from,
        results={
            device: _Kept(_texts(result.measures), _texts(result.mean), result.irregular)
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
        round=kept.round,
        extra=kept.extra,
        measured=kept.measured,
        rest_from=kept.rest_from,
        results={device: _result(device, each) for device, each in kept.results.items()},
        agreed=kept.agreed,
        answers=kept.answers,
        question=kept.question,
        reason=kept.reason,
        calling=kept.calling,
        visit=True,
        resumed=True,
    )
    if kept.asked is not None:
        return replace(journey, state=State.NO_DOCTOR)
    if kept.state not in _AFRESH:
        return journey
    journey = replace(journey, round=0, extra=0, measured=None, rest_from=None)
    return TURNS[Turn.NEXT](journey) if journey.device in journey.results else TURNS[Turn.DO](journey)


def taken_up(kept: Interrupted | None) -> Consultation:
    """Return the visit with a physician as it stood; its stage is to be told anew."""
    if kept is None or kept.asked is None:
        return Consultation()
    asked = kept.asked
    return Consultation(
        stage=Stage.WRITING if asked.over else Stage.ASKED,
        since=asked.since,
        before=asked.before,
        minutes=asked.minutes,
        promised=None if asked.promised_s is None else timedelta(seconds=asked.promised_s),
        minute=asked.minute,
        sound=asked.sound,
        camera=asked.camera,
        written=None if asked.text is None else Written(text=asked.text),
    )


def _asked(visit: Consultation) -> _Asked:
    return _Asked(
        since=visit.since,
        before=visit.before,
        minutes=visit.minutes,
        promised_s=None if visit.promised is None else visit.promised.total_seconds(),
        minute=visit.minute,
        sound=visit.sound,
        camera=visit.camera,
        text=visit.written.text if visit.written else None,
        over=visit.stage in (Stage.WRITING, Stage.REPORTED),
    )


def _texts(measures: Iterable[Measure]) -> tuple[_Measure, ...]:
    return tuple(_Measure(each.name, str(each.value), each.unit) for each in measures)


def _result(device: Device, kept: _Kept) -> Result:
    def number(text: str) -> Decimal | Special:
        return Special(text) if text in _SPECIAL else Decimal(text)

    def measures(texts: Iterable[_Measure]) -> tuple[Measure, ...]:
        return tuple(Measure(name=each.name, value=number(each.value), unit=each.unit) for each in texts)

    return Result(device=device, measures=measures(kept.measures), mean=measures(kept.mean), irregular=kept.irregular)
