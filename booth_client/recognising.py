"""Which health object of the journey a packet comes from, what of it a person is shown, and what they can mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from booth_client.words import Device, Trouble
from gateway.devices.reading import Kind, Measure, Name, Quality, Reading

__all__ = ["KINDS", "SOURCES", "TROUBLES", "shown", "trouble_of"]

SOURCES: Final[Mapping[str, Device]] = {
    "2A35": Device.CUFF,
    "2A36": Device.CUFF,
    "2A5E": Device.OXIMETER,
    "2A5F": Device.OXIMETER,
    "2A1C": Device.THERMOMETER,
    "2A1E": Device.THERMOMETER,
    "2A9D": Device.SCALE,
}
"""Which health object of the journey a standard's characteristic comes from."""

KINDS: Final[Mapping[Kind, Device]] = {
    Kind.BLOOD_PRESSURE: Device.CUFF,
    Kind.OXYGEN_SATURATION: Device.OXIMETER,
    Kind.BODY_TEMPERATURE: Device.THERMOMETER,
    Kind.BODY_WEIGHT: Device.SCALE,
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
    {Name.CUFF, Name.SYSTOLIC, Name.DIASTOLIC, Name.PULSE, Name.SPO2, Name.TEMPERATURE, Name.WEIGHT}
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
