"""The session's table, without any radio."""

from __future__ import annotations

import asyncio
from itertools import pairwise, product
from pathlib import Path

import pytest

from gateway.devices.peer import bounded
from gateway.devices.session import (
    LADDER,
    TRANSITIONS,
    Cue,
    Deadlines,
    EndReason,
    Phase,
    Session,
    Turn,
    advance,
)


def _diagram() -> str:
    """The table as a Mermaid state diagram: one arrow for each phase and turn, with the cues that take it."""
    arrows = ["stateDiagram-v2", "    [*] --> CONNECTING"]
    for phase, turn in product((*LADDER, Phase.SECURING, Phase.LEAVING), Turn):
        cues = [cue.name for cue in Cue if TRANSITIONS[phase, cue] is turn]
        if turn is not Turn.STAY and cues:
            arrows.append(f"    {phase.name} --> {_target(phase, turn)}: {', '.join(cues)}")
    return "\n".join([*arrows, "    ENDED --> [*]"])


def _target(phase: Phase, turn: Turn) -> str:
    onward = "REFUSED_PHASE" if phase is Phase.SECURING else dict(pairwise(LADDER)).get(phase, Phase.LEAVING).name
    return {Turn.ONWARD: onward, Turn.BOND: "SECURING", Turn.LEAVE: "LEAVING", Turn.END: "ENDED"}[turn]


def test_the_diagram_in_the_docs_is_made_from_the_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "session.md").read_text("utf-8")
    assert _diagram() in page, f"docs/session.md is out of date; it should hold\n\n{_diagram()}"


def _through(*cues: Cue) -> Session:
    session = Session()
    for cue in cues:
        session = advance(session, cue)
    return session


def test_every_phase_but_the_last_knows_what_every_cue_means() -> None:
    assert set(TRANSITIONS) == set(product(set(Phase) - {Phase.ENDED}, Cue))


def test_nothing_can_happen_after_the_end() -> None:
    with pytest.raises(KeyError):
        advance(Session(phase=Phase.ENDED), Cue.SPOKE)


@pytest.mark.parametrize(("phase", "cue"), sorted(TRANSITIONS, key=str))
def test_every_turn_can_be_taken_and_an_end_has_a_reason(phase: Phase, cue: Cue) -> None:
    plan = LADDER[LADDER.index(phase) + 1 :] if phase in LADDER else (Phase.LISTENING,)
    session = advance(Session(phase=phase, plan=plan), cue)
    ends = session.phase is not phase and session.phase in (Phase.LEAVING, Phase.ENDED)
    assert (session.reason is not None) == ends


def test_an_untroubled_session_goes_down_the_ladder() -> None:
    session, seen = Session(), []
    while session.phase is not Phase.LISTENING:
        seen.append(session.phase)
        session = advance(session, Cue.DONE)
    assert (*seen, session.phase) == LADDER


def test_a_refused_phase_is_done_again_after_bonding() -> None:
    refused = _through(Cue.DONE, Cue.DONE, Cue.REFUSED)
    assert refused.phase is Phase.SECURING
    assert advance(refused, Cue.DONE).phase is Phase.READING_CLOCK


def test_a_device_that_still_refuses_after_bonding_is_left() -> None:
    session = _through(Cue.DONE, Cue.REFUSED, Cue.DONE, Cue.REFUSED)
    assert (session.phase, session.reason) == (Phase.LEAVING, EndReason.PAIRING_FAILED)


def test_hanging_up_while_listening_is_how_sessions_should_end() -> None:
    listening = _through(*[Cue.DONE] * 7, Cue.SPOKE)
    assert advance(listening, Cue.HUNG_UP).reason is EndReason.HUNG_UP
    assert EndReason.HUNG_UP.well


def test_hanging_up_before_is_a_loss() -> None:
    assert _through(Cue.DONE, Cue.HUNG_UP).reason is EndReason.LOST


def test_silence_makes_us_take_leave_and_stays_the_reason_when_leaving_fails() -> None:
    leaving = _through(*[Cue.DONE] * 7, Cue.SILENT)
    assert leaving.phase is Phase.LEAVING
    ended = advance(leaving, Cue.TIMEOUT)
    assert (ended.phase, ended.reason) == (Phase.ENDED, EndReason.SILENCE)


def test_a_device_that_cannot_be_reached_is_not_taken_leave_of() -> None:
    session = _through(Cue.TIMEOUT)
    assert (session.phase, session.reason) == (Phase.ENDED, EndReason.UNREACHABLE)


def test_backoff_doubles_and_is_bounded() -> None:
    deadlines = Deadlines(backoff_s=0.5, backoff_max_s=4.0)
    assert [deadlines.backoff(failures) for failures in (0, 1, 2, 3, 4, 5, 1000)] == [0.0, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_a_deadline_of_zero_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="read_s"):
        Deadlines(read_s=0)


def test_a_device_that_has_sent_all_it_was_asked_for_is_taken_leave_of() -> None:
    leaving = _through(*[Cue.DONE] * 7, Cue.SPOKE, Cue.COMPLETE)
    assert (leaving.phase, leaving.reason) == (Phase.LEAVING, EndReason.COMPLETE)
    assert EndReason.COMPLETE.well


def test_a_link_that_breaks_amid_the_records_is_a_loss() -> None:
    broken = _through(*[Cue.DONE] * 7, Cue.SPOKE, Cue.BROKE_OFF)
    assert (broken.phase, broken.reason) == (Phase.ENDED, EndReason.LOST)


@pytest.mark.parametrize("phase", [*LADDER, Phase.SECURING, Phase.LEAVING])
def test_a_link_that_our_side_lost_is_over_wherever_it_was(phase: Phase) -> None:
    ended = advance(Session(phase=phase, plan=()), Cue.CUT)
    assert (ended.phase, ended.reason) == (Phase.ENDED, EndReason.CUT)
    assert not EndReason.CUT.well


async def test_a_call_that_forgets_that_it_was_cancelled_does_not_go_on() -> None:
    async def forgetful() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "an answer that came in the same instant"
        return "an answer"

    call = asyncio.create_task(bounded("start scanning", 60, forgetful()))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
