"""Whatever health objects may say, as hypothesis strategies, and the Observation that each becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from gateway.devices.circumstance import Circumstance
from gateway.devices.reading import (
    DeviceIdentity,
    DeviceTime,
    DeviceUdi,
    Kind,
    Measure,
    Name,
    Quality,
    Reading,
    Special,
    Unit,
)
from gateway.fhir.observation import observation

__all__ = ["DEVICE", "FACTS", "IDENTITIES", "READINGS", "TIMES", "observed", "reading", "said"]

_PRESSURES: Final = (Unit.MMHG, Unit.KPA)
_MASSES: Final = (Unit.KILOGRAM, Unit.POUND)
_CONCENTRATIONS: Final = (
    Unit.MILLIGRAM_PER_DECILITRE,
    Unit.KILOGRAM_PER_LITRE,
    Unit.MOLE_PER_LITRE,
    Unit.MILLIMOLE_PER_LITRE,
)
_CONTEXT: Final[dict[Name, tuple[Unit, ...]]] = {
    Name.CARBOHYDRATE: (Unit.KILOGRAM,),
    Name.EXERCISE_DURATION: (Unit.SECOND,),
    Name.EXERCISE_INTENSITY: (Unit.PERCENT,),
    Name.MEDICATION: (Unit.KILOGRAM, Unit.LITRE),
    Name.HBA1C: (Unit.PERCENT,),
}
_METERED: Final = frozenset({Kind.GLUCOSE, Kind.INTERSTITIAL_GLUCOSE})
_NAMES: Final[dict[Kind, dict[Name, tuple[Unit, ...]]]] = {
    Kind.BLOOD_PRESSURE: {Name.SYSTOLIC: _PRESSURES, Name.DIASTOLIC: _PRESSURES, Name.MEAN: _PRESSURES},
    Kind.PULSE_RATE: {Name.PULSE: (Unit.PER_MINUTE,)},
    Kind.HEART_RATE: {Name.PULSE: (Unit.PER_MINUTE,), Name.ENERGY: (Unit.KILOJOULE,)},
    Kind.OXYGEN_SATURATION: {Name.SPO2: (Unit.PERCENT,), Name.PERFUSION: (Unit.PERCENT,)},
    Kind.BODY_TEMPERATURE: {Name.TEMPERATURE: (Unit.CELSIUS, Unit.FAHRENHEIT)},
    Kind.BODY_WEIGHT: {Name.WEIGHT: (Unit.KILOGRAM, Unit.POUND)},
    Kind.BODY_HEIGHT: {Name.HEIGHT: (Unit.METRE, Unit.CENTIMETRE, Unit.INCH)},
    Kind.BODY_MASS_INDEX: {Name.BMI: (Unit.KILOGRAM_PER_SQUARE_METRE,)},
    Kind.RESPIRATORY_RATE: {Name.RESPIRATORY_RATE: (Unit.PER_MINUTE,)},
    Kind.BODY_FAT: {Name.BODY_FAT: (Unit.PERCENT,)},
    Kind.BASAL_METABOLISM: {Name.BASAL_METABOLISM: (Unit.KILOJOULE_PER_DAY,)},
    Kind.MUSCLE_RATIO: {Name.MUSCLE_RATIO: (Unit.PERCENT,)},
    Kind.MUSCLE_MASS: {Name.MUSCLE_MASS: _MASSES},
    Kind.FAT_FREE_MASS: {Name.FAT_FREE_MASS: _MASSES},
    Kind.SOFT_LEAN_MASS: {Name.SOFT_LEAN_MASS: _MASSES},
    Kind.BODY_WATER: {Name.BODY_WATER: _MASSES},
    Kind.IMPEDANCE: {Name.IMPEDANCE: (Unit.OHM,)},
    Kind.GLUCOSE: {Name.GLUCOSE: _CONCENTRATIONS, **_CONTEXT},
    Kind.INTERSTITIAL_GLUCOSE: {
        Name.GLUCOSE: _CONCENTRATIONS,
        Name.GLUCOSE_TREND: (Unit.MILLIGRAM_PER_DECILITRE_MINUTE,),
        Name.GLUCOSE_QUALITY: (Unit.PERCENT,),
        **_CONTEXT,
    },
}

_DECIMALS: Final = st.builds(
    lambda mantissa, exponent: Decimal(mantissa).scaleb(exponent),
    st.integers(min_value=-(2**23), max_value=2**23 - 1),
    st.integers(min_value=-8, max_value=7),
)
_NUMBERS: Final = st.one_of(_DECIMALS, st.sampled_from(Special))
_CLOCKS: Final = st.builds(
    DeviceTime,
    year=st.integers(0, 9999),
    month=st.integers(0, 15),
    day=st.integers(0, 31),
    hour=st.integers(0, 31),
    minute=st.integers(0, 63),
    second=st.integers(0, 63),
)
_SITES: Final = ("armpit", "body", "ear", "finger", "gastro-intestinal tract", "mouth", "rectum", "toe", "tympanum")

_SAID: Final = st.none() | st.text(max_size=20)
_OIDS: Final = _SAID | st.just("2.16.840.1.113883.3.24")

TIMES: Final = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.builds(lambda m: timezone(timedelta(minutes=m)), st.integers(-840, 840)),
)
IDENTITIES: Final = st.builds(
    DeviceIdentity,
    address=st.sampled_from(("00:1C:05:FF:E8:74", "F0-45-DA-00-00-01", "6B29FC40-CA47-1067-B31D-00DD010662DA")),
    name=st.none() | st.text(max_size=20),
    manufacturer=st.none() | st.text(max_size=20),
    model=st.none() | st.text(max_size=20),
    serial=st.none() | st.text(max_size=20),
    firmware=st.none() | st.text(max_size=8),
    hardware=st.none() | st.text(max_size=8),
    software=st.none() | st.text(max_size=8),
    system_id=st.none() | st.from_regex(r"\A[0-9A-F]{16}\Z"),
    udi=st.none() | st.builds(DeviceUdi, label=_SAID, di=_SAID, issuer=_OIDS, authority=_OIDS),
)


@st.composite
def _readings(draw: st.DrawFn) -> Reading:
    kind = draw(st.sampled_from(tuple(_NAMES)))
    names = draw(st.sets(st.sampled_from(tuple(_NAMES[kind]))))
    measures = (
        Measure(name=name, value=draw(_NUMBERS), unit=draw(st.sampled_from(_NAMES[kind][name])))
        for name in sorted(names)
    )
    return Reading(
        kind=kind,
        measures=tuple(measures),
        device_time=draw(st.none() | _CLOCKS),
        qualities=draw(st.frozensets(st.sampled_from(Quality), max_size=5)),
        user_slot=draw(st.none() | st.integers(0, 254)),
        body_site=draw(st.none() | st.sampled_from(_SITES)) if kind is Kind.BODY_TEMPERATURE else None,
        circumstances=draw(st.frozensets(st.sampled_from(Circumstance), max_size=4))
        if kind in _METERED
        else frozenset(),
    )


READINGS: Final = _readings()

DEVICE: Final = DeviceIdentity(
    address="00:1C:05:FF:E8:74",
    name="Tensiomètre",
    manufacturer="A&D Medical",
    model="UA-651BLE",
    serial="5181000123",
    firmware="CWSP001",
    system_id="74E8FFFEFF051C00",
)

FACTS: Final[dict[str, Any]] = {
    "id": "0b5f2c1e-6a43-4a57-9d0b-2d1f3a5c7e90",
    "patient": "Patient/5f3c1f5e-9a39-4c8e-8f6b-7f0d7a4c2b11",
    "device": "Device/3f0c1a52-77a5-5e0e-9a5f-0a3d9c0e1b22",
    "gateway_device": "Device/9c1b7f50-5b1e-4d8a-a7f0-4c1d2e3f4a5b",
    "effective": datetime(2026, 11, 22, 9, 30, 12, tzinfo=timezone(timedelta(hours=1))),
    "issued": datetime(2026, 11, 22, 8, 30, 14, 250000, tzinfo=UTC),
    "encounter": "Encounter/7e6d5c4b-3a29-4817-9605-f4e3d2c1b0a9",
    "device_key": DEVICE.key,
}


def reading(kind: Kind, *measures: tuple[Name, str | Special, Unit], **said: Any) -> Reading:
    """Return a reading of numbers written as text, so that their digits are seen."""
    return Reading(
        kind=kind,
        measures=tuple(
            Measure(name=name, value=value if isinstance(value, Special) else Decimal(value), unit=unit)
            for name, value, unit in measures
        ),
        **said,
    )


def observed(what: Reading, **facts: Any) -> dict[str, Any]:
    return observation(what, **(FACTS | facts))


def said(resource: dict[str, Any], path: str) -> Any:
    """Return what stands at a dotted path; numbers are places in lists."""
    value: Any = resource
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    return value
