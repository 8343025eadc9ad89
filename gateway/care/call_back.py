"""Somebody who is to be called back: from their wish, or a physician's, to a person's word on how it ended. No I/O.

    WAITING ──take──► TAKEN ──close──► REACHED, FAILED or DROPPED, as the ending says
       ▲                │ ▲
       └───give back────┘ └─take─ somebody else takes over, having seen whose it was

Nothing closes one but the person who took it: no time, no booth, no visit that goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.errors import Conflict, Forbidden, Invalid

__all__ = ["ENDINGS", "TRANSITIONS", "Act", "Because", "CallBack", "Ending", "Person", "Status", "advance"]


class Status(StrEnum):
    """How far it is, in the words of FHIR's Task (https://hl7.org/fhir/R4/valueset-task-status.html)."""

    WAITING = "requested"
    TAKEN = "accepted"
    REACHED = "completed"
    FAILED = "failed"
    DROPPED = "cancelled"


class Act(StrEnum):
    """What a person does with it."""

    TAKE = "take"
    GIVE_BACK = "give-back"
    CLOSE = "close"


class Because(StrEnum):
    """Why somebody is to be called back."""

    CUT = "cut"
    """The call was cut and did not come back."""

    WAIT = "wait"
    """The wait was too long, or no physician was there."""

    OFFLINE = "offline"
    """The booth had no network."""

    UNSAFE = "unsafe"
    """The call was stopped because an identity was not proved."""


class Ending(StrEnum):
    """How it ended, as the person who took it says."""

    REACHED = "reached"
    NO_ANSWER = "no-answer"
    WRONG_NUMBER = "wrong-number"
    CAME_BACK = "came-back"
    NOT_WANTED = "not-wanted"


ENDINGS: Final[Mapping[Ending, Status]] = {
    Ending.REACHED: Status.REACHED,
    Ending.NO_ANSWER: Status.FAILED,
    Ending.WRONG_NUMBER: Status.FAILED,
    Ending.CAME_BACK: Status.DROPPED,
    Ending.NOT_WANTED: Status.DROPPED,
}

TRANSITIONS: Final[Mapping[tuple[Status, Act], Status | None]] = {
    (Status.WAITING, Act.TAKE): Status.TAKEN,
    (Status.TAKEN, Act.TAKE): Status.TAKEN,
    (Status.TAKEN, Act.GIVE_BACK): Status.WAITING,
    (Status.TAKEN, Act.CLOSE): None,
}
"""Where an act leads; None: where its ending says. A pair that is not here cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts: a Practitioner's reference, and the name for screens."""

    reference: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Somebody to be called back; `patient` and `encounter` are ids, times have a zone.

    `phone` is the number they gave, None where they gave none; `place` is where they were, and `place_phone` who can be
    called there. `asked_by` is the physician who wants it, None where it was the patient at the booth.
    """

    id: str
    patient: str
    encounter: str
    asked: datetime
    changed: datetime
    because: Because
    phone: str | None = None
    place: str = ""
    place_phone: str | None = None
    asked_by: Person | None = None
    status: Status = Status.WAITING
    owner: Person | None = None
    ending: Ending | None = None


def advance(before: CallBack, act: Act, *, who: Person, now: datetime, ending: Ending | None = None) -> CallBack:
    """Return what follows *act* of *who*; raises Conflict, Forbidden for what is somebody else's, or Invalid."""
    if (before.status, act) not in TRANSITIONS:
        raise Conflict(_CANNOT[act], remedy="Look at the list again.")
    if act is not Act.TAKE and before.owner is not None and before.owner.reference != who.reference:
        raise Forbidden(f"{before.owner.name} has taken this call.", remedy="Take it over first.")
    if act is Act.CLOSE and ending is None:
        raise Invalid("A call is closed with how it ended.", where="ending", remedy=f"One of {', '.join(Ending)}.")
    status = TRANSITIONS[before.status, act] or ENDINGS[ending or Ending.REACHED]
    owner = None if act is Act.GIVE_BACK else who
    return replace(before, status=status, owner=owner, ending=ending if act is Act.CLOSE else None, changed=now)


_CANNOT: Final[Mapping[Act, str]] = {
    Act.TAKE: "This call is closed.",
    Act.GIVE_BACK: "Nobody has taken this call.",
    Act.CLOSE: "Nobody has taken this call, or it is closed.",
}
