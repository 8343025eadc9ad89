"""The Blood Pressure profile: the measurement (0x2A35) and the live cuff pressure (0x2A36).

https://www.bluetooth.com/specifications/specs/blood-pressure-service-1-1-1/
"""

from __future__ import annotations

from typing import Final, Self

from gateway.devices.date_time import DATE_TIME
from gateway.devices.layout import SFLOAT, U8, U16, Field, Layout, Leftovers
from gateway.devices.packet import StatusBit, measure, qualities
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Number, Quality, Reading, Special, Unit
from gateway.devices.user_data import UNKNOWN_USER

__all__ = ["UNITS", "BloodPressureMeasurement", "IntermediateCuffPressure"]

UNITS: Final = (Unit.MMHG, Unit.KPA)
"""By flag 0."""

_OPTIONS: Final = (
    Field(name="timestamp", codec=DATE_TIME, bit=1),
    Field(name="pulse", codec=SFLOAT, bit=2),
    Field(name="user_id", codec=U8, bit=3),
    Field(name="status", codec=U16, bit=4),
)
_MEASUREMENT: Final = Layout(
    "Blood Pressure Measurement",
    Field(name="systolic", codec=SFLOAT),
    Field(name="diastolic", codec=SFLOAT),
    Field(name="map", codec=SFLOAT),
    *_OPTIONS,
    flags=0b11111,
)
_CUFF_PRESSURE: Final = Layout(
    "Intermediate Cuff Pressure",
    Field(name="cuff", codec=SFLOAT),
    Field(name="unused_diastolic", codec=SFLOAT),
    Field(name="unused_map", codec=SFLOAT),
    *_OPTIONS,
    flags=0b11111,
)
_STATUS: Final[tuple[StatusBit, ...]] = (
    (1 << 0, 1 << 0, Quality.BODY_MOVEMENT),
    (1 << 1, 1 << 1, Quality.CUFF_LOOSE),
    (1 << 2, 1 << 2, Quality.IRREGULAR_PULSE),
    (0b11 << 3, 1 << 3, Quality.PULSE_ABOVE_RANGE),
    (0b11 << 3, 2 << 3, Quality.PULSE_BELOW_RANGE),
    (1 << 5, 1 << 5, Quality.IMPROPER_POSITION),
)


class BloodPressureMeasurement(Leftovers, frozen=True, kw_only=True):
    """Blood Pressure Measurement (0x2A35): pressures in `unit` (mmHg or kPa), `pulse` in beats per minute.

    `map` is the mean arterial pressure. `user_id` is the slot of the device's memory (255 unknown), `status` the
    sixteen bits of the measurement status as sent.
    """

    unit: Unit = Unit.MMHG
    systolic: Number
    diastolic: Number
    map: Number
    timestamp: DeviceTime | None = None
    pulse: Number | None = None
    user_id: int | None = None
    status: int | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _MEASUREMENT.read(data)
        return cls(unit=UNITS[flags & 1], **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _MEASUREMENT.write(self, flags=UNITS.index(self.unit))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out."""
        return {"unit": self.unit, **_MEASUREMENT.to_json(self)}

    def readings(self) -> tuple[Reading, ...]:
        """Return the blood pressure, and the pulse rate where the packet has one; nothing for a zero-filled stub."""
        pressure = (
            *measure(Name.SYSTOLIC, self.systolic, self.unit),
            *measure(Name.DIASTOLIC, self.diastolic, self.unit),
            *measure(Name.MEAN, self.map, self.unit),
        )
        pulse = measure(Name.PULSE, self.pulse, Unit.PER_MINUTE)
        if not pressure:
            return ()
        return tuple(
            self._reading(kind, measures)
            for kind, measures in ((Kind.BLOOD_PRESSURE, pressure), (Kind.PULSE_RATE, pulse))
            if measures
        )

    def _reading(self, kind: Kind, measures: tuple[Measure, ...]) -> Reading:
        return Reading(
            kind=kind,
            measures=measures,
            device_time=self.timestamp,
            qualities=qualities(self.status, _STATUS),
            user_slot=None if self.user_id == UNKNOWN_USER else self.user_id,
        )


class IntermediateCuffPressure(Leftovers, frozen=True, kw_only=True):
    """Intermediate Cuff Pressure (0x2A36): the cuff's pressure in `unit` while it measures; shown live and never kept.

    It has the layout of a measurement; two of its three numbers carry nothing (NaN by the standard, 0 from many
    devices).
    """

    unit: Unit = Unit.MMHG
    cuff: Number
    unused_diastolic: Number = Special.NAN
    unused_map: Number = Special.NAN
    timestamp: DeviceTime | None = None
    pulse: Number | None = None
    user_id: int | None = None
    status: int | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _CUFF_PRESSURE.read(data)
        return cls(unit=UNITS[flags & 1], **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _CUFF_PRESSURE.write(self, flags=UNITS.index(self.unit))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent and unused ones left out."""
        shown = {"unit": self.unit, **_CUFF_PRESSURE.to_json(self)}
        del shown["unused_diastolic"], shown["unused_map"]
        return shown

    def readings(self) -> tuple[Reading, ...]:
        """Return the cuff's pressure as a live value, not to be stored."""
        cuff = measure(Name.CUFF, self.cuff, self.unit)
        return (Reading(kind=Kind.BLOOD_PRESSURE, measures=cuff, stored=False),) if cuff else ()
