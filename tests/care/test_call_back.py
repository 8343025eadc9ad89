from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from gateway.care.call_back import (
    ENDINGS,
    TRANSITIONS,
    Act,
    Because,
    CallBack,
    Ending,
    Person,
    Status,
    advance,
)
from gateway.errors import Conflict, Forbidden, Invalid

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MARTIN = Person(reference="Practitioner/martin", name="Dr Claire Martin")
ROY = Person(reference="Practitioner/roy", name="Dr Paul Roy")
WANTED = CallBack(id="t", patient="p", encounter="e", asked=NOON, changed=NOON, because=Because.CUT)
TAKEN = advance(WANTED, Act.TAKE, who=MARTIN, now=NOON + timedelta(minutes=1))


def test_every_pair_of_status_and_act_leads_somewhere_or_is_a_conflict() -> None:
    for status, act in product(Status, Act):
        before = replace(TAKEN, status=status)
        if (status, act) in TRANSITIONS:
            assert advance(before, act, who=MARTIN, now=NOON, ending=Ending.REACHED).status in Status
        else:
            with pytest.raises(Conflict):
                advance(before, act, who=MARTIN, now=NOON, ending=Ending.REACHED)


@pytest.mark.parametrize("ending", list(Ending))
def test_who_took_it_closes_it_with_how_it_ended(ending: Ending) -> None:
    closed = advance(TAKEN, Act.CLOSE, who=MARTIN, now=NOON, ending=ending)
    assert (closed.status, closed.ending, closed.owner) == (ENDINGS[ending], ending, MARTIN)


def test_nobody_else_closes_it_or_gives_it_back() -> None:
    for act in (Act.CLOSE, Act.GIVE_BACK):
        with pytest.raises(Forbidden, match="Dr Claire Martin has taken this call"):
            advance(TAKEN, act, who=ROY, now=NOON, ending=Ending.REACHED)


def test_who_has_seen_whose_it_is_may_take_it_over() -> None:
    assert advance(TAKEN, Act.TAKE, who=ROY, now=NOON).owner == ROY


def test_one_that_is_given_back_waits_for_anybody() -> None:
    waits = advance(TAKEN, Act.GIVE_BACK, who=MARTIN, now=NOON)
    assert (waits.status, waits.owner) == (Status.WAITING, None)


def test_none_is_closed_without_a_word_on_how_it_ended() -> None:
    with pytest.raises(Invalid, match="how it ended"):
        advance(TAKEN, Act.CLOSE, who=MARTIN, now=NOON)
