"""What time a health object thinks it is: Date Time (0x2A08) and Current Time (0x2A2B).

Neither knows a zone: it is the device's local clock. Year, month and day 0 mean unknown, and devices do send the 31st
of February: a time is kept as it was said and never refused for being impossible.

https://www.bluetooth.com/specifications/gss/, https://www.bluetooth.com/specifications/specs/current-time-service-1-1/
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from typing import Final, Self

from gateway.devices.layout import U8, Codec, Field, Layout, Leftovers
from gateway.devices.reading import DeviceTime, Reading

__all__ = ["DATE_TIME", "CurrentTime", "DateTime", "device_time", "later"]

_OCTETS: Final = struct.Struct("<H5B")


def device_time(local: datetime) -> DeviceTime:
    """Return what a device's clock shows at *local*, to the second; its zone is dropped, as devices know none."""
    return DeviceTime(
        year=local.year,
        month=local.month,
        day=local.day,
        hour=local.hour,
        minute=local.minute,
        second=local.second,
    )


def later(time: DeviceTime, *, by: timedelta) -> DeviceTime | None:
    """Return what the clock that showed *time* shows *by* later; None where *time* is no real date to count from."""
    try:
        shown = datetime(time.year, time.month, time.day, time.hour, time.minute, time.second)  # noqa: DTZ001 - a device's clock has no zone
        return device_time(shown + by)
    except (ValueError, OverflowError):
        return None


def _decode(octets: bytes) -> DeviceTime:
    year, month, day, hour, minute, second = _OCTETS.unpack(octets)
    return DeviceTime(year=year, month=month, day=day, hour=hour, minute=minute, second=second)


def _encode(time: DeviceTime) -> bytes:
    return _OCTETS.pack(time.year, time.month, time.day, time.hour, time.minute, time.second)


DATE_TIME: Final = Codec(format="7s", decode=_decode, encode=_encode)


class DateTime(Leftovers, frozen=True, kw_only=True):
    """The Date Time characteristic (0x2A08): how cuffs let their clock be read and set."""

    time: DeviceTime

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read seven octets; raise MalformedPacket where there are fewer."""
        _, values = _DATE_TIME.read(data)
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets to write to the device; raise NotRepresentable where a part does not fit."""
        return _DATE_TIME.write(self)

    def to_json(self) -> dict[str, object]:
        """Return `time`."""
        return _DATE_TIME.to_json(self)

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a clock is no measurement."""
        return ()


class CurrentTime(Leftovers, frozen=True, kw_only=True):
    """The Current Time characteristic (0x2A2B).

    `dow` is the day of the week (1 Monday … 7 Sunday, 0 unknown), `frac256` counts 1/256 s, `reason` says why the
    clock was last set: bits 0 by hand, 1 from an external reference, 2 time zone, 3 daylight saving.
    """

    time: DeviceTime
    dow: int = 0
    frac256: int = 0
    reason: int = 0

    @classmethod
    def at(cls, local: datetime, *, reason: int = 0b10) -> Self:
        """Return the value that sets a device's clock to *local*, by default said to come from an external source."""
        return cls(
            time=device_time(local),
            dow=local.isoweekday(),
            frac256=local.microsecond * 256 // 1_000_000,
            reason=reason,
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read ten octets; raise MalformedPacket where there are fewer."""
        _, values = _CURRENT_TIME.read(data)
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets to write to the device; raise NotRepresentable where a part does not fit."""
        return _CURRENT_TIME.write(self)

    def to_json(self) -> dict[str, object]:
        """Return `time`, `dow`, `frac256` and `reason`."""
        return _CURRENT_TIME.to_json(self)

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a clock is no measurement."""
        return ()


_DATE_TIME: Final = Layout("Date Time", Field(name="time", codec=DATE_TIME), flags=None)
_CURRENT_TIME: Final = Layout(
    "Current Time",
    Field(name="time", codec=DATE_TIME),
    Field(name="dow", codec=U8),
    Field(name="frac256", codec=U8),
    Field(name="reason", codec=U8),
    flags=None,
)
