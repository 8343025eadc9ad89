"""What a booth tells of itself every half minute, and what that makes it: running, to watch, broken, or away.

It is about machines. No field can hold a name, a number of a body or a free sentence: every text is a word of a list or
of a narrow alphabet, and a test holds the schema to that. Pure: no I/O, no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

__all__ = [
    "CLOSED",
    "EVERY_S",
    "SILENT",
    "Battery",
    "Condition",
    "Device",
    "Part",
    "Position",
    "Status",
    "Stop",
    "Wanted",
    "Ways",
    "condition",
    "reasons",
]

EVERY_S: Final = 30.0
"""How often a booth tells."""

SILENT: Final = timedelta(seconds=90)
"""From here on a booth that says nothing is away."""

CLOSED: Final = "closed"
"""Why a booth is to watch that an operator has closed; it is no fault of anything."""

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]{0,30}$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z.+~-]{1,40}$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f<>]{1,60}$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Battery = Percent | None


class Health(StrEnum):
    """How one part is: the booth's own words for it."""

    GOOD = "good"
    UNKNOWN = "unknown"
    ATTENTION = "attention"
    BROKEN = "broken"


class Condition(StrEnum):
    """How a booth is, in one word; the screens say ● marche, ▲ attention, ■ panne, ○ hors ligne."""

    RUNNING = "running"
    ATTENTION = "attention"
    BROKEN = "broken"
    OFFLINE = "offline"


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value of the schema: unknown fields are refused, so that nothing is told by mistake."""


class Part(_Told, frozen=True, kw_only=True):
    """A row of the self-test: which part, and how it is; what was found stays in the booth's own log."""

    what: Word
    health: Health


class Device(_Told, frozen=True, kw_only=True):
    """A health object of the booth, by the name that its settings give it: never what it measured, only when last."""

    name: Name
    battery: Battery = None
    seen: datetime | None = None
    read: datetime | None = None
    faults: tuple[Word, ...] = ()


class Position(_Told, frozen=True, kw_only=True):
    """Where a booth stands, in degrees (WGS 84), for the map."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Stop(StrEnum):
    """How far people came who gave up before they had asked for a physician."""

    START = "start"
    WHO = "who"
    AGREEING = "agreeing"
    MEASURING = "measuring"
    REASON = "reason"
    OFFLINE = "offline"
    NO_DOCTOR = "no-doctor"
    EMERGENCY = "emergency"


class Ways(_Told, frozen=True, kw_only=True):
    """How many people touched the screen in a month (UTC) that is over, and where they gave up."""

    month: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    begun: Count
    left: dict[Stop, Count] = {}


class Status(_Told, frozen=True, kw_only=True):
    """All that a booth tells of itself. `busy` says that somebody is there, and nothing of whom or why.

    `closed`: it is out of service because an operator wants it so. `low`: what the printer says runs low; `short`: what
    whoever helps there says runs out.
    """

    version: Version
    python: Version
    busy: bool
    in_service: bool
    closed: bool = False
    help_wanted: bool = False
    waiting: Count = 0
    parts: Annotated[tuple[Part, ...], msgspec.Meta(max_length=32)] = ()
    devices: Annotated[tuple[Device, ...], msgspec.Meta(max_length=32)] = ()
    certificate_ends: datetime | None = None
    low: Annotated[tuple[Word, ...], msgspec.Meta(max_length=8)] = ()
    short: Annotated[tuple[Word, ...], msgspec.Meta(max_length=8)] = ()
    disk_free_mb: Count | None = None
    clock_ahead_s: Annotated[int, msgspec.Meta(ge=-(10**10), le=10**10)] | None = None
    disinfected: datetime | None = None
    started: datetime | None = None
    ways: Annotated[tuple[Ways, ...], msgspec.Meta(max_length=12)] = ()
    place: Name | None = None
    position: Position | None = None


class Wanted(_Told, frozen=True, kw_only=True):
    """What a booth is told in answer: whether it is to be closed, once nobody is in it any more."""

    closed: bool = False


def condition(status: Status, *, heard: datetime, now: datetime) -> Condition:
    """Return how a booth is at *now* that told *status* last at *heard*."""
    if now - heard > SILENT:
        return Condition.OFFLINE
    healths = {part.health for part in status.parts}
    if (not status.in_service and not status.closed) or Health.BROKEN in healths:
        return Condition.BROKEN
    if (
        status.closed
        or Health.ATTENTION in healths
        or status.help_wanted
        or status.short
        or any(each.faults for each in status.devices)
    ):
        return Condition.ATTENTION
    return Condition.RUNNING


def reasons(status: Status, *, heard: datetime, now: datetime) -> tuple[str, ...]:
    """Return why it is not simply running, as words for the screens: `silent`, `disk`, `help`, `device:not-seen`."""
    said = ["silent"] if now - heard > SILENT else []
    said += [CLOSED] if status.closed else [] if status.in_service else ["out-of-service"]
    said += ["help"] if status.help_wanted else []
    bad = (Health.BROKEN, Health.ATTENTION)
    said += [f"supply:{each}" for each in status.short]
    said += [part.what for health in bad for part in status.parts if part.health is health]
    said += sorted({f"device:{fault}" for each in status.devices for fault in each.faults})
    return tuple(said)
