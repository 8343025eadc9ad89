"""The segmentation header: how a value that is larger than a packet comes in several.

Bit 0 marks the first segment, bit 1 the last, bits 2 to 7 count segments from 0 to 63 and round again. The Generic
Health Sensor service and the stored records of cuffs share it.

https://www.bluetooth.com/specifications/specs/generic-health-sensor-service-1-0/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable

__all__ = ["Segment", "cut"]

_FIRST: Final = 1 << 0
_LAST: Final = 1 << 1
_COUNTS: Final = 64


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One segment: whether it is the first and the last, its number (0 to 63), its octets."""

    first: bool = True
    last: bool = True
    counter: int = 0
    octets: bytes = b""

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read one packet; raise MalformedPacket where there is no header."""
        if not data:
            raise MalformedPacket("segment: no octets")
        return cls(first=bool(data[0] & _FIRST), last=bool(data[0] & _LAST), counter=data[0] >> 2, octets=data[1:])

    def pack(self) -> bytes:
        """Return the packet; raise NotRepresentable for a number above 63."""
        if not 0 <= self.counter < _COUNTS:
            raise NotRepresentable(f"segment: number {self.counter} where they go from 0 to 63")
        return bytes([self.first * _FIRST | self.last * _LAST | self.counter << 2]) + self.octets

    def precedes(self, later: Segment) -> bool:
        """Return whether *later* is the next segment of the same value."""
        return not (self.last or later.first) and later.counter == (self.counter + 1) % _COUNTS

    @property
    def whole(self) -> bool:
        """Return whether the value fits this one segment."""
        return self.first and self.last


def cut(octets: bytes, *, size: int, counter: int = 0) -> Iterator[Segment]:
    """Yield *octets* in segments of at most *size* octets, numbered from *counter* on."""
    for number, at in enumerate(range(0, max(len(octets), 1), size)):
        yield Segment(
            first=at == 0,
            last=at + size >= len(octets),
            counter=(counter + number) % _COUNTS,
            octets=octets[at : at + size],
        )
