"""Who is there: a card, a code, the helper or a number; a way out of each, and nothing kept of who said no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from booth_client import telephone
from booth_client.journey import (
    Act,
    Consultation,
    Effect,
    Journey,
    Known,
    News,
    Plan,
    State,
    Topic,
    Way,
    advance,
    due,
    offered,
)

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
JEANNE = Known(id="1", name="Jeanne M.", age=82)
TOM = Known(id="2", name="Tom M.", age=8)
ALL = Plan(ways=frozenset(Way))
TO_WHO = (Act.TOUCH, Act.FRENCH, Act.NO)


def walk(*acts: Act, plan: Plan = ALL, start: Journey | None = None) -> Journey:
    journey = start or Journey(plan=plan, since=T0)
    for act in acts:
        journey, _ = advance(journey, act, T0)
    return journey


def read(journey: Journey, *people: Known) -> Journey:
    after, _ = advance(journey, Act.READ, T0, news=News(people=people))
    return after


def typing(number: str) -> tuple[Act, ...]:
    return tuple(Act(digit) for digit in number)


def test_who_comes_back_from_a_promised_call_to_a_wait_that_was_given_up_may_ask_for_a_physician_anew() -> None:
    waiting = Journey(
        plan=Plan(ways=frozenset({Way.PHONE}), visits=True),
        since=T0,
        state=State.WAITING,
        reason="cough",
        agreed={Topic.VISIT: True},
        visit=True,
        consultation=Consultation(),
    )
    for act in (Act.CALL_BACK, Act.WITHOUT, Act.BACK, Act.BACK):
        waiting, _ = advance(waiting, act, T0)
    assert waiting.state is State.NO_DOCTOR
    again, effects = advance(waiting, Act.REDO, T0)
    assert (again.state, Effect.ASK in effects) == (State.WAITING, True)


def test_only_the_ways_of_this_booth_that_work_are_offered() -> None:
    assert {Act.CARD, Act.PHONE, Act.ASSISTED, Act.NOTHING} <= offered(walk(*TO_WHO))
    dead, _ = advance(walk(*TO_WHO), Act.READERS, T0, news=News(closed=frozenset({Way.CARD})))
    assert Act.CARD not in offered(dead)
    assert Act.PHONE in offered(dead)


def test_a_booth_without_readers_asks_for_a_number_and_one_without_any_way_for_nothing() -> None:
    assert walk(*TO_WHO, plan=Plan(ways=frozenset({Way.PHONE}))).state is State.WHO_PHONE
    assert walk(*TO_WHO, plan=Plan()).state is State.CONSENT


def test_a_reader_that_dies_while_it_is_waited_for_leads_back_to_the_other_ways() -> None:
    waiting = walk(*TO_WHO, Act.CARD)
    after, _ = advance(waiting, Act.READERS, T0, news=News(closed=frozenset({Way.CARD})))
    assert after.state is State.WHO
    elsewhere, _ = advance(waiting, Act.READERS, T0, news=News(closed=frozenset({Way.CODE})))
    assert elsewhere.state is State.WHO_CARD


def test_a_card_that_is_read_is_confirmed_by_its_person_before_anything_else() -> None:
    asked = read(walk(*TO_WHO, Act.CARD), JEANNE)
    assert (asked.state, asked.known) == (State.WHO_CONFIRM, None)
    assert walk(Act.YES, start=asked).known == JEANNE
    assert walk(Act.YES, start=asked).state is State.CONSENT


def test_whoever_says_no_to_a_name_is_asked_anew_and_the_name_is_forgotten() -> None:
    asked = read(walk(*TO_WHO, Act.CARD), JEANNE)
    anew, effects = advance(asked, Act.NO, T0)
    assert (anew.state, anew.people, effects) == (State.WHO, (), (Effect.FORGET_WHO,))


def test_going_back_from_consent_to_the_name_and_saying_no_forgets_it() -> None:
    back = walk(Act.YES, Act.BACK, start=read(walk(*TO_WHO, Act.CARD), JEANNE))
    assert back.state is State.WHO_CONFIRM
    assert walk(Act.NO, start=back).known is None


def test_a_card_is_turned_once_and_then_another_way_is_offered() -> None:
    turned = walk(Act.MISREAD, start=walk(*TO_WHO, Act.CARD))
    assert (turned.state, turned.tries) == (State.WHO_CARD, 1)
    assert walk(Act.MISREAD, start=turned).state is State.WHO


def test_a_card_that_nobody_asked_for_tells_nothing_and_is_forgotten() -> None:
    resting, effects = advance(walk(*TO_WHO, Act.NOTHING), Act.READ, T0, news=News(people=(JEANNE,)))
    assert (resting.state, resting.people, effects) == (State.WHO_PHONE, (), (Effect.FORGET_WHO,))


def test_for_a_child_the_holder_of_the_card_says_as_what_they_speak() -> None:
    asked = walk(Act.RELATIVE, Act.CHILD, start=read(walk(*TO_WHO, Act.CARD), JEANNE, TOM))
    assert (asked.state, asked.people, asked.companion) == (State.WHO_CONFIRM, (TOM,), "parent")
    assert walk(Act.YES, start=asked).known == TOM
    unknown = walk(Act.NO, start=asked)
    assert (unknown.state, unknown.known, unknown.companion) == (State.WHO_PHONE, None, "parent")


def test_without_anybody_else_on_the_card_the_other_person_stays_unknown() -> None:
    alone = walk(Act.RELATIVE, Act.CARED_FOR, start=read(walk(*TO_WHO, Act.CARD), JEANNE))
    assert (alone.state, alone.people, alone.companion) == (State.WHO_PHONE, (), "carer")


def test_the_helper_is_called_to_write_the_name_and_who_waits_in_vain_may_go_on() -> None:
    asked, effects = advance(walk(*TO_WHO, Act.ASSISTED), Act.YES, T0)
    assert (asked.state, effects) == (State.WHO_HELPER, (Effect.CALL_HELPER,))
    assert due(asked) == (T0 + timedelta(seconds=90), Act.HINT)
    assert walk(Act.OTHERWISE, start=asked).state is State.WHO
    assert read(asked, JEANNE).state is State.WHO_CONFIRM


def test_a_number_is_taken_once_it_is_whole_and_may_be_left_out() -> None:
    short = walk(*TO_WHO, Act.NOTHING, *typing("06123456"), Act.DONE)
    assert (short.state, short.checked, telephone.missing(short.phone)) == (State.WHO_PHONE, True, 2)
    assert walk(*typing("78"), Act.DONE, start=short).state is State.CONSENT
    without = walk(Act.WITHOUT, start=short)
    assert (without.state, without.phone) == (State.CONSENT, "")


def test_digits_are_erased_one_by_one_and_offered_as_long_as_a_number_may_go_on() -> None:
    empty = walk(*TO_WHO, Act.NOTHING)
    assert {act for act in offered(empty) if act.isdigit()} == {Act.ZERO}
    assert Act.ERASE not in offered(empty)
    whole = walk(*typing("0612345678"), start=empty)
    assert not {act for act in offered(whole) if act.isdigit()}
    assert walk(Act.ERASE, start=whole).phone == "061234567"


@pytest.mark.parametrize(
    ("digits", "left"), [("", 10), ("0327", 6), ("0327000000", 0), ("0032", 6), ("003281123456", 0)]
)
def test_a_number_abroad_is_taken_as_well(digits: str, left: int) -> None:
    assert telephone.missing(digits) == left


def test_a_number_is_written_two_by_two() -> None:
    assert telephone.written("0612345678") == "06 12 34 56 78"


def test_nothing_of_the_person_is_left_at_the_goodbye_or_when_the_booth_breaks() -> None:
    known = walk(Act.YES, start=read(walk(*TO_WHO, Act.NOTHING, *typing("06"), Act.BACK, Act.CARD), JEANNE))
    for end in (walk(Act.NO, Act.FINISH, start=known), walk(Act.BROKEN, start=known)):
        assert (end.people, end.known, end.companion, end.phone) == ((), None, None, "")


def test_silence_before_the_visit_asks_whether_somebody_is_there() -> None:
    for state in (State.WHO, State.WHO_CARD, State.WHO_PHONE, State.WHO_CONFIRM):
        journey = replace(walk(*TO_WHO), state=state, hinted=True, people=(JEANNE,))
        assert walk(Act.SILENCE, start=journey).state is State.STILL_THERE
