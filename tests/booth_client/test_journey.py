"""The journey: its table is total, no sequence of touches, readings and silences ends nowhere, nobody is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booth_client.journey import (
    DEADLINES,
    NEWS,
    OVER,
    TRANSITIONS,
    Act,
    Device,
    Effect,
    ForbiddenAct,
    Journey,
    Plan,
    Result,
    State,
    Turn,
    advance,
    due,
)
from booth_client.journey_diagram import document
from gateway.devices.reading import Measure, Name, Unit

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
PLAN = Plan()


def reading(device: Device) -> Result:
    return Result(device=device, measures=(Measure(name=Name.WEIGHT, value=Decimal("72.40"), unit=Unit.KILOGRAM),))


def walk(*acts: Act | tuple[Act, Device], plan: Plan = PLAN, start: Journey | None = None) -> Journey:
    journey = start or Journey(plan=plan, since=T0)
    for act in acts:
        name, device = act if isinstance(act, tuple) else (act, None)
        journey, _ = advance(journey, name, T0, result=reading(device) if device else None)
    return journey


CONSENTED = (Act.TOUCH, Act.FRENCH, Act.NO, Act.YES)
TO_CUFF = (
    *CONSENTED,
    (Act.SAVED, Device.SCALE),
    Act.CONTINUE,
    (Act.SAVED, Device.THERMOMETER),
    Act.CONTINUE,
    (Act.SAVED, Device.OXIMETER),
    Act.CONTINUE,
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_screen_answers_every_act_or_refuses_it_by_name(state: State, act: Act) -> None:
    journey = Journey(plan=PLAN, since=T0, state=state, at=0, behind=(State.CONSENT,) if state in OVER else ())
    if act in TRANSITIONS[state] or act in NEWS:
        after, _ = advance(journey, act, T0)
        assert after.state in State
    else:
        with pytest.raises(ForbiddenAct, match=f"{state} does not offer {act}"):
            advance(journey, act, T0)


def test_every_state_has_a_row_every_act_and_every_turn_is_used() -> None:
    assert set(TRANSITIONS) == set(State)
    offered = {act for row in TRANSITIONS.values() for act in row}
    assert offered | {Act.ONLINE, Act.CUT} == set(Act)
    assert {target for row in TRANSITIONS.values() for target in row.values() if isinstance(target, Turn)} == set(Turn)


def test_every_deadline_is_an_act_that_its_screen_answers() -> None:
    for state, deadlines in DEADLINES.items():
        for _, act in deadlines:
            assert act in TRANSITIONS[state], (state, act)


def test_help_and_emergency_are_offered_on_every_screen() -> None:
    for state, row in TRANSITIONS.items():
        assert Act.EMERGENCY in row or state is State.EMERGENCY, state
        assert Act.HELP in row or state in (State.HELP_CALLED, State.OUT_OF_SERVICE), state


def test_news_never_opens_an_overlay() -> None:
    for state, row in TRANSITIONS.items():
        assert not {row[act] for act in NEWS & set(row)} & OVER, state


def test_the_whole_way_ends_in_goodbye_with_everything_saved() -> None:
    journey = walk(*TO_CUFF, Act.DONE, (Act.SEEN, Device.CUFF), (Act.SAVED, Device.CUFF))
    assert journey.state is State.RESULT
    assert set(journey.results) == set(Device)
    ended, effects = advance(journey, Act.CONTINUE, T0)
    assert (ended.state, effects) == (State.GOODBYE, (Effect.WIPE,))


def test_consent_opens_the_visit_before_the_first_device_is_expected() -> None:
    _, effects = advance(walk(*CONSENTED[:-1]), Act.YES, T0)
    assert effects == (Effect.OPEN_VISIT, Effect.EXPECT)


def test_refusing_consent_wipes_and_leaves_a_way_out_and_a_way_back() -> None:
    refused, effects = advance(walk(*CONSENTED[:-1]), Act.NO, T0)
    assert (refused.state, effects, refused.visit) == (State.REFUSED, (Effect.WIPE,), False)
    assert walk(Act.FINISH, start=refused).state is State.GOODBYE
    assert walk(Act.BACK, start=refused).state is State.CONSENT


def test_consent_withdrawn_from_the_first_device_ends_the_visit() -> None:
    journey = walk(*CONSENTED, Act.BACK)
    assert (journey.state, journey.visit) == (State.CONSENT, True)
    refused, effects = advance(journey, Act.NO, T0)
    assert not refused.visit
    assert Effect.WIPE in effects


def test_a_doubtful_reading_is_repeated_once_and_then_shown() -> None:
    once = walk(*CONSENTED, (Act.CONFIRM, Device.SCALE))
    assert once.state is State.RETRY
    assert walk(Act.REDO, (Act.CONFIRM, Device.SCALE), start=once).state is State.RESULT


def test_an_impossible_reading_is_repeated_once_and_then_given_up() -> None:
    once = walk(*CONSENTED, (Act.IMPLAUSIBLE, Device.SCALE))
    assert once.state is State.RETRY
    failed = walk(Act.REDO, (Act.IMPLAUSIBLE, Device.SCALE), start=once)
    assert failed.state is State.FAILED
    assert Device.SCALE not in failed.results


def test_a_reading_of_another_device_is_noted_and_not_asked_again() -> None:
    journey = walk(*CONSENTED, (Act.SAVED, Device.THERMOMETER))
    assert journey.state is State.DO_SCALE
    after = walk((Act.SAVED, Device.SCALE), Act.CONTINUE, start=journey)
    assert after.state is State.DO_OXI


def test_a_reading_that_arrives_behind_the_emergency_numbers_is_found_afterwards() -> None:
    over = walk(*CONSENTED, Act.EMERGENCY, (Act.SAVED, Device.SCALE))
    assert over.state is State.EMERGENCY
    assert walk(Act.NOT_URGENT, start=over).state is State.RESULT


def test_choosing_a_language_in_an_emergency_returns_to_the_emergency() -> None:
    journey = walk(Act.TOUCH, Act.FRENCH, Act.YES, Act.COMFORT, Act.ENGLISH)
    assert (journey.state, journey.language) == (State.EMERGENCY, "en")
    assert walk(Act.NOT_URGENT, start=journey).state is State.SAFETY


def test_without_network_the_person_is_told_once_and_may_go_on() -> None:
    journey = walk(Act.CUT, *CONSENTED)
    assert (journey.state, journey.visit) == (State.OFFLINE, True)
    on = walk(Act.CONTINUE, (Act.SAVED, Device.SCALE), Act.CONTINUE, start=journey)
    assert on.state is State.DO_TEMP


def test_the_cuff_rests_and_repeats_as_the_plan_says() -> None:
    plan = replace(PLAN, rest=timedelta(minutes=5), rounds=2)
    resting = walk(*TO_CUFF, Act.DONE, plan=plan)
    assert resting.state is State.REST
    assert due(resting) == (T0 + timedelta(minutes=5), Act.ELAPSED)
    first = walk(Act.ELAPSED, (Act.SAVED, Device.CUFF), Act.CONTINUE, start=resting)
    assert first.state is State.AGAIN
    assert walk(Act.CONTINUE, (Act.SAVED, Device.CUFF), Act.CONTINUE, start=first).state is State.GOODBYE


def test_a_reading_that_cannot_be_kept_calls_somebody() -> None:
    unsaved, effects = advance(walk(*CONSENTED), Act.UNSAVED, T0, result=Result(device=Device.SCALE))
    assert (unsaved.state, effects) == (State.UNSAVED, (Effect.CALL_HELPER,))
    assert not unsaved.results


def test_silence_at_a_question_asks_then_wipes() -> None:
    journey = walk(Act.TOUCH, Act.FRENCH)
    assert due(journey) == (T0 + timedelta(seconds=90), Act.SILENCE)
    asked = walk(Act.SILENCE, start=journey)
    assert (asked.state, due(asked)) == (State.STILL_THERE, (T0 + timedelta(seconds=60), Act.ELAPSED))
    assert walk(Act.HERE, start=asked).state is State.SAFETY
    assert walk(Act.ELAPSED, start=asked).state is State.GOODBYE


def test_silence_in_a_measurement_calls_the_helper_and_never_lets_the_next_person_continue_unasked() -> None:
    called, effects = advance(walk(*CONSENTED), Act.SILENCE, T0)
    assert (called.state, effects) == (State.HELP_CALLED, (Effect.CALL_HELPER,))
    assert walk(Act.CANCEL, start=called).state is State.STILL_THERE
    assert walk(Act.CANCEL, Act.HERE, start=called).state in (State.DO_SCALE, State.HELP_CALLED)


def test_a_hint_comes_before_the_failure_and_does_not_restart_the_clock() -> None:
    journey = walk(*TO_CUFF, Act.DONE)
    assert due(journey) == (T0 + timedelta(seconds=30), Act.HINT)
    hinted, _ = advance(journey, Act.HINT, T0 + timedelta(seconds=30))
    assert due(hinted) == (T0 + timedelta(seconds=60), Act.ELAPSED)


def test_a_failed_wipe_puts_the_booth_out_of_service_until_it_succeeds() -> None:
    broken = walk(*CONSENTED, Act.BROKEN)
    assert (broken.state, broken.visit) == (State.OUT_OF_SERVICE, False)
    _, effects = advance(broken, Act.ELAPSED, T0)
    assert effects == (Effect.WIPE,)
    assert walk(Act.WIPED, start=broken) == Journey(plan=PLAN, since=T0)


def test_goodbye_waits_for_the_wipe_before_the_next_person() -> None:
    leaving = walk(*CONSENTED, Act.SKIP, Act.SILENCE, Act.FINISH)
    assert (leaving.state, due(leaving)) == (State.GOODBYE, None)
    wiped = walk(Act.WIPED, start=leaving)
    assert due(wiped) == (T0 + timedelta(seconds=10), Act.ELAPSED)


acts = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(tuple(Device))), max_size=40)


def offered(journey: Journey) -> list[Act]:
    return sorted(set(TRANSITIONS[journey.state]) | NEWS)


def play(choices: list[tuple[int, Device]], plan: Plan) -> Journey:
    """Play any sequence that a person, the devices and time could play."""
    journey = Journey(plan=plan, since=T0)
    for number, device in choices:
        possible = offered(journey)
        journey, _ = advance(journey, possible[number % len(possible)], T0, result=reading(device))
    return journey


@settings(max_examples=300, deadline=None)
@given(acts, st.sampled_from((PLAN, replace(PLAN, rest=timedelta(seconds=5), rounds=3))))
def test_from_anywhere_doing_nothing_ends_at_idle_knowing_nobody(choices: list[tuple[int, Device]], plan: Plan) -> None:
    journey = play(choices, plan)
    for _ in range(60):
        if journey.state in (State.GOODBYE, State.OUT_OF_SERVICE):
            journey, _effects = advance(journey, Act.WIPED, T0)
        when = due(journey)
        if when is None:
            break
        journey, _effects = advance(journey, when[1], when[0])
    assert journey.state is State.IDLE
    assert replace(journey, since=T0, online=True) == Journey(plan=plan, since=T0)


@settings(max_examples=300, deadline=None)
@given(acts)
def test_from_anywhere_there_is_always_something_to_touch_or_something_under_way(
    choices: list[tuple[int, Device]],
) -> None:
    journey = play(choices, PLAN)
    touches = set(TRANSITIONS[journey.state]) - NEWS - {Act.HINT, Act.SILENCE, Act.ELAPSED}
    assert touches


@settings(max_examples=300, deadline=None)
@given(acts)
def test_whoever_comes_next_finds_nothing_of_the_person_before(choices: list[tuple[int, Device]]) -> None:
    journey = play(choices, PLAN)
    if journey.state in (State.IDLE, State.GOODBYE, State.REFUSED):
        assert not journey.results
        assert not journey.visit
    assert journey.visit or not journey.results


def test_the_diagram_in_the_docs_is_the_table() -> None:
    assert (Path(__file__).parents[2] / "docs" / "journey.md").read_text(encoding="utf-8") == document()
