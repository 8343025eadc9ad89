"""A bluetoothd that is not: org.bluez on a private D-Bus, whose antenna is the virtual radio.

What bleak's Linux backend asks is answered as BlueZ does, down to the order of the signals and the texts of the errors;
behind it are the virtual devices, so that links, bonds and octets are real. `faults` makes a method misbehave.

https://git.kernel.org/pub/scm/bluetooth/bluez.git/tree/doc
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bleak import BleakScanner
from bleak.backends.bluezdbus.manager import _global_instances
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from gateway.devices.catalogue import long_uuid
from gateway.devices.virtual import VirtualDevice, VirtualRadio
from tests.peers.bluez.air import come_back_alone, leave_the_air
from tests.peers.bluez.bus import private_bus
from tests.peers.bluez.remote import Remote
from tests.peers.bluez.tree import ADAPTER, DEVICE, MANAGER, BluezError, Tree

__all__ = ["FIRST", "SECOND", "Bluez", "Fault", "running_bluez"]

FIRST: Final = "00:1A:7D:DA:71:01"
SECOND: Final = "00:1A:7D:DA:71:02"
_RSSI: Final = -60

Work = Callable[[], Awaitable[list[Any]]]
Fault = Callable[["Bluez", str, Work], Awaitable[list[Any]]]
"""What a method does instead: given the daemon, the object's path and what it would have done."""


@dataclass
class Bluez:
    """The daemon; `adapters` are the addresses of hci0, hci1 …, `security` how devices want to pair."""

    virtual: VirtualRadio
    bus: str
    adapters: Sequence[str] = (FIRST,)
    security: str = "just-works"
    passkey: int = 271828
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    tree: Tree = field(default_factory=Tree)
    remotes: dict[str, Remote] = field(default_factory=dict)
    agents: list[tuple[str, str, str]] = field(default_factory=list)
    _bonded: set[str] = field(default_factory=set)
    _scans: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _scanner: BleakScanner | None = None
    _tasks: asyncio.TaskGroup | None = None
    _scanning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        """Come to the bus with the adapters and the bonds that the virtual radio keeps."""
        self._tasks = tasks
        self.tree = Tree()
        self.remotes.clear()
        self.agents.clear()
        self._scans.clear()
        answers = {
            (ADAPTER, "SetDiscoveryFilter"): self._filter,
            (ADAPTER, "StartDiscovery"): self._start_discovery,
            (ADAPTER, "StopDiscovery"): self._stop_discovery,
            (ADAPTER, "RemoveDevice"): self._remove_device,
            (MANAGER, "RegisterAgent"): self._register,
            (MANAGER, "RequestDefaultAgent"): self._default,
            (MANAGER, "UnregisterAgent"): self._unregister,
        }
        for (interface, member), answer in answers.items():
            self.answer(interface, member, answer)
        for member in ("Connect", "Disconnect", "Pair"):
            self.answer(DEVICE, member, self._device(member))
        self.tree.on_set["Powered"] = self._powered
        self.tree.on_left = self._left
        Remote.serve(self)
        self.tree.objects["/org/bluez"] = {MANAGER: {}}
        await self.tree.connect(self.bus, tasks)  # as BlueZ: first the name, then adapter by adapter what there is
        for number, address in enumerate(self.adapters):
            self.plug(number, address)
        await self._remember_bonds()

    async def crash(self) -> None:
        """Be killed: from one moment to the next nothing is said on the bus or in the air, and the links break."""
        ours = leave_the_air(self.virtual)
        await self.tree.vanish()
        come_back_alone(self.virtual, ours)
        await self._stop_scanner()
        for remote in list(self.remotes.values()):
            await remote.drop()

    async def restart(self) -> None:
        """Be killed and started again."""
        async with self._starting:
            await self.crash()
            assert self._tasks is not None
            await self.start(self._tasks)

    def plug(self, number: int, address: str) -> None:
        """Put an adapter in."""
        self.tree.add(
            f"/org/bluez/hci{number}",
            ADAPTER,
            Address=address,
            Name="booth",
            Alias="booth",
            Powered=True,
            Discovering=False,
            Roles=["central", "peripheral"],
        )

    def unplug(self, number: int) -> None:
        """Pull an adapter out."""
        self.tree.remove(f"/org/bluez/hci{number}")

    async def switch(self, number: int, *, on: bool) -> None:
        """Switch an adapter on or off."""
        path = f"/org/bluez/hci{number}"
        await self._powered(path, on)
        self.tree.change(path, ADAPTER, Powered=on)

    def path_of(self, device: VirtualDevice, number: int = 0) -> str:
        """Return a device's path on an adapter."""
        return f"/org/bluez/hci{number}/dev_{device.address.replace(':', '_')}"

    def answer(self, interface: str, member: str, work: Callable[[str, list[Any], str], Awaitable[list[Any]]]) -> None:
        """Have a method answered by *work*, or by the next of its faults."""

        async def answered(path: str, body: list[Any], sender: str) -> list[Any]:
            waiting = self.faults[member]
            if waiting:
                return await waiting.popleft()(self, path, lambda: work(path, body, sender))
            return await work(path, body, sender)

        self.tree.answers[interface, member] = answered

    async def _left(self, sender: str) -> None:
        for remote in list(self.remotes.values()):
            await remote.left(sender)

    async def _filter(self, _path: str, _body: list[Any], _sender: str) -> list[Any]:
        return []

    async def _start_discovery(self, path: str, _body: list[Any], sender: str) -> list[Any]:
        if not self.tree.has(path, ADAPTER, "Powered"):
            raise BluezError("NotReady", "Resource Not Ready")
        if sender in self._scans[path]:
            raise BluezError("InProgress", "Operation already in progress")
        self._scans[path].add(sender)
        self.tree.change(path, ADAPTER, Discovering=True)
        async with self._scanning:
            if self._scanner is None:
                self._scanner = BleakScanner(self._heard, backend=self.virtual.scanner_backend)
                await self._scanner.start()
        return []

    async def _stop_discovery(self, path: str, _body: list[Any], sender: str) -> list[Any]:
        if sender not in self._scans[path]:
            raise BluezError("Failed", "No discovery started")
        self._scans[path].discard(sender)
        if not self._scans[path]:
            self.tree.change(path, ADAPTER, Discovering=False)
        if not any(self._scans.values()):
            await self._stop_scanner()
        return []

    async def _stop_scanner(self) -> None:
        async with self._scanning:
            scanner, self._scanner = self._scanner, None
            if scanner is not None:
                await scanner.stop()

    def _heard(self, device: BLEDevice, said: AdvertisementData) -> None:
        for adapter, scans in self._scans.items():
            if scans and self.tree.has(adapter, ADAPTER, "Powered"):
                path = f"{adapter}/dev_{device.address.replace(':', '_')}"
                if path in self.tree.objects:
                    self.remotes[path].device = device
                    self.tree.change(path, DEVICE, RSSI=_RSSI)
                else:
                    self._meet(path, adapter, device, name=said.local_name, uuids=said.service_uuids)

    def _meet(self, path: str, adapter: str, device: BLEDevice, *, name: str | None, uuids: list[str]) -> None:
        paired = device.address in self._bonded
        self.remotes[path] = Remote(bluez=self, path=path, device=device)
        self.tree.add(
            path,
            DEVICE,
            Address=device.address,
            AddressType="random",
            Name=name or "",
            Alias=name or device.address.replace(":", "-"),
            Paired=paired,
            Bonded=paired,
            Trusted=paired,
            Connected=False,
            ServicesResolved=False,
            UUIDs=uuids,
            Adapter=adapter,
            RSSI=_RSSI,
        )

    def bonded(self, address: str, *, bonded: bool) -> None:
        """Say that there is a bond (no more): on each adapter, for in the air all of them are one central."""
        (self._bonded.add if bonded else self._bonded.discard)(address)
        for path, remote in self.remotes.items():
            if remote.device.address == address:
                self.tree.change(path, DEVICE, Paired=bonded, Bonded=bonded)

    async def _remember_bonds(self) -> None:
        self._bonded = set(await self.virtual.bonds())
        for address in self._bonded:
            known = self.virtual.device(address)
            device = BLEDevice(address, known.name, None)
            path = self.path_of(known)
            self._meet(path, "/org/bluez/hci0", device, name=known.name, uuids=[long_uuid(known.service)])

    async def _remove_device(self, _path: str, body: list[Any], _sender: str) -> list[Any]:
        (device,) = body
        if device not in self.remotes:
            raise BluezError("DoesNotExist", "Does Not Exist")
        await self.remotes[device].forget()
        self.remotes.pop(device, None)
        self.tree.remove(device)
        return []

    def _device(self, member: str) -> Callable[[str, list[Any], str], Awaitable[list[Any]]]:
        async def answered(path: str, _body: list[Any], _sender: str) -> list[Any]:
            if path not in self.remotes:
                raise BluezError("org.freedesktop.DBus.Error.UnknownObject", f"no such object path {path}")
            await getattr(self.remotes[path], member.lower())()
            return []

        return answered

    async def _powered(self, path: str, on: bool) -> None:  # noqa: FBT001 - the value of a property
        if not on:
            self._scans[path].clear()
            for each, remote in list(self.remotes.items()):
                if each.startswith(f"{path}/"):
                    await remote.drop()

    async def _register(self, _path: str, body: list[Any], sender: str) -> list[Any]:
        path, capability = body
        self.agents.append((sender, path, capability))
        return []

    async def _default(self, _path: str, body: list[Any], sender: str) -> list[Any]:
        self.agents.sort(key=lambda agent: agent[:2] == (sender, body[0]))
        return []

    async def _unregister(self, _path: str, body: list[Any], sender: str) -> list[Any]:
        self.agents[:] = [agent for agent in self.agents if agent[:2] != (sender, body[0])]
        return []

    async def ask_agent(self, member: str, signature: str, *body: Any) -> Any:
        """Ask the default agent, as BlueZ does while it pairs; without one there is nobody to say yes."""
        if not self.agents:
            raise BluezError("AuthenticationFailed", "Authentication Failed")
        sender, path, _ = self.agents[-1]
        try:
            return await self.tree.call(sender, path, "org.bluez.Agent1", member, signature, *body)
        except BluezError as error:
            raise BluezError("AuthenticationRejected", "Authentication Rejected") from error


@asynccontextmanager
async def running_bluez(devices: Sequence[VirtualDevice], **options: Any) -> AsyncIterator[Bluez]:
    """Run a private bus with a daemon on it and the virtual devices behind it; all are gone afterwards."""
    async with private_bus() as bus, VirtualRadio(devices) as virtual:
        bluez = Bluez(virtual=virtual, bus=bus, **options)
        running: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as tasks:
                serving = tasks.create_task(_serve(bluez, running))
                await running
                try:
                    yield bluez
                finally:
                    await bluez.crash()
                    serving.cancel()
        finally:
            await _let_go_of_the_bus()


async def _serve(bluez: Bluez, running: asyncio.Future[None]) -> None:
    async with asyncio.TaskGroup() as tasks:  # calls that never end are what some faults are: cancelled with this
        await bluez.start(tasks)
        running.set_result(None)
        await asyncio.Event().wait()


async def _let_go_of_the_bus() -> None:
    """Close bleak's own connection, which lives as long as the event loop."""
    manager = _global_instances.pop(asyncio.get_running_loop(), None)
    if manager is not None and manager._bus is not None:
        manager._bus.disconnect()
        await asyncio.sleep(0)
