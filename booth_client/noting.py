"""What an act tells about the person or the visit, whatever the next screen is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from booth_client import viewing
from booth_client.helping import answered
from booth_client.questions import ANSWERED_BY, QUESTIONS
from booth_client.transitions import REASONS, TRANSITIONS, Act, Device, Stage, State
from booth_client.whereabouts import Journey, News, Result
from booth_client.words import DIGITS, Arm, Topic
from gateway.devices.circumstance import Circumstance
from gateway.devices.reading import Name

__all__ = ["OF_THE_VISIT", "note"]

OF_THE_VISIT: Final = frozenset(
    {Act.VISIT, Act.ASKED, Act.STOPPED, Act.WRITTEN, Act.SHOWN, Act.PRINTING, Act.PRINTED, Act.UNPRINTED}
)


def note(journey: Journey, act: Act, result: Result | None, news: News | None) -> Journey:
    """Return the journey with what the act tells, whatever the next screen is."""
    if act in (Act.SAVED, Act.CONFIRM) and result is not None and journey.visit:
        return _kept(journey, result, sure=act is Act.SAVED or journey.tries > 0)
    if act in (Act.IMPLAUSIBLE, Act.LOST) and result is not None and result.device is journey.device:
        return replace(journey, trouble=result.trouble)
    if act in (Act.ADMITTED, Act.TURNED_AWAY):
        return answered(journey, act, news or News())
    if news is not None and act in (Act.READ, Act.READERS, Act.MISREAD):
        return _identity(journey, act, news)
    if act in OF_THE_VISIT and (news is not None or act is Act.STOPPED):
        return _visit(journey, act, news or News())
    noting = _NOTES.get((journey.state, act)) or _NOTES.get((None, act))
    return noting(journey) if noting else journey


def _kept(journey: Journey, result: Result, *, sure: bool) -> Journey:
    """Take in a measurement that is kept.

    Where the first two pressures of an arm do not agree, one more is wanted than planned. One that is done once more
    because of the device's own doubts (not *sure*) does not say which arm is the higher.
    """
    if result.device is not journey.device:
        return replace(journey, results={**journey.results, result.device: result})
    after = replace(journey, round=journey.round + 1, trouble=result.trouble)
    if result.device is Device.CUFF:
        result = replace(result, arm=journey.arm)
        after = _pressure(after, result, sure=sure)
    return replace(after, results={**journey.results, result.device: result})


def _pressure(journey: Journey, result: Result, *, sure: bool) -> Journey:
    """Take in one more pressure, by now counted: of an arm for the first time, or to be held against its first."""
    arm = result.arm
    if arm is not None and arm not in journey.firsts:
        firsts = {**journey.firsts, arm: result} if sure else journey.firsts
        return replace(journey, firsts=firsts, compared=journey.round - 1 if len(firsts) == len(Arm) else 0)
    second = journey.round == journey.compared + _SECOND and not journey.extra and journey.plan.rounds > 1
    before = journey.firsts[arm] if arm is not None and journey.compared else journey.results.get(Device.CUFF)
    disagree = second and before is not None and _disagree(before, result)
    return replace(journey, extra=1) if disagree else journey


_SECOND: Final = 2


_APART: Final = Decimal(10)
"""Two first pressures that differ by so many mmHg want one more (ESH)."""


def _disagree(one: Result, other: Result) -> bool:
    """Say whether two pressures are far apart, or the pulse was irregular in either."""
    pairs = [(one.number(name), other.number(name)) for name in (Name.SYSTOLIC, Name.DIASTOLIC)]
    apart = any(this is not None and that is not None and abs(this - that) >= _APART for this, that in pairs)
    return apart or one.irregular or other.irregular


def _identity(journey: Journey, act: Act, news: News) -> Journey:
    """Take in who was read where that was asked for, or which ways are closed."""
    if act is Act.MISREAD:
        return replace(journey, unread=news.unread)
    if act is Act.READERS:
        closed = journey.closed if news.closed is None else news.closed
        return replace(journey, closed=closed, card=journey.card if news.card is None else news.card)
    if act not in TRANSITIONS[journey.state] or not news.people:
        return journey
    return replace(journey, people=news.people, known=None, companion=None)


def _visit(journey: Journey, act: Act, news: News) -> Journey:
    if journey.consultation is None:
        return journey
    of_it = [name for name in news.__slots__ if name in journey.consultation.__slots__]
    told = {name: value for name in of_it if (value := getattr(news, name)) is not None}
    if news.before is not None:
        told["minutes"] = news.minutes
        told["promised"] = journey.consultation.promised or _promise(news.minutes)
    if news.stage is Stage.ASKED and journey.stage is not Stage.ASKED:
        told |= _NOBODY_YET
    if act is Act.STOPPED:
        told["written"] = None
    if news.stage in (Stage.WELL, Stage.SOUND):
        told["away"] = False
    if news.stage is Stage.LOST:
        told["quiet"] = False  # nobody is left in silence by a page that has forgotten it
        told["file"] = None
    if act in viewing.ASKS:
        if act not in TRANSITIONS[journey.state]:
            return journey
        told |= viewing.ASKS[act](news)
    return _with(journey, **told)


_NOBODY_YET: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("ready", "minute", "quiet", "paper"), False),
    **dict.fromkeys(("name", "digits", "device", "exam", "written", "file"), None),
    **dict.fromkeys(("asking", "others"), ()),
}
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
    return lambda journey: replace(journey, reason=reason, answers={}, question=0)


def _says(topic: Topic, *, permit: bool) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, agreed={**journey.agreed, topic: permit})


def _thinks_again(topic: Topic) -> Callable[[Journey], Journey]:
    def turn(journey: Journey) -> Journey:
        return replace(journey, agreed={**journey.agreed, topic: not journey.agreed.get(topic, False)})

    return turn


def _comes_alone(journey: Journey) -> Journey:
    return replace(
        journey, agreed={topic: said for topic, said in journey.agreed.items() if topic is not Topic.PRESENT}
    )


def _explains(topic: Topic) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, topic=topic)


def _answers(answer: Act) -> Callable[[Journey], Journey]:
    def turn(journey: Journey) -> Journey:
        asked = QUESTIONS[journey.reason or Act.TELL][journey.question]
        return replace(journey, answers={**journey.answers, asked: answer}, question=journey.question + 1)

    return turn


def _wants_a_call(state: State) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, calling=state, checked=False)


_MEALS: Final[Mapping[Act, Circumstance | None]] = {
    Act.FASTING: Circumstance.FASTING,
    Act.BEFORE_MEAL: Circumstance.BEFORE_MEAL,
    Act.AFTER_MEAL: Circumstance.AFTER_MEAL,
    Act.UNSURE: None,
}
"""When the person ate, by the button; what they do not know is not written."""


def _ate(when: Circumstance | None) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, ate=True, meal=when)


def _speaks_as(companion: str) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, companion=companion)


def _turned(name: str) -> Callable[[Journey], Journey]:
    return lambda journey: _with(journey, **{name: not getattr(journey.consultation, name, False)})


def _of_the_code(digit: Act) -> Callable[[Journey], Journey]:
    return lambda journey: replace(journey, typed=journey.typed + digit, wrong=None)


_ANSWERS: Final = (Act.YES, Act.NO, Act.SILENCE)
"""To whether somebody may join: silence is no."""


def _without_the_asked(journey: Journey) -> Journey:
    return _with(journey, asking=journey.consultation.asking[1:]) if journey.consultation else journey


def _compared(journey: Journey, **changes: Any) -> Journey:
    """Return the journey with the answer to the digits that were shown."""
    visit = journey.consultation
    if visit is None or (unknown := visit.unknown) is None:
        return journey
    others = tuple(replace(each, **changes) if each is unknown else each for each in visit.others)
    return _with(journey, others=others)


def _replied(act: Act) -> Callable[[Journey], Journey]:
    return lambda journey: _with(journey, written=None, reply=act)


def _unwritten(journey: Journey) -> Journey:
    return _with(journey, written=None)


_WIPING: Final = (State.GOODBYE, State.REFUSED, State.OUT_OF_SERVICE)
"""Screens on which the person is being forgotten: they know nothing of them any more."""

_ASKED: Final[Mapping[State, Topic]] = {
    State.CONSENT: Topic.READINGS,
    State.CONSENT_VISIT: Topic.VISIT,
    State.CONSENT_PRESENT: Topic.PRESENT,
    State.CONSENT_SHARE: Topic.SHARE,
}
"""On which screen what is asked."""

_NOTES: Final[Mapping[tuple[State | None, Act], Callable[[Journey], Journey]]] = {
    (None, Act.FRENCH): lambda journey: replace(journey, language="fr"),
    (None, Act.ENGLISH): lambda journey: replace(journey, language="en"),
    (None, Act.LARGE): lambda journey: replace(journey, large=not journey.large),
    (None, Act.CONTRAST): lambda journey: replace(journey, contrast=not journey.contrast),
    (None, Act.ONLINE): lambda journey: replace(journey, online=True),
    (None, Act.CUT): lambda journey: replace(journey, online=False),
    (None, Act.CLOSED): lambda journey: replace(journey, shut=True, revoked=False),
    (None, Act.REVOKED): lambda journey: replace(journey, shut=True, revoked=True),
    (None, Act.REOPENED): lambda journey: replace(journey, shut=False, revoked=False),
    **dict.fromkeys(((state, Act.WIPED) for state in _WIPING), lambda journey: replace(journey, wiped=True)),
    (None, Act.BROKEN): lambda journey: replace(journey, wiped=False),
    (None, Act.HERE): lambda journey: replace(journey, doubted=False),
    (None, Act.MORE): lambda journey: replace(journey, page=journey.page + 1),
    **{(State.MEAL, act): _ate(when) for act, when in _MEALS.items()},
    (None, Act.READY): lambda journey: _with(journey, ready=True),
    (None, Act.MINUTE): lambda journey: _with(journey, minute=True),
    (None, Act.SOUND): _turned("sound"),
    (None, Act.CAMERA): _turned("camera"),
    (None, Act.BOTH): lambda journey: _with(journey, both=True),
    (None, Act.UNPRINTED): lambda journey: _with(journey, unprinted=True),
    **dict.fromkeys(((State.THIRD_PARTY, act) for act in _ANSWERS), _without_the_asked),
    (State.THIRD_DIGITS, Act.YES): lambda journey: _compared(journey, known=True),
    (State.THIRD_DIGITS, Act.NO): lambda journey: _compared(journey, here=False),
    (State.THIRD_DIGITS, Act.BACK): lambda journey: _with(journey, later=True),
    (State.THIRD_DIGITS, Act.SILENCE): lambda journey: _with(journey, later=True),
    **{(state, Act.YES): _says(topic, permit=True) for state, topic in _ASKED.items()},
    **{(state, Act.NO): _says(topic, permit=False) for state, topic in _ASKED.items()},
    **{(state, Act.EXPLAIN): _explains(topic) for state, topic in _ASKED.items()},
    **{(State.QUESTIONS, act): _answers(act) for act in TRANSITIONS[State.QUESTIONS] if act in ANSWERED_BY},
    **{(state, Act.CALL_BACK): _wants_a_call(state) for state, row in TRANSITIONS.items() if Act.CALL_BACK in row},
    (State.CALL_TROUBLE, Act.HINT): lambda journey: _with(journey, away=True),
    (State.COMPANY, Act.NO): _comes_alone,
    (None, Act.READINGS): _thinks_again(Topic.READINGS),
    (None, Act.PRESENT): _thinks_again(Topic.PRESENT),
    (None, Act.SHARE): _thinks_again(Topic.SHARE),
    **viewing.NOTES,
    **{(State.VISIT_TEXT, act): _replied(act) for act in (Act.YES, Act.NO, Act.CONTINUE)},
    (State.VISIT_EXAM, Act.STOP): _unwritten,
    (State.WHO_PHONE, Act.ERASE): lambda journey: replace(journey, phone=journey.phone[:-1], checked=False),
    (State.WHO_PHONE, Act.WITHOUT): lambda journey: replace(journey, phone=""),
    (State.WHO_CONFIRM, Act.YES): lambda journey: replace(journey, known=journey.people[0] if journey.people else None),
    (State.WHO_CONFIRM, Act.NO): lambda journey: replace(journey, known=None),
    (None, Act.CHILD): _speaks_as("parent"),
    (None, Act.ADULT): _speaks_as("relative"),
    (None, Act.CARED_FOR): _speaks_as("carer"),
    **{(State.WHO_PHONE, digit): _typed(digit) for digit in DIGITS},
    **{(State.REASON, reason): _because(reason) for reason in REASONS},
    **{(State.HELPER_CODE, digit): _of_the_code(digit) for digit in DIGITS},
    (State.HELPER_CODE, Act.ERASE): lambda journey: replace(journey, typed=journey.typed[:-1]),
    (State.HELPER_CODE, Act.DONE): lambda journey: replace(journey, checking=True),
    (State.HELPER, Act.NOTED): lambda journey: replace(journey, cleaned=True),
    (State.HELPER, Act.UNNOTED): lambda journey: replace(journey, cleaned=False),
    (State.HANG_UP, Act.YES): lambda journey: _with(journey, hung_up=True, stage=Stage.WRITING),
    (State.SIX_DIGITS, Act.NO): lambda journey: _with(journey, stage=Stage.STOPPED),
}
