"""What a health object said, in the values that everything else speaks.

A packet from the radio becomes one or more readings: a blood-pressure packet is a pressure and a pulse. A reading holds
numbers exactly as the device sent them (their precision included) and never a patient: whose it is, is decided
by the booth, once, when it is made durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

__all__ = [
    "DeviceIdentity",
    "DeviceTime",
    "Kind",
    "Measure",
    "Name",
    "Number",
    "Quality",
    "Reading",
    "Special",
    "Unit",
]


class Special(StrEnum):
    """A number a device has no value for (IEEE 11073-20601 special values)."""

    NAN = "NaN"
    NRES = "NRes"
    POSITIVE_INFINITY = "+INF"
    NEGATIVE_INFINITY = "-INF"
    RESERVED = "RFU"


Number = Decimal | Special


class Unit(StrEnum):
    """A unit as devices send it; the FHIR side maps it to UCUM."""

    MMHG = "mmHg"
    KPA = "kPa"
    PERCENT = "%"
    PER_MINUTE = "/min"
    CELSIUS = "C"
    FAHRENHEIT = "F"
    KILOGRAM = "kg"
    POUND = "lb"
    METRE = "m"
    INCH = "in"
    KILOGRAM_PER_SQUARE_METRE = "kg/m2"
    KILOJOULE = "kJ"


class Kind(StrEnum):
    """What a reading is about; one kind becomes one sort of FHIR Observation."""

    BLOOD_PRESSURE = "blood-pressure"
    PULSE_RATE = "pulse-rate"
    OXYGEN_SATURATION = "oxygen-saturation"
    HEART_RATE = "heart-rate"
    BODY_TEMPERATURE = "body-temperature"
    BODY_WEIGHT = "body-weight"
    BODY_HEIGHT = "body-height"
    BODY_MASS_INDEX = "body-mass-index"


class Name(StrEnum):
    """Which number of a reading this is."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN = "mean"
    PULSE = "pulse"
    SPO2 = "spo2"
    PERFUSION = "perfusion"
    TEMPERATURE = "temperature"
    WEIGHT = "weight"
    HEIGHT = "height"
    BMI = "bmi"
    ENERGY = "energy"
    CUFF = "cuff"


class Quality(StrEnum):
    """What the device itself says about a measurement, beside its numbers."""

    BODY_MOVEMENT = "body-movement"
    CUFF_LOOSE = "cuff-loose"
    IRREGULAR_PULSE = "irregular-pulse"
    PULSE_ABOVE_RANGE = "pulse-above-range"
    PULSE_BELOW_RANGE = "pulse-below-range"
    IMPROPER_POSITION = "improper-position"
    ONGOING = "ongoing"
    EARLY_ESTIMATE = "early-estimate"
    VALIDATED = "validated"
    FULLY_QUALIFIED = "fully-qualified"
    FROM_STORAGE = "from-storage"
    DEMONSTRATION = "demonstration"
    TESTING = "testing"
    CALIBRATING = "calibrating"
    UNAVAILABLE = "unavailable"
    QUESTIONABLE = "questionable"
    INVALID = "invalid"
    LOW_PERFUSION = "low-perfusion"
    POOR_SIGNAL = "poor-signal"
    INADEQUATE_SIGNAL = "inadequate-signal"
    ERRATIC_SIGNAL = "erratic-signal"
    NON_PULSATILE = "non-pulsatile"
    INTERFERENCE = "interference"
    SENSOR_DISPLACED = "sensor-displaced"
    SENSOR_DISCONNECTED = "sensor-disconnected"
    SENSOR_UNCONNECTED_TO_USER = "sensor-unconnected-to-user"
    EQUIPMENT_MALFUNCTION = "equipment-malfunction"
    CLOCK_NOT_SET = "clock-not-set"
    NO_CONTACT = "no-contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTime:
    """A device's own idea of the time: its local clock, no zone, unknown parts 0.

    Fields as in the Date Time characteristic 0x2A08, kept as sent (an impossible date stays as it was said):
    https://www.bluetooth.com/specifications/gss/
    """

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    def __str__(self) -> str:
        """Return `YYYY-MM-DDTHH:MM:SS`, unknown parts as zeros."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}T{self.hour:02}:{self.minute:02}:{self.second:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number with its meaning: name, value as the device sent it, and unit."""

    name: Name
    value: Number
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measurement by one device, before anybody says whose it is.

    `device_time` is None where the packet carries none. `body_site` is the thermometer's site in the SIG's words.
    `stored` is false for live values that are shown and never kept (continuous oximetry, intermediate cuff pressure).
    """

    kind: Kind
    measures: tuple[Measure, ...]
    device_time: DeviceTime | None = None
    qualities: frozenset[Quality] = frozenset()
    user_slot: int | None = None
    body_site: str | None = None
    stored: bool = True

    def measure(self, name: Name) -> Measure | None:
        """Return the measure called *name*, or None where this reading has none."""
        return next((measure for measure in self.measures if measure.name is name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceIdentity:
    """Which health object this is: its radio address and what its Device Information service says.

    `system_id` is the EUI-64 as 16 upper-case hex digits, most significant octet first.
    """

    address: str
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    software: str | None = None
    system_id: str | None = None
    battery_percent: int | None = None

    @property
    def key(self) -> str:
        """Return what tells this object from every other: the System ID, else the radio address."""
        return self.system_id or self.address.upper()
