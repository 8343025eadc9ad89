"""Elapsed Time: how the newest health services tell the time, a count since 2000-01-01 with what the count means.

https://www.bluetooth.com/specifications/specs/elapsed-time-service-1-0/
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from typing import Final, Self

import msgspec

from gateway.devices.date_time import device_time
from gateway.devices.errors import NotRepresentable
from gateway.devices.reading import DeviceTime

__all__ = ["ELAPSED_TIME_OCTETS", "ElapsedTime"]

ELAPSED_TIME_OCTETS: Final = 9

_TICKS: Final = 1 << 0
_UTC: Final = 1 << 1
_ZONED: Final = 1 << 4
_STEPS: Final = (
    timedelta(seconds=1),
    timedelta(milliseconds=100),
    timedelta(milliseconds=1),
    timedelta(microseconds=100),
)
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - what it is counted in, the flags say
_QUARTER: Final = timedelta(minutes=15)
_UNKNOWN_OFFSET: Final = -128


class ElapsedTime(msgspec.Struct, frozen=True, kw_only=True):
    """`value` steps since 2000-01-01, of the size in `flags`; `source` of the time, `offset` in quarters of an hour.

    Flags: bit 0 a tick counter, 1 UTC (else local), 2 and 3 the step (1 s, 100 ms, 1 ms, 100 us), 4 `offset` is used,
    5 counted on the device's present time line.
    """

    flags: int
    value: int
    source: int
    offset: int

    @classmethod
    def unpack(cls, octets: bytes) -> Self:
        """Read nine octets."""
        flags, low, high, source, offset = struct.unpack("<BIHBb", octets)
        return cls(flags=flags, value=low | high << 32, source=source, offset=offset)

    def pack(self) -> bytes:
        """Return the nine octets; raise NotRepresentable where a part does not fit."""
        try:
            low, high = self.value & 0xFFFFFFFF, self.value >> 32
            return struct.pack("<BIHBb", self.flags, low, high, self.source, self.offset)
        except struct.error as error:
            raise NotRepresentable(f"Elapsed Time: {self}: {error}") from None

    @property
    def local(self) -> DeviceTime | None:
        """Return what the device's clock shows with its zone, None where it only counts ticks or is past all dates.

        A clock that keeps UTC and knows no zone shows UTC: reading the clock beside its records puts them right.
        """
        if self.flags & _TICKS:
            return None
        zoned = self.flags & _UTC and self.flags & _ZONED and self.offset != _UNKNOWN_OFFSET
        try:
            shown = _EPOCH + self.value * _STEPS[self.flags >> 2 & 0b11]
            return device_time(shown + _QUARTER * self.offset if zoned else shown)
        except OverflowError:
            return None

    @property
    def is_ticks(self) -> bool:
        """Return whether it only counts, and knows no time."""
        return bool(self.flags & _TICKS)

    def later(self, by: timedelta) -> Self:
        """Return what the clock says *by* later, at its own step; a counter of ticks knows no days and stays."""
        if self.flags & _TICKS:
            return self
        return msgspec.structs.replace(self, value=max(self.value + by // _STEPS[self.flags >> 2 & 0b11], 0))

    def parts(self) -> dict[str, object]:
        """Return `flags`, `value`, `source` and `offset`, as sent."""
        return {"flags": self.flags, "value": self.value, "source": self.source, "offset": self.offset}
