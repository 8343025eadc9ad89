"""What is decided on the way: the turns of the tables, each from the journey alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from booth_client import agreement, helping, identification
from booth_client.agreement import towards_a_physician
from booth_client.helping import beneath
from booth_client.transitions import Device, Stage, State, Turn
from booth_client.whereabouts import Consultation, Journey
from booth_client.words import Topic
from gateway.devices.reading import Name

__all__ = ["TURNS", "visit_screen"]

_DO: Final[Mapping[Device, State]] = {
    Device.SCALE: State.DO_SCALE,
    Device.THERMOMETER: State.DO_TEMP,
    Device.OXIMETER: State.DO_OXI,
    Device.CUFF: State.DO_CUFF,
    Device.ANALYSER: State.DO_SCALE,
    Device.GLUCOMETER: State.DO_DEVICE,
    Device.STRAP: State.DO_DEVICE,
    Device.SENSOR: State.DO_DEVICE,
}


_MEASURING: Final = (*(_DO.values()), State.REST, State.DEVICE_WAIT, State.LIVE, State.AGAIN, State.RETRY)

_ANEW: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("tries", "round", "extra", "compared"), 0),
    **dict.fromkeys(("trouble", "measured", "rest_from")),
}
"""How a journey comes to another device."""

_SHOWS: Final[Mapping[Stage, State]] = {
    Stage.ASKED: State.WAITING,
    Stage.COMING: State.DOCTOR_COMING,
    Stage.WELL: State.IN_VISIT,
    Stage.SOUND: State.CALL_TROUBLE,
    Stage.LOST: State.CALL_TROUBLE,
    Stage.STOPPED: State.SECURITY_STOP,
    Stage.WRITING: State.WRITING,
    Stage.REPORTED: State.REPORT,
    Stage.OVER: State.NO_DOCTOR,
}


def visit_screen(consultation: Consultation) -> State:
    """Return the screen that shows how the visit with a physician stands."""
    state = _SHOWS[consultation.stage]
    if state in (State.IN_VISIT, State.CALL_TROUBLE) and not consultation.ready:
        return State.DOCTOR_COMING
    if state is State.IN_VISIT and consultation.asking:
        return State.THIRD_PARTY
    if state is State.IN_VISIT and consultation.unknown and not consultation.later:
        return State.THIRD_DIGITS
    if state is State.IN_VISIT and consultation.written:
        return State.VISIT_TEXT
    nothing_left = state is State.REPORT and not consultation.papers
    done = state is State.NO_DOCTOR and consultation.hung_up
    return State.GOODBYE if nothing_left or done else state


def _next(journey: Journey) -> Journey:
    if journey.consultation is not None:
        return _visit(journey)
    if not journey.online and not journey.told_offline:
        return replace(journey, state=State.OFFLINE, told_offline=True)
    if journey.agreed.get(Topic.READINGS) is False:
        return towards_a_physician(journey)
    if Device.OXIMETER in journey.plan.devices and not journey.checked_pulse and _pulses_differ(journey):
        oximeter = journey.plan.devices.index(Device.OXIMETER)
        return _do(replace(journey, at=oximeter, checked_pulse=True, **_ANEW))
    for at in range(journey.at + 1, len(journey.plan.devices)):
        if journey.plan.devices[at] not in journey.results and not _too_small(journey, journey.plan.devices[at]):
            return _do(replace(journey, at=at, **_ANEW))
    return towards_a_physician(journey)


_PULSES_APART: Final = Decimal(15)
"""Beats a minute that cuff and oximeter may differ by; beyond, the oximeter is asked once more, and both are kept."""


def _pulses_differ(journey: Journey) -> bool:
    found = (journey.results.get(device) for device in (Device.OXIMETER, Device.CUFF))
    one, other = (result.number(Name.PULSE) if result else None for result in found)
    return one is not None and other is not None and abs(one - other) > _PULSES_APART


def _too_small(journey: Journey, device: Device) -> bool:
    """Say whether the person is known to be too small for a device: no cuff of a booth fits an infant."""
    return device is Device.CUFF and journey.known is not None and journey.known.age == 0


def _previous(journey: Journey) -> Journey:
    if journey.consultation is not None:
        return _visit(journey)
    if journey.at == 0:
        return replace(journey, state=State.CONSENT, at=-1)
    return _do(replace(journey, at=journey.at - 1, **_ANEW))


def _do(journey: Journey) -> Journey:
    asks = journey.device is Device.GLUCOMETER and not journey.ate and journey.consultation is None
    state = _DO[journey.device] if journey.device else State.CONSENT
    return replace(journey, state=State.MEAL if asks else state)


def _rest_or_wait(journey: Journey) -> Journey:
    rests = journey.plan.rest and journey.rest_from is None and journey.consultation is None
    return replace(journey, state=State.REST if rests else State.DEVICE_WAIT)


def _again_or_next(journey: Journey) -> Journey:
    repeats = journey.device is Device.CUFF and journey.round < journey.rounds and journey.consultation is None
    if not repeats:
        return _next(journey)
    last = journey.results.get(Device.CUFF)
    moves = last is not None and last.arm is not journey.arm
    return replace(journey, state=State.DO_CUFF if moves else State.AGAIN)


def _skip_or_other_arm(journey: Journey) -> Journey:
    """Spare the arm that the cuff was to go on; where no other is left to be measured, the device is skipped."""
    arm = journey.arm
    if arm is None or arm in journey.firsts or journey.consultation is not None:
        return replace(journey, state=State.SKIP)
    spared = replace(journey, spared=journey.spared | {arm})
    return replace(spared, state=State.DO_CUFF if spared.arm is not None else State.SKIP)


def _retry_or(otherwise: State) -> Callable[[Journey], Journey]:
    def decide(journey: Journey) -> Journey:
        return replace(journey, state=State.RETRY if journey.tries == 0 else otherwise, tries=journey.tries + 1)

    return decide


def _resume(journey: Journey) -> Journey:
    """Return to what was interrupted; where silence called the helper, first ask who is there."""
    if journey.doubted and journey.state is State.HELP_CALLED:
        return replace(journey, state=State.STILL_THERE)
    *under, state = journey.behind
    resumed = replace(journey, state=state, behind=tuple(under))
    withdrawn = journey.agreed.get(Topic.READINGS) is False and state in _MEASURING
    return _next(resumed) if withdrawn else resumed


def _unless_in_a_talk(state: State) -> Callable[[Journey], Journey]:
    """Return the turn to a screen that lies over the others; from a talk it leads back to what was there."""

    def decide(journey: Journey) -> Journey:
        if journey.talks:
            return _resume(journey) if journey.behind else _visit(journey)
        return replace(journey, state=state, behind=beneath(journey, state))

    return decide


def _before_visit(journey: Journey) -> Journey:
    return replace(journey, state=State.CONSENT) if journey.agreed.get(Topic.READINGS) is False else _do(journey)


def _visit(journey: Journey) -> Journey:
    state = visit_screen(journey.consultation) if journey.consultation else State.NO_DOCTOR
    return replace(journey, state=state)


def _digits(journey: Journey) -> Journey:
    guests = journey.consultation and journey.consultation.unknown
    return replace(journey, state=State.THIRD_DIGITS if guests else State.SIX_DIGITS)


def _measure(journey: Journey) -> Journey:
    if journey.consultation and journey.consultation.exam is not None:
        return replace(journey, state=State.VISIT_EXAM)
    if journey.consultation and journey.consultation.paper:
        return replace(journey, state=State.VISIT_SHOW)
    asked = journey.consultation and journey.consultation.device
    if asked is None or asked not in journey.plan.devices:
        return _visit(journey)
    return _do(replace(journey, at=journey.plan.devices.index(asked), **_ANEW))


def _papers(journey: Journey) -> Journey:
    asked = journey.consultation
    return replace(journey, state=State.CODE if asked and (asked.both or asked.unprinted) else State.GOODBYE)


def _reopen(journey: Journey) -> Journey:
    """Let people in again at once where an operator had closed the booth; one that cannot wipe goes on trying."""
    return replace(journey, state=State.IDLE if journey.wiped else State.OUT_OF_SERVICE)


TURNS: Final[Mapping[Turn, Callable[[Journey], Journey]]] = {
    **identification.TURNS,
    **agreement.TURNS,
    **helping.TURNS,
    Turn.BEFORE_VISIT: _before_visit,
    Turn.NEXT: _next,
    Turn.PREVIOUS: _previous,
    Turn.DO: _do,
    Turn.REST_OR_WAIT: _rest_or_wait,
    Turn.AGAIN_OR_NEXT: _again_or_next,
    Turn.SKIP_OR_OTHER_ARM: _skip_or_other_arm,
    Turn.RETRY_OR_FAILED: _retry_or(State.FAILED),
    Turn.RETRY_OR_RESULT: _retry_or(State.RESULT),
    Turn.RESUME: _resume,
    Turn.ASK: _unless_in_a_talk(State.STILL_THERE),
    Turn.HELPER: _unless_in_a_talk(State.HELP_CALLED),
    Turn.VISIT: _visit,
    Turn.DIGITS: _digits,
    Turn.MEASURE: _measure,
    Turn.PAPERS: _papers,
    Turn.REOPEN: _reopen,
}
