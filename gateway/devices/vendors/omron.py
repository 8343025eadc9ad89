"""Omron cuffs: the standard profile where they have it, and their own memory protocol, which is only ever read.

An older Omron gives out its memory by address, in frames whose octets XOR to zero. The same protocol writes it, and
what it would write lies beside calibration data: there is no way here to make a frame that does, and none to set the
clock. Facts: the frames and record layouts that userx14/omblepy describes, re-expressed; no device of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import xor
from typing import ClassVar, Final, Literal, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Name, Quality, Reading, Unit
from gateway.devices.vendor import Model, Vendor, Verified

__all__ = ["READS", "VENDOR", "Hem7322Record", "Hem7361Record", "OmronFrame", "OmronRecord", "Place"]

READS: Final[Mapping[str, int]] = {
    "start": 0x0000,
    "read": 0x0100,
    "end": 0x0F00,
    "started": 0x8000,
    "was-read": 0x8100,
    "ended": 0x8F00,
}
"""The kinds of frames that read, and their answers. The kinds that write have no row, so that nothing can make one."""

_KINDS: Final = {number: kind for kind, number in READS.items()}
_HEAD_OCTETS: Final = 6
_LEAST_OCTETS: Final = 8


class OmronFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of the memory protocol: `kind` (a key of READS), `address`, `size` asked for or sent, the `data`."""

    kind: str
    address: int = 0
    size: int = 0
    data: bytes = b"\0"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one frame; raise MalformedPacket where its length or its XOR is wrong, or it does something but read."""
        if len(data) < _LEAST_OCTETS or data[0] != len(data):
            raise MalformedPacket(f"Omron frame: {len(data)} octets, and it says {data[0] if data else 'nothing'}")
        if reduce(xor, data):
            raise MalformedPacket("Omron frame: its octets do not XOR to zero")
        kind = _KINDS.get(int.from_bytes(data[1:3], "big"))
        if kind is None:
            raise MalformedPacket(f"Omron frame: kind {data[1:3].hex()} is none that reads")
        address = int.from_bytes(data[3:5], "big")
        return cls(kind=kind, address=address, size=data[5], data=bytes(data[_HEAD_OCTETS:-1]))

    def encode(self) -> bytes:
        """Return the octets of this frame; raise NotRepresentable where it does not fit, or does anything but read."""
        if self.kind not in READS or not self.data:
            raise NotRepresentable(f"Omron frame: {self.kind!r} does not read; nothing is written to a cuff's memory")
        try:
            frame = bytes([_HEAD_OCTETS + len(self.data) + 1]) + READS[self.kind].to_bytes(2, "big")
            frame += self.address.to_bytes(2, "big") + bytes([self.size]) + self.data
        except (ValueError, OverflowError) as error:
            raise NotRepresentable(f"Omron frame: {self}: {error}") from None
        return frame + bytes([reduce(xor, frame)])

    def to_json(self) -> dict[str, object]:
        """Return `kind`, `address`, `size` and `data` in hex."""
        return {"kind": self.kind, "address": self.address, "size": self.size, "data": self.data.hex()}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a frame holds a piece of the memory, and no piece need be a whole record."""
        return ()


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
            "systolic": self.number("systolic") + _SYSTOLIC_FROM,
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
            *measure(Name.SYSTOLIC, Decimal(self.number("systolic") + _SYSTOLIC_FROM), Unit.MMHG),
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
_SYSTOLIC_FROM: Final = 25
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


VENDOR: Final = Vendor(
    name="Omron",
    models=(
        Model(
            name="X4 Smart, X2 Smart, BP5150",
            speaks="blood pressure",
            verified=Verified.SPEC,
            source="derdilla/blood-pressure-monitor-fl and eigger/hass-omron name them as standard",
            oddities="clock never written; the X4 forgets a record once it is sent; bonds with one host at a time",
        ),
        Model(
            name="HEM-7322T, HEM-7600T, HEM-7361T",
            speaks="memory by address",
            verified=Verified.PUBLIC_CODE,
            source="userx14/omblepy",
            oddities="frames and records are decoded, no session reads them; memory and clock are never written",
        ),
    ),
    decoders={"OMRON+FRAME": OmronFrame, "OMRON+HEM-7322T": Hem7322Record, "OMRON+HEM-7361T": Hem7361Record},
)
