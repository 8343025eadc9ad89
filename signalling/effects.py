"""What the waiting room asks its shell to do, in the order in which it must happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signalling.envelope import Envelope
from signalling.presence import Peer
from signalling.visit import Visit

__all__ = ["Claim", "Effect", "Persist", "Send"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Tell a participant."""

    to: str
    envelope: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Persist:
    """Keep the visit as it is now, before anything after this effect.

    Who has the visit is never written from here: the record's claim says so, and `release` alone takes it back. A visit
    that is claimed keeps its step when a waiting one comes late. `stopped_by` is the subject of who found that a proof
    does not hold, `reason` then its flaw: both are for the audit.
    """

    visit: Visit
    at: datetime
    reason: str | None = None
    stopped_by: str | None = None
    release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Ask the record to give this visit to this physician, unless another has it; answer with `claimed`.

    `re` is the id of the message that asked.
    """

    call: str
    physician: Peer
    re: str


Effect = Send | Persist | Claim
