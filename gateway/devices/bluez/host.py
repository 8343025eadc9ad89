"""Keeps watch over BlueZ: which adapters there are, whether the service still lives, and what it believes of devices.

bleak notices neither a restarted bluetoothd nor a removed device, and calls a device connected for as long as BlueZ
does. This side listens to the same signals, ends what has no future, and repairs what BlueZ got wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar, Final

from dbus_fast import Message, MessageType, Variant, unpack_variants

from gateway.devices.bluez.agent import AGENT, CAPABILITY, Agent, Desk, NobodyThere
from gateway.devices.bluez.bus import ADAPTER, AGENTS, BLUEZ, DEVICE, OBJECTS, PROPERTIES, SystemBus
from gateway.devices.bluez.objects import Bond, Objects
from gateway.devices.errors import BluezError, BondLost, LinkCut, RadioError
from gateway.devices.host import Adapter

__all__ = ["BlueZ"]

_STALE_AFTER: Final = 3
"""So many links that came up and broke at once: a bonded device has forgotten the bond (or has been reset)."""


class BlueZ:
    """A Host on Linux.

    *prefer* are adapters by address, the best first; others are used where none of these can be. *desk* is where a
    person sees a passkey. BlueZ is waited for *answer_s* seconds; a bus that is gone is tried again every *again_s*.
    """

    def __init__(
        self, *, prefer: Sequence[str] = (), desk: Desk | None = None, answer_s: float = 5.0, again_s: float = 2.0
    ) -> None:
        self._prefer = tuple(address.upper() for address in prefer)
        self._answer_s = answer_s
        self._again_s = again_s
        self._bus = SystemBus(self._heard, answer_s=answer_s)
        self._objects = Objects()
        self._agent = Agent(desk or NobodyThere(), expects=self._is_busy)
        self._life = 0
        self._news = asyncio.Event()
        self._owner: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: asyncio.TaskGroup | None = None
        self._in_session: set[str] = set()
        self._in_trouble: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[BlueZ]:
        """Watch BlueZ, with our agent registered, for as long as the context lasts."""
        async with asyncio.TaskGroup() as self._tasks:
            watching = self._tasks.create_task(self._watch())
            try:
                yield self
            finally:
                with suppress(RadioError):  # a service that is gone has no agent to forget
                    await self._bus.bluez("/org/bluez", AGENTS, "UnregisterAgent", "o", AGENT)
                watching.cancel()

    async def adapter(self) -> Adapter:
        """Wait until an adapter can be used, and return it: the preferred one, those in trouble last."""
        await self._until(self._objects.usable)
        usable = self._objects.usable()
        address = min(usable, key=self._rank)
        return Adapter(name=usable[address].rpartition("/")[2], address=address, life=self._life)

    async def lost(self, adapter: Adapter) -> RadioError:
        """Wait until the adapter is off or gone, or the service was restarted."""
        await self._until(lambda: self._why_lost(adapter) is not None)
        return LinkCut(self._why_lost(adapter) or "the adapter came back")

    async def broken(self, adapter: Adapter, address: str) -> RadioError:
        """Wait until the device was removed, its bond proves stale, or the adapter is lost."""
        self._in_session.add(address.upper())
        try:
            # bleak may have heard of the device on its own connection before we do on ours
            await self._until(lambda: self._why_lost(adapter) or self._objects.device(self._path(adapter), address))
            await self._until(lambda: self._why_broken(adapter, address) is not None)
            return self._why_broken(adapter, address) or LinkCut(f"{address}: came back")
        finally:
            self._in_session.discard(address.upper())
            self._agent.done(address.upper())

    def trouble(self, adapter: Adapter) -> None:
        """Put *adapter* behind all others."""
        if adapter.address is not None:
            self._in_trouble = [each for each in self._in_trouble if each != adapter.address] + [adapter.address]

    async def mend(self, adapter: Adapter, address: str, *, well: bool, alone: bool) -> str | None:
        """Have BlueZ disconnect; where it does not, remove the device, or switch a bonded one's adapter off and on."""
        if adapter.life != self._life or (found := self._objects.device(self._path(adapter), address)) is None:
            return None
        path, held = found
        if well and not held.get("Connected"):
            return None
        with suppress(BluezError):  # also takes back a request to connect that is still under way
            await self._bus.bluez(path, DEVICE, "Disconnect")
        if await self._is_down(path):
            return None
        if not held.get("Paired"):
            await self._bus.bluez(self._path(adapter), ADAPTER, "RemoveDevice", "o", path)
            return f"{address}: BlueZ held on to a dead link; the device was removed from its list"
        if not alone:
            return f"{address}: BlueZ holds on to a dead link; the adapter is in use and cannot be switched off and on"
        for on in (False, True):
            await self._switch(adapter, on=on)
        return f"{address}: BlueZ held on to a dead link; the adapter {adapter.address} was switched off and on"

    def bonds(self) -> tuple[Bond, ...]:
        """Return the bonds of all adapters."""
        return self._objects.bonds()

    async def forget(self, address: str) -> bool:
        """Remove the device from every adapter, bonds included; return whether there was a bond. Raises BluezError.

        BlueZ lists every device that it has lately heard: being listed is not being paired.
        """
        there = {path: held for path, held in self._objects.devices.items() if held.get("Address") == address.upper()}
        bonded = any(held.get("Paired") for held in there.values())
        for path in there:
            await self._bus.bluez(path.rpartition("/")[0], ADAPTER, "RemoveDevice", "o", path)
        return bonded

    async def _watch(self) -> None:
        """Follow BlueZ for ever: also through restarts of its service and of the bus."""
        while True:
            self._owner = asyncio.Queue()
            try:
                await self._bus.open()
                await self._follow(await self._bus.owner())
            except BluezError:
                await asyncio.sleep(self._again_s)
            finally:
                self._bus.close()
                self._begin_life()

    async def _follow(self, owner: str) -> None:
        async with asyncio.TaskGroup() as tasks:
            gone = tasks.create_task(self._bus.gone())
            while True:
                if owner:
                    await self._greet()
                next_owner = tasks.create_task(self._owner.get())
                await asyncio.wait([gone, next_owner], return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    next_owner.cancel()
                    return
                owner = next_owner.result()
                self._begin_life()

    async def _greet(self) -> None:
        """Learn what there is, and become the agent; a service that dies meanwhile has a next life to be greeted in."""
        with suppress(BluezError):
            for path, interfaces in (await self._bus.bluez("/", OBJECTS, "GetManagedObjects")).items():
                self._objects.added(path, interfaces)
            self._news.set()
            await self._bus.bluez("/org/bluez", AGENTS, "RegisterAgent", "os", AGENT, CAPABILITY)
            await self._bus.bluez("/org/bluez", AGENTS, "RequestDefaultAgent", "o", AGENT)

    def _begin_life(self) -> None:
        self._life += 1
        self._objects.clear()
        self._news.set()

    def _heard(self, message: Message) -> bool:
        if self._agent.concerns(message) and self._tasks is not None:
            self._tasks.create_task(self._answer(message))
            return True
        if message.message_type is MessageType.SIGNAL:
            take = self._SIGNALS.get(str(message.member))
            if take is not None:
                take(self, message, unpack_variants(message.body))
                self._news.set()
        return False

    async def _answer(self, message: Message) -> None:
        self._bus.send(await self._agent.answer(message))

    def _named(self, _message: Message, body: list[Any]) -> None:
        name, _, owner = body
        if name == BLUEZ:
            self._owner.put_nowait(owner)

    def _added(self, _message: Message, body: list[Any]) -> None:
        self._objects.added(body[0], body[1])

    def _removed(self, _message: Message, body: list[Any]) -> None:
        self._objects.removed(body[0], body[1])

    def _changed(self, message: Message, body: list[Any]) -> None:
        self._objects.changed(str(message.path), body[0], body[1])
        if body[0] == DEVICE and body[1].get("Paired"):
            self._agent.done(str(self._objects.devices.get(str(message.path), {}).get("Address", "")))

    _SIGNALS: ClassVar[dict[str, Callable[[BlueZ, Message, list[Any]], None]]] = {
        "NameOwnerChanged": _named,
        "InterfacesAdded": _added,
        "InterfacesRemoved": _removed,
        "PropertiesChanged": _changed,
    }

    async def _until(self, true: Callable[[], object]) -> None:
        while not true():
            self._news.clear()
            await self._news.wait()

    def _is_busy(self, address: str) -> bool:
        return address.upper() in self._in_session

    def _rank(self, address: str) -> tuple[int, int, str]:
        trouble = self._in_trouble.index(address) + 1 if address in self._in_trouble else 0
        known = self._prefer.index(address) if address in self._prefer else len(self._prefer)
        return trouble, known, address

    def _path(self, adapter: Adapter) -> str:
        return f"/org/bluez/{adapter.name}"

    def _why_lost(self, adapter: Adapter) -> str | None:
        if adapter.life != self._life:
            return "the Bluetooth service has ended or was restarted"
        if self._objects.usable().get(str(adapter.address)) != self._path(adapter):
            return f"the adapter {adapter.address} is off or gone"
        return None

    def _why_broken(self, adapter: Adapter, address: str) -> RadioError | None:
        if (lost := self._why_lost(adapter)) is not None:
            return LinkCut(f"{address}: {lost}")
        if (found := self._objects.device(self._path(adapter), address)) is None:
            return LinkCut(f"{address}: the device was removed from the list of {adapter.address}")
        path, held = found
        if held.get("Paired") and self._objects.flaps.get(path, 0) >= _STALE_AFTER:
            return BondLost(
                f"{address}: the link broke {_STALE_AFTER} times in encryption: the device has forgotten the bond"
            )
        return None

    async def _is_down(self, path: str) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._answer_s):
                await self._until(lambda: not self._objects.devices.get(path, {}).get("Connected"))
                return True
        return False

    async def _switch(self, adapter: Adapter, *, on: bool) -> None:
        powered = Variant("b", on)
        await self._bus.bluez(self._path(adapter), PROPERTIES, "Set", "ssv", ADAPTER, "Powered", powered)
