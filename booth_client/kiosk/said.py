"""What the kiosk page says of its connection to the physician's page; what it says of the journey is a touch.

`booth_client.face` says what comes when.
"""

from __future__ import annotations

from typing import Annotated, Protocol

import msgspec

from signalling import messages as m
from signalling.errors import Flaw

__all__ = [
    "Candidate",
    "Confirm",
    "Hearer",
    "Life",
    "Moving",
    "Offer",
    "PageMessage",
    "Proved",
    "Refused",
    "Roster",
    "Said",
    "Seen",
    "Unrelayed",
    "parse",
]


class Hearer(Protocol):
    """Whoever signs for the page's connections: booth_client.faces.Faces."""

    def page(self, *, there: bool) -> None:
        """Say that a new page is there, or none any more."""

    def said(self, message: PageMessage) -> None:
        """Take in what the page says."""


Generation = Annotated[int, msgspec.Meta(ge=1)]


class PageMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What the page says of its connection of generation `gen` with `peer`; no peer: with the physician."""

    gen: Generation
    peer: m.Word = ""


class Offer(PageMessage, frozen=True, kw_only=True, tag="offer"):
    """Its description."""

    sdp: Annotated[str, msgspec.Meta(max_length=48 * 1024)]


class Candidate(PageMessage, frozen=True, kw_only=True, tag="candidate"):
    """One more address; an empty one is the last."""

    candidate: m.Text
    mid: m.Word | None = None


class Seen(PageMessage, frozen=True, kw_only=True, tag="seen"):
    """The fingerprint of the certificate that DTLS showed, 64 upper-case hexadecimal digits."""

    fingerprint: m.Word


class Confirm(PageMessage, frozen=True, kw_only=True, tag="confirm"):
    """What the other side said first on `control`."""

    jws: Annotated[str, msgspec.Meta(max_length=8192)]


class Proved(PageMessage, frozen=True, kw_only=True, tag="proved"):
    """The other side says that our confirm holds."""


class Life(PageMessage, frozen=True, kw_only=True, tag="life"):
    """Whether the other side answers: `well`, not for a while (`silent`), or not any more (`lost`)."""

    state: m.Word


class Moving(PageMessage, frozen=True, kw_only=True, tag="picture"):
    """Whether the other side's picture arrives."""

    moves: bool


class Refused(PageMessage, frozen=True, kw_only=True, tag="refused"):
    """The page found something that does not hold."""

    flaw: Flaw


class Unrelayed(PageMessage, frozen=True, kw_only=True, tag="unrelayed"):
    """It was given relays, and none gave it an address."""


class Roster(PageMessage, frozen=True, kw_only=True, tag="roster"):
    """The other side says who takes part."""

    jws: Annotated[str, msgspec.Meta(max_length=8192)]


Said = Offer | Candidate | Seen | Confirm | Proved | Life | Moving | Refused | Roster | Unrelayed


def parse(message: object) -> Said:
    """Return the page's message; raises msgspec.ValidationError."""
    said: Said = msgspec.convert(message, type=Said)
    return said
