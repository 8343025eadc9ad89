"""The Glucose Measurement Context (0x2A34): what was eaten, done and taken around a measurement of the same number.

https://www.bluetooth.com/specifications/specs/glucose-service-1-0-1/
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Self

from gateway.devices.circumstance import Circumstance
from gateway.devices.layout import SFLOAT, U8, U16, Field, Layout, Leftovers
from gateway.devices.packet import measure
from gateway.devices.reading import Measure, Name, Number, Reading, Special, Unit

__all__ = ["CARBOHYDRATES", "HEALTH", "MEALS", "MEDICATIONS", "TESTERS", "GlucoseContext"]

CARBOHYDRATES: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.BREAKFAST,
    2: Circumstance.LUNCH,
    3: Circumstance.DINNER,
    4: Circumstance.SNACK,
    5: Circumstance.DRINK,
    6: Circumstance.SUPPER,
    7: Circumstance.BRUNCH,
}
MEALS: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.BEFORE_MEAL,
    2: Circumstance.AFTER_MEAL,
    3: Circumstance.FASTING,
    4: Circumstance.CASUAL,
    5: Circumstance.BEDTIME,
}
TESTERS: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.SELF,
    2: Circumstance.PROFESSIONAL,
    3: Circumstance.LABORATORY,
}
HEALTH: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.MINOR_ISSUES,
    2: Circumstance.MAJOR_ISSUES,
    3: Circumstance.MENSES,
    4: Circumstance.STRESS,
    5: Circumstance.NO_ISSUES,
}
MEDICATIONS: Final[Mapping[int, Circumstance]] = {
    1: Circumstance.RAPID_INSULIN,
    2: Circumstance.SHORT_INSULIN,
    3: Circumstance.INTERMEDIATE_INSULIN,
    4: Circumstance.LONG_INSULIN,
    5: Circumstance.PREMIXED_INSULIN,
}

_LITRES: Final = 1 << 5
_OVERRUN: Final = 0xFFFF
_UNITS: Final = (Unit.KILOGRAM, Unit.LITRE)
_LAYOUT: Final = Layout(
    "Glucose Measurement Context",
    Field(name="seq", codec=U16),
    Field(name="extended_flags", codec=U8, bit=7),
    Field(name="carbohydrate_id", codec=U8, bit=0),
    Field(name="carbohydrate", codec=SFLOAT, bit=0),
    Field(name="meal", codec=U8, bit=1),
    Field(name="tester_health", codec=U8, bit=2),
    Field(name="exercise_s", codec=U16, bit=3),
    Field(name="exercise_pct", codec=U8, bit=3),
    Field(name="medication_id", codec=U8, bit=4),
    Field(name="medication", codec=SFLOAT, bit=4),
    Field(name="hba1c", codec=SFLOAT, bit=6),
    flags=0xFF,
)


class GlucoseContext(Leftovers, frozen=True, kw_only=True):
    """Glucose Measurement Context (0x2A34) of the measurement `seq`.

    `carbohydrate` kg of the meal `carbohydrate_id`, `exercise_s` seconds (65535: longer) at `exercise_pct` percent of
    the greatest effort, `medication` in `medication_unit` (kg or L), `hba1c` in percent; `tester_health` has the tester
    in its low nibble and the health in its high one.
    """

    seq: int
    extended_flags: int | None = None
    carbohydrate_id: int | None = None
    carbohydrate: Number | None = None
    meal: int | None = None
    tester_health: int | None = None
    exercise_s: int | None = None
    exercise_pct: int | None = None
    medication_id: int | None = None
    medication: Number | None = None
    medication_unit: Unit = Unit.KILOGRAM
    hba1c: Number | None = None

    @property
    def tester(self) -> int | None:
        """Return who measured, a key of TESTERS."""
        return None if self.tester_health is None else self.tester_health & 0xF

    @property
    def health(self) -> int | None:
        """Return how the person was, a key of HEALTH."""
        return None if self.tester_health is None else self.tester_health >> 4

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _LAYOUT.read(data)
        return cls(medication_unit=_UNITS[bool(flags & _LITRES)], **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _LAYOUT.write(self, flags=_LITRES if self.medication_unit is Unit.LITRE else 0)

    def to_json(self) -> dict[str, object]:
        """Return the fields by name; `carbohydrate` in kg, `medication` in `medication_unit`, absent ones left out."""
        shown = _LAYOUT.to_json(self)
        if shown.pop("tester_health", None) is not None:
            shown |= {"tester": self.tester, "health": self.health}
        return shown | ({} if self.medication is None else {"medication_unit": self.medication_unit})

    def measures(self) -> tuple[Measure, ...]:
        """Return the numbers of the context; an exercise that was longer than the field holds has no length."""
        seconds = Special.POSITIVE_INFINITY if self.exercise_s == _OVERRUN else _decimal(self.exercise_s)
        return (
            *measure(Name.CARBOHYDRATE, self.carbohydrate, Unit.KILOGRAM),
            *measure(Name.EXERCISE_DURATION, seconds, Unit.SECOND),
            *measure(Name.EXERCISE_INTENSITY, _decimal(self.exercise_pct), Unit.PERCENT),
            *measure(Name.MEDICATION, self.medication, self.medication_unit),
            *measure(Name.HBA1C, self.hba1c, Unit.PERCENT),
        )

    def circumstances(self) -> frozenset[Circumstance]:
        """Return what the context says in words."""
        said = (
            CARBOHYDRATES.get(self.carbohydrate_id or 0),
            MEALS.get(self.meal or 0),
            TESTERS.get(self.tester or 0),
            HEALTH.get(self.health or 0),
            MEDICATIONS.get(self.medication_id or 0),
        )
        return frozenset(each for each in said if each)

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a context says something about a measurement and is none."""
        return ()


def _decimal(count: int | None) -> Decimal | None:
    return None if count is None else Decimal(count)
