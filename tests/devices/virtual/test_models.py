"""Every model of a virtual device holds a whole session with the real radio, in its own layout."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest
from bleak import BleakClient, BleakScanner

from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.catalogue import MEMORIES, decode
from gateway.devices.events import ClockRead, Ended, Identified, Indicated
from gateway.devices.generic_health_sensor import LiveHealthObservation
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.reading import Kind, Name
from gateway.devices.user_data import UserControl, UserControlResult
from gateway.devices.vendors.omron_memory import LAYOUTS
from gateway.devices.virtual import BEHAVIOURS, MODELS, Analyser, Cuff, Sensor, Strap, VirtualRadio, make
from gateway.devices.virtual.omron import KEY
from tests.devices.virtual.quick import QUICK
from tests.peers.listener import listening


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
    kept = (
        LAYOUTS[device.model].clock if device.model in LAYOUTS else None
    )  # where a maker has one in the memory itself
    assert bool(booth.all(ClockRead)) is ((device.clock or kept) is not None)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_can_be_given_to_every_device_that_it_is_for(name: str) -> None:
    takers = [key for key, model in MODELS.items() if issubclass(model, BEHAVIOURS[name].of)]
    assert takers
    for key in takers:
        assert isinstance(make(f"{key}+{name}"), MODELS[key])


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
