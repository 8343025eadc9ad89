"""The sides of a visit, and the peer connections that each of them has."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Endpoint", "Part", "Role", "Standing"]


class Role(StrEnum):
    """Which side a participant is."""

    BOOTH = "booth"
    PHYSICIAN = "physician"
    GUEST = "guest"
    SERVER = "server"


class Endpoint(StrEnum):
    """One peer connection of a participant: a person's picture and sound, or the booth's agent with the vitals."""

    AV = "av"
    AGENT = "agent"


class Part(StrEnum):
    """As what somebody takes part."""

    INTERPRETER = "interpreter"
    HELPER = "helper"
    RELATIVE = "relative"
    SPECIALIST = "specialist"


class Standing(StrEnum):
    """How far somebody is: only who is IN is connected to anybody; an EXPIRED invitation is nobody's any more."""

    INVITED = "invited"
    KNOCKING = "knocking"
    ASKED = "asked"
    AGREED = "agreed"
    IN = "in"
    EXPIRED = "expired"
