"""Who is connected, and what each has been told: enough to give a participant that comes back what it missed.

A participant is a subject (a booth's URN, a physician's number), not a socket: its id is derived from the subject, so
that it is the same after a server restart, and a second socket of the same subject takes the place of the first.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from signalling.envelope import Envelope
from signalling.messages import Message, Role

__all__ = ["GRACE", "KEPT", "KEPT_FOR", "Participant", "Peer", "Practice", "participant_id"]

GRACE: Final = timedelta(seconds=120)
"""How long a participant may be away before its visit goes on without it."""

KEPT: Final = 256
"""How many of its last messages a participant can be given again."""

KEPT_FOR: Final = timedelta(seconds=60)
"""For how long a message can be given again."""


class Practice(Struct, frozen=True, kw_only=True, cache_hash=True):
    """What a physician is offered: specialities, languages and territories, in the words of the settings; none: any.

    Many have the same: whom a visit is offered to is decided by it, so its hash is counted once.
    """

    specialities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """An authenticated side: its role, its stable subject, and the name the server knows it by.

    The subject is what the side's binding must prove: `urn:teleborne:booth:NAME` or `rpps:` and eleven digits. Who it
    is does not depend on its practice.
    """

    role: Role
    subject: str
    name: str
    practice: Practice = field(default=Practice(), compare=False)

    @property
    def id(self) -> str:
        """Return the participant id that this side has on every server."""
        return participant_id(self.subject)


@lru_cache(maxsize=8192)
def participant_id(subject: str) -> str:
    """Return the participant id of *subject*: short, stable, and telling nothing."""
    return "p-" + hashlib.sha256(subject.encode()).hexdigest()[:16]


@dataclass(slots=True, kw_only=True)
class Participant:
    """One side, present or away, with the last messages it was sent. `resume` names this numbering of them.

    The last of `sent` has the number `seq`. What many are told is there once, for all of them.
    """

    peer: Peer
    resume: str
    present: bool = True
    gone_at: datetime | None = None
    available: bool = False
    seq: int = 0
    sent: deque[tuple[datetime, Envelope]] = field(default_factory=lambda: deque(maxlen=KEPT))
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Keep the participant's id, which each message names."""
        self.id = self.peer.id

    def address(
        self,
        body: Message,
        *,
        now: datetime,
        name: str,
        call: str | None = None,
        gen: int = 1,
        sender: str | None = None,
    ) -> Envelope:
        """Return *body* in an envelope for this participant, counted and kept for a resume; *name* is its id."""
        envelope = Envelope(body=body, id=name, call=call, gen=gen, sender=sender, to=self.id, seq=self.seq + 1)
        self.keep((now, envelope))
        return envelope

    def keep(self, said: tuple[datetime, Envelope]) -> int:
        """Keep what this participant is told with others; return its number here."""
        self.seq += 1
        self.sent.append(said)
        return self.seq

    def missed(self, last_seq: int, *, now: datetime) -> list[Envelope] | None:
        """Return what was sent after *last_seq*, or None where part of it is no longer kept."""
        if last_seq > self.seq:
            return None
        first = self.seq - len(self.sent) + 1
        kept = [
            replace(envelope, to=self.id, seq=seq)
            for seq, (at, envelope) in enumerate(self.sent, first)
            if now - at <= KEPT_FOR and seq > last_seq
        ]
        return kept if len(kept) == self.seq - last_seq else None
