"""What holds for every packet: nothing crashes a decoder, and encode is the inverse of decode."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.devices.battery import BatteryLevel
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.catalogue import Packet
from gateway.devices.continuous_glucose import CgmMeasurement, CgmRecord
from gateway.devices.date_time import DateTime
from gateway.devices.device_information import DeviceText, SystemId, Udi
from gateway.devices.elapsed_time import ElapsedTime
from gateway.devices.enhanced_blood_pressure import BloodPressureRecord, EnhancedBloodPressure
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.features import PlxFeatures
from gateway.devices.generic_health_sensor import CurrentElapsedTime, LiveHealthObservation
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.health_observation import Observation
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.pulse_oximeter import PlxSpotCheck
from gateway.devices.reading import DeviceTime, Special
from gateway.devices.record_access import RecordAccess
from gateway.devices.thermometer import TemperatureMeasurement
from gateway.devices.user_data import UserControl
from gateway.devices.vendors.jumper import JumperFrame
from gateway.devices.vendors.omron_frame import OmronFrame
from gateway.devices.vendors.viatom import ViatomAnswer
from gateway.devices.weight_scale import WeightMeasurement
from tests.devices.packets import EVERY, PACKETS

# A text and an operand have no length; intervals, records and CRCs may end a packet or not; a part is any octets.
UNCUTTABLE = {
    "BloodPressureRecord",
    "CgmMeasurement",
    "CgmSessionRunTime",
    "CgmSessionStart",
    "CgmStatus",
    "DeviceText",
    "HeartRateMeasurement",
    "JumperFrame",
    "LiveHealthObservation",
    "RecordAccess",
    "StoredHealthObservation",
    "UserControl",
}
CUTTABLE = [each for each in EVERY if each.__name__ not in UNCUTTABLE]
TODAY = DeviceTime(year=2026, month=11, day=22, hour=9, minute=30, second=0)
NEVER = DeviceTime(year=70_000, month=1, day=1, hour=0, minute=0, second=0)


def test_every_decoder_is_in_these_tests() -> None:
    assert set(PACKETS) == set(EVERY)


@pytest.mark.parametrize("decoder", EVERY, ids=lambda decoder: decoder.__name__)
@settings(max_examples=300)
@given(data=st.binary(max_size=40))
def test_no_octets_crash_a_decoder_or_what_is_made_of_its_value(decoder: type[Packet], data: bytes) -> None:
    try:
        packet = decoder.decode(data)
    except MalformedPacket:
        return
    packet.readings()
    packet.to_json()

    assert decoder.decode(packet.encode()) == packet


@pytest.mark.parametrize("decoder", EVERY, ids=lambda decoder: decoder.__name__)
@given(choice=st.data())
def test_what_is_encoded_decodes_to_the_same(decoder: type[Packet], choice: st.DataObject) -> None:
    packet = choice.draw(PACKETS[decoder])

    assert decoder.decode(packet.encode()) == packet


@pytest.mark.parametrize("decoder", CUTTABLE, ids=lambda decoder: decoder.__name__)
@given(choice=st.data())
def test_a_packet_cut_short_is_refused_as_a_whole(decoder: type[Packet], choice: st.DataObject) -> None:
    packet = choice.draw(PACKETS[decoder])
    octets = packet.encode()
    whole = len(octets) - len(getattr(packet, "trailing", b""))

    with pytest.raises(MalformedPacket):
        decoder.decode(octets[: choice.draw(st.integers(0, whole - 1))])


@pytest.mark.parametrize(
    ("packet", "named"),
    [
        (BloodPressureMeasurement(systolic=Decimal("132.55"), diastolic=Decimal(81), map=Decimal(98)), "systolic"),
        (BloodPressureMeasurement(systolic=Decimal(1), diastolic=Decimal(1), map=Decimal(1), user_id=256), "user_id"),
        (PlxSpotCheck(spo2=Special.NAN, pr=Special.NAN, sensor_status=1 << 24), "sensor_status"),
        (TemperatureMeasurement(temperature=Decimal("1E+200")), "temperature"),
        (WeightMeasurement(weight=Decimal("70.001")), "weight"),
        (WeightMeasurement(weight=Decimal("327.675")), "weight"),
        (WeightMeasurement(weight=Decimal("NaN")), "weight"),
        (WeightMeasurement(weight=Decimal(400)), "weight"),
        (WeightMeasurement(weight=Decimal(-1)), "weight"),
        (WeightMeasurement(weight=Decimal(70), bmi=Decimal(22)), "bmi and height"),
        (HeartRateMeasurement(hr=70_000), "hr"),
        (HeartRateMeasurement(hr=70, rr=()), "R-R"),
        (HeartRateMeasurement(hr=70, rr=(70_000,)), "R-R"),
        (HeartRateMeasurement(hr=70, rr=(1,), trailing=b"\0"), "R-R"),
        (BatteryLevel(level=256), "256"),
        (SystemId(eui64="1"), "16 hex digits"),
        (SystemId(eui64="not sixteen hex!"), "16 hex digits"),
        (DeviceText(text="\ud800"), "device text"),
        (DateTime(time=NEVER), "time"),
        (
            EnhancedBloodPressure(systolic=Decimal(1), diastolic=Decimal(1), map=Decimal(1), timestamp_s=-1),
            "timestamp_s",
        ),
        (BloodPressureRecord(octets=b"1"), "UUID"),
        (BloodPressureRecord(seq=70_000, uuid=0x2A49), "70000"),
        (BloodPressureRecord(first=False, counter=64), "64"),
        (BodyCompositionMeasurement(fat_pct=Decimal("6553.5")), "fat_pct"),
        (BodyCompositionMeasurement(fat_pct=Decimal(1), height=Decimal("1.7505")), "height"),
        (GlucoseMeasurement(seq=1, base_time=NEVER), "base_time"),
        (GlucoseMeasurement(seq=1, base_time=TODAY, concentration=Decimal(1)), "sample is missing"),
        (GlucoseContext(seq=1, exercise_s=60), "exercise_pct is missing"),
        (CgmMeasurement(records=()), "at least one"),
        (CgmMeasurement(records=(CgmRecord(glucose_mgdl=Decimal(99), offset_min=1, trailing=b"12"),)), "CRC"),
        (RecordAccess(op=256), "256"),
        (UserControl(op=256), "256"),
        (Udi(label="a\0b"), "label"),
        (Udi(di="\ud800"), "di"),
        (PlxFeatures(features=1), "0x0001"),
        (CurrentElapsedTime(elapsed=ElapsedTime(flags=0, value=1 << 48, source=0, offset=0)), "Elapsed Time"),
        (LiveHealthObservation(), "in parts"),
        (LiveHealthObservation(observation=Observation(class_=256)), "Observation"),
        (LiveHealthObservation(observation=Observation(class_=1, suppl=(1,) * 256)), "Observation"),
        (JumperFrame(frame=256, octets=b""), "256"),
        (OmronFrame(kind="write", data=b"1"), "nothing is written"),
        (OmronFrame(kind="read", address=70_000), "70000"),
        (ViatomAnswer(status=256, data=b""), "Viatom"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(packet: Packet, named: str) -> None:
    with pytest.raises(NotRepresentable, match=named):
        packet.encode()
