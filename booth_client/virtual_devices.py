"""The virtual radio of a booth that has no hardware: its devices, and how a simulated person uses them."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from booth_client.config import BoothSettings
from booth_client.journey import Device
from booth_client.simulated import Use, values_of
from gateway.devices.ble import Radio
from gateway.devices.virtual import Body, Cuff, Oximeter, Scale, Thermometer, VirtualRadio

__all__ = ["open_virtual_radio"]

_NUMBERS: Final = 0xFFFF


@asynccontextmanager
async def open_virtual_radio(settings: BoothSettings) -> AsyncIterator[tuple[Radio, Use]]:
    """Switch the booth's virtual devices on; give a radio that hears them and what takes a measurement with one."""
    number = zlib.crc32(settings.name.encode()) % _NUMBERS + 1  # each booth's devices are other devices
    body = Body(seed=settings.virtual.seed)
    cuff, oximeter = Cuff(number=number, body=body), Oximeter(number=number, body=body)
    thermometer, scale = Thermometer(number=number, body=body), Scale(number=number, body=body)
    async with VirtualRadio((cuff, oximeter, thermometer, scale)) as air:
        measure = {
            Device.CUFF: cuff.measure,
            Device.OXIMETER: oximeter.measure,
            Device.THERMOMETER: thermometer.measure,
            Device.SCALE: scale.measure,
        }

        async def use(device: Device) -> None:
            await measure[device](**values_of(settings.virtual.persona, device))  # type: ignore[operator]  # each device takes the numbers that values_of names for it

        yield Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend), use
