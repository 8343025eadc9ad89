"""The sides of a visit, and the peer connections that each of them has."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Endpoint", "Role"]


class Role(StrEnum):
    """Which side a participant is."""

    BOOTH = "booth"
    PHYSICIAN = "physician"
    SERVER = "server"


class Endpoint(StrEnum):
    """One peer connection of a participant: a person's picture and sound, or the booth's agent with the vitals."""

    AV = "av"
    AGENT = "agent"
