"""A person's way through the booth: what follows a touch, a reading, news of the visit, or a silence.

No I/O and no clock: `advance` takes the journey, what happened and `now`, and returns the journey that follows with the
effects the booth must carry out, in their order. The tables it follows are in `transitions`, its turns in `turns`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from booth_client import helping
from booth_client.helping import beneath
from booth_client.noting import OF_THE_VISIT, note
from booth_client.offering import offered
from booth_client.transitions import (
    DEADLINES,
    IN_A_TALK,
    NEWS,
    OF_THE_HELPER,
    OVER,
    REASONS,
    STAYS,
    TOUCHES,
    TRANSITIONS,
    UNANSWERED,
    Act,
    Device,
    Effect,
    ForbiddenAct,
    Stage,
    State,
    Turn,
)
from booth_client.turns import TURNS
from booth_client.whereabouts import Consultation, Examination, Journey, Known, News, Picture, Plan, Result, Written
from booth_client.words import Topic, Way

__all__ = [
    "DEADLINES",
    "NEWS",
    "OVER",
    "REASONS",
    "TOUCHES",
    "TRANSITIONS",
    "Act",
    "Consultation",
    "Device",
    "Effect",
    "Examination",
    "ForbiddenAct",
    "Journey",
    "Known",
    "News",
    "Picture",
    "Plan",
    "Result",
    "Stage",
    "State",
    "Topic",
    "Turn",
    "Way",
    "Written",
    "advance",
    "due",
    "offered",
]


def due(journey: Journey) -> tuple[datetime, Act] | None:
    """Return when time itself acts on the journey, and how; None where it may wait for ever."""
    when, left = _due(journey), helping.left(journey)
    return when if left is None else min(when or left, left)


def _due(journey: Journey) -> tuple[datetime, Act] | None:
    if journey.state is State.REST and journey.rest_from is not None:
        return journey.rest_from + journey.plan.rest, Act.ELAPSED
    if journey.state is State.AGAIN and (ends := journey.gap_ends) is not None:
        return ends, Act.ELAPSED
    if journey.state is State.WAITING and journey.consultation:
        return _wait(journey, journey.consultation)
    if _may_wait(journey):
        return _next_hours(journey)
    for after, act in DEADLINES.get(journey.waits_as, ()):
        if not (act is Act.HINT and (journey.hinted or _still_prints(journey))):
            brief = journey.talks and TRANSITIONS[journey.state].get(act) is Turn.ASK and journey.state not in OVER
            return journey.since + (min(after, IN_A_TALK) if brief else after), act
    return None


def _still_prints(journey: Journey) -> bool:
    """Say whether papers are asked to be taken that are not there yet."""
    visit = journey.consultation
    return journey.state is State.TAKE_PAPERS and visit is not None and visit.pages is None


def _next_hours(journey: Journey) -> tuple[datetime, Act] | None:
    """Return when an idle booth has to say something else of its hours."""
    hours = journey.plan.hours
    if journey.state is not State.IDLE or hours is None:
        return None
    at = hours.changes(journey.since.astimezone())
    return (at, Act.ELAPSED) if at else None


def _wait(journey: Journey, visit: Consultation) -> tuple[datetime, Act]:
    """Return when the wait is too long: for the server's answer, for what was promised, or to be left alone."""
    if visit.before is None:
        return journey.since + UNANSWERED, Act.ELAPSED
    (after, act), *_ = DEADLINES[State.WAITING]
    if visit.since and visit.promised is not None and not journey.hinted:
        return min((visit.since + visit.promised, Act.HINT), (journey.since + after, act))
    return journey.since + after, act


def _may_wait(journey: Journey) -> bool:
    """Say whether this screen has no deadline just now."""
    match journey.state:
        case State.GOODBYE:
            return not journey.wiped
        case State.IDLE:
            return journey == _fresh(journey, journey.since)
        case State.OUT_OF_SERVICE:
            return journey.shut and journey.wiped
        case State.CALL_TROUBLE:
            return journey.talks
    return False


def advance(
    journey: Journey, act: Act, now: datetime, *, result: Result | None = None, news: News | None = None
) -> tuple[Journey, tuple[Effect, ...]]:
    """Return the journey that follows *act* at *now*, and what the booth must carry out.

    *result* names the device that SEEN, SAVED, CONFIRM, IMPLAUSIBLE, UNSAVED or LOST is about, with its numbers; *news*
    is what VISIT, ASKED, PRINTED or UNPRINTED tell. Raises ForbiddenAct where the screen does not offer the act.
    """
    journey = _at(journey, now)
    if act in NEWS - OF_THE_HELPER and journey.behind:
        return _advance_behind(journey, act, now, result, news)
    noted = note(journey, act, result, news)
    target = TRANSITIONS[journey.state].get(act)
    if act in NEWS and (target is None or _is_aside(noted, act, result)):
        return noted, (Effect.FORGET_WHO,) if act is Act.READ else ()
    if target is None:
        raise ForbiddenAct(journey.state, act)
    after = _settle(journey, _turn(noted, target), act, now)
    return after, _effects(journey, after, act)


def _at(journey: Journey, now: datetime) -> Journey:
    """Return the journey knowing whether physicians are there at *now*, by the booth's own clock."""
    hours = journey.plan.hours
    return journey if hours is None else replace(journey, open=hours.open_at(now.astimezone()))


def _advance_behind(
    journey: Journey, act: Act, now: datetime, result: Result | None, news: News | None
) -> tuple[Journey, tuple[Effect, ...]]:
    """Let the news act on the screen that lies under the others."""
    bottom, *over = journey.behind
    under, effects = advance(replace(journey, state=bottom, behind=()), act, now, result=result, news=news)
    kept = replace(under, state=journey.state, behind=(under.state, *over), since=journey.since, hinted=journey.hinted)
    return helping.held(kept, journey), effects


def _is_aside(journey: Journey, act: Act, result: Result | None) -> bool:
    """Say whether the news leaves the screen alone: of another device, or of a visit that the screen is not about."""
    if act in OF_THE_VISIT and journey.consultation is None:
        return True
    if act is Act.VISIT:
        return journey.stage in STAYS.get(journey.state, ())
    others = result is not None and result.device is not journey.device
    return others and act not in (Act.UNSAVED, Act.CLOSED, Act.REVOKED)


def _turn(journey: Journey, target: State | Turn) -> Journey:
    """Return the journey on its next screen."""
    if isinstance(target, Turn):
        return TURNS[target](journey)
    if target in OVER and target is not journey.state:
        return replace(journey, state=target, behind=beneath(journey, target))
    return replace(journey, state=target, behind=journey.behind if target in OVER else ())


def _fresh(journey: Journey, now: datetime) -> Journey:
    """Return a journey that knows nothing of the person before."""
    return Journey(
        plan=journey.plan,
        since=now,
        language=journey.plan.language,
        online=journey.online,
        closed=journey.closed,
        open=journey.open,
        card=journey.card,
        shut=journey.shut,
        revoked=journey.revoked,
    )


def _closed(fresh: Journey) -> Journey:
    """Return the journey of a booth that an operator has closed: nobody was here, so nothing is to be wiped."""
    return replace(fresh, state=State.OUT_OF_SERVICE, wiped=True)


_NOBODYS: Final = frozenset({State.NO_DOCTOR, State.REFUSED, State.OUT_OF_SERVICE, State.CALLED_BACK})
"""Screens on which no physician is asked for any more."""


def _settle(before: Journey, after: Journey, act: Act, now: datetime) -> Journey:
    """Return *after* with its clocks set, and emptied where a person's way ends."""
    after = helping.kept(after)
    if after.state is State.IDLE and before.state not in OVER:
        return _closed(_fresh(after, now)) if after.shut else _fresh(after, now)
    if act in (Act.CLOSED, Act.REVOKED):
        return _closed(_fresh(after, now))
    if after.state is State.REFUSED:
        return replace(
            after,
            since=now,
            hinted=False,
            results={},
            wiped=False,
            visit=False,
            reason=None,
            answers={},
            agreed={Topic.READINGS: False},
            consultation=None,
        )
    if after.state is State.GOODBYE and before.state is not State.GOODBYE and State.GOODBYE not in before.behind:
        kept = replace(_fresh(after, now), language=after.language, large=after.large, contrast=after.contrast)
        return replace(kept, state=State.GOODBYE)
    if after.state is State.OUT_OF_SERVICE:
        after = replace(after, people=(), known=None, companion=None, phone="", agreed={}, answers={}, calling=None)
    if act is Act.PRINTED:
        after = replace(after, hinted=False)
    unmoved = (act in OF_THE_VISIT - {Act.PRINTED} or act in (Act.LEFT, Act.HELPED)) and after.state is before.state
    hinted = act is Act.HINT or (unmoved and before.hinted)
    rest_from = now if after.state is State.REST and after.rest_from is None else after.rest_from
    opens = before.state in (State.CONSENT, State.CONSENT_VISIT) and act is Act.YES
    visit = (after.visit or opens) and after.state is not State.OUT_OF_SERVICE
    consultation = after.consultation if visit and after.state not in _NOBODYS else None
    if consultation is not None and consultation.since is None:
        consultation = replace(consultation, since=now)
    return replace(
        after,
        resumed=after.resumed and act not in TOUCHES,
        measured=now if after.round > before.round else after.measured,
        since=before.since if hinted or unmoved else now,
        hinted=hinted,
        doubted=after.doubted or (act is Act.SILENCE and after.state is State.HELP_CALLED),
        rest_from=rest_from,
        visit=visit,
        results=after.results if visit else {},
        reason=after.reason if visit else None,
        consultation=consultation,
    )


_EXPECTING: Final = frozenset({State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_DEVICE, State.DEVICE_WAIT})
_CALLING: Final = frozenset({State.HELP_CALLED, State.UNSAVED, State.WHO_HELPER, State.EMERGENCY_CALL})


def _effects(before: Journey, after: Journey, act: Act) -> tuple[Effect, ...]:
    """Return what the step asks of the booth, in the order in which to do it."""
    entered = after.state is not before.state or after.at != before.at
    asks = after.state is State.WAITING and TRANSITIONS[before.state].get(act) in (Turn.CALL, Turn.QUESTION)
    asked = {
        Effect.FORGET_WHO: bool(before.people) and not after.people and after.state not in (State.IDLE, State.GOODBYE),
        Effect.OPEN_VISIT: after.visit and not before.visit,
        Effect.AGREED: before.visit and after.visit and after.agreed != before.agreed,
        Effect.ANSWERED: before.state is State.QUESTIONS and after.state in (State.WAITING, State.NO_DOCTOR),
        Effect.CALL_BACK: entered and after.state is State.CALLED_BACK,
        Effect.EXPECT: entered and after.state in _EXPECTING,
        Effect.CALL_HELPER: (entered and after.state in _CALLING and before.state is not State.HELPER)
        or act is Act.UNPRINTED
        or (before.state, act) == (State.TAKE_PAPERS, Act.HINT),
        Effect.CHECK_CODE: (before.state, act) == (State.HELPER_CODE, Act.DONE),
        Effect.OPEN: (before.state, act) == (State.HELPER, Act.OPEN),
        Effect.LOOK: (before.state, act) == (State.HELPER_CODE, Act.OPEN),
        Effect.WRITE_DOWN: act is Act.IDENTITY,
        Effect.DISINFECT: act is Act.DISINFECTED,
        Effect.HANG_UP: before.state is State.HANG_UP and act is Act.YES,
        Effect.DOUBT: before.state is State.SIX_DIGITS and act is Act.NO,
        Effect.PRINT: act in (Act.PRINT, Act.BOTH) and after.state is State.TAKE_PAPERS,
        Effect.PRINT_IN_TALK: act is Act.PRINT and after.state is State.VISIT_PAPERS,
        Effect.HAND_OVER: (before.state, act) == (State.VISIT_LOOK, Act.YES),
        Effect.END_CALL: before.consultation is not None and (after.consultation is None or asks),
        Effect.ASK: asks,
        Effect.AGREE: (before.state, act) == (State.THIRD_PARTY, Act.YES),
        Effect.DECLINE: before.state is State.THIRD_PARTY and act in (Act.NO, Act.SILENCE),
        Effect.KNOW: (before.state, act) == (State.THIRD_DIGITS, Act.YES),
        Effect.EXPEL: (before.state, act) == (State.THIRD_DIGITS, Act.NO),
        Effect.WIPE: (entered and after.state is State.REFUSED)
        or (entered and after.state is State.GOODBYE and not after.wiped)
        or (after.state is State.OUT_OF_SERVICE and act is Act.ELAPSED),
    }
    return tuple(effect for effect, wanted in asked.items() if wanted)
