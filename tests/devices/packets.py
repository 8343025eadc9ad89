"""Every value that a decoder may return, as hypothesis strategies: one for each class of packets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gateway.devices.battery import BatteryLevel
from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.catalogue import DECODERS, QUIRKS, Packet
from gateway.devices.cgm_session import CgmFeature, CgmSessionRunTime, CgmSessionStart, CgmStatus
from gateway.devices.continuous_glucose import CgmMeasurement, CgmRecord
from gateway.devices.date_time import CurrentTime, DateTime
from gateway.devices.device_information import DeviceText, SystemId, Udi
from gateway.devices.elapsed_time import ElapsedTime
from gateway.devices.enhanced_blood_pressure import BloodPressureRecord, EnhancedBloodPressure, EnhancedCuffPressure
from gateway.devices.features import (
    BloodPressureFeature,
    BodyCompositionFeature,
    GlucoseFeature,
    PlxFeatures,
    WeightScaleFeature,
)
from gateway.devices.generic_health_sensor import CurrentElapsedTime, LiveHealthObservation, StoredHealthObservation
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.health_observation import Numeric, Observation
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.ieee11073 import decode_float, decode_sfloat
from gateway.devices.pulse_oximeter import PlxContinuous, PlxSpotCheck
from gateway.devices.reading import DeviceTime, Number, Unit
from gateway.devices.record_access import RecordAccess
from gateway.devices.thermometer import IntermediateTemperature, TemperatureMeasurement
from gateway.devices.user_data import DatabaseChange, DateOfBirth, Gender, Height, UserControl, UserIndex
from gateway.devices.vendors.beurer import Bm85Measurement
from gateway.devices.vendors.jumper import RESULT, JumperFrame
from gateway.devices.vendors.nonin import NoninOximetry
from gateway.devices.vendors.omron_frame import READS, OmronFrame
from gateway.devices.vendors.omron_record import Hem7322Record, Hem7361Record
from gateway.devices.vendors.viatom import ViatomAnswer
from gateway.devices.vendors.yonker import YonkerMeasurement
from gateway.devices.weight_scale import UNSUCCESSFUL, WeightMeasurement

__all__ = ["EVERY", "PACKETS"]

T = TypeVar("T")

EVERY = [*dict.fromkeys(DECODERS.values()), *(quirk.decoder for quirk in QUIRKS)]

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
i16 = st.integers(-0x8000, 0x7FFF)
u24 = st.integers(0, 0xFFFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
sfloats: SearchStrategy[Number] = u16.map(decode_sfloat)
floats: SearchStrategy[Number] = u32.map(decode_float)
times = st.builds(DeviceTime, year=u16, month=u8, day=u8, hour=u8, minute=u8, second=u8)
octets = st.binary(max_size=12)
trailing = st.binary(max_size=3)
reserved = st.integers(0, 7).map(lambda bits: bits << 5)
pressures = st.sampled_from([Unit.MMHG, Unit.KPA])


def maybe(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    return st.none() | strategy


def counts(resolution: str, *, most: int = 0xFFFE) -> SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda count: count * Decimal(resolution))


def together(**strategies: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Return all of the fields or none: one flag announces them."""
    return st.just(dict.fromkeys(strategies)) | st.fixed_dictionaries(strategies)


def joined(cls: type[T], *groups: SearchStrategy[dict[str, Any]], **fields: SearchStrategy[Any]) -> SearchStrategy[T]:
    return st.builds(
        lambda parts, rest: cls(**{name: part for group in parts for name, part in group.items()}, **rest),
        st.tuples(*groups),
        st.fixed_dictionaries(fields),
    )


cuff: dict[str, SearchStrategy[Any]] = {
    "unit": pressures,
    "timestamp": maybe(times),
    "pulse": maybe(sfloats),
    "user_id": maybe(u8),
    "status": maybe(u16),
    "reserved_flags": reserved,
    "trailing": trailing,
}
enhanced: dict[str, SearchStrategy[Any]] = {
    "unit": pressures,
    "since_2000": st.booleans(),
    "timestamp_s": maybe(u32),
    "pulse": maybe(sfloats),
    "user_id": maybe(u8),
    "status": maybe(u16),
    "user_facing_s": maybe(u32),
    "reserved_flags": st.sampled_from([0, 0x80]),
    "trailing": trailing,
}
oximeter: dict[str, SearchStrategy[Any]] = {
    "spo2": sfloats,
    "pr": sfloats,
    "status": maybe(u16),
    "sensor_status": maybe(u24),
    "pai": maybe(sfloats),
    "reserved_flags": reserved,
    "trailing": trailing,
}
thermometer: dict[str, SearchStrategy[Any]] = {
    "unit": st.sampled_from([Unit.CELSIUS, Unit.FAHRENHEIT]),
    "temperature": floats,
    "timestamp": maybe(times),
    "type": maybe(u8),
    "reserved_flags": st.integers(0, 31).map(lambda bits: bits << 3),
    "trailing": trailing,
}


def scale(unit: Unit, weight: str, height: str) -> SearchStrategy[WeightMeasurement]:
    return joined(
        WeightMeasurement,
        together(bmi=counts("0.1"), height=counts(height)),
        unit=st.just(unit),
        weight=st.just(UNSUCCESSFUL) | counts(weight),
        timestamp=maybe(times),
        user_id=maybe(u8),
        reserved_flags=st.integers(0, 15).map(lambda bits: bits << 4),
        trailing=trailing,
    )


def analyser(unit: Unit, mass: str, height: str) -> SearchStrategy[BodyCompositionMeasurement]:
    masses = ("muscle_mass", "ffm", "slm", "water_mass", "weight")
    return st.builds(
        BodyCompositionMeasurement,
        unit=st.just(unit),
        fat_pct=st.just(UNSUCCESSFUL) | counts("0.1"),
        timestamp=maybe(times),
        user_id=maybe(u8),
        bmr_kj=maybe(u16),
        muscle_pct=maybe(counts("0.1", most=0xFFFF)),
        impedance_ohm=maybe(counts("0.1", most=0xFFFF)),
        height=maybe(counts(height, most=0xFFFF)),
        **{name: maybe(counts(mass, most=0xFFFF)) for name in masses},
        multiple=st.booleans(),
        reserved_flags=st.integers(0, 7).map(lambda bits: bits << 13),
        trailing=trailing,
    )


cgm_records = st.builds(
    CgmRecord,
    glucose_mgdl=sfloats,
    offset_min=u16,
    status=maybe(u8),
    caltemp=maybe(u8),
    warning=maybe(u8),
    trend=maybe(sfloats),
    quality=maybe(sfloats),
    crc=maybe(u16),
    reserved_flags=st.integers(0, 7).map(lambda bits: bits << 2),
)
elapsed = st.builds(ElapsedTime, flags=u8, value=st.integers(0, 2**48 - 1), source=u8, offset=st.integers(-0x80, 0x7F))
codes = st.lists(u32, max_size=3).map(tuple)
attributes: dict[str, SearchStrategy[Any]] = {
    "obs_type": maybe(u32 | st.sampled_from([150456, 149530, 188736])),
    "time": maybe(elapsed),
    "duration": maybe(floats),
    "status": maybe(u16),
    "obs_id": maybe(u32),
    "patient": maybe(u8),
    "suppl": maybe(codes),
    "derived_from": maybe(codes),
    "member_of": maybe(codes),
    "reserved_flags": st.integers(0, 63).map(lambda bits: bits << 10),
}
numerics = st.builds(Numeric, unit=u16 | st.sampled_from([544, 2720, 1731]), value=floats)
observations = (
    st.builds(Observation, class_=st.just(1), value=numerics, rest=octets, **attributes)
    | st.builds(Observation, class_=st.just(1), value=numerics, tlvs=octets, **attributes)
    | st.builds(Observation, class_=st.integers(2, 255), tlvs=st.sampled_from([None, b""]), rest=octets, **attributes)
)
places: SearchStrategy[dict[str, bool]] = st.sampled_from(
    [{"first": False, "last": False}, {"first": True, "last": False}, {"first": False, "last": True}]
)
counters = st.integers(0, 63)
part = st.builds(lambda place, counter, part: place | {"counter": counter, "part": part}, places, counters, octets)
pressure = st.builds(EnhancedBloodPressure, systolic=sfloats, diastolic=sfloats, map=sfloats, **enhanced)

PACKETS: dict[type[Packet], SearchStrategy[Packet]] = {
    BloodPressureMeasurement: st.builds(
        BloodPressureMeasurement, systolic=sfloats, diastolic=sfloats, map=sfloats, **cuff
    ),
    IntermediateCuffPressure: st.builds(IntermediateCuffPressure, cuff=sfloats, **cuff),
    EnhancedBloodPressure: pressure,
    EnhancedCuffPressure: st.builds(EnhancedCuffPressure, cuff=sfloats, **enhanced),
    BloodPressureRecord: st.builds(
        BloodPressureRecord,
        counter=counters,
        seq=u16,
        uuid=st.just(0x2B34),
        octets=pressure.map(lambda one: one.encode()),
    )
    | st.builds(BloodPressureRecord, counter=counters, seq=u16, uuid=st.just(0x2A49), octets=octets)
    | st.builds(
        lambda place, counter, octets: BloodPressureRecord(**place, counter=counter, octets=octets),
        places,
        counters,
        octets,
    ),
    PlxSpotCheck: st.builds(PlxSpotCheck, timestamp=maybe(times), clock_not_set=st.booleans(), **oximeter),
    PlxContinuous: st.builds(
        PlxContinuous, fast=maybe(st.tuples(sfloats, sfloats)), slow=maybe(st.tuples(sfloats, sfloats)), **oximeter
    ),
    TemperatureMeasurement: st.builds(TemperatureMeasurement, **thermometer),
    IntermediateTemperature: st.builds(IntermediateTemperature, **thermometer),
    WeightMeasurement: scale(Unit.KILOGRAM, "0.005", "0.001") | scale(Unit.POUND, "0.01", "0.1"),
    BodyCompositionMeasurement: analyser(Unit.KILOGRAM, "0.005", "0.001") | analyser(Unit.POUND, "0.01", "0.1"),
    HeartRateMeasurement: st.builds(
        HeartRateMeasurement,
        hr=u16,
        contact=st.sampled_from([None, True, False]),
        energy_kj=maybe(u16),
        rr=maybe(st.lists(u16, min_size=1, max_size=9).map(tuple)),
        reserved_flags=reserved,
    ),
    GlucoseMeasurement: joined(
        GlucoseMeasurement,
        together(concentration=sfloats, sample=u8),
        seq=u16,
        base_time=times,
        offset_min=maybe(i16),
        unit=st.sampled_from([Unit.KILOGRAM_PER_LITRE, Unit.MOLE_PER_LITRE]),
        status=maybe(u16),
        context_follows=st.booleans(),
        reserved_flags=reserved,
        trailing=trailing,
    ),
    GlucoseContext: joined(
        GlucoseContext,
        together(carbohydrate_id=u8, carbohydrate=sfloats),
        together(exercise_s=u16, exercise_pct=u8),
        together(medication_id=u8, medication=sfloats),
        seq=u16,
        extended_flags=maybe(u8),
        meal=maybe(u8),
        tester_health=maybe(u8),
        medication_unit=st.sampled_from([Unit.KILOGRAM, Unit.LITRE]),
        hba1c=maybe(sfloats),
        trailing=trailing,
    ),
    CgmMeasurement: st.builds(CgmMeasurement, records=st.lists(cgm_records, min_size=1, max_size=4).map(tuple)),
    CgmFeature: st.builds(CgmFeature, features=u24, sample=u8, crc=u16, trailing=trailing),
    CgmStatus: st.builds(CgmStatus, offset_min=u16, status=u8, caltemp=u8, warning=u8, crc=maybe(u16)),
    CgmSessionStart: st.builds(
        CgmSessionStart, time=times, tz_15min=st.integers(-0x80, 0x7F), dst_15min=u8, crc=maybe(u16)
    ),
    CgmSessionRunTime: st.builds(CgmSessionRunTime, hours=u16, crc=u16, trailing=trailing),
    LiveHealthObservation: st.builds(
        LiveHealthObservation, counter=counters, observation=observations, trailing=trailing
    )
    | part.map(lambda one: LiveHealthObservation(**one)),
    StoredHealthObservation: st.builds(
        StoredHealthObservation, counter=counters, record=u32, observation=observations, trailing=trailing
    )
    | part.map(lambda one: StoredHealthObservation(**one)),
    CurrentElapsedTime: st.builds(CurrentElapsedTime, elapsed=elapsed, trailing=trailing),
    RecordAccess: st.builds(RecordAccess, op=st.sampled_from([1, 2, 3, 4, 7, 99]), operator=u8, operand=octets)
    | st.builds(RecordAccess.answered, u8, u8)
    | st.builds(RecordAccess.counted, u16),
    UserControl: st.builds(UserControl.consent, u8, st.integers(0, 9999))
    | st.builds(UserControl.register, st.integers(0, 9999))
    | st.builds(UserControl.answered, u8, u8, octets)
    | st.builds(UserControl, op=st.sampled_from([3, 4, 5, 99]), parameter=octets),
    DatabaseChange: st.builds(DatabaseChange, increment=u32, trailing=trailing),
    UserIndex: st.builds(UserIndex, user_index=u8, trailing=trailing),
    DateOfBirth: st.builds(DateOfBirth, year=u16, month=u8, day=u8, trailing=trailing),
    Gender: st.builds(Gender, gender=u8, trailing=trailing),
    Height: st.builds(Height, height=counts("0.01", most=0xFFFF), trailing=trailing),
    **{
        feature: st.builds(feature, features=numbers, trailing=trailing)
        for feature, numbers in (
            (BloodPressureFeature, u16),
            (GlucoseFeature, u16),
            (WeightScaleFeature, u32),
            (BodyCompositionFeature, u32),
        )
    },
    PlxFeatures: st.builds(
        lambda high, status, sensor, rest: PlxFeatures(
            features=high << 2 | (status is not None) | (sensor is not None) << 1,
            status_support=status,
            sensor_status_support=sensor,
            trailing=rest,
        ),
        st.integers(0, 0x3FFF),
        maybe(u16),
        maybe(u24),
        trailing,
    ),
    BatteryLevel: st.builds(BatteryLevel, level=u8),
    SystemId: st.builds(SystemId, eui64=st.integers(0, 2**64 - 1).map("{:016X}".format), trailing=trailing),
    DeviceText: st.builds(DeviceText, text=st.text(st.characters(codec="utf-8")).map(lambda text: text.rstrip("\0 "))),
    Udi: st.builds(
        Udi,
        **{
            name: maybe(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9))
            for name in ("label", "di", "issuer", "authority")
        },
        reserved_flags=st.integers(0, 15).map(lambda bits: bits << 4),
        trailing=trailing,
    ),
    DateTime: st.builds(DateTime, time=times, trailing=trailing),
    CurrentTime: st.builds(CurrentTime, time=times, dow=u8, frac256=u8, reason=u8, trailing=trailing),
    Bm85Measurement: st.builds(
        Bm85Measurement,
        systolic=sfloats,
        diastolic=sfloats,
        map_not_measured=sfloats,
        **cuff | {"user_id": u8, "reserved_flags": st.sampled_from([0, 0x08, 0x40, 0xE8])},
    ),
    JumperFrame: st.builds(JumperFrame.result, pulse=u8, spo2=u8, pi_raw=u8)
    | st.builds(JumperFrame, frame=u8.filter(lambda first: first != RESULT), octets=octets),
    NoninOximetry: st.builds(
        NoninOximetry, length=u8, status=u8, battery_raw=u8, pai_raw=u16, counter=u16, spo2=u8, pulse=u16
    ),
    OmronFrame: st.builds(
        OmronFrame, kind=st.sampled_from(sorted(READS)), address=u16, size=u8, data=st.binary(min_size=1, max_size=99)
    ),
    Hem7322Record: st.builds(Hem7322Record, octets=st.binary(min_size=14, max_size=14)),
    Hem7361Record: st.builds(Hem7361Record, octets=st.binary(min_size=16, max_size=16)),
    ViatomAnswer: st.builds(ViatomAnswer, status=u8, block=u16, data=octets)
    | st.builds(ViatomAnswer.live, spo2=u8, pulse=u16, battery=u8, pi_raw=u8, worn=st.booleans(), wave=octets),
    YonkerMeasurement: st.builds(
        YonkerMeasurement,
        **dict.fromkeys(("frame", "systolic", "diastolic", "pulse", "day", "month", "year", "hour", "minute"), u8),
        unused=st.binary(min_size=2, max_size=2),
        end=st.binary(min_size=4, max_size=4),
        trailing=trailing,
    ),
}
