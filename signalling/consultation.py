"""The life of one visit, as a table. No I/O, no clock.

A visit is made when its booth first asks for it, waits, is offered to the physicians who are available, is taken by
one, connects, is lost and found again as often as the network wants, and ends after its report. Losing a page or a
server is no act: it changes who is present, never the step. What patient and physician began in earnest (ACTIVE) ends
only with a report, even after a security stop; before that a physician can give the patient back to the queue.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from signalling.errors import ForbiddenAct

__all__ = ["TRANSITIONS", "Act", "Step", "advance", "diagram"]


class Step(StrEnum):
    """Where a visit is."""

    CREATED = "created"
    QUEUED = "queued"
    OFFERED = "offered"
    TAKEN = "taken"
    ADMITTED = "admitted"
    CONNECTING = "connecting"
    ACTIVE = "active"
    RECOVERING = "recovering"
    REPORTING = "reporting"
    ENDED = "ended"


class Act(StrEnum):
    """What can happen to a visit."""

    ENQUEUE = "enqueue"
    OFFER = "offer to a physician"
    WITHDRAW = "no physician left"
    TAKE = "take"
    ADMIT = "admit"
    NEGOTIATE = "first offer"
    CONNECT = "both connected"
    LOSE = "media lost"
    HANG_UP = "hang up"
    STOP = "security stop"
    LEAVE = "leave"
    ABANDON = "grace over"
    HAND_BACK = "hand back"
    REPORT = "report signed"


TRANSITIONS: Final[dict[Step, dict[Act, Step]]] = {
    Step.CREATED: {Act.ENQUEUE: Step.QUEUED},
    Step.QUEUED: {Act.OFFER: Step.OFFERED, Act.LEAVE: Step.ENDED, Act.ABANDON: Step.ENDED},
    Step.OFFERED: {
        Act.OFFER: Step.OFFERED,
        Act.WITHDRAW: Step.QUEUED,
        Act.TAKE: Step.TAKEN,
        Act.LEAVE: Step.ENDED,
        Act.ABANDON: Step.ENDED,
    },
    Step.TAKEN: {Act.ADMIT: Step.ADMITTED, Act.LEAVE: Step.ENDED, Act.ABANDON: Step.ENDED},
    Step.ADMITTED: {
        Act.NEGOTIATE: Step.CONNECTING,
        Act.HAND_BACK: Step.QUEUED,
        Act.HANG_UP: Step.ENDED,
        Act.STOP: Step.ENDED,
        Act.LEAVE: Step.ENDED,
        Act.ABANDON: Step.ENDED,
    },
    Step.CONNECTING: {
        Act.NEGOTIATE: Step.CONNECTING,
        Act.HAND_BACK: Step.QUEUED,
        Act.CONNECT: Step.ACTIVE,
        Act.LOSE: Step.CONNECTING,
        Act.HANG_UP: Step.ENDED,
        Act.STOP: Step.ENDED,
        Act.LEAVE: Step.ENDED,
        Act.ABANDON: Step.ENDED,
    },
    Step.ACTIVE: {
        Act.NEGOTIATE: Step.RECOVERING,
        Act.CONNECT: Step.ACTIVE,
        Act.LOSE: Step.RECOVERING,
        Act.HANG_UP: Step.REPORTING,
        Act.STOP: Step.REPORTING,
        Act.LEAVE: Step.REPORTING,
        Act.ABANDON: Step.REPORTING,
    },
    Step.RECOVERING: {
        Act.NEGOTIATE: Step.RECOVERING,
        Act.CONNECT: Step.ACTIVE,
        Act.LOSE: Step.RECOVERING,
        Act.HANG_UP: Step.REPORTING,
        Act.STOP: Step.REPORTING,
        Act.LEAVE: Step.REPORTING,
        Act.ABANDON: Step.REPORTING,
    },
    Step.REPORTING: {
        Act.HANG_UP: Step.REPORTING,
        Act.STOP: Step.REPORTING,
        Act.LEAVE: Step.REPORTING,
        Act.ABANDON: Step.REPORTING,
        Act.REPORT: Step.ENDED,
    },
    Step.ENDED: {},
}


def advance(step: Step, act: Act) -> Step:
    """Return the step that follows *act* in *step*, or raise ForbiddenAct."""
    try:
        return TRANSITIONS[step][act]
    except KeyError:
        raise ForbiddenAct(f"a visit that is {step} knows no “{act}”") from None


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {Step.CREATED.name}"]
    lines += [
        f"    {step.name} --> {after.name}: {act.value}"
        for step, row in TRANSITIONS.items()
        for act, after in row.items()
    ]
    return "\n".join([*lines, f"    {Step.ENDED.name} --> [*]"])
