"""The journey of one person through the measurements: consent, doubts, silence, the way out."""

from __future__ import annotations

from datetime import timedelta

from booth_client.journey import Act, Device, Effect, Result, State, advance, due
from tests.booth_client.ways import CONSENTED, PLAN, T0, TO_CUFF, walk


def test_the_whole_way_ends_in_goodbye_with_everything_saved() -> None:
    journey = walk(*TO_CUFF, Act.DONE, (Act.SEEN, Device.CUFF), (Act.SAVED, Device.CUFF))
    assert journey.state is State.RESULT
    assert set(journey.results) == set(PLAN.devices)
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
