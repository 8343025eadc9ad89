"""Why a code named nobody, as the screen says it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Unread"]


class Unread(StrEnum):
    """Why a code named nobody; each has its sentence on the screen."""

    UNKNOWN = "unknown"
    EARLY = "early"
    EXPIRED = "expired"
    USED = "used"
    INCOMPLETE = "incomplete"
    OFFLINE = "offline"
