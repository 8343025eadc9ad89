"""What a health object said, in the values that everything else speaks.

A packet from the radio becomes one or more readings: a blood-pressure packet is a pressure and a pulse. A reading holds
numbers exactly as the device sent them (their precision included) and never a patient: whose it is, is decided
by the booth, once, when it is made durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from gateway.devices.circumstance import Circumstance

__all__ = [
    "DeviceIdentity",
    "DeviceTime",
    "DeviceUdi",
    "Kind",
    "Measure",
    "Name",
    "Number",
    "Quality",
    "Reading",
    "Series",
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
    CENTIMETRE = "cm"
    INCH = "in"
    KILOGRAM_PER_SQUARE_METRE = "kg/m2"
    KILOJOULE = "kJ"
    KILOJOULE_PER_DAY = "kJ/d"
    OHM = "ohm"
    KILOGRAM_PER_LITRE = "kg/L"
    MOLE_PER_LITRE = "mol/L"
    MILLIMOLE_PER_LITRE = "mmol/L"
    MILLIGRAM_PER_DECILITRE = "mg/dL"
    MILLIGRAM_PER_DECILITRE_MINUTE = "mg/dL/min"
    SECOND = "s"
    LITRE = "L"
    MILLISECOND = "ms"
    DIMENSIONLESS = ""


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
    BODY_FAT = "body-fat"
    BASAL_METABOLISM = "basal-metabolism"
    MUSCLE_RATIO = "muscle-ratio"
    MUSCLE_MASS = "muscle-mass"
    FAT_FREE_MASS = "fat-free-mass"
    SOFT_LEAN_MASS = "soft-lean-mass"
    BODY_WATER = "body-water"
    IMPEDANCE = "impedance"
    GLUCOSE = "glucose"
    INTERSTITIAL_GLUCOSE = "interstitial-glucose"
    RR_INTERVALS = "rr-intervals"
    PLETHYSMOGRAM = "plethysmogram"
    RESPIRATORY_RATE = "respiratory-rate"


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
    BODY_FAT = "body-fat"
    BASAL_METABOLISM = "basal-metabolism"
    MUSCLE_RATIO = "muscle-ratio"
    MUSCLE_MASS = "muscle-mass"
    FAT_FREE_MASS = "fat-free-mass"
    SOFT_LEAN_MASS = "soft-lean-mass"
    BODY_WATER = "body-water"
    IMPEDANCE = "impedance"
    GLUCOSE = "glucose"
    GLUCOSE_TREND = "glucose-trend"
    GLUCOSE_QUALITY = "glucose-quality"
    CARBOHYDRATE = "carbohydrate"
    EXERCISE_DURATION = "exercise-duration"
    EXERCISE_INTENSITY = "exercise-intensity"
    MEDICATION = "medication"
    HBA1C = "hba1c"
    RR_INTERVAL = "rr-interval"
    PLETH = "pleth"
    RESPIRATORY_RATE = "respiratory-rate"


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
    SENSOR_UNKNOWN = "sensor-unknown"
    SENSOR_MALFUNCTION = "sensor-malfunction"
    PROCESSING_IRREGULAR = "processing-irregular"
    PULSE_QUESTIONABLE = "pulse-questionable"
    DISPLAY_UPDATING = "display-updating"
    EQUIPMENT_MALFUNCTION = "equipment-malfunction"
    CLOCK_NOT_SET = "clock-not-set"
    NO_CONTACT = "no-contact"
    BATTERY_LOW = "battery-low"
    SAMPLE_INSUFFICIENT = "sample-insufficient"
    STRIP_INSERTION_ERROR = "strip-insertion-error"
    STRIP_TYPE_WRONG = "strip-type-wrong"
    RESULT_TOO_HIGH = "result-too-high"
    RESULT_TOO_LOW = "result-too-low"
    TOO_HOT = "too-hot"
    TOO_COLD = "too-cold"
    READ_INTERRUPTED = "read-interrupted"
    DEVICE_FAULT = "device-fault"
    CALIBRATION_REQUIRED = "calibration-required"
    SENSOR_TYPE_WRONG = "sensor-type-wrong"
    SESSION_STOPPED = "session-stopped"


class DeviceTime(msgspec.Struct, frozen=True, kw_only=True):
    """A device's own idea of the time: its local clock, no zone, unknown parts 0.

    Fields as in the Date Time characteristic 0x2A08, kept as sent (an impossible date stays as it was said).
    A struct, as packets are, because making it would else be a third of the time of reading a blood pressure:
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
class Series:
    """Samples of one quantity, oldest first: *factor* times each is a number in *unit*; None is a gap.

    *period* lies between two samples. None: each sample is itself the time from the event before it to its own, as
    the intervals between heart beats are.
    """

    name: Name
    unit: Unit
    factor: Decimal
    samples: tuple[int | None, ...]
    period: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measurement by one device, before anybody says whose it is.

    `device_time` is None where the packet carries none. `body_site` is the thermometer's site in the SIG's words,
    or the arm that a cuff was asked to be put on.
    `stored` is false for live values that are shown and never kept (continuous oximetry, intermediate cuff pressure).
    `circumstances` are a glucose meter's: which blood, from where, before or after which meal. `series` are the samples
    of a curve; such a reading has no measures.
    """

    kind: Kind
    measures: tuple[Measure, ...]
    device_time: DeviceTime | None = None
    qualities: frozenset[Quality] = frozenset()
    user_slot: int | None = None
    body_site: str | None = None
    stored: bool = True
    circumstances: frozenset[Circumstance] = frozenset()
    series: Series | None = None

    def measure(self, name: Name) -> Measure | None:
        """Return the measure called *name*, or None where this reading has none."""
        return next((measure for measure in self.measures if measure.name is name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUdi:
    """What regulators know a device by: the UDI as printed, its part that names the model, the OIDs of its issuer."""

    label: str | None = None
    di: str | None = None
    issuer: str | None = None
    authority: str | None = None


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
    udi: DeviceUdi | None = None

    @property
    def key(self) -> str:
        """Return what tells this object from every other: the System ID, else the radio address."""
        return self.system_id or self.address.upper()
