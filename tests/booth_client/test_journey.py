"""The journey: its table is total, no sequence of touches, readings and silences ends nowhere, nobody is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

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
    News,
    Plan,
    Result,
    Stage,
    State,
    Turn,
    advance,
    due,
    offered,
)
from booth_client.journey_diagram import document
from booth_client.words import Trouble
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


def test_what_a_device_says_was_wrong_is_known_until_another_device_is_at_hand() -> None:
    doubted = pressure(132, 81, trouble=Trouble.LOOSE)
    retry, _ = advance(walk(*TO_CUFF, Act.DONE), Act.CONFIRM, T0, result=doubted)
    assert (retry.state, retry.trouble) == (State.RETRY, Trouble.LOOSE)
    lost = walk(Act.REDO, Act.DONE, (Act.SEEN, Device.CUFF), (Act.LOST, Device.CUFF), start=retry)
    assert lost.trouble is None


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


# The visit with a physician

VISITS = replace(PLAN, devices=(Device.CUFF,), visits=True, printer=True)
AGREED = (Act.YES, Act.NO, Act.YES)
"""To see a physician, alone, and that the report may be read by one's own."""
MEASURED = (*CONSENTED, (Act.SAVED, Device.CUFF), Act.CONTINUE)
TO_REASON = (*MEASURED, *AGREED)
TO_WAITING = (*TO_REASON, Act.COUGH)


def told(journey: Journey, stage: Stage | None, act: Act = Act.VISIT, **news: Any) -> Journey:
    after, _ = advance(journey, act, T0, news=News(stage=stage, **news))
    return after


def waiting() -> Journey:
    return told(walk(*TO_WAITING, plan=VISITS), Stage.ASKED, before=2, minutes=(5, 15))


def talking() -> Journey:
    coming = told(waiting(), Stage.COMING)
    return walk(Act.READY, start=told(coming, Stage.WELL, name="Dr Claire Martin"))


def test_after_the_measurements_the_person_says_why_they_come_and_a_physician_is_asked_for() -> None:
    asking = walk(*TO_REASON, plan=VISITS)
    assert asking.state is State.REASON
    asked, effects = advance(asking, Act.COUGH, T0)
    assert (asked.state, asked.reason, effects) == (State.WAITING, "cough", (Effect.ASK,))


def test_without_visits_the_way_ends_after_the_measurements_as_before() -> None:
    assert walk(*MEASURED, plan=replace(VISITS, visits=False)).state is State.GOODBYE


def test_a_person_may_go_without_seeing_a_physician() -> None:
    leaving, effects = advance(walk(*TO_REASON, plan=VISITS), Act.FINISH, T0)
    assert (leaving.state, effects) == (State.GOODBYE, (Effect.WIPE,))


def test_offline_the_person_is_told_and_may_try_again_or_go() -> None:
    cut = walk(Act.CUT, start=walk(*CONSENTED, (Act.SAVED, Device.CUFF), plan=VISITS))
    told_so = walk(Act.CONTINUE, Act.CONTINUE, start=cut)
    assert told_so.state is State.NO_DOCTOR
    assert walk(Act.REDO, start=told_so).state is State.NO_DOCTOR
    assert walk(Act.ONLINE, Act.REDO, start=told_so).state is State.CONSENT_VISIT
    assert walk(Act.FINISH, start=told_so).state is State.GOODBYE


def test_a_server_that_does_not_answer_is_said_after_twenty_seconds_and_the_reason_is_not_asked_again() -> None:
    asked = walk(*TO_WAITING, plan=VISITS)
    assert due(asked) == (T0 + timedelta(seconds=20), Act.ELAPSED)
    alone, effects = advance(asked, Act.ELAPSED, T0)
    assert (alone.state, effects, alone.consultation) == (State.NO_DOCTOR, (Effect.END_CALL,), None)
    again, effects = advance(alone, Act.REDO, T0)
    assert (again.state, effects) == (State.WAITING, (Effect.ASK,))


def test_who_waits_is_asked_every_ten_minutes_and_silence_calls_the_helper_and_never_wipes() -> None:
    asked = walk(Act.SILENCE, start=waiting())
    assert (asked.state, due(waiting())) == (State.ALL_RIGHT, (T0 + timedelta(minutes=10), Act.SILENCE))
    assert walk(Act.YES, start=asked).state is State.WAITING
    called, effects = advance(asked, Act.SILENCE, T0)
    assert (called.state, effects) == (State.HELP_CALLED, (Effect.CALL_HELPER,))


def test_a_new_place_in_the_queue_does_not_take_a_question_away_nor_start_the_ten_minutes_again() -> None:
    asked = walk(Act.SILENCE, start=waiting())
    assert told(asked, Stage.ASKED, before=1, minutes=(0, 5)).state is State.ALL_RIGHT
    assert told(asked, Stage.COMING).state is State.DOCTOR_COMING
    later, _ = advance(waiting(), Act.VISIT, T0 + timedelta(minutes=9), news=News(stage=Stage.ASKED, before=1))
    assert due(later) == (T0 + timedelta(minutes=10), Act.SILENCE)


def test_a_wait_that_is_longer_than_was_first_said_is_admitted() -> None:
    wait = told(walk(*TO_WAITING, plan=VISITS), Stage.ASKED, before=1, minutes=(0, 5))
    longer = told(wait, Stage.ASKED, before=1, minutes=(5, 20))
    assert due(longer) == (T0 + timedelta(minutes=5), Act.HINT)
    late = walk(Act.HINT, start=longer)
    assert (late.hinted, due(late)) == (True, (T0 + timedelta(minutes=10), Act.SILENCE))


def test_nobody_is_seen_before_they_say_that_they_are_ready() -> None:
    proved = told(told(waiting(), Stage.COMING), Stage.WELL, name="Dr Claire Martin")
    assert (proved.state, proved.consultation and proved.consultation.ready) == (State.DOCTOR_COMING, False)
    later = walk(Act.MINUTE, start=proved)
    assert (later.state, offered(later) & {Act.READY, Act.MINUTE}) == (State.DOCTOR_COMING, frozenset({Act.READY}))
    assert walk(Act.READY, start=proved).state is State.IN_VISIT


def test_who_is_ready_before_the_physician_is_proved_waits_for_the_proof() -> None:
    ready = walk(Act.READY, start=told(waiting(), Stage.COMING))
    assert (ready.state, offered(ready) & {Act.READY, Act.MINUTE}) == (State.DOCTOR_COMING, frozenset())
    assert told(ready, Stage.WELL, name="Dr Claire Martin").state is State.IN_VISIT


def test_the_next_physician_is_agreed_to_anew() -> None:
    back = told(talking(), Stage.ASKED, before=0)
    assert back.state is State.WAITING
    again = told(told(back, Stage.COMING), Stage.WELL, name="Dr Roy")
    assert again.state is State.DOCTOR_COMING


def test_a_lost_call_is_said_to_come_back_and_comes_back() -> None:
    lost = told(talking(), Stage.LOST)
    assert lost.state is State.CALL_TROUBLE
    assert due(lost) == (T0 + timedelta(seconds=60), Act.HINT)
    assert told(lost, Stage.WELL).state is State.IN_VISIT


def test_the_six_digits_are_compared_in_the_middle_of_a_talk_and_nothing_else_is_kept_waiting() -> None:
    shown = walk(Act.VERIFY, start=told(talking(), Stage.WELL, name="Dr Claire Martin", digits="403180"))
    assert (shown.state, shown.consultation and shown.consultation.digits) == (State.SIX_DIGITS, "403180")
    assert due(shown) == (T0 + timedelta(seconds=60), Act.SILENCE)
    assert walk(Act.YES, start=shown).state is walk(Act.SILENCE, start=shown).state is State.IN_VISIT
    stopped, effects = advance(shown, Act.NO, T0)
    assert (stopped.state, effects) == (State.SECURITY_STOP, (Effect.DOUBT,))
    assert told(stopped, Stage.STOPPED).state is told(stopped, Stage.WRITING).state is State.SECURITY_STOP
    assert advance(shown, Act.ASKED, T0, news=News(device=Device.CUFF))[0].state is State.VISIT_MEASURE
    assert told(shown, Stage.SOUND).state is State.SIX_DIGITS
    assert told(shown, Stage.LOST).state is State.CALL_TROUBLE


def test_the_digits_of_one_physician_are_forgotten_before_the_next() -> None:
    back = told(told(talking(), Stage.WELL, digits="403180"), Stage.ASKED, before=0)
    assert back.consultation is not None
    assert back.consultation.digits is None


def test_where_only_the_picture_is_lost_silence_means_nothing() -> None:
    sound = told(talking(), Stage.SOUND)
    assert (sound.state, due(sound)) == (State.CALL_TROUBLE, None)


def test_hanging_up_is_asked_twice_and_leads_to_the_report() -> None:
    asked = walk(Act.FINISH, start=talking())
    assert asked.state is State.HANG_UP
    assert walk(Act.NO, start=asked).state is State.IN_VISIT
    ended, effects = advance(asked, Act.YES, T0)
    assert (ended.state, effects) == (State.WRITING, (Effect.HANG_UP,))
    assert told(ended, Stage.OVER).state is State.GOODBYE


def test_leaving_the_queue_is_asked_twice_and_ends_the_visit() -> None:
    asked = walk(Act.FINISH, start=waiting())
    assert asked.state is State.LEAVE
    assert walk(Act.NO, start=asked).state is State.WAITING
    left, effects = advance(asked, Act.YES, T0)
    assert (left.state, effects) == (State.GOODBYE, (Effect.END_CALL, Effect.WIPE))


def test_the_physician_asks_for_a_reading_and_the_talk_goes_on_afterwards() -> None:
    asked = told(talking(), None, Act.ASKED, device=Device.CUFF)
    assert asked.state is State.VISIT_MEASURE
    assert walk(Act.NO, start=asked).state is State.IN_VISIT
    doing, _effects = advance(asked, Act.YES, T0)
    assert (doing.state, doing.device) == (State.DO_CUFF, Device.CUFF)
    measured = walk(Act.DONE, (Act.SEEN, Device.CUFF), (Act.SAVED, Device.CUFF), start=doing)
    assert (measured.state, due(measured)) == (State.RESULT, (T0 + timedelta(seconds=20), Act.SILENCE))
    assert walk(Act.SILENCE, start=measured).state is State.IN_VISIT
    assert walk(Act.CONTINUE, start=measured).state is State.IN_VISIT
    assert walk(Act.SKIP, Act.CONTINUE, start=doing).state is State.IN_VISIT
    assert walk(Act.SILENCE, start=doing).state is State.IN_VISIT


def test_a_physician_who_ends_the_talk_during_a_reading_is_found_ended_afterwards() -> None:
    doing = walk(Act.YES, start=told(talking(), None, Act.ASKED, device=Device.CUFF))
    over = told(doing, Stage.WRITING)
    assert over.state is State.DO_CUFF
    assert walk((Act.SAVED, Device.CUFF), Act.CONTINUE, start=over).state is State.WRITING


@pytest.mark.parametrize("where", ["talk", "measure", "hang-up", "help", "coming"])
def test_a_security_stop_comes_at_once_wherever_the_person_is(where: str) -> None:
    before = {
        "talk": talking(),
        "measure": walk(Act.YES, start=told(talking(), None, Act.ASKED, device=Device.CUFF)),
        "hang-up": walk(Act.FINISH, start=talking()),
        "help": walk(Act.HELP, start=talking()),
        "coming": told(waiting(), Stage.COMING),
    }[where]
    stopped = told(before, Stage.STOPPED)
    assert State.SECURITY_STOP in (stopped.state, *stopped.behind)
    shown = stopped if where != "help" else walk(Act.CANCEL, start=stopped)
    assert TRANSITIONS[shown.state].get(Act.CONTINUE) is None
    again, effects = advance(shown, Act.REDO, T0)
    assert (again.state, effects) == (State.WAITING, (Effect.END_CALL, Effect.ASK))


def test_papers_are_printed_photographed_both_or_left() -> None:
    report = told(told(talking(), Stage.WRITING), Stage.REPORTED, papers=2)
    assert report.state is State.REPORT
    printing, effects = advance(report, Act.PRINT, T0)
    assert (printing.state, effects) == (State.TAKE_PAPERS, (Effect.PRINT,))
    printed = told(printing, None, Act.PRINTED, pages=3)
    assert (printed.state, printed.consultation and printed.consultation.pages) == (State.TAKE_PAPERS, 3)
    assert walk(Act.DONE, start=printed).state is State.GOODBYE
    assert walk(Act.BOTH, Act.DONE, start=report).state is State.CODE
    assert walk(Act.PHONE, Act.BACK, start=report).state is State.REPORT
    assert walk(Act.FINISH, start=report).state is State.GOODBYE


def test_without_paper_the_code_is_shown_and_the_helper_called() -> None:
    printing = walk(Act.PRINT, start=told(talking(), Stage.REPORTED, papers=1))
    without, effects = advance(printing, Act.UNPRINTED, T0)
    assert (without.state, effects) == (State.CODE, (Effect.CALL_HELPER,))
    assert not {Act.PRINT, Act.BOTH} & offered(walk(Act.BACK, start=without))


def test_a_booth_without_a_printer_does_not_offer_to_print() -> None:
    report = told(talking(), Stage.REPORTED, papers=1)
    assert offered(replace(report, plan=replace(VISITS, printer=False))) & {Act.PRINT, Act.PHONE, Act.BOTH} == {
        Act.PHONE
    }


def test_help_in_a_talk_leads_back_to_it_by_itself_and_wipes_nobody() -> None:
    called = walk(Act.HELP, start=talking())
    assert walk(Act.SILENCE, start=called).state is State.IN_VISIT


acts = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(tuple(Device))), max_size=60)
stages = st.lists(st.sampled_from(tuple(Stage)), min_size=60, max_size=60)


def play(choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None = None) -> Journey:
    """Play any sequence that a person, the devices, the server, a physician and time could play."""
    journey = start or Journey(plan=plan, since=T0)
    for (number, device), stage in zip(choices, said, strict=False):
        possible = sorted(set(TRANSITIONS[journey.state]) | NEWS)
        act = possible[number % len(possible)]
        news = News(stage=stage if act is Act.VISIT else None, before=number % 3, device=device, papers=number % 2)
        journey, _ = advance(journey, act, T0, result=reading(device), news=news)
    return journey


PLANS = (PLAN, replace(PLAN, rest=timedelta(seconds=5), rounds=3), VISITS, replace(VISITS, devices=PLAN.devices))
starts = st.sampled_from((None, waiting(), talking(), told(talking(), Stage.REPORTED, papers=1)))


@settings(max_examples=600, deadline=None)
@given(acts, stages, st.sampled_from(PLANS), starts)
def test_from_anywhere_doing_nothing_ends_at_idle_knowing_nobody(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    """Whoever talks is left alone as long as the physician is there; then the call is lost, and nobody comes."""
    journey = play(choices, said, plan, start)
    plan = journey.plan
    journey = told(journey, Stage.LOST) if journey.talks else journey
    for _ in range(90):
        if journey.state in (State.GOODBYE, State.OUT_OF_SERVICE):
            journey, _effects = advance(journey, Act.WIPED, T0)
        when = due(journey)
        if when is None:
            break
        journey, _effects = advance(journey, when[1], when[0])
    assert journey.state is State.IDLE
    assert replace(journey, since=T0, online=True) == Journey(plan=plan, since=T0)


@settings(max_examples=400, deadline=None)
@given(acts, stages, st.sampled_from(PLANS), starts)
def test_from_anywhere_there_is_always_something_to_touch_or_something_under_way(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    journey = play(choices, said, plan, start)
    assert offered(journey)


@settings(max_examples=400, deadline=None)
@given(acts, stages, st.sampled_from(PLANS), starts)
def test_whoever_comes_next_finds_nothing_of_the_person_before(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    journey = play(choices, said, plan, start)
    if journey.state in (State.IDLE, State.GOODBYE, State.REFUSED):
        assert not journey.results
        assert not journey.visit
        assert journey.consultation is None
        assert journey.reason is None
    assert journey.visit or not (journey.results or journey.consultation or journey.reason)


@settings(max_examples=400, deadline=None)
@given(acts, stages, st.sampled_from((VISITS, replace(VISITS, devices=PLAN.devices))), starts)
def test_a_call_is_ended_whenever_the_person_is_no_longer_in_it(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    journey, open_calls = start or Journey(plan=plan, since=T0), 1 if start else 0
    for (number, device), stage in zip(choices, said, strict=False):
        possible = sorted(set(TRANSITIONS[journey.state]) | NEWS)
        act = possible[number % len(possible)]
        news = News(stage=stage if act is Act.VISIT else None, before=0, device=device, papers=1)
        journey, effects = advance(journey, act, T0, result=reading(device), news=news)
        open_calls += effects.count(Effect.ASK) - effects.count(Effect.END_CALL)
        assert open_calls == (journey.consultation is not None), (act, journey.state)


def test_the_diagram_in_the_docs_is_the_table() -> None:
    assert (Path(__file__).parents[2] / "docs" / "journey.md").read_text(encoding="utf-8") == document()
