"""What an act tells about the person or the visit, whatever the next screen is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from booth_client.transitions import REASONS, TRANSITIONS, Act, Stage, State
from booth_client.whereabouts import Journey, News, Result
from booth_client.words import DIGITS

__all__ = ["OF_THE_VISIT", "note"]

OF_THE_VISIT: Final = frozenset({Act.VISIT, Act.ASKED, Act.PRINTED, Act.UNPRINTED})


def note(journey: Journey, act: Act, result: Result | None, news: News | None) -> Journey:
    """Return the journey with what the act tells, whatever the next screen is."""
    if act in (Act.SAVED, Act.CONFIRM) and result is not None and journey.visit:
        mine = result.device is journey.device
        results = {**journey.results, result.device: result}
        return replace(journey, results=results, round=journey.round + mine)
    if news is not None and act in (Act.READ, Act.READERS):
        return _identity(journey, act, news)
    if news is not None and act in OF_THE_VISIT:
        return _visit(journey, act, news)
    noting = _NOTES.get((journey.state, act)) or _NOTES.get((None, act))
    return noting(journey) if noting else journey


def _identity(journey: Journey, act: Act, news: News) -> Journey:
    """Take in who was read where that was asked for, or which ways are closed."""
    if act is Act.READERS:
        return replace(journey, closed=journey.closed if news.closed is None else news.closed)
    if act not in TRANSITIONS[journey.state] or not news.people:
        return journey
    return replace(journey, people=news.people, known=None, companion=None)


def _visit(journey: Journey, act: Act, news: News) -> Journey:
    if journey.consultation is None:
        return journey
    told = {name: value for name in news.__slots__ if (value := getattr(news, name)) is not None}
    if news.before is not None:
        told["minutes"] = news.minutes
        told["promised"] = journey.consultation.promised or _promise(news.minutes)
    if news.stage is Stage.ASKED and journey.stage is not Stage.ASKED:
        told |= _NOBODY_YET
    if act is Act.ASKED and journey.state not in (State.IN_VISIT, State.SIX_DIGITS):
        return journey
    return _with(journey, **told)


_NOBODY_YET: Final[Mapping[str, Any]] = {"ready": False, "minute": False, "name": None, "digits": None, "device": None}
"""What is forgotten when a physician gives the patient back to the queue."""


def _promise(minutes: tuple[int, int] | None) -> timedelta | None:
    return None if minutes is None else timedelta(minutes=minutes[1])


def _with(journey: Journey, **changes: Any) -> Journey:
    """Return the journey with changes in its visit."""
    if journey.consultation is None:
        return journey
    return replace(journey, consultation=replace(journey.consultation, **changes))


def _typed(digit: Act) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, phone=journey.phone + digit, checked=False)


def _because(reason: Act) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, reason=reason)


def _speaks_as(companion: str) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, companion=companion)


def _turned(name: str) -> Callable[[Journey], Journey]:
    return lambda journey: _with(journey, **{name: not getattr(journey.consultation, name, False)})


_WIPING: Final = (State.GOODBYE, State.REFUSED, State.OUT_OF_SERVICE)
"""Screens on which the person is being forgotten: they know nothing of them any more."""

_NOTES: Final[Mapping[tuple[State | None, Act], Callable[[Journey], Journey]]] = {
    (None, Act.FRENCH): lambda journey: replace(journey, language="fr"),
    (None, Act.ENGLISH): lambda journey: replace(journey, language="en"),
    (None, Act.LARGE): lambda journey: replace(journey, large=not journey.large),
    (None, Act.CONTRAST): lambda journey: replace(journey, contrast=not journey.contrast),
    (None, Act.ONLINE): lambda journey: replace(journey, online=True),
    (None, Act.CUT): lambda journey: replace(journey, online=False),
    **dict.fromkeys(((state, Act.WIPED) for state in _WIPING), lambda journey: replace(journey, wiped=True)),
    (None, Act.HERE): lambda journey: replace(journey, doubted=False),
    (None, Act.MORE): lambda journey: replace(journey, page=journey.page + 1),
    (None, Act.READY): lambda journey: _with(journey, ready=True),
    (None, Act.MINUTE): lambda journey: _with(journey, minute=True),
    (None, Act.SOUND): _turned("sound"),
    (None, Act.CAMERA): _turned("camera"),
    (None, Act.BOTH): lambda journey: _with(journey, both=True),
    (None, Act.UNPRINTED): lambda journey: _with(journey, unprinted=True),
    (State.WHO_PHONE, Act.ERASE): lambda journey: replace(journey, phone=journey.phone[:-1], checked=False),
    (State.WHO_PHONE, Act.WITHOUT): lambda journey: replace(journey, phone=""),
    (State.WHO_CONFIRM, Act.YES): lambda journey: replace(journey, known=journey.people[0] if journey.people else None),
    (State.WHO_CONFIRM, Act.NO): lambda journey: replace(journey, known=None),
    (None, Act.CHILD): _speaks_as("parent"),
    (None, Act.ADULT): _speaks_as("relative"),
    (None, Act.CARED_FOR): _speaks_as("carer"),
    **{(State.WHO_PHONE, digit): _typed(digit) for digit in DIGITS},
    **{(State.REASON, reason): _because(reason) for reason in REASONS},
    (State.HANG_UP, Act.YES): lambda journey: _with(journey, hung_up=True, stage=Stage.WRITING),
}
