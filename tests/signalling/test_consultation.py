"""The table of a visit's life."""

from __future__ import annotations

import pytest

from signalling.consultation import TRANSITIONS, Act, Step, advance
from signalling.errors import ForbiddenAct


def reachable(start: Step) -> set[Step]:
    found, new = {start}, {start}
    while new:
        new = {after for step in new for after in TRANSITIONS[step].values()} - found
        found |= new
    return found


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("act", Act)
def test_every_act_in_every_step_has_a_next_step_or_is_refused(step: Step, act: Act) -> None:
    if act in TRANSITIONS[step]:
        assert advance(step, act) is TRANSITIONS[step][act]
    else:
        with pytest.raises(ForbiddenAct, match=str(step)):
            advance(step, act)


def test_every_step_can_be_reached_and_every_visit_can_end() -> None:
    assert reachable(Step.CREATED) == set(Step)
    assert all(Step.ENDED in reachable(step) for step in Step)


def test_every_act_is_used() -> None:
    assert {act for row in TRANSITIONS.values() for act in row} == set(Act)


def test_what_was_active_ends_only_with_a_report() -> None:
    ends = [(step, act) for step, row in TRANSITIONS.items() for act, after in row.items() if after is Step.ENDED]
    active = {Step.ACTIVE, Step.RECOVERING, Step.REPORTING}
    assert [(step, act) for step, act in ends if step in active] == [(Step.REPORTING, Act.REPORT)]
