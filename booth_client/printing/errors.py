"""Why a paper did not come out.

LinkError
└── Unprinted    `why` says which; the person is offered the code, the helper reads the reason
    └── Unwiped  what was printed may still come out: the booth is out of service until it cannot
"""

from __future__ import annotations

from enum import StrEnum

from gateway.errors import LinkError

__all__ = ["Unprinted", "Unwiped", "Why"]


class Why(StrEnum):
    """What keeps papers from coming out, as the helper and the operator's page name it."""

    NO_PRINTER = "no-printer"
    NOT_FETCHED = "not-fetched"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    FORMAT = "format"
    NO_PAPER = "no-paper"
    JAM = "jam"
    OPEN = "open"
    NO_INK = "no-ink"
    FULL = "full"
    STOPPED = "stopped"
    ABORTED = "aborted"
    SILENT = "silent"


class Unprinted(LinkError):
    """A paper could not be fetched or printed: the person is told, and offered the code."""

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why = why


class Unwiped(Unprinted):
    """A paper of this visit may still come out, or lie in a spool: the next person must not find it."""
