"""Whole sessions: the Radio on unmodified bleak, over virtual devices."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakGATTProtocolError, BleakGATTProtocolErrorCode

from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.date_time import device_time
from gateway.devices.pulse_oximeter import PlxSpotCheck
from gateway.devices.reading import Unit
from gateway.devices.session import (
    Appeared,
    ClockRead,
    Connected,
    DeviceEvent,
    Ended,
    EndReason,
    Identified,
    Indicated,
    Listening,
)
from gateway.devices.thermometer import TemperatureMeasurement
from gateway.devices.virtual import Cuff, Oximeter, Scale, Thermometer, VirtualRadio
from gateway.devices.weight_scale import WeightMeasurement
from tests.peers.listener import listening


def _cuff(**options: Any) -> Cuff:
    return Cuff(inflates_s=0.1, live_packets=5, **options)


async def test_a_cuff_is_read_from_its_advertisement_to_its_hanging_up() -> None:
    cuff = _cuff()
    async with listening([cuff]) as booth:
        record = await cuff.measure(systolic=132, diastolic=81, mean=98, pulse=74, status=0b100)
        await booth.until_ended()

    kinds = [type(event) for event in booth.events]
    assert kinds == [Listening, Appeared, Connected, Identified, ClockRead, *[Indicated] * 6, Ended]
    assert booth.packets("2A35") == [record]
    (measured,) = booth.decoded("2A35")
    assert isinstance(measured, BloodPressureMeasurement)
    assert (measured.systolic, measured.diastolic, measured.map) == (Decimal(132), Decimal(81), Decimal(98))
    assert (measured.pulse, measured.status, measured.unit) == (Decimal(74), 0b100, Unit.MMHG)
    live = [packet.cuff for packet in booth.decoded("2A36") if isinstance(packet, IntermediateCuffPressure)]
    assert len(live) == 5
    assert max(live) == Decimal(162)
    assert live[-1] == Decimal(81)
    assert booth.all(Ended)[0].reason is EndReason.HUNG_UP
    assert booth.all(Identified)[0].device == cuff.identity
    assert booth.all(Appeared)[0].services == ("1810",)


async def test_an_oximeter_streams_then_indicates_and_silence_ends_it() -> None:
    oximeter = Oximeter(every_s=0.02, live_packets=4)
    async with listening([oximeter]) as booth:
        record = await oximeter.measure(spo2=97, pulse=68, perfusion=Decimal("3.4"))
        await booth.until_ended()
        await booth.until(lambda: not oximeter.is_connected)

    assert booth.packets("2A5E") == [record]
    assert len(booth.packets("2A5F")) == 4
    (spot,) = booth.decoded("2A5E")
    assert isinstance(spot, PlxSpotCheck)
    assert (spot.spo2, spot.pr, spot.pai) == (Decimal(97), Decimal(68), Decimal("3.4"))
    assert booth.all(Ended)[0].reason is EndReason.SILENCE


async def test_a_thermometer_without_bond_or_clock_is_read() -> None:
    thermometer = Thermometer()
    async with listening([thermometer]) as booth:
        record = await thermometer.measure(temperature=Decimal("37.60"))
        await booth.until_ended()

    assert booth.packets("2A1C") == [record]
    (measured,) = booth.decoded("2A1C")
    assert isinstance(measured, TemperatureMeasurement)
    assert str(measured.temperature) == "37.60"
    assert measured.timestamp is None
    assert not booth.all(ClockRead)


async def test_a_scale_is_read() -> None:
    scale = Scale()
    async with listening([scale]) as booth:
        record = await scale.measure(weight=Decimal("72.35"))
        await booth.until_ended()

    assert booth.packets("2A9D") == [record]
    (measured,) = booth.decoded("2A9D")
    assert isinstance(measured, WeightMeasurement)
    assert measured.weight == Decimal("72.35")


async def test_two_devices_are_read_at_once() -> None:
    cuff, oximeter = _cuff(), Oximeter(every_s=0.05, live_packets=5)
    async with listening([cuff, oximeter]) as booth:
        pressure, saturation = await asyncio.gather(cuff.measure(), oximeter.measure())
        await booth.until_ended(2)

    assert booth.packets("2A35") == [pressure]
    assert booth.packets("2A5E") == [saturation]
    spoke = [event.device.name for event in booth.all(Indicated)]
    assert sum(one != other for one, other in pairwise(spoke)) > 2, "the sessions did not run side by side"


async def test_two_devices_of_one_model_are_told_apart() -> None:
    cuffs = [_cuff(number=1), _cuff(number=2)]
    async with listening(cuffs) as booth:
        records = await asyncio.gather(cuffs[0].measure(systolic=120), cuffs[1].measure(systolic=150))
        await booth.until_ended(2)

    heard = {event.device.key: event.value for event in booth.all(Indicated) if event.characteristic == "2A35"}
    assert heard == {cuff.identity.key: record for cuff, record in zip(cuffs, records, strict=True)}


async def test_an_unpaired_subscription_is_refused_until_the_bond_is_made() -> None:
    cuff = _cuff(window_s=5.0)
    async with VirtualRadio([cuff]) as virtual:
        measuring = asyncio.create_task(cuff.measure())
        device = await BleakScanner.find_device_by_name(cuff.name, timeout=5.0, backend=virtual.scanner_backend)
        assert device is not None
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        async with BleakClient(device, backend=virtual.client_backend) as client:
            with pytest.raises(BleakGATTProtocolError) as refused:
                await client.start_notify("2A35", lambda _, data: heard.put_nowait(bytes(data)))
            assert refused.value.code is BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION
            await client.pair()
            await client.start_notify("2A35", lambda _, data: heard.put_nowait(bytes(data)))
            first = await asyncio.wait_for(heard.get(), 5)
        assert first == await measuring
        assert heard.empty(), "the refused subscription must not double the packets"


async def test_a_bonded_device_is_not_asked_to_pair_again() -> None:
    cuff = _cuff()
    async with listening([cuff]) as booth:
        records = [await cuff.measure(), await cuff.measure()]
        await booth.until_ended(2)
        bonds = await booth.virtual.bonds()

    assert booth.packets("2A35") == records
    assert len(bonds) == 1
    first, second = (event.connection for event in booth.all(Indicated) if event.characteristic == "2A35")
    assert first != second


async def test_a_cuff_that_sends_its_whole_memory_sends_it_each_time() -> None:
    cuff = _cuff(memory=True)
    async with listening([cuff]) as booth:
        records = [await cuff.measure() for _ in range(3)]
        await booth.until_ended(3)

    one, two, three = records
    assert booth.packets("2A35") == [one, one, two, one, two, three]


async def test_what_nobody_fetched_is_sent_the_next_time() -> None:
    cuff = _cuff(window_s=0.05)
    async with VirtualRadio([cuff]):
        missed = await cuff.measure()
    cuff.window_s = 5.0
    async with listening([cuff]) as booth:
        record = await cuff.measure()
        await booth.until_ended()

    assert booth.packets("2A35") == [missed, record]


@pytest.mark.parametrize("model", [_cuff, Scale])
async def test_the_clock_is_read_before_it_is_set(model: type[Cuff]) -> None:
    zone = timezone(timedelta(hours=1))
    device = model(clock_error=timedelta(days=-400, hours=3), zone=zone)
    before = datetime.now(UTC)
    async with listening([device], zone=zone) as booth:
        await device.measure()
        await booth.until_ended()

    (read,) = booth.all(ClockRead)
    said = datetime(read.said.year, read.said.month, read.said.day, read.said.hour, read.said.minute, tzinfo=zone)
    assert abs(said - (before + timedelta(days=-400, hours=3))) < timedelta(minutes=2)
    assert abs(device.clock_error) < timedelta(seconds=2)
    assert device_time(datetime.now(zone)).year == device.clock_reads().year


async def test_only_allowed_addresses_are_talked_to() -> None:
    cuff, scale = _cuff(window_s=0.3), Scale()
    async with listening([cuff, scale], allowed=[scale.address.lower()]) as booth:
        await asyncio.gather(cuff.measure(), scale.measure())
        await booth.until_ended()

    assert {event.address for event in booth.all(Appeared)} == {scale.address}


async def test_each_packet_waits_until_the_one_before_is_kept() -> None:
    cuff = _cuff()
    keeping = 0
    most = 0

    async with listening([cuff]) as booth:

        async def slowly(_event: DeviceEvent) -> None:
            nonlocal keeping, most
            keeping += 1
            most = max(most, keeping)
            await asyncio.sleep(0.02)
            keeping -= 1

        booth.first = slowly  # a booth whose disk is slow
        await cuff.measure()
        await booth.until_ended()
    assert most <= 1
