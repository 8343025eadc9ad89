"""Whether a reading can be believed: refused, to be confirmed by a repeat, or kept. A quality check, never a triage.

A refused reading is kept raw, out of everybody's record; one to be confirmed is kept, and so is its repeat. No value is
ever corrected or rounded. The bands are those for 12 years and more, the widest: the booth does not know an age yet.
Version 1: widened from PALS 2015; proposed for a physician's signature, not yet signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Final

from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Unit

__all__ = ["BANDS", "Band", "Verdict", "judge"]


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
}
"""One row a number; kPa, °F and lb rows are the mmHg, °C and kg ones converted."""

_LEAST_GAP: Final[Mapping[Unit, Decimal]] = {Unit.MMHG: Decimal(10), Unit.KPA: Decimal("1.3")}

_DOUBTFUL: Final = frozenset(
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
    }
)


def judge(readings: Iterable[Reading]) -> Verdict:
    """Return the gravest verdict on the readings of one packet; no reading at all is REFUSED."""
    return max((_judge_reading(reading) for reading in readings), default=Verdict.REFUSED)


def _judge_reading(reading: Reading) -> Verdict:
    verdicts = [_judge_measure(measure) for measure in reading.measures]
    if reading.kind is Kind.BLOOD_PRESSURE and _gap_is_impossible(reading):
        verdicts.append(Verdict.REFUSED)
    if reading.qualities & _DOUBTFUL:
        verdicts.append(Verdict.CONFIRM)
    return max(verdicts, default=Verdict.CONFIRM)


def _judge_measure(measure: Measure) -> Verdict:
    """Judge one number; one the device has no value for is worth a repeat, as it says nothing."""
    if not isinstance(measure.value, Decimal):
        return Verdict.KEPT if measure.name is Name.MEAN else Verdict.CONFIRM
    band = BANDS.get((measure.name, measure.unit))
    if band is None or band.believed[0] <= measure.value <= band.believed[1]:
        return Verdict.KEPT
    return Verdict.CONFIRM if band.possible[0] <= measure.value <= band.possible[1] else Verdict.REFUSED


def _gap_is_impossible(reading: Reading) -> bool:
    upper, lower = reading.measure(Name.SYSTOLIC), reading.measure(Name.DIASTOLIC)
    if upper is None or lower is None or not (isinstance(upper.value, Decimal) and isinstance(lower.value, Decimal)):
        return False
    return upper.value - lower.value < _LEAST_GAP.get(upper.unit, Decimal(0))
