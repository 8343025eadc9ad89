"""A measurement that was set aside, as it is sealed: what was heard, on which clock, and what it means.

Its numbers travel as text, so that each keeps the precision in which the device sent it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from booth_client.attribution import Visit
from booth_client.clock import Clock
from gateway.devices.circumstance import Circumstance
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Quality, Reading, Special, Unit

__all__ = ["Aside", "moved", "on_one_clock", "pack", "unpack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """One measurement for which a human has to say whose it is; `clock` is what the device's clock said then.

    `mark` is that of the booth's own clock (`Clock.mark`), which dated it.
    """

    event: Indicated
    readings: tuple[Reading, ...]
    clock: ClockRead | None = None
    mark: str = ""


def moved(read: ClockRead | None, mark: str, clock: Clock | None) -> ClockRead | None:
    """Return what a device's clock said, *read* under *mark*, on *clock* as it shows now, perhaps set since."""
    if read is None or clock is None or mark == clock.mark:
        return read
    at = clock.here(read.at, mark)
    return None if at is None else replace(read, at=at)


def on_one_clock(aside: Aside, visit: Visit, now: datetime, clock: Clock | None) -> tuple[Aside, Visit, datetime]:
    """Return *aside* on the clock that dates *visit* and *now*; where nobody can tell, all three on that of *aside*."""
    if clock is None or not aside.mark or aside.mark == visit.clock:
        return aside, visit, now
    at = clock.here(aside.event.at, aside.mark)
    if at is None:
        return aside, replace(visit, clock=aside.mark), aside.event.at
    read = replace(aside.clock, at=aside.clock.at + (at - aside.event.at)) if aside.clock else None
    return replace(aside, event=replace(aside.event, at=at), clock=read), visit, now


class _Measure(msgspec.Struct, frozen=True):
    name: Name
    value: str
    unit: Unit


class _Reading(msgspec.Struct, frozen=True):
    kind: Kind
    measures: tuple[_Measure, ...]
    device_time: DeviceTime | None
    qualities: frozenset[Quality]
    user_slot: int | None
    body_site: str | None
    stored: bool
    circumstances: frozenset[Circumstance]


class _Aside(msgspec.Struct, frozen=True):
    event: Indicated
    readings: tuple[_Reading, ...]
    clock: ClockRead | None
    mark: str = ""


_SPECIAL: Final = frozenset(Special)
_DECODER: Final = msgspec.json.Decoder(_Aside)


def pack(aside: Aside) -> bytes:
    """Return *aside* as octets."""
    readings = tuple(
        _Reading(
            **{
                name: getattr(reading, name)
                for name in _Reading.__struct_fields__
                if name != "measures"  # the one part that needs another shape
            },
            measures=tuple(_Measure(each.name, str(each.value), each.unit) for each in reading.measures),
        )
        for reading in aside.readings
    )
    return msgspec.json.encode(_Aside(aside.event, readings, aside.clock, aside.mark))


def unpack(octets: bytes) -> Aside:
    """Return what `pack` made octets of."""
    held = _DECODER.decode(octets)
    readings = tuple(_reading(each) for each in held.readings)
    return Aside(event=held.event, readings=readings, clock=held.clock, mark=held.mark)


def _reading(held: _Reading) -> Reading:
    values = {name: getattr(held, name) for name in _Reading.__struct_fields__}
    values["measures"] = tuple(
        Measure(
            name=each.name,
            value=Special(each.value) if each.value in _SPECIAL else Decimal(each.value),
            unit=each.unit,
        )
        for each in held.measures
    )
    return Reading(**values)
