"""What a screen offers to touch just now: its row of the table, without what this booth or this person cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from booth_client import telephone
from booth_client.questions import ANSWERED_BY, ANSWERS, asked_of
from booth_client.transitions import TOUCHES, TRANSITIONS, Act, State
from booth_client.whereabouts import Journey
from booth_client.words import DIGITS, Topic, Way

__all__ = ["offered"]

_WAYS: Final = {Act.CARD: Way.CARD, Act.PHONE: Way.CODE, Act.ASSISTED: Way.HELPER}
_TOPICS: Final = {Act.READINGS: Topic.READINGS, Act.PRESENT: Topic.PRESENT, Act.SHARE: Topic.SHARE}


def offered(journey: Journey) -> frozenset[Act]:
    """Return the touches that the present screen offers."""
    withheld = _WITHHELD.get(journey.state)
    touches = TOUCHES & set(TRANSITIONS[journey.state])
    called = frozenset() if journey.visit else frozenset({Act.CALL_BACK})
    return touches - called - (withheld(journey) if withheld else frozenset())


def _ways(journey: Journey) -> AbstractSet[Act]:
    return {act for act, way in _WAYS.items() if way not in journey.ways}


def _digits(journey: Journey) -> AbstractSet[Act]:
    unfit = {act for act in DIGITS if act not in telephone.may_follow(journey.phone)}
    return unfit if journey.phone else unfit | {Act.ERASE}


def _without_readings(journey: Journey) -> AbstractSet[Act]:
    return set() if journey.plan.visits and journey.online and journey.open else {Act.CONTINUE}


def _not_agreed_yet(journey: Journey) -> AbstractSet[Act]:
    return set() if journey.agreed else {Act.CONSENTS}


def _not_asked_yet(journey: Journey) -> AbstractSet[Act]:
    return {act for act, topic in _TOPICS.items() if topic not in journey.agreed}


def _other_answers(journey: Journey) -> AbstractSet[Act]:
    asked = asked_of(journey.reason, journey.question)
    return ANSWERED_BY - set(ANSWERS[asked] if asked else ())


def _too_soon(journey: Journey) -> AbstractSet[Act]:
    return {Act.CONTINUE} if journey.gap_ends is not None else set()


def _printing(journey: Journey) -> AbstractSet[Act]:
    visit = journey.consultation
    return set() if journey.plan.printer and not (visit and visit.unprinted) else {Act.PRINT, Act.BOTH}


def _readiness(journey: Journey) -> AbstractSet[Act]:
    visit = journey.consultation
    if visit and visit.ready:
        return {Act.READY, Act.MINUTE}
    return {Act.MINUTE} if visit and visit.minute else set()


def _after_both(journey: Journey) -> AbstractSet[Act]:
    return {Act.BACK} if journey.consultation and journey.consultation.both else set()


_WITHHELD: Final[Mapping[State, Callable[[Journey], AbstractSet[Act]]]] = {
    State.WHO: _ways,
    State.WHO_PHONE: _digits,
    State.REFUSED: _without_readings,
    State.COMFORT: _not_agreed_yet,
    State.CONSENTS: _not_asked_yet,
    State.QUESTIONS: _other_answers,
    State.AGAIN: _too_soon,
    State.REPORT: _printing,
    State.DOCTOR_COMING: _readiness,
    State.CODE: _after_both,
}
