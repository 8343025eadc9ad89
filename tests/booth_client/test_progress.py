"""How far a reading is that the physician asked for: each step told once, in order, and always an end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from booth_client.channels import Progress
from booth_client.journey import Journey, Plan, State
from booth_client.progress import Asked, progress

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
DOING, LIVE, RESULT, BACK = State.DO_CUFF, State.LIVE, State.RESULT, State.IN_VISIT


def said(*states: State | tuple[State, State]) -> list[Progress]:
    """Return what is told on the way through the screens (a pair: one over another)."""
    asked, all_of_it = Asked(id="r-1"), list[Progress]()
    for each in states:
        over, behind = each if isinstance(each, tuple) else (each, None)
        journey = Journey(plan=Plan(), since=T0, state=over, behind=(behind,) if behind else ())
        asked, more = progress(asked, journey)
        all_of_it += more
        if asked.done:
            break
    assert asked.done, "no end was told"
    return all_of_it


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.VISIT_MEASURE, DOING, State.DEVICE_WAIT, LIVE, RESULT, BACK], ["accepted", "measuring", "received"]),
        ([State.VISIT_MEASURE, BACK], ["refused"]),
        ([DOING, State.SKIP, BACK], ["accepted", "refused"]),
        ([DOING, LIVE, State.RETRY, DOING, LIVE, RESULT, BACK], ["accepted", "measuring", "received"]),
        ([DOING, LIVE, State.FAILED, BACK], ["accepted", "measuring", "refused"]),
        ([DOING, (State.EMERGENCY, DOING), (State.EMERGENCY, RESULT), RESULT, BACK], ["accepted", "received"]),
        ([DOING, State.GOODBYE], ["accepted", "refused"]),
        ([State.SECURITY_STOP], ["refused"]),
    ],
)
def test_a_request_is_told_step_by_step_to_its_end(states: list[State], expected: list[str]) -> None:
    assert [str(each) for each in said(*states)] == expected
