"""The operator's hands: look around, pair, forget and test devices, without taking a single reading from them.

A reading that nobody keeps must not be taken: a device that has sent one may forget it. So a test subscribes to
nothing; it asks who is there and what time it is, and hangs up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bleak import BleakClient, BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakDeviceNotFoundError

from gateway.devices.catalogue import PROFILES, short_uuid
from gateway.devices.conversation import Deliver
from gateway.devices.errors import DeviceTimeout, RadioError, Refused
from gateway.devices.events import Appeared, ClockRead, Connected, Ended, EndReason, Identified
from gateway.devices.host import Adapter, Anywhere, Host
from gateway.devices.introduction import identify, read_clock
from gateway.devices.peer import Peer, bounded
from gateway.devices.reading import DeviceIdentity
from gateway.devices.session import Deadlines

__all__ = ["Found", "Workbench"]

_ADAPTER_S: Final = 4.0
_NAMES: Final = {profile.service.upper(): profile.name for profile in PROFILES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A device that advertises: `speaks` are the profiles of ours among its services, `rssi` the strength in dBm."""

    address: str
    name: str | None
    rssi: int
    speaks: tuple[str, ...]


class Workbench:
    """One adapter in an operator's hands; the backends and *host* are as a Radio's."""

    def __init__(
        self,
        *,
        scanner_backend: type[BaseBleakScanner] | None = None,
        client_backend: type[BaseBleakClient] | None = None,
        host: Host | None = None,
        deadlines: Deadlines | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._scanner_backend = scanner_backend
        self._client_backend = client_backend
        self._host: Host = host or Anywhere()
        self._deadlines = deadlines or Deadlines()
        self._now = now

    async def scan(self, *, seconds: float, everything: bool = False) -> tuple[Found, ...]:
        """Return what advertises within *seconds*, strongest first; with *everything* also what is no health object."""
        found: dict[str, Found] = {}
        async with self._opened() as adapter, self._sightings(adapter) as sightings:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        device, heard = await sightings.get()
                        seen = _found(device, heard)
                        if seen.speaks or everything:
                            found[seen.address] = seen
        return tuple(sorted(found.values(), key=lambda each: -each.rssi))

    async def pair(self, address: str, *, seconds: float) -> DeviceIdentity:
        """Wait for the device, bond with it and return who it is; raise RadioError where that fails."""
        async with (
            self._opened() as adapter,
            self._sightings(adapter) as sightings,
            self._link(adapter, await _awaited(sightings, address, seconds)) as peer,
        ):
            await peer.pair()
            return await identify(peer, DeviceIdentity(address=address.upper()))

    async def forget(self, address: str) -> bool:
        """Remove the bond with the device; return whether there was one. Raise RadioError where it cannot be."""
        async with self._opened():
            forget = getattr(self._host, "forget", None)
            if forget is not None:
                return bool(await forget(address))
            client = BleakClient(address, backend=self._client_backend)
            try:
                await bounded(f"{address}: forget", self._deadlines.pair_s, client.unpair())
            except RadioError as error:
                if isinstance(error.__cause__, BleakDeviceNotFoundError):
                    return False
                raise
            return True

    async def test(
        self, deliver: Deliver, *, until: Callable[[], bool], seconds: float, only: Collection[str] | None = None
    ) -> None:
        """Meet every device of the catalogue that advertises (of *only*, by address) and deliver what it tells.

        Ends when *until* is true, at the latest after *seconds*. Raise RadioError where nothing can be heard at all.
        """
        wanted = None if only is None else frozenset(address.upper() for address in only)
        met: set[str] = set()
        async with self._opened() as adapter:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds), self._sightings(adapter) as sightings:
                    while not until():
                        device, heard = await sightings.get()
                        seen, address = _found(device, heard), device.address.upper()
                        if seen.speaks and address not in met and (wanted is None or address in wanted):
                            met.add(address)
                            await self._meet(adapter, device, seen, heard, deliver)

    async def _meet(
        self, adapter: Adapter, device: BLEDevice, seen: Found, heard: AdvertisementData, deliver: Deliver
    ) -> None:
        services = tuple(short_uuid(uuid) for uuid in heard.service_uuids)
        await deliver(Appeared(address=device.address, name=seen.name, services=services, at=self._now()))
        reason, detail = EndReason.COMPLETE, None
        try:
            async with self._link(adapter, device) as peer:
                await deliver(Connected(address=device.address, at=self._now()))
                await self._introduce(peer, DeviceIdentity(address=device.address, name=seen.name), deliver)
        except DeviceTimeout as error:
            reason, detail = EndReason.TIMEOUT, str(error)
        except RadioError as error:
            reason, detail = EndReason.FAILED, str(error)
        await deliver(Ended(address=device.address, reason=reason, at=self._now(), detail=detail))

    async def _introduce(self, peer: Peer, device: DeviceIdentity, deliver: Deliver) -> None:
        known = await identify(peer, device)
        await deliver(Identified(device=known, at=self._now()))
        try:
            said = await read_clock(peer)
        except Refused:
            await peer.pair()  # its clock is for those it knows
            said = await read_clock(peer)
        if said is not None:
            await deliver(ClockRead(device=known, said=said, at=self._now()))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Adapter]:
        """Watch the host, and give the adapter to use; what goes wrong within is raised as it is."""
        try:
            async with self._host.open():
                looking = "find a Bluetooth adapter (is there one, and is it switched on?)"
                yield await bounded(looking, _ADAPTER_S, self._host.adapter())
        except ExceptionGroup as failed:
            raise _first(failed) from None

    @asynccontextmanager
    async def _sightings(self, adapter: Adapter) -> AsyncIterator[asyncio.Queue[tuple[BLEDevice, AdvertisementData]]]:
        heard: asyncio.Queue[tuple[BLEDevice, AdvertisementData]] = asyncio.Queue()
        scanner = BleakScanner(
            lambda device, advertisement: heard.put_nowait((device, advertisement)),
            bluez={"adapter": adapter.name} if adapter.name else {},
            backend=self._scanner_backend,
        )
        await bounded("start scanning (is Bluetooth switched on?)", self._deadlines.scan_s, scanner.start())
        try:
            yield heard
        finally:
            with suppress(RadioError):
                await bounded("stop scanning", self._deadlines.scan_s, scanner.stop())

    @asynccontextmanager
    async def _link(self, adapter: Adapter, device: BLEDevice) -> AsyncIterator[Peer]:
        """Give a link to *device*, on which our agent answers; it is closed afterwards."""
        peer = Peer(
            device,
            hear=lambda _uuid, _value: None,
            gone=lambda _why: None,
            deadlines=self._deadlines,
            backend=self._client_backend,
        )
        try:
            async with asyncio.TaskGroup() as watching:
                broken = watching.create_task(self._cut_when_broken(adapter, device.address, peer))
                try:
                    await peer.connect()
                    yield peer
                finally:
                    broken.cancel()
                    with suppress(RadioError):
                        await peer.disconnect()
        except ExceptionGroup as failed:
            raise _first(failed) from None

    async def _cut_when_broken(self, adapter: Adapter, address: str, peer: Peer) -> None:
        peer.cut(await self._host.broken(adapter, address))


def _first(failed: ExceptionGroup[Exception]) -> Exception:
    """Return the RadioError that ended a group of tasks, the group itself where something else did."""
    radio, rest = failed.split(RadioError)
    error = radio.exceptions[0] if radio is not None and rest is None else failed
    return _first(error) if isinstance(error, ExceptionGroup) and error is not failed else error


async def _awaited(
    sightings: asyncio.Queue[tuple[BLEDevice, AdvertisementData]], address: str, seconds: float
) -> BLEDevice:
    """Return the device at *address* once it advertises; raise DeviceTimeout where it does not."""

    async def look() -> BLEDevice:
        while True:
            device, _ = await sightings.get()
            if device.address.upper() == address.upper():
                return device

    return await bounded(f"{address}: wait for it to advertise (is it in pairing mode?)", seconds, look())


def _found(device: BLEDevice, heard: AdvertisementData) -> Found:
    names = (_NAMES.get(short_uuid(uuid)) for uuid in heard.service_uuids)
    return Found(
        address=device.address.upper(),
        name=heard.local_name or device.name,
        rssi=heard.rssi,
        speaks=tuple(dict.fromkeys(name for name in names if name)),
    )
