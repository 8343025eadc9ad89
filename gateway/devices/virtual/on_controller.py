"""A virtual device on a controller of somebody else's: a USB dongle, an emulator, Bumble over TCP.

https://google.github.io/bumble/transports/
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

from bumble.transport import open_transport
from bumble.transport.common import Transport

from gateway.devices.errors import RadioError
from gateway.devices.virtual.device import VirtualDevice
from gateway.errors import SettingsError

__all__ = ["on_controller"]

_ANSWER_S: Final = 3.0


async def on_controller(device: VirtualDevice, spec: str, *, use: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *device* on the controller at the other end of *spec* and *use* it, until cancelled or *use* returns.

    Raise SettingsError where the transport cannot be opened, RadioError where the controller goes away.
    """
    transport = await _open(spec)
    try:
        await _power_on(device, transport, spec)
        try:
            async with asyncio.TaskGroup() as running:
                lost = running.create_task(_until_lost(transport, spec))
                await use()
                lost.cancel()
        except ExceptionGroup as failed:
            if isinstance(failed.exceptions[0], RadioError):
                raise failed.exceptions[0] from None
            raise
        finally:
            await device.power_off()
    finally:
        await transport.close()


async def _open(spec: str) -> Transport:
    try:
        return await open_transport(spec)
    except (
        Exception
    ) as error:  # each kind of transport raises its own errors, down to those of libusb and missing modules
        raise SettingsError(f"--transport {spec}: {str(error) or type(error).__name__}") from error


async def _power_on(device: VirtualDevice, transport: Transport, spec: str) -> None:
    """Start the device as soon as a controller answers; a TCP server has none until its client has come."""
    waited = False
    while True:
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await device.power_on(transport.source, transport.sink)
        except TimeoutError:
            if not waited:
                sys.stderr.write(f"waiting for a controller on {spec}\n")
            waited = True


async def _until_lost(transport: Transport, spec: str) -> None:
    await asyncio.wait([transport.source.terminated])
    raise RadioError(f"the controller on {spec} is gone")
