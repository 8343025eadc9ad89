"""The virtual radio with what BlueZ does wrong: adapters that come and go, and calls that fail in BlueZ's words."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakDBusError, BleakDeviceNotFoundError
from bumble.pairing import PairingConfig, PairingDelegate

from gateway.devices.ble import Radio
from gateway.devices.bluez import Desk
from gateway.devices.errors import LinkCut, RadioError
from gateway.devices.host import Adapter
from gateway.devices.session import Deadlines
from gateway.devices.virtual import VirtualDevice, VirtualRadio
from tests.peers.listener import BRISK, Listener, running

__all__ = ["FIRST", "SECOND", "Troubled", "pairing_by", "troubled_radio"]

FIRST = "00:1A:7D:DA:71:01"
SECOND = "00:1A:7D:DA:71:02"

Work = Callable[[], Awaitable[Any]]
Fault = Callable[[Work], Awaitable[Any]]


@dataclass
class Troubled:
    """A Host whose adapters a test takes away, and the faults that wait for bleak's next calls, by method."""

    adapters: list[str]
    virtual: VirtualRadio
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    life: int = 0
    removed: set[str] = field(default_factory=set)
    mended: list[str] = field(default_factory=list)
    troubled: list[str | None] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def open(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def adapter(self) -> Adapter:
        async with self._news:
            await self._news.wait_for(lambda: self.adapters)
        usable = sorted(self.adapters, key=self.troubled.count)
        return Adapter(address=usable[0], life=self.life)

    async def lost(self, adapter: Adapter) -> RadioError:
        async with self._news:
            await self._news.wait_for(lambda: adapter.life != self.life or adapter.address not in self.adapters)
        return LinkCut("the adapter is off or the service was restarted")

    async def broken(self, adapter: Adapter, address: str) -> RadioError:
        async with self._news:
            await self._news.wait_for(
                lambda: address in self.removed or adapter.life != self.life or adapter.address not in self.adapters
            )
        self.removed.discard(address)
        return LinkCut(f"{address}: removed, or its adapter is gone")

    def trouble(self, adapter: Adapter) -> None:
        self.troubled.append(adapter.address)

    async def mend(self, adapter: Adapter, address: str, *, well: bool, alone: bool) -> str | None:  # noqa: ARG002 - a Host's
        if well:
            return None
        self.mended.append(address)
        return f"{address}: mended"

    async def restart(self) -> None:
        """Restart the Bluetooth service."""
        await self._change(lambda: setattr(self, "life", self.life + 1))

    async def off(self, address: str) -> None:
        """Switch an adapter off."""
        await self._change(lambda: self.adapters.remove(address))

    async def on(self, address: str) -> None:
        """Switch an adapter on."""
        await self._change(lambda: self.adapters.append(address))

    async def remove(self, address: str) -> None:
        """Remove a device from the service's list."""
        await self._change(lambda: self.removed.add(address))

    async def forget(self, address: str) -> None:
        """Forget the bond with a device."""
        central = self.virtual._central
        assert central is not None
        assert central.device.keystore is not None
        for name, _ in await central.device.keystore.get_all():
            if name.startswith(address):
                await central.device.keystore.delete(name)

    async def _change(self, change: Callable[[], None]) -> None:
        async with self._news:
            change()
            self._news.notify_all()

    def client(self, virtual: type[BaseBleakClient]) -> type[BaseBleakClient]:
        """Return the client backend with the faults in it."""
        names = ("connect", "disconnect", "pair", "read_gatt_char", "write_gatt_char", "start_notify")
        return type("TroubledClient", (virtual,), {name: self._with_faults(virtual, name) for name in names})

    def scanner(self, virtual: type[BaseBleakScanner]) -> type[BaseBleakScanner]:
        """Return the scanner backend with the faults in it."""
        return type("TroubledScanner", (virtual,), {"start": self._with_faults(virtual, "start")})

    def _with_faults(self, virtual: type[Any], name: str) -> Callable[..., Awaitable[Any]]:
        usual = getattr(virtual, name)

        async def call(backend: Any, *arguments: Any, **options: Any) -> Any:
            def work() -> Awaitable[Any]:
                return usual(backend, *arguments, **options)  # type: ignore[no-any-return]

            waiting = self.faults[name]
            return await (waiting.popleft()(work) if waiting else work())

        return call


async def in_progress(_work: Work) -> Any:
    raise BleakDBusError("org.bluez.Error.InProgress", ["Operation already in progress"])


async def abort_by_local(_work: Work) -> Any:
    raise BleakDBusError("org.bluez.Error.Failed", ["le-connection-abort-by-local"])


async def not_found(_work: Work) -> Any:
    raise BleakDeviceNotFoundError("device", "It may have been removed from BlueZ when scanning stopped.")


async def not_ready(_work: Work) -> Any:
    raise BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"])


async def never(_work: Work) -> Any:
    await asyncio.Event().wait()


async def never_let_go(_work: Work) -> Any:
    try:
        await asyncio.Event().wait()
    finally:  # as bleak takes back a connection: without a deadline of its own
        await asyncio.Event().wait()


async def answer_late(work: Work) -> Any:
    done = await work()
    await asyncio.sleep(0.15)
    return done


@asynccontextmanager
async def troubled_radio(
    devices: Sequence[VirtualDevice],
    *,
    adapters: Sequence[str] = (FIRST,),
    deadlines: Deadlines = BRISK,
    listener: Callable[..., Listener] = Listener,
    booth: object = None,
    **options: Any,
) -> AsyncIterator[tuple[Troubled, Listener]]:
    """Switch the devices on and a Radio that listens to them through all that trouble."""
    async with VirtualRadio(devices) as virtual:
        troubled = Troubled(list(adapters), virtual)
        heard = listener(virtual, **({} if booth is None else {"booth": booth}))
        radio = Radio(
            scanner_backend=troubled.scanner(virtual.scanner_backend),
            client_backend=troubled.client(virtual.client_backend),
            host=troubled,
            deadlines=deadlines,
            **options,
        )
        async with running(radio, heard):
            yield troubled, heard


class _Booth(PairingDelegate):
    """The booth's side of a pairing with a passkey: it asks the desk, as the agent does."""

    def __init__(self, desk: Desk, address: str) -> None:
        super().__init__(PairingDelegate.IoCapability.DISPLAY_OUTPUT_AND_KEYBOARD_INPUT)
        self._desk = desk
        self._address = address

    async def get_number(self) -> int | None:
        typed = await self._desk.ask(self._address)
        return int(typed) if typed else None

    async def display_number(self, number: int, digits: int) -> None:
        self._desk.show(self._address, f"{number:0{digits}}")


class _Person(PairingDelegate):
    """The device's side: it shows its passkey, and a person reads it."""

    def __init__(self, read: Callable[[str], None]) -> None:
        super().__init__(PairingDelegate.IoCapability.DISPLAY_OUTPUT_ONLY)
        self._read = read

    async def display_number(self, number: int, digits: int) -> None:
        self._read(f"{number:0{digits}}")


def pairing_by(virtual: VirtualRadio, device: VirtualDevice, desk: Desk, *, read: Callable[[str], None]) -> None:
    """Have *device* show a passkey that has to be typed at the booth's *desk*; *read* is told what it shows."""
    assert virtual._central is not None
    random = PairingConfig.AddressType.RANDOM
    virtual._central.device.pairing_config_factory = lambda _: PairingConfig(
        mitm=True, delegate=_Booth(desk, device.address), identity_address_type=random
    )
    assert device._antenna is not None
    device._antenna._host.pairing_config_factory = lambda _: PairingConfig(
        mitm=True, delegate=_Person(read), identity_address_type=random
    )
