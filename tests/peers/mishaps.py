"""What goes wrong while people measure: each mishap is drawn by chance, befalls the booth, and passes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import Final

from gateway.devices.errors import BluezError
from gateway.devices.virtual import VirtualDevice, VirtualRadio
from tests.peers import troubled_radio as trouble
from tests.peers.bluez import faults
from tests.peers.bluez.booth import BluezBooth
from tests.peers.troubled_radio import Troubled

__all__ = ["MISHAPS", "OnBluez", "OverTheRadio"]


class _Air:
    """What befalls any radio: devices that walk away, hang up, or have forgotten us."""

    def __init__(self, virtual: VirtualRadio) -> None:
        self._virtual = virtual

    async def out_of_reach(self, random: Random, device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.2))
        self._virtual.vanish(device.address)
        await asyncio.sleep(random.uniform(0.1, 0.8))
        self._virtual.come_back(device.address)

    async def drop(self, random: Random, device: VirtualDevice) -> None:
        device._drops_at = device._count + random.randint(1, 2)

    async def forget(self, _random: Random, device: VirtualDevice) -> None:
        await device.forget_bonds()


class OverTheRadio(_Air):
    """Mishaps over the virtual radio."""

    def __init__(self, host: Troubled, virtual: VirtualRadio) -> None:
        super().__init__(virtual)
        self._host = host

    async def call_fails(self, random: Random, _device: VirtualDevice) -> None:
        method, fault = random.choice(
            (
                ("connect", trouble.in_progress),
                ("connect", trouble.abort_by_local),
                ("connect", trouble.not_found),
                ("connect", trouble.never),
                ("connect", trouble.never_let_go),
                ("pair", trouble.never),
                ("read_gatt_char", trouble.never),
                ("write_gatt_char", trouble.never),
                ("start_notify", trouble.never),
                ("start_notify", trouble.answer_late),
                ("disconnect", trouble.never),
                ("start", trouble.not_ready),
            )
        )
        self._host.faults[method].append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._host.faults.clear()

    async def restart(self, random: Random, _device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.3))
        await self._host.restart()

    async def removed(self, random: Random, device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.3))
        await self._host.remove(device.address)

    async def adapter_off(self, random: Random, _device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.3))
        address = random.choice(self._host.adapters)
        await self._host.off(address)
        await asyncio.sleep(random.uniform(0.0, 0.3))
        await self._host.on(address)


class OnBluez(_Air):
    """Mishaps on bleak's BlueZ backend."""

    def __init__(self, booth: BluezBooth) -> None:
        super().__init__(booth.heard.virtual)
        self._booth = booth

    async def call_fails(self, random: Random, _device: VirtualDevice) -> None:
        method, fault = random.choice(
            (
                ("Connect", faults.in_progress),
                ("Connect", faults.abort),
                ("Connect", faults.abort_after_a_flap),
                ("Connect", faults.never),
                ("Pair", faults.never),
                ("ReadValue", faults.never),
                ("WriteValue", faults.never),
                ("StartNotify", faults.never),
                ("StartNotify", faults.answer_late),
                ("Disconnect", faults.nothing),
                ("Disconnect", faults.never),
                ("StartDiscovery", faults.not_ready),
            )
        )
        self._booth.bluez.faults[method].append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._booth.bluez.faults.clear()

    async def restart(self, random: Random, _device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.3))
        await self._booth.bluez.restart()

    async def removed(self, random: Random, device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.3))
        await self.forgotten(device.address)

    async def forgotten(self, address: str) -> None:
        """Have the operator forget a device, as far as the service is there to be asked."""
        with suppress(BluezError):
            await self._booth.host.forget(address)

    async def adapter_off(self, random: Random, _device: VirtualDevice) -> None:
        await asyncio.sleep(random.uniform(0.0, 0.3))
        number = random.randrange(2)
        await self._booth.bluez.switch(number, on=False)
        await asyncio.sleep(random.uniform(0.0, 0.3))
        await self._booth.bluez.switch(number, on=True)


MISHAPS: Final = ("out_of_reach", "drop", "forget", "call_fails", "call_fails", "restart", "removed", "adapter_off")
