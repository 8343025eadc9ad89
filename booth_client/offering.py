"""What a screen offers to touch just now: its row of the table, without what this booth or this person cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from booth_client import telephone
from booth_client.questions import ANSWERED_BY, ANSWERS, asked_of
from booth_client.transitions import GUIDED, TOUCHES, TRANSITIONS, Act, State, identifying
from booth_client.whereabouts import Journey
from booth_client.words import DIGITS, Stage, Topic, Way

__all__ = ["LONGEST_CODE", "SHORTEST_CODE", "offered"]

_WAYS: Final = {Act.CARD: Way.CARD, Act.PHONE: Way.CODE, Act.ASSISTED: Way.HELPER}
SHORTEST_CODE: Final = 6
LONGEST_CODE: Final = 12
_TOPICS: Final = {Act.READINGS: Topic.READINGS, Act.PRESENT: Topic.PRESENT, Act.SHARE: Topic.SHARE}


def offered(journey: Journey) -> frozenset[Act]:
    """Return the touches that the present screen offers."""
    withheld = _WITHHELD.get(journey.state)
    touches = TOUCHES & set(TRANSITIONS[journey.state])
    called = frozenset() if journey.visit else frozenset({Act.CALL_BACK})
    alone = frozenset({Act.HELPED}) if journey.state in GUIDED and not journey.guided else frozenset()
    return touches - called - alone - (withheld(journey) if withheld else frozenset())


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


MOST_COPIES: Final = 2
"""How often papers are printed again: paper is the town hall's, and a mistake is soon repeated."""


def _again(journey: Journey) -> AbstractSet[Act]:
    """Withhold « Imprimer encore » while it prints, and after a few times."""
    visit = journey.consultation
    if visit is None or not journey.plan.printer or visit.copies >= MOST_COPIES:
        return {Act.PRINT}
    return {Act.PRINT} if visit.pages is None and not visit.unprinted else set()


def _document(journey: Journey) -> AbstractSet[Act]:
    shown = journey.consultation.file if journey.consultation else None
    if shown is None:
        return {Act.MORE, Act.BACK, Act.LARGER, Act.PRINT}
    ends = {Act.BACK: shown.place == 0, Act.MORE: shown.place == shown.last, Act.PRINT: not journey.plan.printer}
    return {act for act, withheld in ends.items() if withheld}


def _readiness(journey: Journey) -> AbstractSet[Act]:
    visit = journey.consultation
    if visit and visit.ready:
        return {Act.READY, Act.MINUTE}
    return {Act.MINUTE} if visit and visit.minute else set()


def _while_it_may_come_back(journey: Journey) -> AbstractSet[Act]:
    """Offer a call back once the talk has been away for a minute."""
    visit = journey.consultation
    return set() if visit and visit.away and visit.stage is Stage.LOST else {Act.CALL_BACK}


def _at_the_code(journey: Journey) -> AbstractSet[Act]:
    """Offer to print again where no paper came, once more where somebody has put some in."""
    visit = journey.consultation
    both, unprinted = bool(visit and visit.both), bool(visit and visit.unprinted and visit.copies < MOST_COPIES)
    return {act for act, withheld in ((Act.BACK, both), (Act.PRINT, not unprinted)) if withheld}


def _code(journey: Journey) -> AbstractSet[Act]:
    """Withhold what cannot follow in a helper's code; all of it while it is being looked at."""
    count = len(journey.typed)
    keys = {*DIGITS, Act.ERASE, Act.DONE} if journey.checking else set()
    whole = set() if count >= SHORTEST_CODE else {Act.DONE}
    more = set() if count < LONGEST_CODE else set(DIGITS)
    away = {Act.OPEN} if journey.connected else set()
    return keys | whole | more | away | (set() if count else {Act.ERASE})


_EMPTY: Final = frozenset({State.IDLE, State.OUT_OF_SERVICE})


def _helping(journey: Journey) -> AbstractSet[Act]:
    """Withhold what does not belong to the screen under the helper's."""
    under = journey.screen
    wanted = {
        Act.DISINFECTED: under in _EMPTY,
        Act.GUIDE: under in GUIDED,
        Act.SHORTEN: under is State.REST,
        Act.IDENTITY: under in identifying.ROWS and Way.HELPER in journey.ways,
        Act.OPEN: not journey.connected,  # the page would leave the call
    }
    return {act for act, fits in wanted.items() if not fits}


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
    State.CALL_TROUBLE: _while_it_may_come_back,
    State.HELPER_CODE: _code,
    State.HELPER: _helping,
    State.CODE: _at_the_code,
    State.TAKE_PAPERS: _again,
    State.VISIT_PAPERS: _again,
    State.VISIT_FILE: _document,
}
