"""One visit, as it is kept by the record and shown to its sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from signalling.consultation import Step
from signalling.messages import Endpoint, Enqueue, Waiter
from signalling.presence import Peer

__all__ = ["BEFORE_ACTIVE", "TALKING", "WAITING", "Visit", "pack", "unpack"]

WAITING: Final = frozenset({Step.QUEUED, Step.OFFERED})
"""The steps in which a physician may take the visit."""

BEFORE_ACTIVE: Final = frozenset({Step.ADMITTED, Step.CONNECTING})
"""The steps in which a visit without its physician goes back to the queue."""

TALKING: Final = BEFORE_ACTIVE | {Step.ACTIVE, Step.RECOVERING}
"""The steps in which the two sides' messages are relayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit's step, its two sides, and what the patient said when asking (personal: the record seals it)."""

    id: str
    step: Step
    booth: Peer
    asked: Enqueue
    since: datetime
    physician: Peer | None = None
    active_at: datetime | None = None
    generations: Mapping[Endpoint, int] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[Peer, ...]:
        """Return the booth, and the physician where there is one."""
        return (self.booth,) if self.physician is None else (self.booth, self.physician)

    def side(self, participant: str) -> Peer | None:
        """Return the side whose participant id that is, or None."""
        return next((peer for peer in self.sides if peer.id == participant), None)

    def generation(self, endpoint: Endpoint) -> int:
        """Return the newest generation offered by the booth's *endpoint*; 0: none yet."""
        return self.generations.get(endpoint, 0)

    def line(self) -> Waiter:
        """Return what the queue shows of it: never a name."""
        return Waiter(
            call=self.id,
            since=self.since.isoformat(timespec="seconds"),
            reason=self.asked.reason,
            language=self.asked.language,
            place=self.asked.place,
            speciality=self.asked.speciality,
            needs=self.asked.needs,
            initials=self.asked.initials,
            age=self.asked.age,
        )


def pack(visit: Visit) -> bytes:
    """Return the visit as JSON, for the record to seal and keep."""
    return msgspec.json.encode(visit)


def unpack(data: bytes) -> Visit:
    """Return the visit in *data*; raises msgspec.MsgspecError where `pack` did not write it."""
    return msgspec.json.decode(data, type=Visit)
