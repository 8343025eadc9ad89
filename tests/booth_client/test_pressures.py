"""The cuff: its rest, rounds and the minute between two, both arms, and a pulse held against the oximeter's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from booth_client.journey import Act, Device, Effect, Journey, Result, State, advance, due, offered
from booth_client.words import Arm, Trouble
from gateway.devices.reading import Measure, Name, Unit
from tests.booth_client.ways import PLAN, T0, TO_CUFF, walk


def test_the_cuff_rests_and_repeats_as_the_plan_says() -> None:
    plan = replace(PLAN, rest=timedelta(minutes=5), rounds=2)
    resting = walk(*TO_CUFF, Act.DONE, plan=plan)
    assert resting.state is State.REST
    assert due(resting) == (T0 + timedelta(minutes=5), Act.ELAPSED)
    first = walk(Act.ELAPSED, (Act.SAVED, Device.CUFF), Act.CONTINUE, start=resting)
    assert first.state is State.AGAIN
    assert walk(Act.CONTINUE, (Act.SAVED, Device.CUFF), Act.CONTINUE, start=first).state is State.GOODBYE


def pressure(systolic: int, diastolic: int, **said: Any) -> Result:
    values = {Name.SYSTOLIC: systolic, Name.DIASTOLIC: diastolic}
    measures = tuple(Measure(name=name, value=Decimal(value), unit=Unit.MMHG) for name, value in values.items())
    return Result(device=Device.CUFF, measures=measures, **said)


def test_a_minute_lies_between_two_pressures_and_cannot_be_cut_short_by_a_touch() -> None:
    plan = replace(PLAN, rounds=3, gap=timedelta(minutes=1))
    kept, _ = advance(walk(*TO_CUFF, Act.DONE, plan=plan), Act.SAVED, T0, result=pressure(132, 81))
    again, _ = advance(kept, Act.CONTINUE, T0 + timedelta(seconds=20))
    assert again.state is State.AGAIN
    assert due(again) == (T0 + timedelta(minutes=1), Act.ELAPSED)
    assert Act.CONTINUE not in offered(again)
    assert Act.SKIP in offered(again)
    then, effects = advance(again, Act.ELAPSED, T0 + timedelta(minutes=1))
    assert (then.state, effects) == (State.DEVICE_WAIT, (Effect.EXPECT,))


@pytest.mark.parametrize(
    ("first", "second", "rounds"),
    [
        (pressure(132, 81), pressure(141, 90), 3),
        (pressure(132, 81), pressure(142, 81), 4),
        (pressure(132, 81), pressure(132, 91), 4),
        (pressure(132, 81), pressure(130, 80, irregular=True), 4),
    ],
)
def test_two_first_pressures_that_do_not_agree_want_one_more(first: Result, second: Result, rounds: int) -> None:
    journey = walk(*TO_CUFF, Act.DONE, plan=replace(PLAN, rounds=3))
    for result in (first, second):
        journey, _ = advance(journey, Act.SAVED, T0, result=result)
        journey = walk(Act.CONTINUE, Act.CONTINUE, start=journey)
    assert journey.rounds == rounds
    for _ in range(rounds - 2):
        assert journey.state is State.DEVICE_WAIT
        journey, _ = advance(journey, Act.SAVED, T0, result=pressure(200, 120))
        journey = walk(Act.CONTINUE, *([Act.CONTINUE] if journey.round < rounds else []), start=journey)
    assert journey.state is not State.AGAIN


BOTH_ARMS = replace(PLAN, rounds=3, arms=True)


def measured(journey: Journey, *results: Result) -> Journey:
    """Return *journey* once each of *results* was kept, and gone on from, with the cuff put on where it is asked."""
    for result in results:
        journey = walk(*([Act.DONE] if journey.state is State.DO_CUFF else []), start=journey)
        journey = walk(*([Act.CONTINUE] if journey.state is State.AGAIN else []), start=journey)
        journey, _ = advance(journey, Act.SAVED, T0, result=result)
        journey = walk(Act.CONTINUE, start=journey)
    return journey


@pytest.mark.parametrize(("left", "right", "higher"), [(140, 130, Arm.LEFT), (130, 140, Arm.RIGHT)])
def test_the_pressure_is_taken_on_both_arms_and_then_three_times_in_all_on_the_higher(
    left: int, right: int, higher: Arm
) -> None:
    journey = walk(*TO_CUFF, plan=BOTH_ARMS)
    assert (journey.state, journey.arm) == (State.DO_CUFF, Arm.LEFT)
    journey = measured(journey, pressure(left, 80))
    assert (journey.state, journey.arm) == (State.DO_CUFF, Arm.RIGHT)
    journey = measured(journey, pressure(right, 80))
    assert (journey.state, journey.arm) == (State.DO_CUFF if higher is Arm.LEFT else State.AGAIN, higher)
    journey = measured(journey, pressure(max(left, right), 80), pressure(max(left, right), 80))
    assert journey.results == {}, "somebody else may come"
    assert journey.state is State.GOODBYE


def test_two_pressures_of_the_same_arm_that_do_not_agree_want_one_more_and_those_of_two_arms_do_not() -> None:
    start = measured(walk(*TO_CUFF, plan=BOTH_ARMS), pressure(130, 80), pressure(150, 80))
    assert start.rounds == 4
    assert measured(start, pressure(151, 80)).rounds == 4
    assert measured(start, pressure(139, 80)).rounds == 5


def test_an_arm_that_cannot_be_used_is_spared_and_the_other_measured_as_planned() -> None:
    right = walk(*TO_CUFF, Act.SKIP, plan=BOTH_ARMS)
    assert (right.state, right.arm, right.rounds) == (State.DO_CUFF, Arm.RIGHT, 3)
    assert walk(Act.SKIP, start=right).state is State.SKIP
    back = walk(Act.SKIP, start=measured(walk(*TO_CUFF, plan=BOTH_ARMS), pressure(130, 80)))
    assert (back.state, back.arm, back.rounds) == (State.DO_CUFF, Arm.LEFT, 3)
    assert measured(back, pressure(131, 80), pressure(131, 80)).state is State.GOODBYE


def test_a_pressure_that_the_cuff_doubts_does_not_say_which_arm_is_the_higher() -> None:
    doubted, _ = advance(
        walk(*TO_CUFF, Act.DONE, plan=BOTH_ARMS), Act.CONFIRM, T0, result=pressure(190, 80, trouble=Trouble.MOVED)
    )
    assert (doubted.state, doubted.arm) == (State.RETRY, Arm.LEFT)
    journey = measured(walk(Act.REDO, start=doubted), pressure(130, 80), pressure(140, 80))
    assert (journey.arm, journey.rounds - journey.round) == (Arm.RIGHT, 2)


def beating(device: Device, pulse: int) -> Result:
    measure = Measure(name=Name.PULSE, value=Decimal(pulse), unit=Unit.PER_MINUTE)
    return Result(device=device, measures=(measure,))


@pytest.mark.parametrize(("finger", "cuff", "again"), [(70, 85, False), (70, 86, True), (90, 72, True)])
def test_a_pulse_that_is_not_the_cuffs_is_taken_once_more_and_then_left(finger: int, cuff: int, again: bool) -> None:  # noqa: FBT001  a case
    journey, _ = advance(walk(*TO_CUFF[:8]), Act.SAVED, T0, result=beating(Device.OXIMETER, finger))
    journey, _ = advance(walk(Act.CONTINUE, Act.DONE, start=journey), Act.SAVED, T0, result=beating(Device.CUFF, cuff))
    journey = walk(Act.CONTINUE, start=journey)
    assert journey.state is (State.DO_OXI if again else State.GOODBYE)
    if again:
        journey, _ = advance(journey, Act.SAVED, T0, result=beating(Device.OXIMETER, finger))
        assert walk(Act.CONTINUE, start=journey).state is State.GOODBYE


def test_what_a_device_says_was_wrong_is_known_until_another_device_is_at_hand() -> None:
    doubted = pressure(132, 81, trouble=Trouble.LOOSE)
    retry, _ = advance(walk(*TO_CUFF, Act.DONE), Act.CONFIRM, T0, result=doubted)
    assert (retry.state, retry.trouble) == (State.RETRY, Trouble.LOOSE)
    lost = walk(Act.REDO, Act.DONE, (Act.SEEN, Device.CUFF), (Act.LOST, Device.CUFF), start=retry)
    assert lost.trouble is None
