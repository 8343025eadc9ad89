"""What the waiting room asks its shell to do, in the order in which it must happen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from signalling.envelope import Envelope
from signalling.presence import Peer
from signalling.visit import Visit

__all__ = ["SIGNALLING", "Announce", "Claim", "Effect", "Persist", "Send"]

SIGNALLING: Final = "urn:teleborne:signalling"
"""The subject of the server itself, where nobody else found what is audited."""


class Send(Struct, frozen=True, kw_only=True):
    """Tell a participant."""

    to: str
    envelope: Envelope


class Announce(Struct, frozen=True, kw_only=True):
    """Tell several participants the same: each by its id, with the number that the message has for it."""

    to: list[tuple[str, int]]
    envelope: Envelope

    def each(self) -> Iterator[Send]:
        """Yield what each of them is told."""
        for participant, seq in self.to:
            yield Send(to=participant, envelope=replace(self.envelope, to=participant, seq=seq))


@dataclass(frozen=True, slots=True, kw_only=True)
class Persist:
    """Keep the visit as it is now, before anything after this effect.

    Who has the visit is never written from here: the record's claim says so, and `release` alone takes it back. A visit
    that is claimed keeps its step when a waiting one comes late. `stopped_by` is the subject of who found that a proof
    does not hold, `reason` then its flaw; `unmet` is how often two who never met had tried to: these are for the audit.
    """

    visit: Visit
    at: datetime
    reason: str | None = None
    stopped_by: str | None = None
    release: bool = False
    unmet: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Ask the record to give this visit to this physician, unless another has it; answer with `claimed`.

    `re` is the id of the message that asked.
    """

    call: str
    physician: Peer
    re: str


Effect = Send | Announce | Persist | Claim
