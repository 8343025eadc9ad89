"""A person's way through the booth: what follows a touch, a reading or a silence.

No I/O and no clock: `advance` takes the journey, what happened and `now`, and returns the journey that follows with the
effects the booth must carry out, in their order. The tables it follows are in `transitions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from booth_client.transitions import (
    DEADLINES,
    NEWS,
    OVER,
    TOUCHES,
    TRANSITIONS,
    Act,
    Device,
    Effect,
    ForbiddenAct,
    State,
    Turn,
)
from gateway.devices.reading import Measure

__all__ = [
    "DEADLINES",
    "NEWS",
    "OVER",
    "TOUCHES",
    "TRANSITIONS",
    "Act",
    "Device",
    "Effect",
    "ForbiddenAct",
    "Journey",
    "Plan",
    "Result",
    "State",
    "Turn",
    "advance",
    "due",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a visit consists of: the devices in their order, the rest before the cuff and its number of rounds."""

    devices: tuple[Device, ...] = (Device.SCALE, Device.THERMOMETER, Device.OXIMETER, Device.CUFF)
    language: str = "fr"
    rest: timedelta = timedelta(0)
    rounds: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a device measured: the numbers to show, exactly as the device sent them."""

    device: Device
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Where one person is; a new one begins at IDLE and remembers nobody.

    `at` is the index of the device at hand in the plan (-1 before the first), `tries` how often it had to be
    repeated, `round` how many of its measurements were kept, `rest_from` when the person sat down. `doubted` says that
    silence, not a person, called the helper.
    """

    plan: Plan
    since: datetime
    language: str = "fr"
    state: State = State.IDLE
    behind: tuple[State, ...] = ()
    large: bool = False
    contrast: bool = False
    at: int = -1
    tries: int = 0
    round: int = 0
    rest_from: datetime | None = None
    hinted: bool = False
    doubted: bool = False
    visit: bool = False
    online: bool = True
    told_offline: bool = False
    wiped: bool = False
    results: Mapping[Device, Result] = field(default_factory=dict)

    @property
    def device(self) -> Device | None:
        """Return the device at hand, or None outside the measurements."""
        return self.plan.devices[self.at] if 0 <= self.at < len(self.plan.devices) else None


_DO: Final[Mapping[Device, State]] = {
    Device.SCALE: State.DO_SCALE,
    Device.THERMOMETER: State.DO_TEMP,
    Device.OXIMETER: State.DO_OXI,
    Device.CUFF: State.DO_CUFF,
}


def due(journey: Journey) -> tuple[datetime, Act] | None:
    """Return when time itself acts on the journey, and how; None where it may wait for ever."""
    if journey.state is State.REST and journey.rest_from is not None:
        return journey.rest_from + journey.plan.rest, Act.ELAPSED
    if journey.state is State.GOODBYE and not journey.wiped:
        return None
    if journey.state is State.IDLE and journey == _fresh(journey, journey.since):
        return None
    for after, act in DEADLINES.get(journey.state, ()):
        if not (act is Act.HINT and journey.hinted):
            return journey.since + after, act
    return None


def advance(
    journey: Journey, act: Act, now: datetime, *, result: Result | None = None
) -> tuple[Journey, tuple[Effect, ...]]:
    """Return the journey that follows *act* at *now*, and what the booth must carry out.

    *result* names the device that SEEN, SAVED, CONFIRM, IMPLAUSIBLE, UNSAVED or LOST is about, with its numbers. Raises
    ForbiddenAct where the screen does not offer the act.
    """
    if act in NEWS and journey.behind:
        return _advance_behind(journey, act, now, result)
    noted = _note(journey, act, result)
    target = TRANSITIONS[journey.state].get(act)
    if act in NEWS and (target is None or _is_aside(journey, act, result)):
        return noted, ()
    if target is None:
        raise ForbiddenAct(journey.state, act)
    after = _settle(journey, _turn(noted, target), act, now)
    return after, _effects(journey, after, act)


def _advance_behind(
    journey: Journey, act: Act, now: datetime, result: Result | None
) -> tuple[Journey, tuple[Effect, ...]]:
    """Let the news act on the screen that lies under the others."""
    bottom, *over = journey.behind
    under, effects = advance(replace(journey, state=bottom, behind=()), act, now, result=result)
    kept = replace(under, state=journey.state, behind=(under.state, *over), since=journey.since, hinted=journey.hinted)
    return kept, effects


def _is_aside(journey: Journey, act: Act, result: Result | None) -> bool:
    """Say whether the news is about another device than the one at hand; it is noted, and the screen stays."""
    return result is not None and result.device is not journey.device and act is not Act.UNSAVED


def _note(journey: Journey, act: Act, result: Result | None) -> Journey:
    """Return the journey with what the act tells, whatever the next screen is."""
    if act in (Act.SAVED, Act.CONFIRM) and result is not None and journey.visit:
        mine = result.device is journey.device
        results = {**journey.results, result.device: result}
        return replace(journey, results=results, round=journey.round + mine)
    noting = _NOTES.get(act)
    return noting(journey) if noting else journey


_NOTES: Final[Mapping[Act, Callable[[Journey], Journey]]] = {
    Act.FRENCH: lambda journey: replace(journey, language="fr"),
    Act.ENGLISH: lambda journey: replace(journey, language="en"),
    Act.LARGE: lambda journey: replace(journey, large=not journey.large),
    Act.CONTRAST: lambda journey: replace(journey, contrast=not journey.contrast),
    Act.ONLINE: lambda journey: replace(journey, online=True),
    Act.CUT: lambda journey: replace(journey, online=False),
    Act.WIPED: lambda journey: replace(journey, wiped=True, visit=False, results={}),
    Act.HERE: lambda journey: replace(journey, doubted=False),
}


def _turn(journey: Journey, target: State | Turn) -> Journey:
    """Return the journey on its next screen."""
    if isinstance(target, Turn):
        return _TURNS[target](journey)
    if target in OVER and target is not journey.state:
        under = tuple(state for state in (*journey.behind, journey.state) if state is not target)
        return replace(journey, state=target, behind=under)
    return replace(journey, state=target, behind=journey.behind if target in OVER else ())


def _next(journey: Journey) -> Journey:
    if not journey.online and not journey.told_offline:
        return replace(journey, state=State.OFFLINE, told_offline=True)
    for at in range(journey.at + 1, len(journey.plan.devices)):
        if journey.plan.devices[at] not in journey.results:
            return _do(replace(journey, at=at, tries=0, round=0, rest_from=None))
    return replace(journey, state=State.GOODBYE)


def _previous(journey: Journey) -> Journey:
    if journey.at == 0:
        return replace(journey, state=State.CONSENT, at=-1)
    return _do(replace(journey, at=journey.at - 1, tries=0, round=0, rest_from=None))


def _do(journey: Journey) -> Journey:
    return replace(journey, state=_DO[journey.device] if journey.device else State.CONSENT)


def _rest_or_wait(journey: Journey) -> Journey:
    rests = journey.plan.rest and journey.rest_from is None
    return replace(journey, state=State.REST if rests else State.DEVICE_WAIT)


def _again_or_next(journey: Journey) -> Journey:
    repeats = journey.device is Device.CUFF and journey.round < journey.plan.rounds
    return replace(journey, state=State.AGAIN) if repeats else _next(journey)


def _retry_or(otherwise: State) -> Callable[[Journey], Journey]:
    def decide(journey: Journey) -> Journey:
        return replace(journey, state=State.RETRY if journey.tries == 0 else otherwise, tries=journey.tries + 1)

    return decide


def _resume(journey: Journey) -> Journey:
    """Return to what was interrupted; where silence called the helper, first ask who is there."""
    if journey.doubted and journey.state is State.HELP_CALLED:
        return replace(journey, state=State.STILL_THERE)
    *under, state = journey.behind
    return replace(journey, state=state, behind=tuple(under))


_TURNS: Final[Mapping[Turn, Callable[[Journey], Journey]]] = {
    Turn.NEXT: _next,
    Turn.PREVIOUS: _previous,
    Turn.DO: _do,
    Turn.REST_OR_WAIT: _rest_or_wait,
    Turn.AGAIN_OR_NEXT: _again_or_next,
    Turn.RETRY_OR_FAILED: _retry_or(State.FAILED),
    Turn.RETRY_OR_RESULT: _retry_or(State.RESULT),
    Turn.RESUME: _resume,
}


def _fresh(journey: Journey, now: datetime) -> Journey:
    """Return a journey that knows nothing of the person before."""
    return Journey(plan=journey.plan, since=now, language=journey.plan.language, online=journey.online)


def _settle(before: Journey, after: Journey, act: Act, now: datetime) -> Journey:
    """Return *after* with its clocks set, and emptied where a person's way ends."""
    if after.state is State.IDLE and before.state not in OVER:
        return _fresh(after, now)
    if after.state is State.REFUSED:
        return replace(after, since=now, hinted=False, results={}, wiped=False, visit=False)
    if after.state is State.GOODBYE and before.state is not State.GOODBYE and State.GOODBYE not in before.behind:
        kept = replace(_fresh(after, now), language=after.language, large=after.large, contrast=after.contrast)
        return replace(kept, state=State.GOODBYE)
    hinted = act is Act.HINT
    doubted = after.doubted or (act is Act.SILENCE and after.state is State.HELP_CALLED)
    rest_from = now if after.state is State.REST and after.rest_from is None else after.rest_from
    opens = before.state is State.CONSENT and act is Act.YES
    visit = (after.visit or opens) and after.state is not State.OUT_OF_SERVICE
    since = before.since if hinted else now
    results = after.results if visit else {}
    return replace(
        after, since=since, hinted=hinted, doubted=doubted, rest_from=rest_from, visit=visit, results=results
    )


_EXPECTING: Final = frozenset({State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DEVICE_WAIT})
_CALLING: Final = frozenset({State.HELP_CALLED, State.UNSAVED})


def _effects(before: Journey, after: Journey, act: Act) -> tuple[Effect, ...]:
    """Return what the step asks of the booth, in the order in which to do it."""
    entered = after.state is not before.state or after.at != before.at
    asked = {
        Effect.OPEN_VISIT: after.visit and not before.visit,
        Effect.EXPECT: entered and after.state in _EXPECTING,
        Effect.CALL_HELPER: entered and after.state in _CALLING,
        Effect.WIPE: (entered and after.state is State.REFUSED)
        or (entered and after.state is State.GOODBYE and not after.wiped)
        or (after.state is State.OUT_OF_SERVICE and act is Act.ELAPSED),
    }
    return tuple(effect for effect, wanted in asked.items() if wanted)
