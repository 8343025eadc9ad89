"""`teleborne simulate`: virtual devices that somebody uses every so often, one JSON line for each packet.

With a transport the device runs on the controller at its other end (a USB dongle, an emulator, a Bumble controller over
TCP), so that a real booth hears it; without one it runs in memory and a demonstration central prints what it receives.
https://google.github.io/bumble/transports/
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TextIO

import msgspec

from gateway.devices.ble import Radio
from gateway.devices.catalogue import decode
from gateway.devices.errors import DeviceError
from gateway.devices.session import Appeared, DeviceEvent, Ended, Indicated
from gateway.devices.virtual.behaviour import BEHAVIOURS, MODELS, make
from gateway.devices.virtual.device import Sent, VirtualDevice
from gateway.devices.virtual.on_controller import on_controller
from gateway.devices.virtual.person import Body
from gateway.devices.virtual.radio import VirtualRadio
from gateway.devices.virtual.replay import replayed
from gateway.devices.virtual.scenario import Player, read_scenario, shipped
from gateway.errors import SettingsError

__all__ = ["listing", "simulate"]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_MANY: Final = re.compile(r"(?P<spec>[^*]+)(?:\*(?P<count>[0-9]{1,5}))?")
_QUIET_S: Final = 1.0
"""How long nobody may be connected after the last step, for the play to be over."""

_Use = Callable[[VirtualRadio], Awaitable[None]]


def listing() -> Iterator[str]:
    """Return the lines of `--list`: devices, behaviours, scenarios."""
    yield from _rows("devices", {key: model.about for key, model in MODELS.items()})
    yield from _rows("behaviours (cuff+drop)", {name: row.about for name, row in BEHAVIOURS.items()})
    yield from _rows("scenarios (--scenario NAME)", shipped())


async def simulate(
    names: Sequence[str],
    *,
    transport: str | None = None,
    every_s: float = 10.0,
    seed: int | None = None,
    scenario: str | None = None,
    replay: Path | None = None,
    out: TextIO | None = None,
) -> None:
    """Use the devices *names* ("cuff", "cuff+drop", "scale*20"; none: all) every *every_s* seconds until cancelled.

    Or play a *scenario*, or the capture *replay* with its sessions at most *every_s* apart, and return. Each packet is
    a line {"device", "direction", "characteristic", "hex", "value", "at"} on *out* (standard output), each end of a
    session in memory one with "ended" and "detail". Raise SettingsError for wrong options.
    """
    if every_s <= 0:
        raise SettingsError(f"--every {every_s:g}: give a number of seconds above 0")
    if sum([bool(names), scenario is not None, replay is not None]) > 1:
        raise SettingsError("give devices, or --scenario, or --replay")
    if transport is not None and scenario is not None:
        raise SettingsError("a scenario plays in memory: leave out --transport")
    devices, use = _cast(names, scenario=scenario, replay=replay, every_s=every_s, seed=seed)
    lines = _Lines(out or sys.stdout, {device.address: device.key for device in devices})
    if transport is None:
        await _in_memory(devices, use=use, lines=lines)
        return
    if len(devices) != 1:
        raise SettingsError(
            "one controller carries one device: start `teleborne simulate` once for each, or no --transport"
        )
    devices[0].on_sent = lines.sent
    await on_controller(devices[0], transport, use=partial(_use_for_ever, devices[0], every_s))


class _Lines:
    """Writes packets as JSON lines."""

    def __init__(self, out: TextIO, names: Mapping[str, str]) -> None:
        self._out = out
        self._names = names
        self._open = 0
        self._changed = asyncio.Event()

    def sent(self, packet: Sent) -> None:
        """Write a packet that a device sent."""
        self._packet(packet.device, "sent", packet.characteristic, packet.value, packet.at.isoformat())

    async def received(self, event: DeviceEvent) -> None:
        """Write what the demonstration central received."""
        self._open += isinstance(event, Appeared) - isinstance(event, Ended)
        self._changed.set()
        if isinstance(event, Indicated):
            name = self._names[event.device.address]
            self._packet(name, "received", event.characteristic, event.value, event.at.isoformat())
        elif isinstance(event, Ended):
            self._write(
                {
                    "device": self._names[event.address],
                    "ended": event.reason,
                    "detail": event.detail,
                    "at": event.at.isoformat(),
                }
            )

    async def until_quiet(self) -> None:
        """Wait until no session has been open for a while."""
        while True:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_QUIET_S):
                    await self._changed.wait()
            if not self._open and not self._changed.is_set():
                return

    def _packet(self, device: str, direction: str, characteristic: str, value: bytes, at: str) -> None:
        try:
            shown = decode(characteristic, value).to_json()
        except DeviceError as error:
            shown = {"error": str(error)}
        self._write(
            {
                "device": device,
                "direction": direction,
                "characteristic": characteristic,
                "hex": value.hex(),
                "value": shown,
                "at": at,
            }
        )

    def _write(self, line: Mapping[str, object]) -> None:
        print(_ENCODER.encode(line).decode(), file=self._out, flush=True)


def _rows(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {name:22} {what}" for name, what in rows.items())


def _cast(
    names: Sequence[str], *, scenario: str | None, replay: Path | None, every_s: float, seed: int | None
) -> tuple[Sequence[VirtualDevice], _Use]:
    """Return the devices, and what uses them."""
    if scenario is not None:
        player = Player(read_scenario(scenario), seed=seed)
        return player.devices, player.play
    if replay is not None:
        devices = replayed(replay)
        return devices, partial(_play_all, devices, every_s)
    made = _devices(names or list(MODELS), seed=seed)
    return made, partial(_use_all, made, every_s)


def _devices(names: Sequence[str], *, seed: int | None) -> list[VirtualDevice]:
    body, found, numbers = Body(seed=seed), [], dict.fromkeys(MODELS, 0)
    for name in names:
        asked = _MANY.fullmatch(name)
        if asked is None:
            raise SettingsError(f"{name}: write a device, its behaviours and how many, as in cuff+drop*3")
        for _ in range(int(asked["count"] or 1)):
            key = asked["spec"].partition("+")[0]
            numbers[key] = numbers.get(key, 0) + 1
            found.append(make(asked["spec"], number=numbers[key], body=body))
    return found


async def _in_memory(devices: Sequence[VirtualDevice], *, use: _Use, lines: _Lines) -> None:
    async with VirtualRadio(devices) as virtual, asyncio.TaskGroup() as running:
        radio = Radio(scanner_backend=virtual.scanner_backend, client_backend=virtual.client_backend)
        listening = running.create_task(radio.run(lines.received))
        await use(virtual)
        await lines.until_quiet()
        listening.cancel()


async def _use_all(devices: Sequence[VirtualDevice], every_s: float, _radio: VirtualRadio) -> None:
    async with asyncio.TaskGroup() as hands:
        for device in devices:
            hands.create_task(_use_for_ever(device, every_s))


async def _use_for_ever(device: VirtualDevice, every_s: float) -> None:
    while True:
        await device.measure()
        await asyncio.sleep(every_s)


async def _play_all(devices: Sequence[VirtualDevice], every_s: float, _radio: VirtualRadio) -> None:
    async with asyncio.TaskGroup() as hands:
        for device in devices:
            hands.create_task(_play(device, every_s))


async def _play(device: VirtualDevice, every_s: float) -> None:
    while getattr(device, "left", 0):
        await device.measure()
        await asyncio.sleep(every_s)
