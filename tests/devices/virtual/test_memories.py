"""Devices with a memory hand it over whole, and count, refuse and delete as their service says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakGATTProtocolError, BleakGATTProtocolErrorCode

from gateway.devices.continuous_glucose import CgmMeasurement
from gateway.devices.events import Ended, EndReason
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.reading import Unit
from gateway.devices.record_access import Op, RecordAccess, Result
from gateway.devices.virtual import MODELS, Glucometer, GlucoseSensor, VirtualRadio, make
from gateway.devices.virtual.memory import MemoryDevice
from tests.peers.listener import BRISK, listening


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


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if issubclass(model, MemoryDevice)])
async def test_a_link_that_breaks_in_the_middle_of_a_memory_is_begun_anew(key: str) -> None:
    device = make(key, drops_at=2, window_s=5.0, **({"history": 3} if key == "glucometer" else {}))
    async with listening([device], deadlines=replace(BRISK, silence_s=0.6)) as booth:
        await device.measure()
        await booth.until_ended(2)
    reasons = [event.reason for event in booth.all(Ended)]
    assert reasons == [EndReason.LOST, EndReason.COMPLETE]
