"""How far a reading is that the physician asked for: each step told once, in order, and always an end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from booth_client.channels import Progress
from booth_client.journey import Journey, Plan, State
from booth_client.progress import EXAMINING, MEASURING, PRINTING, READING, SHOWING, VIEWING, Asked, Course, progress

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
DOING, LIVE, RESULT, BACK = State.DO_CUFF, State.LIVE, State.RESULT, State.IN_VISIT


def said(*states: State | tuple[State, State], course: Course = MEASURING) -> list[Progress]:
    """Return what is told on the way through the screens (a pair: one over another)."""
    asked, all_of_it = Asked(id="r-1", course=course), list[Progress]()
    for each in states:
        over, behind = each if isinstance(each, tuple) else (each, None)
        journey = Journey(plan=Plan(), since=T0, state=over, behind=(behind,) if behind else ())
        asked, more = progress(asked, journey)
        all_of_it += [more] if more else []
        if asked.over:
            break
    assert asked.over, "no end was told"
    return all_of_it


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.VISIT_MEASURE, DOING, State.DEVICE_WAIT, LIVE, RESULT, BACK], ["accepted", "doing", "done"]),
        ([State.VISIT_MEASURE, BACK], ["refused"]),
        ([DOING, State.SKIP, BACK], ["accepted", "refused"]),
        ([DOING, LIVE, State.RETRY, DOING, LIVE, RESULT, BACK], ["accepted", "doing", "done"]),
        ([DOING, LIVE, State.FAILED, BACK], ["accepted", "doing", "failed"]),
        ([DOING, (State.EMERGENCY, DOING), (State.EMERGENCY, RESULT), RESULT, BACK], ["accepted", "done"]),
        ([DOING, State.GOODBYE], ["accepted", "refused"]),
        ([State.SECURITY_STOP], ["refused"]),
    ],
)
def test_a_request_is_told_step_by_step_to_its_end(states: list[State], expected: list[str]) -> None:
    assert [str(each) for each in said(*states)] == expected


EXAM, TEXT, PAPERS, LOST = State.VISIT_EXAM, State.VISIT_TEXT, State.VISIT_PAPERS, State.CALL_TROUBLE


@pytest.mark.parametrize(
    ("course", "states", "expected"),
    [
        (EXAMINING, [State.VISIT_MEASURE, EXAM, BACK], ["doing", "done"]),
        (EXAMINING, [State.VISIT_MEASURE, BACK], ["refused"]),
        (EXAMINING, [EXAM, (State.COMFORT, EXAM), LOST], ["doing", "failed"]),
        (READING, [TEXT, BACK], ["doing", "done"]),
        (READING, [EXAM, BACK], ["doing", "done"]),
        (READING, [TEXT, LOST], ["doing", "failed"]),
        (PRINTING, [PAPERS, BACK], ["doing", "done"]),
        (VIEWING, [State.VISIT_FILE, PAPERS, BACK], ["doing", "done"]),
        (VIEWING, [State.VISIT_FILE, LOST], ["doing", "failed"]),
        (SHOWING, [State.VISIT_MEASURE, BACK], ["refused"]),
        (
            SHOWING,
            [State.VISIT_MEASURE, State.VISIT_SHOW, State.VISIT_HOLD, State.VISIT_LOOK, BACK],
            ["doing", "refused"],
        ),
        (SHOWING, [State.VISIT_SHOW, LOST], ["doing", "failed"]),
        (MEASURING, [State.DO_DEVICE, State.DEVICE_WAIT, LIVE, RESULT, BACK], ["accepted", "doing", "done"]),
    ],
)
def test_what_goes_on_is_over_when_its_screen_is_left_and_cut_off_by_a_loss(
    course: Course, states: list[State], expected: list[str]
) -> None:
    assert [str(each) for each in said(*states, course=course)] == expected
