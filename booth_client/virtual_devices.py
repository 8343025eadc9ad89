"""The virtual radio of a booth that has no hardware: its devices, and how a simulated person uses them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from booth_client.config import BoothSettings
from booth_client.journey import Device
from booth_client.simulated import Use, values_of
from gateway.devices.ble import Radio
from gateway.devices.fetching import Memory
from gateway.devices.virtual import (
    Analyser,
    Body,
    Cuff,
    Glucometer,
    Oximeter,
    Scale,
    Sensor,
    Strap,
    Thermometer,
    VirtualDevice,
    VirtualRadio,
    make,
)

__all__ = ["number_of", "open_virtual_radio"]

_NUMBERS: Final = 0xFFFF


_ASKED: Final[Mapping[Device, type[VirtualDevice]]] = {
    Device.ANALYSER: Analyser,
    Device.GLUCOMETER: Glucometer,
    Device.STRAP: Strap,
    Device.SENSOR: Sensor,
}
"""The devices that a booth has only where its visits use them."""


def number_of(settings: BoothSettings) -> int:
    """Return the number of the booth's simulated devices: each booth's are other devices. The others' follow it."""
    return zlib.crc32(settings.name.encode()) % _NUMBERS + 1


@asynccontextmanager
async def open_virtual_radio(
    settings: BoothSettings, memory: Memory, *, now: Callable[[], datetime]
) -> AsyncIterator[tuple[Radio, Use]]:
    """Switch the booth's virtual devices on; give a radio that hears them and what takes a measurement with one."""
    number = number_of(settings)
    body = Body(seed=settings.virtual.seed)
    cuff, oximeter = Cuff(number=number, body=body), Oximeter(number=number, body=body)
    thermometer, scale = Thermometer(number=number, body=body), Scale(number=number, body=body)
    asked = {device: _ASKED[device](number=number, body=body) for device in settings.devices if device in _ASKED}
    others = [
        make(spec, number=(number + more) % _NUMBERS + 1, body=body)
        for more, spec in enumerate(settings.virtual.others)
    ]
    async with VirtualRadio((cuff, oximeter, thermometer, scale, *asked.values(), *others)) as air:
        measure: Mapping[Device, Callable[..., Awaitable[bytes]]] = {
            Device.CUFF: cuff.measure,
            Device.OXIMETER: oximeter.measure,
            Device.THERMOMETER: thermometer.measure,
            Device.SCALE: scale.measure,
            **{device: each.measure for device, each in asked.items()},
        }

        async def use(device: Device) -> None:
            await measure[device](
                **values_of(settings.virtual.persona, device)
            )  # each device takes those that are named for it

        async with _in_use(others, settings.virtual.others_every_s):
            radio = Radio(
                scanner_backend=air.scanner_backend,
                client_backend=air.client_backend,
                memory=memory,
                now=now,
                consents=settings.consents,
                dialogues=settings.dialogues,
            )
            yield radio, use


@asynccontextmanager
async def _in_use(devices: Sequence[VirtualDevice], every_s: float) -> AsyncIterator[None]:
    """Use *devices* for as long as the context lasts; what ends the context is raised as it is."""
    try:
        async with asyncio.TaskGroup() as hands:
            using = [hands.create_task(_use_for_ever(device, every_s)) for device in devices]
            try:
                yield
            finally:
                for each in using:
                    each.cancel()
    except ExceptionGroup as failed:
        raise failed.exceptions[0] if len(failed.exceptions) == 1 else failed from None


async def _use_for_ever(device: VirtualDevice, every_s: float) -> None:
    while True:
        await device.measure()
        await asyncio.sleep(every_s)
