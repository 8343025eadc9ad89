"""The visit with a physician, as the kiosk goes through it: asked for, waited for, talked, reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from booth_client.journey import TRANSITIONS, Act, Device, Effect, News, Stage, State, advance, due, offered
from tests.booth_client.ways import CONSENTED, MEASURED, T0, TO_REASON, TO_WAITING, VISITS, talking, told, waiting, walk


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


def test_who_is_ready_and_not_connected_for_a_minute_is_told_a_telephone_number_and_helped_after_ten() -> None:
    coming = told(waiting(), Stage.COMING)
    assert due(coming) == (T0 + timedelta(seconds=30), Act.HINT)  # it is they who are waited for
    ready = walk(Act.READY, start=coming)
    assert due(ready) == (T0 + timedelta(minutes=1), Act.HINT)
    hinted = walk(Act.HINT, start=ready)
    assert (hinted.state, hinted.hinted, due(hinted)) == (
        State.DOCTOR_COMING,
        True,
        (T0 + timedelta(minutes=10), Act.SILENCE),
    )
    assert told(hinted, Stage.WELL, name="Dr Claire Martin").state is State.IN_VISIT


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


def test_a_talk_that_is_away_for_a_minute_can_be_exchanged_for_a_call_and_one_that_comes_back_is_shown() -> None:
    lost = told(talking(), Stage.LOST)
    assert Act.CALL_BACK not in offered(lost)
    long = walk(Act.HINT, start=lost)
    assert Act.CALL_BACK in offered(long)
    assert Act.CALL_BACK in offered(walk(Act.COMFORT, Act.BACK, start=long))
    typing = walk(Act.CALL_BACK, start=long)
    assert told(typing, Stage.LOST).state is State.WHO_PHONE
    back = told(typing, Stage.WELL)
    assert back.state is State.IN_VISIT
    assert Act.CALL_BACK not in offered(told(back, Stage.LOST))
    promised, effects = advance(walk(*(Act(digit) for digit in "0612345678"), start=typing), Act.DONE, T0)
    assert (promised.state, promised.calling) == (State.CALLED_BACK, State.CALL_TROUBLE)
    assert effects == (Effect.CALL_BACK, Effect.END_CALL)


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
