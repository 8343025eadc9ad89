"""Tickets: what lets a browser or a booth open the socket after its authenticated request. No I/O, no clock.

A WebSocket cannot carry a request's headers from a page, and a cookie alone would let any page that makes the browser
connect speak for the person. So the authenticated session asks for a ticket: 256 random bits, once, for 30 seconds.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from signalling.presence import Peer

__all__ = ["TICKET_LIFE", "Tickets"]

TICKET_LIFE: Final = timedelta(seconds=30)
"""How long a ticket may wait for its socket."""

_OCTETS: Final = 32
_MOST: Final = 10_000


@dataclass(slots=True, kw_only=True)
class Tickets:
    """The tickets that nobody has used yet, oldest first."""

    waiting: dict[str, tuple[Peer, datetime]] = field(default_factory=dict)

    def issue(self, peer: Peer, *, now: datetime) -> str | None:
        """Return a new ticket for *peer*, or None where too many are waiting."""
        self._drop_old(now)
        if len(self.waiting) >= _MOST:
            return None
        ticket = secrets.token_urlsafe(_OCTETS)
        self.waiting[ticket] = (peer, now)
        return ticket

    def spend(self, ticket: str, *, now: datetime) -> Peer | None:
        """Return whose ticket it is, once; None for one that is unknown, used or too old."""
        self._drop_old(now)
        peer, _ = self.waiting.pop(ticket, (None, now))
        return peer

    def revoke(self, subject: str) -> None:
        """Take back what a subject has not used yet."""
        self.waiting = {ticket: kept for ticket, kept in self.waiting.items() if kept[0].subject != subject}

    def _drop_old(self, now: datetime) -> None:
        for ticket, (_, issued) in list(self.waiting.items()):
            if now - issued < TICKET_LIFE:
                break
            del self.waiting[ticket]
