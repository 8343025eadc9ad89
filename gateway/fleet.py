"""What a booth tells of itself every half minute, and what that makes it: running, to watch, broken, or away.

It is about machines. No field can hold a name, a number of a body or a free sentence: every text is a word of a list or
of a narrow alphabet, and a test holds the schema to that. Pure: no I/O, no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

__all__ = ["EVERY_S", "SILENT", "Battery", "Condition", "Device", "Part", "Position", "Status", "condition", "reasons"]

EVERY_S: Final = 30.0
"""How often a booth tells."""

SILENT: Final = timedelta(seconds=90)
"""From here on a booth that says nothing is away."""

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
    """A health object of the booth, by the name that its settings give it: never what it measured."""

    name: Name
    battery: Battery = None
    seen: datetime | None = None
    faults: tuple[Word, ...] = ()


class Position(_Told, frozen=True, kw_only=True):
    """Where a booth stands, in degrees (WGS 84), for the map."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Status(_Told, frozen=True, kw_only=True):
    """All that a booth tells of itself. `busy` says that somebody is there, and nothing of whom or why."""

    version: Version
    python: Version
    busy: bool
    in_service: bool
    help_wanted: bool = False
    waiting: Count = 0
    parts: Annotated[tuple[Part, ...], msgspec.Meta(max_length=32)] = ()
    devices: Annotated[tuple[Device, ...], msgspec.Meta(max_length=32)] = ()
    certificate_ends: datetime | None = None
    disk_free_mb: Count | None = None
    clock_ahead_s: Annotated[int, msgspec.Meta(ge=-(10**10), le=10**10)] | None = None
    disinfected: datetime | None = None
    started: datetime | None = None
    place: Name | None = None
    position: Position | None = None


def condition(status: Status, *, heard: datetime, now: datetime) -> Condition:
    """Return how a booth is at *now* that told *status* last at *heard*."""
    if now - heard > SILENT:
        return Condition.OFFLINE
    healths = {part.health for part in status.parts}
    if not status.in_service or Health.BROKEN in healths:
        return Condition.BROKEN
    if Health.ATTENTION in healths or status.help_wanted or any(each.faults for each in status.devices):
        return Condition.ATTENTION
    return Condition.RUNNING


def reasons(status: Status, *, heard: datetime, now: datetime) -> tuple[str, ...]:
    """Return why it is not simply running, as words for the screens: `silent`, `disk`, `help`, `device:not-seen`."""
    said = ["silent"] if now - heard > SILENT else []
    said += [] if status.in_service else ["out-of-service"]
    said += ["help"] if status.help_wanted else []
    bad = (Health.BROKEN, Health.ATTENTION)
    said += [part.what for health in bad for part in status.parts if part.health is health]
    said += sorted({f"device:{fault}" for each in status.devices for fault in each.faults})
    return tuple(said)
