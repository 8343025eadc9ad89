"""What comes in pieces is one measurement, kept once and whole; what stays alone is not lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.cgm_session import CgmSessionStart
from gateway.devices.circumstance import Circumstance
from gateway.devices.continuous_glucose import CgmMeasurement, CgmRecord
from gateway.devices.date_time import later
from gateway.devices.errors import MalformedPacket, UnknownCharacteristic
from gateway.devices.generic_health_sensor import LiveHealthObservation, StoredHealthObservation
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.health_observation import Numeric, Observation
from gateway.devices.joining import Joiner, Whole
from gateway.devices.reading import DeviceTime, Kind, Name, Unit
from gateway.devices.segment import cut

NOON = DeviceTime(year=2026, month=11, day=22, hour=12, minute=0, second=0)
FIRST = BodyCompositionMeasurement(
    fat_pct=Decimal("24.3"), timestamp=NOON, user_id=1, muscle_pct=Decimal("39.3"), multiple=True
)
SECOND = BodyCompositionMeasurement(
    fat_pct=Decimal(0), water_mass=Decimal("43.250"), weight=Decimal("70.000"), multiple=True
)
STRIP = GlucoseMeasurement(
    seq=7,
    base_time=NOON,
    concentration=Decimal("0.00098"),
    sample=0x11,
    unit=Unit.KILOGRAM_PER_LITRE,
    context_follows=True,
)
MEAL = GlucoseContext(seq=7, carbohydrate_id=2, carbohydrate=Decimal("0.060"), meal=2)


def kinds(*wholes: Whole) -> list[list[Kind]]:
    return [[reading.kind for reading in whole.readings] for whole in wholes]


def test_a_body_composition_in_two_packets_is_one_measurement() -> None:
    joiner = Joiner()

    assert joiner.take("2A9C", FIRST.encode()) == ()
    (whole,) = joiner.take("2A9C", SECOND.encode())

    assert whole.octets == FIRST.encode() + SECOND.encode()
    assert kinds(whole) == [[Kind.BODY_FAT, Kind.MUSCLE_RATIO, Kind.BODY_WATER, Kind.BODY_WEIGHT]]
    assert {reading.device_time for reading in whole.readings} == {NOON}
    assert {reading.user_slot for reading in whole.readings} == {1}
    assert joiner.rest() == ()


def test_two_first_packets_are_two_measurements_and_the_second_may_still_be_completed() -> None:
    joiner = Joiner()
    other = msgspec.structs.replace(FIRST, fat_pct=Decimal("30.0"))
    joiner.take("2A9C", FIRST.encode())

    (alone,) = joiner.take("2A9C", other.encode())
    (whole,) = joiner.take("2A9C", SECOND.encode())

    assert alone.octets == FIRST.encode()
    assert whole.octets == other.encode() + SECOND.encode()


def test_a_packet_without_a_second_half_ends_what_waited_for_one() -> None:
    joiner = Joiner()
    single = BodyCompositionMeasurement(fat_pct=Decimal("20.0"))
    joiner.take("2A9C", FIRST.encode())

    assert [whole.octets for whole in joiner.take("2A9C", single.encode())] == [FIRST.encode(), single.encode()]


def test_a_glucose_waits_for_its_context_and_tells_it() -> None:
    joiner = Joiner()

    assert joiner.take("2A18", STRIP.encode()) == ()
    (whole,) = joiner.take("2A34", MEAL.encode())

    (reading,) = whole.readings
    assert whole.characteristic == "2A18"
    assert whole.octets == STRIP.encode() + MEAL.encode()
    assert reading.measure(Name.CARBOHYDRATE) is not None
    assert reading.circumstances == {
        Circumstance.CAPILLARY_WHOLE_BLOOD,
        Circumstance.FINGER,
        Circumstance.LUNCH,
        Circumstance.AFTER_MEAL,
    }


def test_contexts_find_their_measurements_by_number_in_any_order() -> None:
    joiner = Joiner()
    for seq in (1, 2, 3):
        joiner.take("2A18", msgspec.structs.replace(STRIP, seq=seq).encode())

    joined = [joiner.take("2A34", msgspec.structs.replace(MEAL, seq=seq).encode()) for seq in (3, 1)]

    assert [len(wholes) for wholes in joined] == [1, 1]
    assert [whole.octets for whole in joiner.rest()] == [msgspec.structs.replace(STRIP, seq=2).encode()]


def test_a_glucose_without_a_context_is_given_out_at_once_and_a_context_of_nothing_is_nothing() -> None:
    joiner = Joiner()
    alone = msgspec.structs.replace(STRIP, context_follows=False)

    assert kinds(*joiner.take("2A18", alone.encode())) == [[Kind.GLUCOSE]]
    assert joiner.take("2A34", MEAL.encode()) == ()


def test_when_the_session_ends_each_half_is_given_out_once() -> None:
    joiner = Joiner()
    joiner.take("2A9C", FIRST.encode())
    joiner.take("2A18", STRIP.encode())

    assert kinds(*joiner.rest()) == [[Kind.BODY_FAT, Kind.MUSCLE_RATIO], [Kind.GLUCOSE]]
    assert joiner.rest() == ()


def test_a_meter_that_never_sends_its_contexts_does_not_fill_the_memory() -> None:
    joiner = Joiner()

    given = [joiner.take("2A18", msgspec.structs.replace(STRIP, seq=seq).encode()) for seq in range(100)]

    assert sum(map(len, given)) + len(joiner.rest()) == 100
    assert sum(map(len, given)) == 68


def test_the_records_of_a_glucose_sensor_are_dated_by_the_start_of_its_session() -> None:
    joiner = Joiner()
    records = [CgmRecord(glucose_mgdl=Decimal(100 + at), offset_min=at).sealed() for at in (5, 1440)]
    packet = CgmMeasurement(records=tuple(records)).encode()

    undated = joiner.take("2AA7", packet)
    joiner.take("2AAA", CgmSessionStart(time=NOON, tz_15min=4, dst_15min=0).sealed().encode())
    dated = joiner.take("2AA7", packet)

    assert [reading.stored for whole in undated for reading in whole.readings] == [False, False]
    assert [reading.stored for whole in dated for reading in whole.readings] == [True, True]
    assert [whole.octets for whole in dated] == [record.encode() for record in records]
    assert [whole.readings[0].device_time for whole in dated] == [
        later(NOON, by=timedelta(minutes=5)),
        later(NOON, by=timedelta(days=1)),
    ]


def test_a_start_whose_crc_does_not_fit_dates_nothing() -> None:
    joiner = Joiner()
    start = CgmSessionStart(time=NOON, tz_15min=4, dst_15min=0, crc=1)
    joiner.take("2AAA", start.encode())

    (whole,) = joiner.take(
        "2AA7", CgmMeasurement(records=(CgmRecord(glucose_mgdl=Decimal(99), offset_min=5),)).encode()
    )

    assert not whole.readings[0].stored


SPOT = Observation(class_=1, obs_type=150456, suppl=(150588,), value=Numeric(unit=544, value=Decimal(98)))


@pytest.mark.parametrize("size", [1, 3, 10])
def test_an_observation_in_segments_is_read_when_the_last_one_has_come(size: int) -> None:
    joiner = Joiner()
    segments = [segment.pack() for segment in cut(SPOT.pack(), size=size, counter=60)]

    *before, last = (joiner.take("2B8B", segment) for segment in segments)

    assert len(segments) > 1
    assert before == [()] * (len(segments) - 1)
    assert kinds(*last) == [[Kind.OXYGEN_SATURATION]]
    assert last[0].readings[0].stored


def test_a_segment_that_was_lost_costs_its_value_and_not_the_next() -> None:
    joiner = Joiner()
    first, second, *rest = [segment.pack() for segment in cut(SPOT.pack(), size=7)]
    del second

    lost = [joiner.take("2B8B", segment) for segment in (first, *rest)]

    assert lost == [()] * len(lost)
    assert kinds(*joiner.take("2B8B", LiveHealthObservation(observation=SPOT).encode())) == [[Kind.OXYGEN_SATURATION]]


def test_segments_without_an_end_are_forgotten() -> None:
    joiner = Joiner()
    joiner.take("2B8B", LiveHealthObservation(last=False, part=bytes(200)).encode())
    for counter in range(1, 60):
        part = LiveHealthObservation(first=False, last=False, counter=counter, part=bytes(200))
        assert joiner.take("2B8B", part.encode()) == ()

    assert joiner.take("2B8B", LiveHealthObservation(first=False, counter=60).encode()) == ()


def test_a_stored_observation_is_kept_whether_it_calls_itself_a_spot_one_or_not() -> None:
    stream = msgspec.structs.replace(SPOT, suppl=None)

    (live,) = Joiner().take("2B8B", LiveHealthObservation(observation=stream).encode())
    (stored,) = Joiner().take("2BDD", StoredHealthObservation(record=4, observation=stream).encode())

    assert not live.readings[0].stored
    assert stored.readings[0].stored


def test_a_model_that_bends_a_layout_is_read_by_its_own() -> None:
    frame = bytes.fromhex("566a0047000000ea07080b121f00003f000000")

    (whole,) = Joiner(model="BM85").take("2A35", frame)
    (literal,) = Joiner(model="BM54").take("2A35", frame)

    assert whole.readings[1].measures[0].value == 63
    assert literal.readings[1].measures[0].value != 63


def test_what_cannot_be_read_is_said_as_the_decoder_says_it() -> None:
    with pytest.raises(MalformedPacket):
        Joiner().take("2A18", b"")
    with pytest.raises(UnknownCharacteristic):
        Joiner().take("FFFF", b"")
