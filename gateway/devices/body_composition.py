"""The Body Composition profile: the measurement (0x2A9C), in one packet or in two.

https://www.bluetooth.com/specifications/specs/body-composition-service-1-0/
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Self

import msgspec

from gateway.devices.date_time import DATE_TIME
from gateway.devices.layout import U8, U16, Field, Layout, Leftovers, scaled
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Reading, Special, Unit
from gateway.devices.user_data import UNKNOWN_USER
from gateway.devices.weight_scale import HEIGHT_UNITS, UNSUCCESSFUL, UNSUCCESSFUL_WORDS, Weight

__all__ = ["BodyCompositionMeasurement"]

_UNITS: Final = (Unit.KILOGRAM, Unit.POUND)
_KILOGRAMS: Final = scaled("0.005")
_POUNDS: Final = scaled("0.01")


def _mass(name: str, bit: int) -> Field:
    return Field(name=name, codec=_KILOGRAMS, alternative=_POUNDS, bit=bit)


_MULTIPLE: Final = 1 << 12
_LAYOUT: Final = Layout(
    "Body Composition Measurement",
    Field(name="fat_pct", codec=scaled("0.1", words=UNSUCCESSFUL_WORDS)),
    Field(name="timestamp", codec=DATE_TIME, bit=1),
    Field(name="user_id", codec=U8, bit=2),
    Field(name="bmr_kj", codec=U16, bit=3),
    Field(name="muscle_pct", codec=scaled("0.1"), bit=4),
    _mass("muscle_mass", 5),
    _mass("ffm", 6),
    _mass("slm", 7),
    _mass("water_mass", 8),
    Field(name="impedance_ohm", codec=scaled("0.1"), bit=9),
    _mass("weight", 10),
    Field(name="height", codec=scaled("0.001"), alternative=scaled("0.1"), bit=11),
    flags=0b1_1111_1111_1111,
    flags_octets=2,
)


class BodyCompositionMeasurement(Leftovers, frozen=True, kw_only=True):
    """Body Composition Measurement (0x2A9C): `fat_pct` in percent or "unsuccessful", masses in `unit` (kg or lb).

    `bmr_kj` is the basal metabolism in kJ a day, `muscle_pct` a percentage, `ffm` the fat-free, `slm` the soft lean
    mass, `impedance_ohm` in ohm, `height` in metres beside kilograms and in inches beside pounds. `multiple`: the
    measurement goes on in another packet, which fits if `joins` says so.
    """

    unit: Unit = Unit.KILOGRAM
    fat_pct: Weight
    timestamp: DeviceTime | None = None
    user_id: int | None = None
    bmr_kj: int | None = None
    muscle_pct: Decimal | None = None
    muscle_mass: Decimal | None = None
    ffm: Decimal | None = None
    slm: Decimal | None = None
    water_mass: Decimal | None = None
    impedance_ohm: Decimal | None = None
    weight: Decimal | None = None
    height: Decimal | None = None
    multiple: bool = False

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _LAYOUT.read(data)
        return cls(unit=_UNITS[flags & 1], multiple=bool(flags & _MULTIPLE), **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _LAYOUT.write(self, flags=_UNITS.index(self.unit) | (_MULTIPLE if self.multiple else 0))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out; `multiple` only where it is true."""
        return {"unit": self.unit, **_LAYOUT.to_json(self)} | ({"multiple": True} if self.multiple else {})

    def joins(self, later: BodyCompositionMeasurement) -> bool:
        """Return whether *later* is the other half of this packet: nothing in it contradicts what is here."""
        same = self.multiple and later.multiple and self.unit is later.unit
        return same and not any(_said(self, name) and _said(later, name) for name in _PARTS)

    def joined(self, later: BodyCompositionMeasurement) -> BodyCompositionMeasurement:
        """Return the whole measurement of two packets."""
        more = {name: getattr(later, name) for name in _PARTS if _said(later, name)}
        fat = self.fat_pct if _is_fat(self.fat_pct) or not _is_fat(later.fat_pct) else later.fat_pct
        whose = {"timestamp": self.timestamp or later.timestamp}
        slot = {"user_id": later.user_id if self.user_id is None else self.user_id}
        return msgspec.structs.replace(self, fat_pct=fat, multiple=False, **whose, **slot, **more)

    def readings(self) -> tuple[Reading, ...]:
        """Return one reading for each quantity that the scale measured; nothing for a zero-filled stub.

        An unsuccessful measurement is a body fat without a value (Special.NRES). A stub of backfilled history may
        repeat the person's basal metabolism, which is computed: without a measured fat or impedance it is no reading.
        """
        if self.fat_pct == UNSUCCESSFUL:
            failed = Measure(name=Name.BODY_FAT, value=Special.NRES, unit=Unit.PERCENT)
            return (self._reading(Kind.BODY_FAT, (failed,)), *self._stature())
        if not self.fat_pct and not self.impedance_ohm:
            return self._stature()
        rows = (
            (Kind.BODY_FAT, measure(Name.BODY_FAT, _number(self.fat_pct), Unit.PERCENT)),
            (Kind.BASAL_METABOLISM, measure(Name.BASAL_METABOLISM, _number(self.bmr_kj), Unit.KILOJOULE_PER_DAY)),
            (Kind.MUSCLE_RATIO, measure(Name.MUSCLE_RATIO, self.muscle_pct, Unit.PERCENT)),
            (Kind.MUSCLE_MASS, measure(Name.MUSCLE_MASS, self.muscle_mass, self.unit)),
            (Kind.FAT_FREE_MASS, measure(Name.FAT_FREE_MASS, self.ffm, self.unit)),
            (Kind.SOFT_LEAN_MASS, measure(Name.SOFT_LEAN_MASS, self.slm, self.unit)),
            (Kind.BODY_WATER, measure(Name.BODY_WATER, self.water_mass, self.unit)),
            (Kind.IMPEDANCE, measure(Name.IMPEDANCE, self.impedance_ohm, Unit.OHM)),
        )
        return (*(self._reading(kind, measures) for kind, measures in rows if measures), *self._stature())

    def _stature(self) -> tuple[Reading, ...]:
        weight = measure(Name.WEIGHT, self.weight, self.unit)
        height = measure(Name.HEIGHT, self.height, HEIGHT_UNITS[self.unit])
        kinds = ((Kind.BODY_WEIGHT, weight), (Kind.BODY_HEIGHT, height))
        return tuple(self._reading(kind, measures) for kind, measures in kinds if measures)

    def _reading(self, kind: Kind, measures: tuple[Measure, ...]) -> Reading:
        return Reading(
            kind=kind,
            measures=measures,
            device_time=self.timestamp,
            user_slot=None if self.user_id == UNKNOWN_USER else self.user_id,
        )


_PARTS: Final = (
    "bmr_kj",
    "muscle_pct",
    "muscle_mass",
    "ffm",
    "slm",
    "water_mass",
    "impedance_ohm",
    "weight",
    "height",
)
"""What only one of two packets carries."""


def _said(packet: BodyCompositionMeasurement, name: str) -> bool:
    return getattr(packet, name) is not None


def _is_fat(fat: Weight) -> bool:
    return isinstance(fat, Decimal) and fat > 0


def _number(count: Weight | int | None) -> Decimal | None:
    return None if count is None else Decimal(count)
