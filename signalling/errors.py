"""What can go wrong between participants, and whose fault it is.

    SignallingError
    ├── BadMessage        the peer's: not a message of the protocol
    ├── Refused           the peer's: a message that is not allowed now, or not its to send
    ├── ForbiddenAct      ours: an act that the visit's table does not have in this step
    ├── RecordError       the record's: it cannot keep, claim or read visits just now
    └── BindingError      somebody's in between: a signature, certificate or fingerprint that does not hold

Codes and flaws are those of docs/signalling.md.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["BadMessage", "BindingError", "Code", "Flaw", "ForbiddenAct", "RecordError", "Refused", "SignallingError"]


class Code(StrEnum):
    """Why a message was refused, as the `error` message carries it."""

    BAD_MESSAGE = "bad-message"
    TOO_FAST = "too-fast"
    UNKNOWN_CALL = "unknown-call"
    NOT_YOURS = "not-yours"
    NOT_NOW = "not-now"
    OLD_GENERATION = "old-generation"
    NOT_AVAILABLE = "not-available"
    TOO_MANY = "too-many"
    TRY_AGAIN = "try-again"


class Flaw(StrEnum):
    """What does not hold in a binding, a session description, a certificate or a confirm; `stop` carries it."""

    MALFORMED = "malformed"
    SIGNATURE = "signature"
    CERTIFICATE = "certificate"
    CREDENTIAL = "credential"
    REVOKED = "revoked"
    IDENTITY = "identity"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    CALL = "call"
    GENERATION = "generation"
    ENDPOINT = "endpoint"
    ROLE = "role"
    PEER = "peer"
    ROSTER = "roster"
    FINGERPRINT = "fingerprint"
    WEAK_FINGERPRINT = "weak-fingerprint"
    SEEN = "seen"
    REVEAL = "reveal"
    CONFIRM = "confirm"
    DIGITS = "digits"


class SignallingError(Exception):
    """The base of this package's errors."""


class BadMessage(SignallingError):
    """A frame that is no message of the protocol: the text says where; `re` is its id, where it has one."""

    def __init__(self, what: str, *, re: str | None = None) -> None:
        super().__init__(what)
        self.re = re


class Refused(SignallingError):
    """A well-formed message that this participant may not send now; `remedy` says what to do instead."""

    def __init__(self, code: Code, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.code = code
        self.remedy = remedy


class ForbiddenAct(SignallingError):
    """The visit's table has no such act in this step."""


class RecordError(SignallingError):
    """The durable record did not answer; nothing that waited for it may be told to anybody."""


class BindingError(SignallingError):
    """An endpoint cannot prove that it is who it says: the call stops. `flaw` says what did not hold."""

    def __init__(self, flaw: Flaw, what: str) -> None:
        super().__init__(f"{flaw}: {what}")
        self.flaw = flaw
