"""The Weight Scale profile: the measurement (0x2A9D).

https://www.bluetooth.com/specifications/specs/weight-scale-service-1-0/
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, Self

from gateway.devices.date_time import DATE_TIME
from gateway.devices.errors import NotRepresentable
from gateway.devices.layout import U8, Field, Layout, Leftovers, scaled
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Reading, Special, Unit
from gateway.devices.user_data import UNKNOWN_USER

__all__ = ["HEIGHT_UNITS", "UNSUCCESSFUL", "UNSUCCESSFUL_WORDS", "Weight", "WeightMeasurement"]

UNSUCCESSFUL: Final = "unsuccessful"
Weight = Decimal | Literal["unsuccessful"]
"""A weight, or the scale saying that it could not take one."""

UNSUCCESSFUL_WORDS: Final = {0xFFFF: UNSUCCESSFUL}
"""The count that is none."""

_UNITS: Final = (Unit.KILOGRAM, Unit.POUND)
HEIGHT_UNITS: Final = {Unit.KILOGRAM: Unit.METRE, Unit.POUND: Unit.INCH}
"""The unit of a height beside that of a mass."""

_LAYOUT: Final = Layout(
    "Weight Measurement",
    Field(
        name="weight",
        codec=scaled("0.005", words=UNSUCCESSFUL_WORDS),
        alternative=scaled("0.01", words=UNSUCCESSFUL_WORDS),
    ),
    Field(name="timestamp", codec=DATE_TIME, bit=1),
    Field(name="user_id", codec=U8, bit=2),
    Field(name="bmi", codec=scaled("0.1"), bit=3),
    Field(name="height", codec=scaled("0.001"), alternative=scaled("0.1"), bit=3),
    flags=0b1111,
)


class WeightMeasurement(Leftovers, frozen=True, kw_only=True):
    """Weight Measurement (0x2A9D): `weight` in `unit` (kg in steps of 0.005, lb in steps of 0.01), or "unsuccessful".

    `height` is in metres beside kilograms and in inches beside pounds; `bmi` (kg/m²) and `height` come together or
    not at all.
    """

    unit: Unit = Unit.KILOGRAM
    weight: Weight
    timestamp: DeviceTime | None = None
    user_id: int | None = None
    bmi: Decimal | None = None
    height: Decimal | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _LAYOUT.read(data)
        return cls(unit=_UNITS[flags & 1], **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        if (self.bmi is None) != (self.height is None):
            raise NotRepresentable("Weight Measurement: bmi and height are announced by one flag; give both or neither")
        return _LAYOUT.write(self, flags=_UNITS.index(self.unit))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out."""
        return {"unit": self.unit, **_LAYOUT.to_json(self)}

    def readings(self) -> tuple[Reading, ...]:
        """Return the weight, and body mass index and height where the scale knows them; nothing for a zero-filled stub.

        An unsuccessful measurement is a weight without a value (Special.NRES).
        """
        if self.weight == UNSUCCESSFUL:
            failed = Measure(name=Name.WEIGHT, value=Special.NRES, unit=self.unit)
            return (self._reading(Kind.BODY_WEIGHT, (failed,)),)
        weight = measure(Name.WEIGHT, self.weight, self.unit)
        if not weight:
            return ()
        bmi = measure(Name.BMI, self.bmi, Unit.KILOGRAM_PER_SQUARE_METRE)
        height = measure(Name.HEIGHT, self.height, HEIGHT_UNITS[self.unit])
        kinds = ((Kind.BODY_WEIGHT, weight), (Kind.BODY_MASS_INDEX, bmi), (Kind.BODY_HEIGHT, height))
        return tuple(self._reading(kind, measures) for kind, measures in kinds if measures)

    def _reading(self, kind: Kind, measures: tuple[Measure, ...]) -> Reading:
        return Reading(
            kind=kind,
            measures=measures,
            device_time=self.timestamp,
            user_slot=None if self.user_id == UNKNOWN_USER else self.user_id,
        )
