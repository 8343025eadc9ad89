"""What the booth and the supervisor of its browser say to one another: a JSON object a line, over a Unix socket.

    booth ──► supervisor    open: begin here (the address is good once); wipe: forget everything; beat: the page lives
    supervisor ──► booth    want: no page is open; wiped: nothing is left; failed: something is

The booth listens, for it outlives nobody: whichever of the two comes back finds the other.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

__all__ = [
    "LONGEST_LINE",
    "Beat",
    "Failed",
    "Open",
    "Order",
    "Report",
    "Want",
    "Wipe",
    "Wiped",
    "order",
    "report",
    "said",
]

LONGEST_LINE: Final = 4096

Text = Annotated[str, msgspec.Meta(max_length=1024)]


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="say", tag=str.lower):
    """One line; its first field is the class's name in small letters."""


class Open(_Line, frozen=True, kw_only=True):
    """Open the browser at this address."""

    address: Text


class Wipe(_Line, frozen=True, kw_only=True):
    """End the browser and erase all that it wrote; the *number* comes back in the answer."""

    number: int


class Beat(_Line, frozen=True, kw_only=True):
    """The page lives, and may be silent for *good_s* seconds from now."""

    good_s: float


class Want(_Line, frozen=True, kw_only=True):
    """There is no page; the next `open` is waited for."""


class Wiped(_Line, frozen=True, kw_only=True):
    """No process of the browser runs and nothing that it wrote is left."""

    number: int


class Failed(_Line, frozen=True, kw_only=True):
    """Something of the last person's may still be there."""

    number: int
    why: Text


Order = Open | Wipe | Beat
Report = Want | Wiped | Failed

_ORDERS: Final[msgspec.json.Decoder[Order]] = msgspec.json.Decoder(Order)
_REPORTS: Final[msgspec.json.Decoder[Report]] = msgspec.json.Decoder(Report)


def order(line: bytes) -> Order:
    """Return what the booth says; raises msgspec.ValidationError or DecodeError."""
    return _ORDERS.decode(line)


def report(line: bytes) -> Report:
    """Return what the supervisor says; raises msgspec.ValidationError or DecodeError."""
    return _REPORTS.decode(line)


def said(line: Order | Report) -> bytes:
    """Return the line as it goes over the socket."""
    return msgspec.json.encode(line) + b"\n"
