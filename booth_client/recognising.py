"""Which health object of the journey a packet comes from, what of it a person is shown, and what they can mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from booth_client.words import Arm, Device, Trouble
from gateway.devices.circumstance import Circumstance
from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Special, Unit

__all__ = ["KINDS", "SOURCES", "TROUBLES", "arm_of", "readable", "shown", "trouble_of", "with_arm", "with_meal"]

SOURCES: Final[Mapping[str, Device]] = {
    "2A35": Device.CUFF,
    "2A36": Device.CUFF,
    "2A5E": Device.OXIMETER,
    "2A5F": Device.OXIMETER,
    "2A1C": Device.THERMOMETER,
    "2A1E": Device.THERMOMETER,
    "2A9D": Device.SCALE,
    "2A9C": Device.ANALYSER,
    "2A18": Device.GLUCOMETER,
    "2A34": Device.GLUCOMETER,
    "2A37": Device.STRAP,
}
"""Which health object of the journey a standard's characteristic comes from."""

KINDS: Final[Mapping[Kind, Device]] = {
    Kind.BLOOD_PRESSURE: Device.CUFF,
    Kind.OXYGEN_SATURATION: Device.OXIMETER,
    Kind.BODY_TEMPERATURE: Device.THERMOMETER,
    Kind.BODY_WEIGHT: Device.SCALE,
    Kind.GLUCOSE: Device.GLUCOMETER,
    Kind.RESPIRATORY_RATE: Device.SENSOR,
}
"""Which one a reading comes from, for the characteristics that makers have of their own."""

TROUBLES: Final[Mapping[Quality, Trouble]] = {
    Quality.CUFF_LOOSE: Trouble.LOOSE,
    Quality.BODY_MOVEMENT: Trouble.MOVED,
    Quality.IMPROPER_POSITION: Trouble.POSTURE,
    Quality.SAMPLE_INSUFFICIENT: Trouble.DROP,
    Quality.STRIP_INSERTION_ERROR: Trouble.STRIP,
    Quality.STRIP_TYPE_WRONG: Trouble.STRIP,
    **dict.fromkeys(
        (
            *(Quality.POOR_SIGNAL, Quality.INADEQUATE_SIGNAL, Quality.ERRATIC_SIGNAL, Quality.NON_PULSATILE),
            *(Quality.LOW_PERFUSION, Quality.INTERFERENCE, Quality.QUESTIONABLE, Quality.SENSOR_DISPLACED),
        ),
        Trouble.SIGNAL,
    ),
}
"""What a person can mend of what a device says about its own measurement; the first that applies is told."""

_SHOWN: Final = frozenset(
    {
        Name.CUFF,
        Name.SYSTOLIC,
        Name.DIASTOLIC,
        Name.PULSE,
        Name.SPO2,
        Name.TEMPERATURE,
        Name.WEIGHT,
        Name.GLUCOSE,
        Name.BODY_FAT,
        Name.RESPIRATORY_RATE,
    }
)


def shown(readings: Sequence[Reading]) -> tuple[Measure, ...]:
    """Return the numbers a person is shown, one of each name, in the order in which the device sent them."""
    found: dict[Name, Measure] = {}
    for reading in readings:
        for measure in reading.measures:
            if measure.name in _SHOWN:
                found.setdefault(measure.name, measure)
    return tuple(found.values())


def trouble_of(readings: Sequence[Reading]) -> Trouble | None:
    """Return what the device says was wrong, as far as the person can mend it."""
    said = frozenset(quality for reading in readings for quality in reading.qualities)
    return next((trouble for quality, trouble in TROUBLES.items() if quality in said), None)


_READ_IN: Final[Mapping[Unit, tuple[Unit, Decimal]]] = {
    Unit.KILOGRAM_PER_LITRE: (Unit.MILLIGRAM_PER_DECILITRE, Decimal(100_000)),
    Unit.MOLE_PER_LITRE: (Unit.MILLIMOLE_PER_LITRE, Decimal(1000)),
}
"""Units that devices send and nobody reads, with those on their displays: the same digits, the point moved."""


def readable(measure: Measure) -> Measure:
    """Return *measure* in the unit that the device itself shows."""
    if measure.unit not in _READ_IN:
        return measure
    unit, factor = _READ_IN[measure.unit]
    value = measure.value if isinstance(measure.value, Special) else (measure.value * factor).normalize()
    return Measure(name=measure.name, value=value, unit=unit)


def with_meal(readings: tuple[Reading, ...], meal: Circumstance | None) -> tuple[Reading, ...]:
    """Return *readings* with what the person said of their *meal*, where the meter itself says nothing of one."""

    def told(reading: Reading) -> Reading:
        says = any(each.partition(":")[0] == "meal" for each in reading.circumstances)
        if meal is None or says or reading.kind is not Kind.GLUCOSE:
            return reading
        return replace(reading, circumstances=reading.circumstances | {meal})

    return tuple(told(reading) for reading in readings)


_SITES: Final[Mapping[Arm, str]] = {arm: f"{arm} upper arm" for arm in Arm}
"""The arms, as a reading calls them."""


def with_arm(readings: tuple[Reading, ...], arm: Arm | None) -> tuple[Reading, ...]:
    """Return *readings* with the arm that the person was asked to put the cuff on, where they were."""
    if arm is None:
        return readings
    site = _SITES[arm]
    return tuple(replace(each, body_site=site) if each.kind is Kind.BLOOD_PRESSURE else each for each in readings)


def arm_of(reading: Reading) -> Arm | None:
    """Return the arm that a reading was taken on; None: nobody was asked to put the cuff on that one."""
    return next((arm for arm, site in _SITES.items() if site == reading.body_site), None)
