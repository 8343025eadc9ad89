"""Links over the virtual radio open and close as real ones do: one at a time, to their end, and known at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from itertools import count

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bumble.gatt import Characteristic
from bumble.hci import HCI_Error, HCI_ErrorCode, HCI_LE_Rand_Command

from gateway.devices.virtual import Scale, VirtualDevice, VirtualRadio
from tests.peers.listener import listening

_SECONDS = 10.0


@asynccontextmanager
async def _in_use(devices: Sequence[VirtualDevice]) -> AsyncIterator[tuple[VirtualRadio, list[BLEDevice]]]:
    """Have somebody stand on each device, and each of them seen."""
    async with AsyncExitStack() as opening:
        radio = await opening.enter_async_context(VirtualRadio(devices))
        using = [asyncio.create_task(device.measure()) for device in devices]
        opening.callback(lambda: [each.cancel() for each in using])
        await opening.enter_async_context(asyncio.timeout(_SECONDS))
        found = [
            await BleakScanner.find_device_by_address(device.address, backend=radio.scanner_backend)
            for device in devices
        ]
        yield radio, [device for device in found if device is not None]


def _client(radio: VirtualRadio, device: BLEDevice) -> BleakClient:
    return BleakClient(device, backend=radio.client_backend)


async def _until_nobody_is_connected(devices: Sequence[VirtualDevice]) -> None:
    while any(device.is_connected for device in devices):
        await asyncio.sleep(0)


async def test_of_two_links_opened_in_the_same_instant_one_is_refused_and_the_other_made() -> None:
    scales = [Scale(number=1), Scale(number=2)]
    async with _in_use(scales) as (radio, found):
        clients = [_client(radio, device) for device in found]
        results = await asyncio.gather(*(client.connect() for client in clients), return_exceptions=True)
        assert [type(result) for result in results] == [type(None), BleakError]
        assert clients[0].is_connected
        await clients[1].connect()
        for client in clients:
            assert client.services
            await client.disconnect()
        await _until_nobody_is_connected(scales)


async def test_a_link_that_is_given_up_at_any_moment_leaves_none_behind() -> None:
    # Tried at each of the loop's next turns, from before the request is made until the link is there.
    scale = Scale(window_s=_SECONDS)
    async with _in_use([scale]) as (radio, (found,)):
        for turns in count():
            client = _client(radio, found)
            opening = asyncio.create_task(client.connect())
            for _ in range(turns):
                await asyncio.sleep(0)
            if opening.done():
                await client.disconnect()
                break
            opening.cancel()
            done, _ = await asyncio.wait([opening], timeout=2.0)
            assert done, f"given up after {turns} turns, it still waits"
            assert opening.cancelled(), f"given up after {turns} turns, it was opened"
            await _until_nobody_is_connected([scale])
        assert turns > 20


async def test_a_device_that_hangs_up_while_the_link_is_opened_is_seen_to_be_gone() -> None:
    # Tried at each of the loop's next turns, from when the device knows of the link to when its services are read.
    scale = Scale(window_s=_SECONDS)
    async with _in_use([scale]) as (radio, (found,)):
        for turns in range(60):
            client = _client(radio, found)
            opening = asyncio.create_task(client.connect())
            while not scale.is_connected:
                await asyncio.sleep(0)
            for _ in range(turns):
                await asyncio.sleep(0)
            await scale._hang_up()
            done, _ = await asyncio.wait([opening], timeout=2.0)
            assert done, f"hung up after {turns} turns, and it still waits"
            assert isinstance(opening.exception(), BleakError | None)
            await client.disconnect()
            assert not client.is_connected


async def test_a_link_that_is_down_already_cannot_be_closed_and_the_controller_says_so() -> None:
    scale = Scale()
    async with _in_use([scale]) as (radio, (found,)), _client(radio, found) as client:
        assert radio._central is not None
        (link,) = radio._central.device.connections.values()
        await client.disconnect()
        with pytest.raises(HCI_Error) as refused:
            await link.disconnect()
        assert refused.value.error_code == HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR


async def test_a_host_is_not_tripped_by_the_answer_to_a_command_that_was_given_up() -> None:
    tripped: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: tripped.append(context))
    async with VirtualRadio([]) as radio:
        assert radio._central is not None
        for turns in range(8):
            asking = asyncio.create_task(radio._central.device.host.send_command(HCI_LE_Rand_Command()))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
    assert not tripped


async def test_two_who_silence_a_device_at_once_both_succeed() -> None:
    scale = Scale()
    async with _in_use([scale]) as (_, _):
        assert scale._antenna is not None
        await asyncio.gather(scale._antenna.fall_silent(), scale._antenna.fall_silent())
        await scale._antenna.advertise()
        await asyncio.gather(scale._antenna.fall_silent(), scale._antenna.advertise(), scale._antenna.fall_silent())
        assert not scale._antenna._host.is_advertising


async def test_a_subscription_without_a_link_is_no_listener_and_the_next_real_one_is_served() -> None:
    # Bumble may tell of a subscription before the link (or after it): a device that took it for a listener would try to
    # send to nobody for ever, and never let the loop tell it of the link.
    scale = Scale(window_s=_SECONDS)
    async with listening([scale]) as booth:
        assert scale._antenna is not None
        scale._antenna._characteristics["2A9D"].emit(Characteristic.EVENT_SUBSCRIPTION, object(), True, True)  # noqa: FBT003 - Bumble's
        record = await scale.measure(weight=Decimal(70))
        await booth.until_ended()
    assert booth.packets("2A9D") == [record]
