"""The journey's table is total, every target is reached, and the docs are drawn from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from booth_client.journey import DEADLINES, NEWS, OVER, TRANSITIONS, Act, ForbiddenAct, Journey, State, Turn, advance
from booth_client.journey_diagram import document
from tests.booth_client.ways import PLAN, T0


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


def test_no_news_but_a_helper_opens_an_overlay() -> None:
    opened = {
        (act, row[act]) for state, row in TRANSITIONS.items() for act in NEWS & set(row) if row[act] in OVER - {state}
    }
    assert opened == {(Act.ADMITTED, State.HELPER)}


def test_the_diagram_in_the_docs_is_the_table() -> None:
    assert (Path(__file__).parents[2] / "docs" / "journey.md").read_text(encoding="utf-8") == document()
