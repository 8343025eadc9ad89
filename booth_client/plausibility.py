"""Whether a reading can be believed: refused, to be confirmed by a repeat, or kept. A quality check, never a triage.

A refused reading is kept raw, out of everybody's record; one to be confirmed is kept, and so is its repeat. No value is
ever corrected or rounded. Where the age is not known the bands are those for 12 years and more, the widest.
Version 2: widened from PALS 2015, glucose and children by age group; proposed for a physician's signature, not signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Final

from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Unit

__all__ = ["BANDS", "BY_AGE", "DOUBTFUL", "Band", "Verdict", "judge", "weight_in"]


class Verdict(IntEnum):
    """What is done with a reading, the gravest last."""

    KEPT = 0
    CONFIRM = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Band:
    """The values between which a number is possible, and between which it is believed at once; both ends included."""

    possible: tuple[Decimal, Decimal]
    believed: tuple[Decimal, Decimal]


def _band(least: str, low: str, high: str, most: str) -> Band:
    return Band((Decimal(least), Decimal(most)), (Decimal(low), Decimal(high)))


_MASSES: Final = (Name.MUSCLE_MASS, Name.FAT_FREE_MASS, Name.SOFT_LEAN_MASS, Name.BODY_WATER)
_PULSE: Final = _band("20", "40", "150", "300")

BANDS: Final[Mapping[tuple[Name, Unit], Band]] = {
    (Name.SYSTOLIC, Unit.MMHG): _band("40", "80", "220", "300"),
    (Name.DIASTOLIC, Unit.MMHG): _band("20", "40", "130", "200"),
    (Name.SYSTOLIC, Unit.KPA): _band("5.3", "10.6", "29.4", "40"),
    (Name.DIASTOLIC, Unit.KPA): _band("2.6", "5.3", "17.4", "26.7"),
    (Name.PULSE, Unit.PER_MINUTE): _PULSE,
    (Name.SPO2, Unit.PERCENT): _band("50", "92", "100", "100"),
    (Name.TEMPERATURE, Unit.CELSIUS): _band("30", "35", "40", "45"),
    (Name.TEMPERATURE, Unit.FAHRENHEIT): _band("86", "95", "104", "113"),
    (Name.WEIGHT, Unit.KILOGRAM): _band("0.5", "0.5", "400", "400"),
    (Name.WEIGHT, Unit.POUND): _band("1.1", "1.1", "882", "882"),
    (Name.GLUCOSE, Unit.MILLIGRAM_PER_DECILITRE): _band("10", "70", "300", "900"),
    (Name.GLUCOSE, Unit.KILOGRAM_PER_LITRE): _band("0.0001", "0.0007", "0.003", "0.009"),
    (Name.GLUCOSE, Unit.MOLE_PER_LITRE): _band("0.00055", "0.0039", "0.0167", "0.05"),
    (Name.GLUCOSE, Unit.MILLIMOLE_PER_LITRE): _band("0.55", "3.9", "16.7", "50"),
    (Name.BODY_FAT, Unit.PERCENT): _band("1", "3", "65", "80"),
    (Name.MUSCLE_RATIO, Unit.PERCENT): _band("5", "10", "80", "95"),
    **{(name, Unit.KILOGRAM): _band("0.5", "0.5", "400", "400") for name in _MASSES},
    **{(name, Unit.POUND): _band("1.1", "1.1", "882", "882") for name in _MASSES},
}
"""One row a number; rows in kPa, °F, lb and of glucose in other units are the mmHg, °C, kg and mg/dL ones converted.

Body fat and muscle are ours: no source gives bounds beyond which no living person lies.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeGroup:
    """People below an age in years, and the bands that are theirs instead of those of BANDS."""

    below: int
    bands: Mapping[tuple[Name, Unit], Band]


def _child(below: int, *, systolic: tuple[str, str], pulse: tuple[str, str]) -> AgeGroup:
    return AgeGroup(
        below=below,
        bands={
            (Name.SYSTOLIC, Unit.MMHG): _band("40", *systolic, "300"),
            (Name.DIASTOLIC, Unit.MMHG): _band("20", "20", "200", "200"),
            (Name.PULSE, Unit.PER_MINUTE): _band("20", *pulse, "300"),
        },
    )


BY_AGE: Final = (
    _child(1, systolic=("300", "300"), pulse=("80", "220")),  # no cuff: whatever one measures is doubted
    _child(6, systolic=("65", "130"), pulse=("65", "190")),
    _child(12, systolic=("75", "150"), pulse=("55", "160")),
)
"""The age groups, the youngest first."""

_LEAST_GAP: Final[Mapping[Unit, Decimal]] = {Unit.MMHG: Decimal(10), Unit.KPA: Decimal("1.3")}

DOUBTFUL: Final = frozenset(
    {
        Quality.BODY_MOVEMENT,
        Quality.CUFF_LOOSE,
        Quality.IMPROPER_POSITION,
        Quality.POOR_SIGNAL,
        Quality.INADEQUATE_SIGNAL,
        Quality.ERRATIC_SIGNAL,
        Quality.NON_PULSATILE,
        Quality.INTERFERENCE,
        Quality.LOW_PERFUSION,
        Quality.QUESTIONABLE,
        Quality.SENSOR_DISPLACED,
        Quality.SAMPLE_INSUFFICIENT,
        Quality.STRIP_INSERTION_ERROR,
        Quality.STRIP_TYPE_WRONG,
        Quality.READ_INTERRUPTED,
    }
)
"""What a device says that makes its own measurement worth a repeat."""


def judge(readings: Sequence[Reading], *, age: int | None = None, weight: Decimal | None = None) -> Verdict:
    """Return the gravest verdict on the readings of one packet; no reading at all is REFUSED.

    *age* is in years, *weight* in kg the last that is known of this person.
    """
    verdicts = [_judge_reading(reading, age) for reading in readings]
    now = weight_in(readings)
    if now is not None and weight is not None and abs(now - weight) > weight * _OF_THE_LAST:
        verdicts.append(Verdict.CONFIRM)
    return max(verdicts, default=Verdict.REFUSED)


_OF_THE_LAST: Final = Decimal("0.1")
_KILOGRAM: Final[Mapping[Unit, Decimal]] = {Unit.KILOGRAM: Decimal(1), Unit.POUND: Decimal("0.45359237")}


def weight_in(readings: Iterable[Reading]) -> Decimal | None:
    """Return the weight among *readings* in kg, for comparing only; None where there is none."""
    measures = (reading.measure(Name.WEIGHT) for reading in readings)
    for each in measures:
        if each is not None and isinstance(each.value, Decimal) and each.unit in _KILOGRAM:
            return each.value * _KILOGRAM[each.unit]
    return None


def _judge_reading(reading: Reading, age: int | None) -> Verdict:
    group = next((each for each in BY_AGE if age is not None and age < each.below), None)
    bands = BANDS if group is None else {**BANDS, **group.bands}
    verdicts = [_judge_measure(measure, bands) for measure in reading.measures]
    if reading.kind is Kind.BLOOD_PRESSURE and _gap_is_impossible(reading):
        verdicts.append(Verdict.REFUSED)
    if reading.qualities & DOUBTFUL:
        verdicts.append(Verdict.CONFIRM)
    return max(verdicts, default=Verdict.CONFIRM)


def _judge_measure(measure: Measure, bands: Mapping[tuple[Name, Unit], Band]) -> Verdict:
    """Judge one number; one the device has no value for is worth a repeat, as it says nothing."""
    if not isinstance(measure.value, Decimal):
        return Verdict.KEPT if measure.name is Name.MEAN else Verdict.CONFIRM
    band = bands.get((measure.name, measure.unit))
    if band is None or band.believed[0] <= measure.value <= band.believed[1]:
        return Verdict.KEPT
    return Verdict.CONFIRM if band.possible[0] <= measure.value <= band.possible[1] else Verdict.REFUSED


def _gap_is_impossible(reading: Reading) -> bool:
    upper, lower = reading.measure(Name.SYSTOLIC), reading.measure(Name.DIASTOLIC)
    if upper is None or lower is None or not (isinstance(upper.value, Decimal) and isinstance(lower.value, Decimal)):
        return False
    return upper.value - lower.value < _LEAST_GAP.get(upper.unit, Decimal(0))
