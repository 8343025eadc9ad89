"""What is decided while a person says who they are: the turns of `transitions.identifying`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from booth_client import telephone
from booth_client.transitions import State, Turn
from booth_client.whereabouts import Journey
from booth_client.words import Way

__all__ = ["TURNS"]

_READ_BY: Final[Mapping[State, Way]] = {
    State.WHO_CARD: Way.CARD,
    State.WHO_QR: Way.CODE,
    State.WHO_HELPER: Way.HELPER,
}


def _who(journey: Journey) -> Journey:
    """Ask who is there, having forgotten whoever was read; where only a number can be asked for, ask for that."""
    asking = replace(journey, people=(), known=None, companion=None, tries=0, checked=False, unread=None)
    if asking.ways - {Way.PHONE}:
        return replace(asking, state=State.WHO)
    return _unknown(asking)


def _unknown(journey: Journey) -> Journey:
    state = State.WHO_PHONE if Way.PHONE in journey.ways else State.CONSENT
    return replace(journey, state=state, people=(), known=None, checked=False)


def _misread(journey: Journey) -> Journey:
    if journey.state is State.WHO_CARD and journey.tries:
        return _who(journey)
    return replace(journey, tries=journey.tries + 1)


def _still_reads(journey: Journey) -> Journey:
    return journey if _READ_BY[journey.state] in journey.ways else _who(journey)


def _not_me(journey: Journey) -> Journey:
    """Ask for the next person of the card; nobody is told who else is on it before they have said who they are."""
    _, *others = journey.people or (None,)
    people = tuple(each for each in others if each is not None)
    if people and journey.companion:
        return replace(journey, people=people)
    return _unknown(journey) if journey.companion else _who(journey)


def _companion(journey: Journey) -> Journey:
    """Ask for whom the holder of the card speaks: another one of the card, or somebody whom nobody has read."""
    others = journey.people[1:]
    return replace(journey, people=others, state=State.WHO_CONFIRM) if others else _unknown(journey)


def _number(journey: Journey) -> Journey:
    return replace(journey, checked=True) if telephone.missing(journey.phone) else _numbered(journey)


def _numbered(journey: Journey) -> Journey:
    return replace(journey, state=State.CALLED_BACK if journey.calling else State.CONSENT, checked=False)


def _call_back(journey: Journey) -> Journey:
    """Promise a call; the number is asked for where it is not known yet."""
    return replace(journey, state=State.WHO_PHONE if telephone.missing(journey.phone) else State.CALLED_BACK)


def _before_number(journey: Journey) -> Journey:
    if journey.calling:
        given_up = journey.calling is State.WAITING and journey.consultation is None
        return replace(journey, state=State.NO_DOCTOR if given_up else journey.calling, calling=None)
    return replace(journey, state=State.WHO if journey.ways - {Way.PHONE} else State.SAFETY)


def _before_consent(journey: Journey) -> Journey:
    if journey.known:
        return replace(journey, state=State.WHO_CONFIRM)
    if Way.PHONE in journey.ways:
        return replace(journey, state=State.WHO_PHONE)
    return _before_number(journey)


TURNS: Final[Mapping[Turn, Callable[[Journey], Journey]]] = {
    Turn.WHO: _who,
    Turn.UNKNOWN: _unknown,
    Turn.MISREAD: _misread,
    Turn.STILL_READS: _still_reads,
    Turn.NOT_ME: _not_me,
    Turn.COMPANION: _companion,
    Turn.NUMBER: _number,
    Turn.NUMBERED: _numbered,
    Turn.CALL_BACK: _call_back,
    Turn.BEFORE_NUMBER: _before_number,
    Turn.BEFORE_CONSENT: _before_consent,
}
