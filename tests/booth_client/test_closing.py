"""Nobody is let in where an operator has closed the booth, or where something of somebody's is still to be wiped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booth_client.journey import Act, Device, Effect, Journey, State, advance, due
from tests.booth_client.ways import CONSENTED, PLAN, T0, TO_CUFF, walk


def test_a_booth_that_an_operator_closes_lets_nobody_in_and_opens_again_at_once() -> None:
    shut = walk(Act.CLOSED)
    assert (shut.state, shut.shut, due(shut)) == (State.OUT_OF_SERVICE, True, None)
    assert advance(shut, Act.REOPENED, T0) == (Journey(plan=PLAN, since=T0), ())
    under_help = walk(Act.EMERGENCY, Act.REOPENED, Act.NOT_URGENT, start=shut)
    assert (under_help.state, under_help.shut) == (State.IDLE, False)


def test_a_revoked_booth_lets_nobody_in_until_it_is_believed_again() -> None:
    revoked = walk(Act.REVOKED)
    assert (revoked.state, revoked.revoked, due(revoked)) == (State.OUT_OF_SERVICE, True, None)
    closed = walk(Act.CLOSED, start=revoked)
    assert (closed.state, closed.shut, closed.revoked) == (State.OUT_OF_SERVICE, True, False)
    assert walk(Act.REVOKED, start=closed).revoked
    assert walk(Act.REOPENED, start=revoked) == Journey(plan=PLAN, since=T0)
    there = walk(*TO_CUFF, Act.REVOKED)
    assert (there.state, there.revoked) == (State.DO_CUFF, True)


@pytest.mark.parametrize("acts", [(Act.CLOSED, Act.BROKEN), (Act.BROKEN, Act.CLOSED)])
def test_a_booth_that_could_not_wipe_is_not_opened_by_an_operator_but_by_its_wipe(acts: tuple[Act, ...]) -> None:
    for start in (walk(), walk(*CONSENTED), walk(*CONSENTED, Act.SKIP, Act.SILENCE, Act.FINISH, Act.WIPED)):
        ordered = walk(*acts, Act.REOPENED, start=start)
        assert (ordered.state, ordered.shut) == (State.OUT_OF_SERVICE, False)
        when = due(ordered)
        assert when is not None
        wiping, effects = advance(ordered, when[1], when[0])
        assert (wiping.state, effects) == (State.OUT_OF_SERVICE, (Effect.WIPE,))
        assert walk(Act.WIPED, start=wiping).state is State.IDLE


def test_who_is_there_when_an_operator_closes_the_booth_finishes_and_then_it_closes() -> None:
    there = walk(*TO_CUFF, Act.CLOSED)
    assert there.state is State.DO_CUFF
    over = walk(Act.DONE, (Act.SEEN, Device.CUFF), (Act.SAVED, Device.CUFF), Act.CONTINUE, Act.WIPED, start=there)
    assert over.state is State.GOODBYE
    ended, _ = advance(over, Act.ELAPSED, T0 + timedelta(minutes=5))
    assert (ended.state, ended.shut, ended.results) == (State.OUT_OF_SERVICE, True, {})
    undecided = walk(Act.TOUCH, Act.CLOSED, Act.BACK)
    assert undecided.state is State.OUT_OF_SERVICE


def test_a_closed_booth_that_could_not_wipe_goes_on_trying_and_stays_closed() -> None:
    broken = walk(*CONSENTED, Act.CLOSED, Act.BROKEN)
    when = due(broken)
    assert when is not None
    wiping, effects = advance(broken, when[1], when[0])
    assert effects == (Effect.WIPE,)
    wiped = walk(Act.WIPED, start=wiping)
    assert (wiped.state, due(wiped)) == (State.OUT_OF_SERVICE, None)


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
