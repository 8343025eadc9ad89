"""The radio: scans for health objects and runs a session with each that advertises.

With `peer.py` the only door to bleak. Whatever goes wrong becomes a RadioError that ends one session, never the scan;
an adapter or a Bluetooth service that is lost ends the sessions on it, and the scan goes on where and when it can.
https://bleak.readthedocs.io/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final

from bleak import BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

from gateway.devices.catalogue import PROFILES, long_uuid
from gateway.devices.conversation import Conversation, Deliver
from gateway.devices.dialogue import Dialogue
from gateway.devices.errors import RadioError
from gateway.devices.events import Deaf, Listening, Mended
from gateway.devices.fetching import Forgetful, Memory
from gateway.devices.hearing import Sighting
from gateway.devices.host import Adapter, Anywhere, Host
from gateway.devices.peer import Peer, bounded
from gateway.devices.session import Deadlines
from gateway.devices.user_data import Consent

__all__ = ["Deliver", "Radio"]

_Sightings = asyncio.Queue[tuple[BLEDevice, AdvertisementData] | RadioError]

_SERVICES: Final = {long_uuid(profile.service): profile.service for profile in PROFILES}


class Radio:
    """Scans for ever and runs a session with every device of the catalogue that advertises; several at once.

    `allowed` are the addresses that it talks to (None: all). The backends are bleak's: None is the platform's own,
    BlueZ on Linux. `host` knows the adapters and repairs what bleak cannot, `memory` what was kept of numbered records.
    `consents` are, by address, those of their users that devices want before they send; `dialogues` begin what reads a
    memory in its maker's own words.
    `now` returns aware UTC; device clocks know no zone and are set to `zone` (None: this machine's).
    """

    def __init__(
        self,
        *,
        scanner_backend: type[BaseBleakScanner] | None = None,
        client_backend: type[BaseBleakClient] | None = None,
        host: Host | None = None,
        memory: Memory | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: tzinfo | None = None,
        deadlines: Deadlines | None = None,
        allowed: Collection[str] | None = None,
        consents: Mapping[str, Consent] = MappingProxyType({}),
        dialogues: Mapping[str, Callable[[], Dialogue]] = MappingProxyType({}),
    ) -> None:
        self._scanner_backend = scanner_backend
        self._client_backend = client_backend
        self._host: Host = host or Anywhere()
        self._memory: Memory = memory or Forgetful()
        self._now = now
        self._zone = zone
        self._deadlines = deadlines or Deadlines()
        self._allowed = None if allowed is None else frozenset(address.upper() for address in allowed)
        self._consents = {address.upper(): consent for address, consent in consents.items()}
        self._dialogues = {address.upper(): begin for address, begin in dialogues.items()}
        self._connecting = asyncio.Lock()  # controllers take one connection request at a time
        self._busy: set[str] = set()
        self._failures: dict[str, int] = {}
        self._rests_until: dict[str, float] = {}

    async def run(self, deliver: Deliver) -> None:
        """Scan and deliver until cancelled, on whatever adapter can be used.

        `deliver` is awaited for each event before the next one of the same device: what it makes durable is durable in
        order. What it raises stops the radio, since a reading that cannot be kept must not be taken.
        """
        tries = 0
        async with self._host.open(), asyncio.TaskGroup() as sessions:
            while True:
                adapter = await self._host.adapter()
                try:
                    async with self._scanning(adapter) as sightings:
                        await deliver(Listening(adapter=adapter.address, at=self._now()))
                        tries = 0
                        why = await self._meet_all(adapter, sightings, sessions, deliver)
                except RadioError as error:
                    why, tries = error, tries + 1
                    self._host.trouble(adapter)
                if why is not None:
                    await deliver(Deaf(adapter=adapter.address, detail=str(why), at=self._now()))
                    await asyncio.sleep(self._deadlines.backoff(tries))

    @asynccontextmanager
    async def _scanning(self, adapter: Adapter) -> AsyncIterator[_Sightings]:
        """Be the one who scans with *adapter*."""
        sightings: _Sightings = asyncio.Queue()
        scanner = BleakScanner(
            lambda device, advertisement: sightings.put_nowait((device, advertisement)),
            service_uuids=list(_SERVICES),
            bluez={"adapter": adapter.name} if adapter.name else {},
            backend=self._scanner_backend,
        )
        seconds = self._deadlines.scan_s
        await bounded("start scanning (is Bluetooth switched on?)", seconds, scanner.start())
        try:
            yield sightings
        finally:
            with suppress(RadioError):  # an adapter that has gone does not scan either
                await bounded("stop scanning", seconds, scanner.stop())

    async def _meet_all(
        self, adapter: Adapter, sightings: _Sightings, sessions: asyncio.TaskGroup, deliver: Deliver
    ) -> RadioError | None:
        """Begin sessions until *adapter* is lost, and return why; None after a long silence: scans fall asleep."""
        async with asyncio.TaskGroup() as tasks:
            lost = tasks.create_task(self._host.lost(adapter))
            lost.add_done_callback(lambda task: None if task.cancelled() else sightings.put_nowait(task.result()))
            try:
                while True:
                    async with asyncio.timeout(self._deadlines.rescan_s):
                        seen = await sightings.get()
                    if isinstance(seen, RadioError):
                        return seen
                    device, advertisement = seen
                    if self._wants(device.address):
                        self._busy.add(device.address)
                        sessions.create_task(self._meet(adapter, device, advertisement, deliver))
            except TimeoutError:
                return None
            finally:
                lost.cancel()

    def _wants(self, address: str) -> bool:
        return (
            address not in self._busy
            and (self._allowed is None or address.upper() in self._allowed)
            and self._rests_until.get(address, 0.0) <= asyncio.get_running_loop().time()
        )

    async def _meet(
        self, adapter: Adapter, device: BLEDevice, advertisement: AdvertisementData, deliver: Deliver
    ) -> None:
        conversation = Conversation(
            Sighting(
                address=device.address,
                name=advertisement.local_name or device.name,
                services=tuple(_SERVICES[uuid] for uuid in advertisement.service_uuids if uuid in _SERVICES),
            ),
            deliver=deliver,
            now=self._now,
            zone=self._zone,
            deadlines=self._deadlines,
            connecting=self._connecting,
            memory=self._memory,
            consent=self._consents.get(device.address.upper()),
            dialogue=begin() if (begin := self._dialogues.get(device.address.upper())) else None,
        )
        peer = Peer(
            device,
            hear=conversation.hear,
            gone=conversation.gone,
            deadlines=self._deadlines,
            backend=self._client_backend,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                broken = tasks.create_task(self._host.broken(adapter, device.address))
                broken.add_done_callback(lambda task: None if task.cancelled() else peer.cut(task.result()))
                fruitful = await conversation.hold(peer)
                broken.cancel()
            await self._mend(adapter, device.address, deliver, well=fruitful)
        finally:
            self._busy.discard(device.address)
        self._rest(device.address, fruitful=fruitful)

    async def _mend(self, adapter: Adapter, address: str, deliver: Deliver, *, well: bool) -> None:
        try:
            done = await self._host.mend(adapter, address, well=well, alone=self._busy == {address})
        except RadioError as error:
            done = f"{address}: cannot be mended: {error}"
        if done is not None:
            await deliver(Mended(address=address, detail=done, at=self._now()))

    def _rest(self, address: str, *, fruitful: bool) -> None:
        """Leave a device alone for a while whose sessions fail."""
        if fruitful:
            self._failures.pop(address, None)
            return
        failures = self._failures[address] = self._failures.get(address, 0) + 1
        self._rests_until[address] = asyncio.get_running_loop().time() + self._deadlines.backoff(failures)
