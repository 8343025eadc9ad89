"""A hundred virtual devices in one process: what it costs that they advertise, and that they are all read.

Every controller of Bumble's own link hears every advertisement: N devices cost N² deliveries. The baseline is that
link; ours hands an advertisement only to who scans or waits for it. Printed: CPU milliseconds for a thousand
advertisements while N devices advertise every 40 ms, and the time until each of N devices has been read once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

from bleak import BleakScanner
from bumble import ll
from bumble.controller import Controller
from bumble.link import LocalLink

from gateway.devices.ble import Radio
from gateway.devices.events import DeviceEvent, Ended
from gateway.devices.virtual import Scale, VirtualDevice, VirtualRadio, make
from gateway.devices.virtual.air import Air

Carry = Callable[[Any, Any, ll.AdvertisingPdu], None]

SECONDS = 3.0
NOBODYS = "0000fff0-0000-1000-8000-00805f9b34fb"
KINDS = ("cuff", "scale", "thermometer", "glucometer", "sensor")


def _devices(count: int) -> Iterator[VirtualDevice]:
    for number in range(1, count + 1):
        yield make(KINDS[number % len(KINDS)], number=number, window_s=120.0, **_brisk(number))


def _brisk(number: int) -> dict[str, float]:
    return {"inflates_s": 0.1} if KINDS[number % len(KINDS)] == "cuff" else {}


async def advertising(count: int, carry: Carry) -> float:
    """Return the CPU ms of a thousand advertisements of *count* devices to a scanner that wants none of them."""
    sent = 0

    def counted(air: Air, sender: Controller, packet: ll.AdvertisingPdu) -> None:
        nonlocal sent
        sent += 1
        carry(air, sender, packet)

    Air.send_advertising_pdu = counted  # type: ignore[method-assign, assignment]  # so that the two can be compared
    devices = [Scale(number=number, window_s=120.0) for number in range(1, count + 1)]
    async with VirtualRadio(devices) as virtual, asyncio.TaskGroup() as hands:
        scanner = BleakScanner(lambda _device, _heard: None, service_uuids=[NOBODYS], backend=virtual.scanner_backend)
        await scanner.start()
        using = [hands.create_task(device.measure()) for device in devices]
        await asyncio.sleep(1.0)
        before, sent = time.process_time(), 0
        await asyncio.sleep(SECONDS)
        spent = (time.process_time() - before) / sent
        await scanner.stop()
        for each in using:
            each.cancel()
    return spent * 1e6


async def reading(count: int) -> tuple[float, float, int]:
    """Return the seconds and CPU seconds until each of *count* devices was read, and how many sessions that took."""
    devices = list(_devices(count))
    ended: list[Ended] = []

    async def deliver(event: DeviceEvent) -> None:
        if isinstance(event, Ended):
            ended.append(event)

    async with VirtualRadio(devices) as virtual, asyncio.TaskGroup() as tasks:
        radio = Radio(scanner_backend=virtual.scanner_backend, client_backend=virtual.client_backend)
        listening = tasks.create_task(radio.run(deliver))
        started, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as hands:
            for device in devices:
                hands.create_task(device.measure())
        took, cpu = time.perf_counter() - started, time.process_time() - cpu
        listening.cancel()
    assert all(device.sent for device in devices), "somebody was not read"
    return took, cpu, len(ended)


def main() -> None:
    """Print the figures."""
    ours = Air.send_advertising_pdu
    for count in (10, 30, 100):
        mine, theirs = (asyncio.run(advertising(count, carry)) for carry in (ours, LocalLink.send_advertising_pdu))
        ratio = f"every controller hears: {theirs:7.0f} ({theirs / mine:.1f} x)"
        print(f"{count:4} advertise: {mine:7.0f} CPU ms a thousand; {ratio}", flush=True)
    Air.send_advertising_pdu = ours  # type: ignore[method-assign]  # as it was
    took, cpu, sessions = asyncio.run(reading(100))
    print(f" 100 devices read: {took:.1f} s, {cpu:.1f} CPU s, {sessions} sessions ended")


if __name__ == "__main__":
    main()
