"""A measurement that was set aside, as it is sealed: what was heard, on which clock, and what it means.

Its numbers travel as text, so that each keeps the precision in which the device sent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from gateway.devices.circumstance import Circumstance
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Quality, Reading, Special, Unit

__all__ = ["Aside", "pack", "unpack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """One measurement for which a human has to say whose it is; `clock` is what the device's clock said then."""

    event: Indicated
    readings: tuple[Reading, ...]
    clock: ClockRead | None = None


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
    return msgspec.json.encode(_Aside(aside.event, readings, aside.clock))


def unpack(octets: bytes) -> Aside:
    """Return what `pack` made octets of."""
    held = _DECODER.decode(octets)
    return Aside(event=held.event, readings=tuple(_reading(each) for each in held.readings), clock=held.clock)


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
