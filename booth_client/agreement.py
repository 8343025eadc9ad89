"""What is decided between the measurements and the waiting: the turns of `transitions.agreeing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from booth_client.questions import asked_of
from booth_client.transitions import State, Turn
from booth_client.whereabouts import Consultation, Journey
from booth_client.words import Topic

__all__ = ["TURNS", "call", "towards_a_physician"]

_ASKED_ON: Final[Mapping[Topic, State]] = {
    Topic.READINGS: State.CONSENT,
    Topic.VISIT: State.CONSENT_VISIT,
    Topic.SHARE: State.CONSENT_SHARE,
}


def towards_a_physician(journey: Journey) -> Journey:
    """Go on after the measurements: to what has to be agreed to, or to why nobody can be asked for."""
    if not journey.plan.visits:
        return replace(journey, state=State.GOODBYE)
    return call(journey)


def call(journey: Journey) -> Journey:
    """Ask for a physician, or for what has to be known first, or say that it cannot be done now."""
    if not journey.online or not journey.open:
        return replace(journey, state=State.NO_DOCTOR)
    if not journey.agreed.get(Topic.VISIT):
        return replace(journey, state=State.CONSENT_VISIT)
    if journey.reason is None:
        return replace(journey, state=State.REASON, page=0)
    return replace(journey, state=State.WAITING, consultation=Consultation())


def _explained(journey: Journey) -> Journey:
    return replace(journey, state=_ASKED_ON[journey.topic])


def _company(journey: Journey) -> Journey:
    return replace(journey, state=State.CONSENT_SHARE if journey.companion else State.COMPANY)


def _before_share(journey: Journey) -> Journey:
    return replace(journey, state=State.CONSENT_VISIT if journey.companion else State.COMPANY)


def _question(journey: Journey) -> Journey:
    if journey.plan.questions and asked_of(journey.reason, journey.question):
        return replace(journey, state=State.QUESTIONS)
    return call(journey)


def _before_question(journey: Journey) -> Journey:
    if journey.question == 0:
        return replace(journey, state=State.REASON)
    return replace(journey, question=journey.question - 1)


TURNS: Final[Mapping[Turn, Callable[[Journey], Journey]]] = {
    Turn.EXPLAINED: _explained,
    Turn.WITHOUT_READINGS: towards_a_physician,
    Turn.COMPANY: _company,
    Turn.BEFORE_SHARE: _before_share,
    Turn.QUESTION: _question,
    Turn.BEFORE_QUESTION: _before_question,
    Turn.CALL: call,
}
