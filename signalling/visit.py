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
from signalling.side import Standing
from signalling.third import Third, named

__all__ = ["BEFORE_ACTIVE", "TALKING", "WAITING", "Visit", "edge", "pack", "unpack"]

WAITING: Final = frozenset({Step.QUEUED, Step.OFFERED})
"""The steps in which a physician may take the visit."""

BEFORE_ACTIVE: Final = frozenset({Step.ADMITTED, Step.CONNECTING})
"""The steps in which a visit without its physician goes back to the queue."""

TALKING: Final = BEFORE_ACTIVE | {Step.ACTIVE, Step.RECOVERING}
"""The steps in which the two sides' messages are relayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit's step, its sides, and what the patient said when asking (personal: the record seals it).

    `thirds` are those who were asked to join the booth and its physician, `roster` the list that the physician signed
    last. `generations` counts the connections of each pair's endpoint, by `edge`.
    """

    id: str
    step: Step
    booth: Peer
    asked: Enqueue
    since: datetime
    physician: Peer | None = None
    active_at: datetime | None = None
    generations: Mapping[str, int] = field(default_factory=dict)
    thirds: tuple[Third, ...] = ()
    roster: str | None = None

    @property
    def sides(self) -> tuple[Peer, ...]:
        """Return the booth, the physician where there is one, and who has joined them: of each two the first offers."""
        joined = tuple(third.peer for third in self.thirds if third.peer and third.standing is Standing.IN)
        return (self.booth, *(() if self.physician is None else (self.physician, *joined)))

    def side(self, participant: str) -> Peer | None:
        """Return the side whose participant id that is, or None."""
        return next((peer for peer in self.sides if peer.id == participant), None)

    def third(self, participant: str) -> Third | None:
        """Return who was asked to join and has that participant id, or None."""
        return named(self.thirds, participant)

    def concerns(self, participant: str) -> bool:
        """Say whether the visit is anything to a participant: a side of it, or asked to join."""
        return self.side(participant) is not None or self.third(participant) is not None

    def generation(self, endpoint: Endpoint, *pair: str) -> int:
        """Return the newest generation offered between two participants at an *endpoint*; 0: none yet."""
        return self.generations.get(edge(endpoint, *pair), 0)

    @property
    def unmet(self) -> int:
        """Return how often patient and physician tried to connect and never did; a first try may just be given up."""
        if self.physician is None or self.active_at is not None:
            return 0
        tries = self.generation(Endpoint.AV, self.booth.id, self.physician.id)
        return tries if tries > 1 else 0

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


def edge(endpoint: Endpoint, *pair: str) -> str:
    """Return the name of the connection of two participants at an *endpoint*, whoever of them comes first."""
    return " ".join((endpoint, *sorted(pair)))


def pack(visit: Visit) -> bytes:
    """Return the visit as JSON, for the record to seal and keep."""
    return msgspec.json.encode(visit)


def unpack(data: bytes) -> Visit:
    """Return the visit in *data*; raises msgspec.MsgspecError where `pack` did not write it."""
    return msgspec.json.decode(data, type=Visit)
