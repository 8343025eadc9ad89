"""`teleborne simulate`: virtual devices that somebody uses every so often, one JSON line for each packet.

With a transport the device runs on the controller at its other end (a USB dongle, an emulator, a Bumble controller over
TCP), so that a real booth hears it; without one it runs in memory and a demonstration central prints what it receives.
https://google.github.io/bumble/transports/
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TextIO

import msgspec
from bumble.transport import open_transport
from bumble.transport.common import Transport

from gateway.devices.ble import Radio
from gateway.devices.catalogue import decode
from gateway.devices.errors import RadioError
from gateway.devices.session import DeviceEvent, Indicated
from gateway.devices.virtual.cuff import Cuff
from gateway.devices.virtual.device import Sent, VirtualDevice
from gateway.devices.virtual.oximeter import Oximeter
from gateway.devices.virtual.person import Body
from gateway.devices.virtual.radio import VirtualRadio
from gateway.devices.virtual.scale import Scale
from gateway.devices.virtual.thermometer import Thermometer
from gateway.errors import SettingsError

__all__ = ["DEVICES", "simulate"]

_MODELS: Final[Mapping[str, type[VirtualDevice]]] = MappingProxyType(
    {model.key: model for model in (Cuff, Oximeter, Thermometer, Scale)}
)
DEVICES: Final[Mapping[str, str]] = MappingProxyType({key: model.about for key, model in _MODELS.items()})
"""The devices there are, each with what it is."""

_ANSWER_S: Final = 3.0
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


async def simulate(
    names: Sequence[str],
    *,
    transport: str | None = None,
    every_s: float = 10.0,
    seed: int | None = None,
    out: TextIO | None = None,
) -> None:
    """Use the devices *names* (none: all) every *every_s* seconds until cancelled; SettingsError for wrong options.

    Each packet is a line {"device", "direction", "characteristic", "hex", "value", "at"} on *out* (standard output).
    """
    devices = _devices(names, seed=seed, every_s=every_s)
    lines = _Lines(out or sys.stdout, {device.address: device.key for device in devices})
    if transport is None:
        await _in_memory(devices, every_s=every_s, lines=lines)
    else:
        await _on_controller(devices, transport, every_s=every_s, lines=lines)


class _Lines:
    """Writes packets as JSON lines."""

    def __init__(self, out: TextIO, names: Mapping[str, str]) -> None:
        self._out = out
        self._names = names

    def sent(self, packet: Sent) -> None:
        """Write a packet that a device sent."""
        self._write(packet.device, "sent", packet.characteristic, packet.value, packet.at.isoformat())

    async def received(self, event: DeviceEvent) -> None:
        """Write a packet that the demonstration central received."""
        if isinstance(event, Indicated):
            name = self._names[event.device.address]
            self._write(name, "received", event.characteristic, event.value, event.at.isoformat())

    def _write(self, device: str, direction: str, characteristic: str, value: bytes, at: str) -> None:
        line = {
            "device": device,
            "direction": direction,
            "characteristic": characteristic,
            "hex": value.hex(),
            "value": decode(characteristic, value).to_json(),
            "at": at,
        }
        print(_ENCODER.encode(line).decode(), file=self._out, flush=True)


def _devices(names: Sequence[str], *, seed: int | None, every_s: float) -> list[VirtualDevice]:
    wanted = list(dict.fromkeys(names)) or list(_MODELS)
    if unknown := [name for name in wanted if name not in _MODELS]:
        raise SettingsError(f"no virtual device is called {', '.join(unknown)}; there are {', '.join(_MODELS)}")
    if every_s <= 0:
        raise SettingsError(f"--every {every_s:g}: give a number of seconds above 0")
    body = Body(seed=seed)
    return [_MODELS[name](body=body) for name in wanted]


async def _in_memory(devices: Sequence[VirtualDevice], *, every_s: float, lines: _Lines) -> None:
    async with VirtualRadio(devices) as virtual, asyncio.TaskGroup() as running:
        radio = Radio(scanner_backend=virtual.scanner_backend, client_backend=virtual.client_backend)
        running.create_task(radio.run(lines.received))
        _use(running, devices, every_s=every_s)


async def _on_controller(devices: Sequence[VirtualDevice], spec: str, *, every_s: float, lines: _Lines) -> None:
    if len(devices) != 1:
        raise SettingsError(
            "one controller carries one device: start `teleborne simulate` once for each, or no --transport"
        )
    (device,) = devices
    device.on_sent = lines.sent
    transport = await _open(spec)
    try:
        await _power_on(device, transport, spec)
        try:
            async with asyncio.TaskGroup() as running:
                running.create_task(_until_lost(transport, spec))
                _use(running, devices, every_s=every_s)
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


def _use(running: asyncio.TaskGroup, devices: Iterable[VirtualDevice], *, every_s: float) -> None:
    for device in devices:
        running.create_task(_use_for_ever(device, every_s))


async def _use_for_ever(device: VirtualDevice, every_s: float) -> None:
    while True:
        await device.measure()
        await asyncio.sleep(every_s)
