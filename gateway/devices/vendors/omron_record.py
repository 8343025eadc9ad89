"""One record of an Omron's memory, its numbers packed bit by bit; each family of models has its own places.

Facts: the layouts that userx14/omblepy describes, re-expressed; no device of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, Literal, Self

import msgspec

from gateway.devices.errors import MalformedPacket
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Name, Quality, Reading, Unit

__all__ = ["SYSTOLIC_FROM", "Hem7322Record", "Hem7361Record", "OmronRecord", "Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a number stands in a record: the `last` of its `bits`, counted from the most significant bit of all."""

    last: int
    bits: int


class OmronRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the memory, all its numbers in `octets` (kept whole: some bits have no known meaning).

    An empty slot is all ones. The systolic pressure is counted from 25 mmHg, the year from 2000; seconds up to 63 have
    been seen and are cut to 59.
    """

    octets: bytes

    SIZE: ClassVar[int]
    ORDER: ClassVar[Literal["big", "little"]]
    PLACES: ClassVar[Mapping[str, Place]]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one record; raise MalformedPacket where it has another size."""
        if len(data) != cls.SIZE:
            raise MalformedPacket(f"Omron record: {len(data)} of {cls.SIZE} octets")
        return cls(octets=bytes(data))

    @classmethod
    def of(cls, **numbers: int) -> Self:
        """Return the record with these *numbers*, as they are stored, by the names of their places; the others 0."""
        packed = sum(number << 8 * cls.SIZE - 1 - cls.PLACES[name].last for name, number in numbers.items())
        return cls(octets=packed.to_bytes(cls.SIZE, cls.ORDER))

    def encode(self) -> bytes:
        """Return the octets of this record."""
        return self.octets

    def number(self, name: str) -> int:
        """Return the number that stands at the place called *name*."""
        place = self.PLACES[name]
        return int.from_bytes(self.octets, self.ORDER) >> 8 * self.SIZE - 1 - place.last & (1 << place.bits) - 1

    @property
    def empty(self) -> bool:
        """Return whether nothing was ever recorded here."""
        return self.octets == b"\xff" * self.SIZE

    @property
    def time(self) -> DeviceTime:
        """Return the cuff's time of the measurement."""
        parts = {part: self.number(part) for part in ("month", "day", "hour", "minute")}
        return DeviceTime(year=_CENTURY + self.number("year"), second=min(self.number("second"), _LAST_SECOND), **parts)

    def to_json(self) -> dict[str, object]:
        """Return `systolic`, `diastolic`, `pulse`, `timestamp`, `movement` and `irregular`, or `empty`."""
        if self.empty:
            return {"empty": True}
        return {
            "systolic": self.number("systolic") + SYSTOLIC_FROM,
            "diastolic": self.number("diastolic"),
            "pulse": self.number("pulse"),
            "timestamp": str(self.time),
            "movement": bool(self.number("movement")),
            "irregular": bool(self.number("irregular")),
        }

    def readings(self) -> tuple[Reading, ...]:
        """Return the blood pressure and the pulse rate; nothing for an empty slot."""
        if self.empty:
            return ()
        pressure = (
            *measure(Name.SYSTOLIC, Decimal(self.number("systolic") + SYSTOLIC_FROM), Unit.MMHG),
            *measure(Name.DIASTOLIC, Decimal(self.number("diastolic")), Unit.MMHG),
        )
        pulse = measure(Name.PULSE, Decimal(self.number("pulse")), Unit.PER_MINUTE)
        said = frozenset(quality for name, quality in _QUALITIES.items() if self.number(name))
        kinds = ((Kind.BLOOD_PRESSURE, pressure), (Kind.PULSE_RATE, pulse))
        return tuple(
            Reading(kind=kind, measures=each, device_time=self.time, qualities=said) for kind, each in kinds if each
        )


_CENTURY: Final = 2000
_LAST_SECOND: Final = 59
SYSTOLIC_FROM: Final = 25
_QUALITIES: Final = {"movement": Quality.BODY_MOVEMENT, "irregular": Quality.IRREGULAR_PULSE}


class Hem7322Record(OmronRecord, frozen=True, kw_only=True):
    """A record of HEM-7322T (M500 IT, M6 Comfort IT) and HEM-7600T: fourteen octets, most significant first."""

    SIZE: ClassVar[int] = 14
    ORDER: ClassVar[Literal["big", "little"]] = "big"
    PLACES: ClassVar[Mapping[str, Place]] = {
        "diastolic": Place(last=7, bits=8),
        "systolic": Place(last=15, bits=8),
        "year": Place(last=23, bits=8),
        "pulse": Place(last=31, bits=8),
        "movement": Place(last=32, bits=1),
        "irregular": Place(last=33, bits=1),
        "month": Place(last=37, bits=4),
        "day": Place(last=42, bits=5),
        "hour": Place(last=47, bits=5),
        "minute": Place(last=57, bits=6),
        "second": Place(last=63, bits=6),
    }


class Hem7361Record(OmronRecord, frozen=True, kw_only=True):
    """A record of HEM-7361T (M7 Intelli IT): sixteen octets, least significant first."""

    SIZE: ClassVar[int] = 16
    ORDER: ClassVar[Literal["big", "little"]] = "little"
    PLACES: ClassVar[Mapping[str, Place]] = {
        "minute": Place(last=73, bits=6),
        "second": Place(last=79, bits=6),
        "movement": Place(last=80, bits=1),
        "irregular": Place(last=81, bits=1),
        "month": Place(last=85, bits=4),
        "day": Place(last=90, bits=5),
        "hour": Place(last=95, bits=5),
        "year": Place(last=103, bits=6),
        "pulse": Place(last=111, bits=8),
        "diastolic": Place(last=119, bits=8),
        "systolic": Place(last=127, bits=8),
    }
