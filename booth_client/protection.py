"""How a conversation stands, as both screens show it: the truth about who is there, or that nobody is yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import LinkError
from signalling.errors import Flaw
from signalling.side import Endpoint

__all__ = ["PeerLost", "State", "Status", "Unconfirmed"]


class PeerLost(LinkError):
    """The connection is gone, or never came about: a new one, of the next generation, may."""


class Unconfirmed(PeerLost):
    """The connection opened, and the other side kept silent instead of confirming it: once, it may be the network."""


class Status(StrEnum):
    """How far it is: nothing is seen, heard or measured but while PROTECTED, or RECOVERING from it."""

    CONNECTING = "connecting"
    PROTECTED = "protected"
    RECOVERING = "recovering"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a screen may say of a conversation.

    `peer` is whom it is with, a participant's id; None: the physician. `name` is proved, never the server's word, and
    None for a guest; `digits` may be compared aloud;
    `fingerprints` are those of the proved connection, our own first; `flaw` says why it was refused;
    `without_relay`: relays were given and none answered, so an operator has to look.
    """

    endpoint: Endpoint
    peer: str | None = None
    status: Status = Status.CONNECTING
    generation: int = 0
    name: str | None = None
    digits: str | None = None
    fingerprints: tuple[str, str] | None = None
    flaw: Flaw | None = None
    without_relay: bool = False
