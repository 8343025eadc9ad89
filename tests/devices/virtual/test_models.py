"""Every virtual device holds a whole session with the real radio, and misbehaves as it is told to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakGATTProtocolError, BleakGATTProtocolErrorCode

from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.catalogue import MEMORIES, decode
from gateway.devices.continuous_glucose import CgmMeasurement
from gateway.devices.events import ClockRead, Ended, EndReason, Identified, Indicated
from gateway.devices.generic_health_sensor import LiveHealthObservation
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.reading import Kind, Name, Unit
from gateway.devices.record_access import Op, RecordAccess, Result
from gateway.devices.user_data import UserControl, UserControlResult
from gateway.devices.virtual import (
    BEHAVIOURS,
    MODELS,
    Analyser,
    Cuff,
    Glucometer,
    GlucoseSensor,
    Scale,
    Sensor,
    Strap,
    VirtualDevice,
    VirtualRadio,
    make,
)
from gateway.devices.virtual.memory import MemoryDevice
from gateway.devices.virtual.omron import KEY
from tests.peers.listener import BRISK, Listener, listening

QUICK: dict[str, dict[str, Any]] = {
    "cuff": {"inflates_s": 0.1, "live_packets": 3},
    "oximeter": {"every_s": 0.02, "live_packets": 2},
    "strap": {"every_s": 0.02, "live_packets": 5},
    "ring": {"live_packets": 2},
    "jumper": {"every_s": 0.02, "live_packets": 2},
    "nonin": {"every_s": 0.02, "live_packets": 2},
}


@pytest.mark.parametrize("key", MODELS)
async def test_every_model_is_met_identified_and_heard(key: str) -> None:
    device = make(key, battery_percent=61, **QUICK.get(key, {}))
    dialogues = {device.address: partial(MEMORIES[device.model], KEY)} if device.model in MEMORIES else {}
    async with listening([device], dialogues=dialogues) as booth:
        await device.measure()
        await booth.until_ended()

    assert booth.all(Identified)[0].device == device.identity
    assert booth.all(Identified)[0].device.battery_percent == 61
    assert booth.all(Indicated), "it said nothing"
    assert booth.all(Ended)[0].reason.well
    assert bool(booth.all(ClockRead)) is (device.clock is not None or bool(dialogues))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_can_be_given_to_every_device_that_it_is_for(name: str) -> None:
    takers = [key for key, model in MODELS.items() if issubclass(model, BEHAVIOURS[name].of)]
    assert takers
    for key in takers:
        assert isinstance(make(f"{key}+{name}"), MODELS[key])


async def test_a_glucometer_gives_out_its_memory_with_what_was_eaten() -> None:
    glucometer = Glucometer(history=3)
    async with listening([glucometer]) as booth:
        strip = await glucometer.measure(glucose=104, meal=2)
        await booth.until_ended()

    packets = booth.packets("2A18")
    assert len(packets) == 4
    assert packets[-1] == strip
    numbers = [each.seq for each in booth.decoded("2A18") if isinstance(each, GlucoseMeasurement)]
    assert numbers == [1, 2, 3, 4]
    assert [context.to_json()["meal"] for context in booth.decoded("2A34")] == [2]
    assert booth.all(Ended)[0].reason is EndReason.COMPLETE


async def test_a_glucometer_counts_in_moles_where_it_is_sold_so() -> None:
    glucometer = Glucometer()
    async with listening([glucometer]) as booth:
        await glucometer.measure(glucose=99, unit=Unit.MOLE_PER_LITRE, meal=None)
        await booth.until_ended()
    (strip,) = booth.decoded("2A18")
    assert isinstance(strip, GlucoseMeasurement)
    assert (strip.unit, str(strip.concentration)) == (Unit.MOLE_PER_LITRE, "0.0055")


async def test_a_memory_that_forgets_what_it_has_handed_over_is_empty_then() -> None:
    glucometer = make("glucometer+delete-after", history=2)
    assert isinstance(glucometer, Glucometer)
    async with listening([glucometer]) as booth:
        await glucometer.measure()
        await booth.until_ended()
        assert len(booth.packets("2A18")) == 3
        assert glucometer.records == ()


async def test_a_memory_without_an_end_is_left_when_it_falls_silent() -> None:
    glucometer = make("glucometer+no-end", history=2)
    async with listening([glucometer]) as booth:
        await glucometer.measure()
        await booth.until_ended()
    assert len(booth.packets("2A18")) == 3
    assert booth.all(Ended)[0].reason is EndReason.SILENCE


@pytest.fixture
async def asking() -> Any:
    """A client at an open glucometer with four records, what the control point answers, and the meter."""
    meter = Glucometer(history=3, bonded=False)
    async with VirtualRadio([meter]) as virtual, asyncio.TaskGroup() as hands:
        measuring = hands.create_task(meter.measure(meal=None))
        device = await BleakScanner.find_device_by_name(meter.name, timeout=5.0, backend=virtual.scanner_backend)
        assert device is not None
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        async with BleakClient(device, backend=virtual.client_backend) as client:
            yield client, heard, meter
        measuring.cancel()


async def _asked(client: BleakClient, heard: asyncio.Queue[bytes], request: RecordAccess) -> RecordAccess:
    await client.write_gatt_char("2A52", request.encode(), response=True)
    return RecordAccess.decode(await asyncio.wait_for(heard.get(), 2))


async def test_a_memory_counts_reports_refuses_and_deletes_as_the_service_says(asking: Any) -> None:
    client, heard, meter = asking
    with pytest.raises(BleakGATTProtocolError) as early:
        await client.write_gatt_char("2A52", RecordAccess.count().encode(), response=True)
    assert early.value.code == BleakGATTProtocolErrorCode.CCCD_IMPROPERLY_CONFIGURED
    records: list[bytes] = []
    await client.start_notify("2A52", lambda _, data: heard.put_nowait(bytes(data)))
    await client.start_notify("2A18", lambda _, data: records.append(bytes(data)))

    assert (await _asked(client, heard, RecordAccess.count())).number == 4
    assert (await _asked(client, heard, RecordAccess.report(at_least=4))).result == Result.SUCCESS
    assert [GlucoseMeasurement.decode(record).seq for record in records] == [4]
    assert (await _asked(client, heard, RecordAccess.report(at_least=9))).result == Result.NO_RECORDS
    assert (await _asked(client, heard, RecordAccess(op=99))).result == Result.OP_NOT_SUPPORTED
    await client.write_gatt_char("2A52", b"\x01", response=True)
    assert RecordAccess.decode(await asyncio.wait_for(heard.get(), 2)).result == Result.INVALID_OPERAND
    assert (await _asked(client, heard, RecordAccess.abort())).result == Result.SUCCESS
    assert (await _asked(client, heard, replace_op(RecordAccess.report(), Op.DELETE))).result == Result.SUCCESS
    assert meter.records == ()


def replace_op(request: RecordAccess, op: Op) -> RecordAccess:
    return RecordAccess(op=op, operator=request.operator, operand=request.operand)


async def test_a_glucose_sensor_sends_several_sealed_records_in_a_packet() -> None:
    sensor = GlucoseSensor(worn_min=30, every_min=5)
    async with listening([sensor]) as booth:
        await sensor.measure(glucose=112)
        await booth.until_ended()

    series = [each for each in booth.decoded("2AA7") if isinstance(each, CgmMeasurement)]
    assert [len(each.records) for each in series] == [3, 3, 1]
    records = [record for each in series for record in each.records]
    assert [record.offset_min for record in records] == [0, 5, 10, 15, 20, 25, 30]
    assert all(record.crc_ok for record in records)
    assert records[-1].glucose_mgdl == Decimal(112)


async def test_a_spoilt_seal_makes_no_reading() -> None:
    sensor = make("cgm+spoilt-crc", worn_min=0)
    async with listening([sensor]) as booth:
        await sensor.measure()
        await booth.until_ended()
    (packet,) = booth.decoded("2AA7")
    assert packet.readings() == ()


async def test_a_strap_streams_beats_whose_intervals_add_up_to_the_time_it_was_worn() -> None:
    strap = Strap(every_s=0.05, live_packets=40)
    async with listening([strap]) as booth:
        await strap.measure(pulse=72)
        await booth.until_ended()
    packets = [each for each in booth.decoded("2A37") if isinstance(each, HeartRateMeasurement)]
    assert len(packets) == 40
    beats = [interval for packet in packets for interval in packet.rr or ()]
    assert abs(sum(beats) / 1024 - 40 * 0.05) < 60 / 72 * 1.06, "a beat at most is still on its way"
    assert len(set(beats)) > 1, "breathing varies the intervals"


async def test_a_jumper_streams_its_makers_octets() -> None:
    jumper = make("jumper", **QUICK["jumper"])
    async with listening([jumper]) as booth:
        last = await jumper.measure(spo2=97, pulse=68)  # type: ignore[call-arg]  # a Jumper's
        await booth.until_ended()
    packets = booth.packets("CDEACB81-5235-4C07-8846-93A37EE6B86D")
    assert packets[-1] == last
    assert len(packets) == 2
    assert {packet[:3].hex() for packet in packets} == {"814461"}, "0x81, pulse, saturation"
    saturation, rate = booth.decoded("CDEACB81-5235-4C07-8846-93A37EE6B86D")[0].readings()
    assert (saturation.measures[0].value, rate.measures[0].value) == (Decimal(97), Decimal(68))
    assert not saturation.stored, "a stream without an end is shown and never kept"


async def test_a_nonin_says_in_its_makers_octets_what_it_says_in_the_standards() -> None:
    nonin = make("nonin", **QUICK["nonin"])
    async with listening([nonin]) as booth:
        record = await nonin.measure(spo2=97, pulse=268)  # type: ignore[call-arg]  # a Nonin's
        await booth.until_ended()
    own = booth.packets("0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51B")
    assert booth.packets("2A5E") == [record]
    assert len(booth.packets("2A5F")) == len(own) == 2
    for count, packet in enumerate(own, start=1):
        assert packet[:3].hex() == "0a141e", "its length, a good measurement on a finger, 3.0 V"
        assert packet[5:].hex() == f"{count:04x}61010c", "second, saturation, pulse: the most significant octet first"
    own_said, standard = (
        booth.decoded(uuid)[0].readings() for uuid in ("0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51B", "2A5F")
    )
    assert [each.measures[0].value for each in own_said] == [each.measures[0].value for each in standard]


async def test_a_generic_sensor_says_by_code_that_it_counts_breaths() -> None:
    sensor = Sensor()
    async with listening([sensor]) as booth:
        record = await sensor.measure(breaths=14)
        await booth.until_ended()
    assert booth.packets("2B8B") == [record]
    (observed,) = booth.decoded("2B8B")
    assert isinstance(observed, LiveHealthObservation)
    (reading,) = observed.readings()
    assert (reading.kind, reading.stored) == (Kind.RESPIRATORY_RATE, True)
    assert [(each.name, each.value) for each in reading.measures] == [(Name.RESPIRATORY_RATE, Decimal(14))]
    assert reading.device_time is not None
    assert reading.device_time.year == datetime.now(UTC).year


async def test_an_analyser_sends_one_measurement_in_two_packets() -> None:
    analyser = Analyser()
    async with listening([analyser]) as booth:
        await analyser.measure(weight=Decimal("71.5"), fat=Decimal("22.4"))
        await booth.until_ended()
    first, second = booth.decoded("2A9C")
    assert isinstance(first, BodyCompositionMeasurement)
    assert isinstance(second, BodyCompositionMeasurement)
    assert first.joins(second)
    whole = first.joined(second)
    assert (whole.fat_pct, whole.weight) == (Decimal("22.4"), Decimal("71.5"))
    assert {reading.kind for reading in whole.readings()} == {
        Kind.BODY_FAT,
        Kind.IMPEDANCE,
        Kind.BODY_WEIGHT,
        Kind.BODY_HEIGHT,
    }


async def test_the_stubs_of_an_empty_history_are_sent_and_measure_nothing() -> None:
    analyser = make("analyser+stubs")
    async with listening([analyser]) as booth:
        await analyser.measure()
        await booth.until_ended()
    packets = booth.decoded("2A9C")
    assert len(packets) == 37
    assert all(packet.readings() == () for packet in packets[:35])


async def test_a_scale_with_users_sends_nothing_before_the_right_code() -> None:
    analyser = make("analyser+asks-consent", window_s=3.0)
    async with VirtualRadio([analyser]) as virtual, asyncio.TaskGroup() as hands:
        weighing = hands.create_task(analyser.measure())
        device = await BleakScanner.find_device_by_name(analyser.name, timeout=5.0, backend=virtual.scanner_backend)
        assert device is not None
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        records: asyncio.Queue[bytes] = asyncio.Queue()
        async with BleakClient(device, backend=virtual.client_backend) as client:
            await client.start_notify("2A9C", lambda _, data: records.put_nowait(bytes(data)))
            await client.start_notify("2A9F", lambda _, data: heard.put_nowait(bytes(data)))
            for request, result in (
                (UserControl.consent(1, 4321), UserControlResult.NOT_AUTHORISED),
                (UserControl.register(1234), UserControlResult.OP_NOT_SUPPORTED),
                (UserControl.consent(1, 1234), UserControlResult.SUCCESS),
            ):
                assert records.empty()
                await client.write_gatt_char("2A9F", request.encode(), response=True)
                assert UserControl.decode(await asyncio.wait_for(heard.get(), 2)).result == result
            assert await asyncio.wait_for(records.get(), 2) == await weighing


async def _measured_twice_heard(device: VirtualDevice, booth: Listener, uuid: str) -> list[bytes]:
    record = await device.measure()
    await booth.until(lambda: booth.packets(uuid).count(record) == 2)
    return booth.packets(uuid)


async def test_a_record_whose_confirmation_never_came_is_sent_again() -> None:
    cuff = make("cuff+drop", window_s=3.0, **QUICK["cuff"])
    async with listening([cuff]) as booth:
        packets = await _measured_twice_heard(cuff, booth, "2A35")
    assert packets[0] == packets[1], "heard twice, for the device was told only of the second"
    assert [sent.value for sent in cuff.sent if sent.characteristic == "2A35"] == [packets[0]]


async def test_a_device_that_vanishes_by_itself_comes_back_with_its_record() -> None:
    cuff = Cuff(vanishes_at=1, away_s=0.6, window_s=4.0, **QUICK["cuff"])
    async with listening([cuff]) as booth:
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35"))
        await booth.until(lambda: len(booth.all(Ended)) == 2)
    assert booth.packets("2A35") == [record]
    assert booth.all(Ended)[0].reason is EndReason.SILENCE


async def test_a_clock_that_was_never_set_says_so_until_it_is_set() -> None:
    scale = make("scale+unset-clock")
    with pytest.raises(ValueError, match="its clock was never set"):
        _ = scale.clock_error
    async with listening([scale]) as booth:
        await scale.measure()
        await booth.until_ended()
    assert str(booth.all(ClockRead)[0].said) == "0000-00-00T00:00:00"
    assert abs(scale.clock_error) < timedelta(seconds=2)


async def test_nobody_hears_a_device_that_was_switched_off_meanwhile() -> None:
    cuff = Cuff(window_s=0.2, **QUICK["cuff"])
    await cuff.measure()
    async with VirtualRadio([cuff]):
        pass
    assert not cuff.is_connected
    assert len(cuff.sent) == 0


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if issubclass(model, MemoryDevice)])
async def test_a_link_that_breaks_in_the_middle_of_a_memory_is_begun_anew(key: str) -> None:
    device = make(key, drops_at=2, window_s=5.0, **({"history": 3} if key == "glucometer" else {}))
    async with listening([device], deadlines=replace(BRISK, silence_s=0.6)) as booth:
        await device.measure()
        await booth.until_ended(2)
    reasons = [event.reason for event in booth.all(Ended)]
    assert reasons == [EndReason.LOST, EndReason.COMPLETE]


async def test_a_device_is_put_down_at_once_also_while_its_controller_answers() -> None:
    # A cancellation that meets the controller's answer must not be forgotten: tried at each of the loop's next turns.
    for turns in range(12):
        scale = Scale(window_s=20.0)
        async with VirtualRadio([scale]):
            using = asyncio.create_task(scale.measure())
            for _ in range(turns):
                await asyncio.sleep(0)
            using.cancel()
            done, _ = await asyncio.wait([using], timeout=2.0)
            assert done, f"still in use, put down after {turns} turns"


@pytest.mark.parametrize(("word", "uuid"), [("enhanced", "2B34"), ("bm85", "2A35")])
async def test_a_cuff_speaks_in_other_layouts_and_says_the_same(word: str, uuid: str) -> None:
    cuff = make(f"cuff+{word}", **QUICK["cuff"])
    assert isinstance(cuff, Cuff)
    async with listening([cuff]) as booth:
        record = await cuff.measure(systolic=131, diastolic=82, pulse=66)
        await booth.until_ended()
    assert booth.packets(uuid) == [record]
    (event,) = [each for each in booth.all(Indicated) if each.characteristic == uuid]
    pressure, pulse = decode(uuid, event.value, model=event.device.model).readings()
    numbers = {each.name: each.value for each in pressure.measures}
    assert (numbers[Name.SYSTOLIC], numbers[Name.DIASTOLIC]) == (Decimal(131), Decimal(82))
    assert pulse.measures[0].value == Decimal(66)
    assert pressure.device_time is not None
    assert pressure.device_time.year == datetime.now(UTC).astimezone().year
