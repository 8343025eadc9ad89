"""What holds for every packet: nothing crashes a decoder, and encode is the inverse of decode."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gateway.devices.battery import BatteryLevel
from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.catalogue import DECODERS, QUIRKS, Packet
from gateway.devices.date_time import CurrentTime, DateTime
from gateway.devices.device_information import DeviceText, SystemId
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.ieee11073 import decode_float, decode_sfloat
from gateway.devices.pulse_oximeter import PlxContinuous, PlxSpotCheck
from gateway.devices.reading import DeviceTime, Number, Special, Unit
from gateway.devices.thermometer import IntermediateTemperature, TemperatureMeasurement
from gateway.devices.vendors.beurer import Bm85Measurement
from gateway.devices.weight_scale import UNSUCCESSFUL, WeightMeasurement

T = TypeVar("T")

EVERY = [*dict.fromkeys(DECODERS.values()), *(quirk.decoder for quirk in QUIRKS)]

# A text has no length, and a heart rate may end after any of its intervals.
CUTTABLE = [each for each in EVERY if each.__name__ not in {"DeviceText", "HeartRateMeasurement"}]

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u24 = st.integers(0, 0xFFFFFF)
sfloats: SearchStrategy[Number] = u16.map(decode_sfloat)
floats: SearchStrategy[Number] = st.integers(0, 0xFFFFFFFF).map(decode_float)
times = st.builds(DeviceTime, year=u16, month=u8, day=u8, hour=u8, minute=u8, second=u8)
trailing = st.binary(max_size=3)


def maybe(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    return st.none() | strategy


def counts(resolution: str) -> SearchStrategy[Decimal]:
    return st.integers(0, 0xFFFE).map(lambda count: count * Decimal(resolution))


cuff = {
    "unit": st.sampled_from([Unit.MMHG, Unit.KPA]),
    "timestamp": maybe(times),
    "pulse": maybe(sfloats),
    "user_id": maybe(u8),
    "status": maybe(u16),
    "reserved_flags": st.integers(0, 7).map(lambda bits: bits << 5),
    "trailing": trailing,
}
oximeter = {
    "spo2": sfloats,
    "pr": sfloats,
    "status": maybe(u16),
    "sensor_status": maybe(u24),
    "pai": maybe(sfloats),
    "reserved_flags": st.integers(0, 7).map(lambda bits: bits << 5),
    "trailing": trailing,
}
thermometer = {
    "unit": st.sampled_from([Unit.CELSIUS, Unit.FAHRENHEIT]),
    "temperature": floats,
    "timestamp": maybe(times),
    "type": maybe(u8),
    "reserved_flags": st.integers(0, 31).map(lambda bits: bits << 3),
    "trailing": trailing,
}


def scale(unit: Unit, weight: str, height: str) -> SearchStrategy[WeightMeasurement]:
    person = st.none() | st.tuples(counts("0.1"), counts(height))
    return st.builds(
        lambda stature, **fields: WeightMeasurement(
            unit=unit, bmi=stature and stature[0], height=stature and stature[1], **fields
        ),
        person,
        weight=st.just(UNSUCCESSFUL) | counts(weight),
        timestamp=maybe(times),
        user_id=maybe(u8),
        reserved_flags=st.integers(0, 15).map(lambda bits: bits << 4),
        trailing=trailing,
    )


PACKETS: dict[type[Packet], SearchStrategy[Packet]] = {
    BloodPressureMeasurement: st.builds(
        BloodPressureMeasurement, systolic=sfloats, diastolic=sfloats, map=sfloats, **cuff
    ),
    IntermediateCuffPressure: st.builds(IntermediateCuffPressure, cuff=sfloats, **cuff),
    PlxSpotCheck: st.builds(PlxSpotCheck, timestamp=maybe(times), clock_not_set=st.booleans(), **oximeter),
    PlxContinuous: st.builds(
        PlxContinuous, fast=maybe(st.tuples(sfloats, sfloats)), slow=maybe(st.tuples(sfloats, sfloats)), **oximeter
    ),
    TemperatureMeasurement: st.builds(TemperatureMeasurement, **thermometer),
    IntermediateTemperature: st.builds(IntermediateTemperature, **thermometer),
    WeightMeasurement: scale(Unit.KILOGRAM, "0.005", "0.001") | scale(Unit.POUND, "0.01", "0.1"),
    HeartRateMeasurement: st.builds(
        HeartRateMeasurement,
        hr=u16,
        contact=st.sampled_from([None, True, False]),
        energy_kj=maybe(u16),
        rr=maybe(st.lists(u16, min_size=1, max_size=9).map(tuple)),
        reserved_flags=st.integers(0, 7).map(lambda bits: bits << 5),
    ),
    BatteryLevel: st.builds(BatteryLevel, level=u8),
    SystemId: st.builds(SystemId, eui64=st.integers(0, 2**64 - 1).map("{:016X}".format), trailing=trailing),
    DeviceText: st.builds(DeviceText, text=st.text(st.characters(codec="utf-8")).map(lambda text: text.rstrip("\0 "))),
    DateTime: st.builds(DateTime, time=times, trailing=trailing),
    CurrentTime: st.builds(CurrentTime, time=times, dow=u8, frac256=u8, reason=u8, trailing=trailing),
    Bm85Measurement: st.builds(
        Bm85Measurement,
        systolic=sfloats,
        diastolic=sfloats,
        map_not_measured=sfloats,
        **cuff | {"user_id": u8, "reserved_flags": st.sampled_from([0, 0x08, 0x40, 0xE8])},
    ),
}


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
        (DateTime(time=DeviceTime(year=70_000, month=1, day=1, hour=0, minute=0, second=0)), "time"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(packet: Packet, named: str) -> None:
    with pytest.raises(NotRepresentable, match=named):
        packet.encode()
