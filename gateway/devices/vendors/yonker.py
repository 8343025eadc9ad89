"""Yonker YK-IBPA1 cuff: one frame of fifteen octets in a service of its own.

Facts: a frame of a real device published with derdilla/blood-pressure-monitor-fl (issue 615), whose meaning its
display confirmed. Two octets and the last four are always zero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Self

from gateway.devices.layout import U8, Codec, Field, Layout, Leftovers
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Name, Reading, Unit
from gateway.devices.vendor import Model, Profile, Vendor, Verified

__all__ = ["VENDOR", "YonkerMeasurement"]

_CHARACTERISTIC: Final = "CDEACD81-5235-4C07-8846-93A37EE6B86D"
_CENTURY: Final = 2000

_LAYOUT: Final = Layout(
    "Yonker blood pressure",
    Field(name="frame", codec=U8),
    Field(name="systolic", codec=U8),
    Field(name="diastolic", codec=U8),
    Field(name="pulse", codec=U8),
    Field(name="unused", codec=Codec(format="2s")),
    Field(name="day", codec=U8),
    Field(name="month", codec=U8),
    Field(name="year", codec=U8),
    Field(name="hour", codec=U8),
    Field(name="minute", codec=U8),
    Field(name="end", codec=Codec(format="4s")),
    flags=None,
)


class YonkerMeasurement(Leftovers, frozen=True, kw_only=True):
    """One measurement: pressures in mmHg, `pulse` per minute, the cuff's clock to the minute (`year` since 2000)."""

    frame: int = 0x81
    systolic: int
    diastolic: int
    pulse: int
    unused: bytes = bytes(2)
    day: int
    month: int
    year: int
    hour: int
    minute: int
    end: bytes = bytes(4)

    @property
    def time(self) -> DeviceTime:
        """Return the cuff's time of the measurement."""
        year = _CENTURY + self.year
        return DeviceTime(year=year, month=self.month, day=self.day, hour=self.hour, minute=self.minute, second=0)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than fifteen octets."""
        _, values = _LAYOUT.read(data)
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _LAYOUT.write(self)

    def to_json(self) -> dict[str, object]:
        """Return `systolic`, `diastolic`, `pulse` and `timestamp` to the minute."""
        shown: dict[str, object] = {"systolic": self.systolic, "diastolic": self.diastolic, "pulse": self.pulse}
        shown["timestamp"] = str(self.time).removesuffix(":00")
        return shown | ({"trailing": len(self.trailing)} if self.trailing else {})

    def readings(self) -> tuple[Reading, ...]:
        """Return the blood pressure and the pulse rate; nothing for a zero-filled stub."""
        pressure = (
            *measure(Name.SYSTOLIC, Decimal(self.systolic), Unit.MMHG),
            *measure(Name.DIASTOLIC, Decimal(self.diastolic), Unit.MMHG),
        )
        pulse = measure(Name.PULSE, Decimal(self.pulse), Unit.PER_MINUTE) if pressure else ()
        kinds = ((Kind.BLOOD_PRESSURE, pressure), (Kind.PULSE_RATE, pulse))
        return tuple(Reading(kind=kind, measures=each, device_time=self.time) for kind, each in kinds if each)


VENDOR: Final = Vendor(
    name="Yonker",
    models=(
        Model(
            name="YK-IBPA1",
            speaks="Yonker blood pressure",
            verified=Verified.CAPTURE,
            source="derdilla/blood-pressure-monitor-fl: a published frame",
            oddities="its clock tells no seconds",
        ),
    ),
    profiles=(
        Profile(
            name="Yonker blood pressure",
            service="CDEACD80-5235-4C07-8846-93A37EE6B86D",
            measurement=(_CHARACTERISTIC,),
        ),
    ),
    decoders={_CHARACTERISTIC: YonkerMeasurement},
)
