"""The Glucose profile: the measurement (0x2A18), its context (0x2A34), and the two as one record.

A meter sends a measurement and, where it says so, the context behind it under the same sequence number: what was eaten,
done, taken. On the wire a concentration is in kg/L or mol/L, so 5.5 mmol/L come as 0.0055.

https://www.bluetooth.com/specifications/specs/glucose-service-1-0-1/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, Self

import msgspec

from gateway.devices.circumstance import Circumstance
from gateway.devices.date_time import DATE_TIME, later
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.layout import I16, SFLOAT, U8, U16, Field, Layout, Leftovers
from gateway.devices.packet import bits, measure, qualities
from gateway.devices.reading import DeviceTime, Kind, Name, Number, Quality, Reading, Special, Unit

__all__ = ["LOCATIONS", "SAMPLES", "GlucoseMeasurement", "GlucoseRecord"]

SAMPLES: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.CAPILLARY_WHOLE_BLOOD,
    2: Circumstance.CAPILLARY_PLASMA,
    3: Circumstance.VENOUS_WHOLE_BLOOD,
    4: Circumstance.VENOUS_PLASMA,
    5: Circumstance.ARTERIAL_WHOLE_BLOOD,
    6: Circumstance.ARTERIAL_PLASMA,
    7: Circumstance.WHOLE_BLOOD,
    8: Circumstance.PLASMA,
    9: Circumstance.INTERSTITIAL_FLUID,
    10: Circumstance.CONTROL_SOLUTION,
}
"""The `type` of a measurement."""

LOCATIONS: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.FINGER,
    2: Circumstance.ALTERNATE_SITE,
    3: Circumstance.EARLOBE,
    4: Circumstance.CONTROL_SOLUTION,
    5: Circumstance.SUBCUTANEOUS_TISSUE,
}
"""The `location` of a measurement; 15 is "not available"."""

_UNITS: Final = (Unit.KILOGRAM_PER_LITRE, Unit.MOLE_PER_LITRE)
_MOLES: Final = 1 << 2
_CONTEXT: Final = 1 << 4
_LAYOUT: Final = Layout(
    "Glucose Measurement",
    Field(name="seq", codec=U16),
    Field(name="base_time", codec=DATE_TIME),
    Field(name="offset_min", codec=I16, bit=0),
    Field(name="concentration", codec=SFLOAT, bit=1),
    Field(name="sample", codec=U8, bit=1),
    Field(name="status", codec=U16, bit=3),
    flags=0b11111,
)
_STATUS: Final = bits(
    {
        0: Quality.BATTERY_LOW,
        1: Quality.EQUIPMENT_MALFUNCTION,
        2: Quality.SAMPLE_INSUFFICIENT,
        3: Quality.STRIP_INSERTION_ERROR,
        4: Quality.STRIP_TYPE_WRONG,
        5: Quality.RESULT_TOO_HIGH,
        6: Quality.RESULT_TOO_LOW,
        7: Quality.TOO_HOT,
        8: Quality.TOO_COLD,
        9: Quality.READ_INTERRUPTED,
        10: Quality.DEVICE_FAULT,
        11: Quality.CLOCK_NOT_SET,
    }
)


class GlucoseMeasurement(Leftovers, frozen=True, kw_only=True):
    """Glucose Measurement (0x2A18): `concentration` in `unit` (kg/L or mol/L), with `sample`, type and site in nibbles.

    `seq` is the record's number, `base_time` what the meter's clock said when it was last set plus what passed since,
    `offset_min` what the owner's time differs from it by. `context_follows` announces a GlucoseContext of the same
    `seq`.
    """

    seq: int
    base_time: DeviceTime
    offset_min: int | None = None
    unit: Unit = Unit.KILOGRAM_PER_LITRE
    concentration: Number | None = None
    sample: int | None = None
    status: int | None = None
    context_follows: bool = False

    @property
    def type(self) -> int | None:
        """Return what was measured, a key of SAMPLES."""
        return None if self.sample is None else self.sample & 0xF

    @property
    def location(self) -> int | None:
        """Return where it was taken, a key of LOCATIONS."""
        return None if self.sample is None else self.sample >> 4

    @property
    def user_facing_time(self) -> DeviceTime:
        """Return the time that the meter's owner sees; the base time alone where it is no date that can be added to."""
        minutes = self.offset_min or 0
        return (later(self.base_time, by=timedelta(minutes=minutes)) if minutes else None) or self.base_time

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _LAYOUT.read(data)
        return cls(unit=_UNITS[bool(flags & _MOLES)], context_follows=bool(flags & _CONTEXT), **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        flags = _MOLES if self.unit is Unit.MOLE_PER_LITRE else 0
        return _LAYOUT.write(self, flags=flags | (_CONTEXT if self.context_follows else 0))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, `type` and `location` for the sample, absent ones left out."""
        shown = _LAYOUT.to_json(self)
        if shown.pop("sample", None) is not None:
            shown |= {"unit": self.unit, "type": self.type, "location": self.location}
        return shown | {"context_follows": self.context_follows}

    def readings(self) -> tuple[Reading, ...]:
        """Return the glucose; nothing where the meter measured none, or measured its control solution.

        A result that the meter says is above or below its range is one without a value (Special.±INFINITY).
        """
        said = qualities(self.status, _STATUS)
        beyond = [special for quality, special in _BEYOND.items() if quality in said]
        measures = measure(Name.GLUCOSE, beyond[0] if beyond else self.concentration, self.unit)
        where = {SAMPLES.get(self.type or 0), LOCATIONS.get(self.location or 0)} - {None}
        if not measures or Circumstance.CONTROL_SOLUTION in where:
            return ()
        return (
            Reading(
                kind=Kind.INTERSTITIAL_GLUCOSE if Circumstance.INTERSTITIAL_FLUID in where else Kind.GLUCOSE,
                measures=measures,
                device_time=self.user_facing_time,
                qualities=said,
                circumstances=frozenset(each for each in where if each),
            ),
        )


_BEYOND: Final = {
    Quality.RESULT_TOO_HIGH: Special.POSITIVE_INFINITY,
    Quality.RESULT_TOO_LOW: Special.NEGATIVE_INFINITY,
}


class GlucoseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement and the context that belongs to it (the same `seq`)."""

    measurement: GlucoseMeasurement
    context: GlucoseContext

    def readings(self) -> tuple[Reading, ...]:
        """Return the glucose with what the context adds to it."""
        return tuple(
            replace(
                reading,
                measures=reading.measures + self.context.measures(),
                circumstances=reading.circumstances | self.context.circumstances(),
            )
            for reading in self.measurement.readings()
        )
