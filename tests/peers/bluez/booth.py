"""A booth that only listens, on bleak's own BlueZ backend, a private D-Bus and a daemon that can be made to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.devices.ble import Radio
from gateway.devices.bluez import BlueZ
from gateway.devices.bluez.agent import Desk
from gateway.devices.session import Deadlines, Ended, EndReason
from gateway.devices.virtual import VirtualDevice
from tests.peers.bluez.daemon import Bluez, running_bluez
from tests.peers.listener import BRISK, Listener, running

__all__ = ["PATIENT", "Kiosk", "bluez_booth"]

PATIENT = replace(
    BRISK, connect_s=3.0, pair_s=3.0, read_s=1.0, write_s=1.0, subscribe_s=1.0, disconnect_s=1.0, silence_s=1.0
)
"""Deadlines that leave room for the bus between us and the devices, on a busy machine too."""


@dataclass
class Kiosk:
    """Where passkeys are shown and typed; `types` is what somebody types."""

    types: str | None = None
    shown: list[tuple[str, str]] = field(default_factory=list)
    showing: dict[str, str] = field(default_factory=dict)
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, address: str, passkey: str) -> None:
        self.shown.append((address, passkey))
        self.showing[address] = passkey

    async def ask(self, address: str) -> str | None:
        self.shown.append((address, "?"))
        return self.types

    def clear(self, address: str) -> None:
        self.showing.pop(address, None)
        self.cleared.set()


@dataclass
class BluezBooth:
    bluez: Bluez
    host: BlueZ
    heard: Listener
    kiosk: Kiosk

    def reasons(self) -> list[EndReason]:
        return [event.reason for event in self.heard.all(Ended)]


@asynccontextmanager
async def bluez_booth(
    devices: Sequence[VirtualDevice],
    *,
    deadlines: Deadlines = PATIENT,
    prefer: Sequence[str] = (),
    answer_s: float = 1.0,
    radio: dict[str, Any] | None = None,
    listener: Callable[..., Listener] = Listener,
    booth: object = None,
    desk: Desk | None = None,
    **daemon: Any,
) -> AsyncIterator[BluezBooth]:
    """Switch everything on: the bus, the daemon, the devices behind it, and a Radio with the host that we ship."""
    async with running_bluez(devices, **daemon) as bluez:
        kiosk = Kiosk()
        host = BlueZ(prefer=prefer, desk=desk or kiosk, answer_s=answer_s, again_s=0.1)
        heard = listener(bluez.virtual, **({} if booth is None else {"booth": booth}))
        async with running(Radio(host=host, deadlines=deadlines, **(radio or {})), heard):
            yield BluezBooth(bluez, host, heard, kiosk)
