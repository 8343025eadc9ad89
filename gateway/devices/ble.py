"""The radio: scans for health objects and runs a session with each that advertises.

The only door to bleak, and it trusts no call to come back: every one has a deadline (bleak's own GATT calls have none),
and whatever goes wrong becomes a RadioError that ends one session, never the scan. https://bleak.readthedocs.io/
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Final, TypeVar

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import CONTROLLER_ERROR_CODES, BleakGATTProtocolError, BleakGATTProtocolErrorCode

from gateway.devices.catalogue import PROFILES, long_uuid, short_uuid
from gateway.devices.conversation import Conversation, Deliver, Sighting
from gateway.devices.errors import BondLost, Declined, DeviceGone, DeviceTimeout, RadioError, Refused
from gateway.devices.session import Deadlines

__all__ = ["Deliver", "Peer", "Radio"]

_T = TypeVar("_T")

_SERVICES: Final = {long_uuid(profile.service): profile.service for profile in PROFILES}
_WANTS_BOND: Final = frozenset(
    {
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
    }
)
_KEY_MISSING: Final = CONTROLLER_ERROR_CODES[0x06]


async def _bounded(what: str, seconds: float, call: Awaitable[_T]) -> _T:
    """Await *call* for at most *seconds*; every failure becomes the RadioError that says whose it is."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as error:
        raise DeviceTimeout(f"{what}: no answer within {seconds:g} s") from error
    except BleakGATTProtocolError as error:
        raise (Refused if error.code in _WANTS_BOND else Declined)(f"{what}: {error}") from error
    except Exception as error:  # bleak's backends leak D-Bus, assertion and operating-system errors of many types
        lost = _KEY_MISSING in str(error)
        raise (BondLost if lost else RadioError)(f"{what}: {str(error) or type(error).__name__}") from error


class Peer:
    """The device at the other end of one link; characteristics are named by 16-bit UUID ("2A35")."""

    def __init__(
        self,
        device: BLEDevice,
        *,
        hear: Callable[[str, bytes], None],
        gone: Callable[[], None],
        deadlines: Deadlines,
        backend: type[BaseBleakClient] | None,
    ) -> None:
        self._hear = hear
        self._on_gone = gone
        self._gone = False
        self._deadlines = deadlines
        self._characteristics: dict[str, BleakGATTCharacteristic] = {}
        self._client = BleakClient(
            device,
            disconnected_callback=self._disconnected,
            timeout=deadlines.connect_s,
            backend=backend,
        )

    @property
    def offers(self) -> Mapping[str, frozenset[str]]:
        """Return the characteristics of the device, each with its properties ("read", "write", "indicate" …)."""
        return {uuid: frozenset(offer.properties) for uuid, offer in self._characteristics.items()}

    async def connect(self) -> None:
        """Open the link and learn the services."""
        await self._ask("connect", self._deadlines.connect_s, self._client.connect())
        for service in self._client.services:
            for characteristic in service.characteristics:
                self._characteristics.setdefault(short_uuid(characteristic.uuid), characteristic)

    async def pair(self) -> None:
        """Bond, or encrypt with the bond there is; on Linux the system's pairing agent answers the device."""
        await self._ask("pair", self._deadlines.pair_s, self._client.pair())

    async def read(self, uuid: str) -> bytes:
        """Return the value of a characteristic."""
        reading = self._client.read_gatt_char(self._characteristics[uuid])
        return bytes(await self._ask(f"read {uuid}", self._deadlines.read_s, reading))

    async def write(self, uuid: str, value: bytes) -> None:
        """Write the value of a characteristic and wait until the device has acknowledged it."""
        writing = self._client.write_gatt_char(self._characteristics[uuid], value, response=True)
        await self._ask(f"write {uuid}", self._deadlines.write_s, writing)

    async def subscribe(self, uuid: str) -> None:
        """Have the device send a characteristic from now on."""
        subscribing = self._client.start_notify(
            self._characteristics[uuid], lambda _, data: self._hear(uuid, bytes(data))
        )
        await self._ask(f"subscribe to {uuid}", self._deadlines.subscribe_s, subscribing)

    async def disconnect(self) -> None:
        """Close the link, or what is left of it."""
        await self._ask("disconnect", self._deadlines.disconnect_s, self._client.disconnect())

    async def _ask(self, what: str, seconds: float, call: Awaitable[_T]) -> _T:
        try:
            return await _bounded(f"{self._client.address}: {what}", seconds, call)
        except RadioError as error:
            if self._gone and type(error) is RadioError:
                raise DeviceGone(f"{error}: the device hung up") from error
            raise

    def _disconnected(self, _client: BleakClient) -> None:
        self._gone = True
        self._on_gone()


class Radio:
    """Scans for ever and runs a session with every device of the catalogue that advertises; several at once.

    `allowed` are the addresses that it talks to (None: all). The backends are bleak's: None is the platform's own,
    BlueZ on Linux. `now` returns aware UTC; device clocks know no zone and are set to `zone` (None: this machine's).
    """

    def __init__(
        self,
        *,
        scanner_backend: type[BaseBleakScanner] | None = None,
        client_backend: type[BaseBleakClient] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: tzinfo | None = None,
        deadlines: Deadlines | None = None,
        allowed: Collection[str] | None = None,
    ) -> None:
        self._scanner_backend = scanner_backend
        self._client_backend = client_backend
        self._now = now
        self._zone = zone
        self._deadlines = deadlines or Deadlines()
        self._allowed = None if allowed is None else frozenset(address.upper() for address in allowed)
        self._connecting = asyncio.Lock()  # controllers take one connection request at a time
        self._busy: set[str] = set()
        self._failures: dict[str, int] = {}
        self._rests_until: dict[str, float] = {}

    async def run(self, deliver: Deliver) -> None:
        """Scan and deliver until cancelled; raise RadioError where the adapter cannot scan.

        `deliver` is awaited for each event before the next one of the same device: what it makes durable is durable in
        order. What it raises stops the radio, since a reading that cannot be kept must not be taken.
        """
        sightings: asyncio.Queue[tuple[BLEDevice, AdvertisementData]] = asyncio.Queue()
        scanner = BleakScanner(
            lambda device, advertisement: sightings.put_nowait((device, advertisement)),
            service_uuids=list(_SERVICES),
            backend=self._scanner_backend,
        )
        await _bounded("start scanning (is Bluetooth switched on?)", self._deadlines.scan_s, scanner.start())
        try:
            async with asyncio.TaskGroup() as sessions:
                while True:
                    device, advertisement = await sightings.get()
                    if self._wants(device.address):
                        self._busy.add(device.address)
                        sessions.create_task(self._meet(device, advertisement, deliver))
        finally:
            with suppress(RadioError):  # an adapter that has gone does not scan either
                await _bounded("stop scanning", self._deadlines.scan_s, scanner.stop())

    def _wants(self, address: str) -> bool:
        return (
            address not in self._busy
            and (self._allowed is None or address.upper() in self._allowed)
            and self._rests_until.get(address, 0.0) <= asyncio.get_running_loop().time()
        )

    async def _meet(self, device: BLEDevice, advertisement: AdvertisementData, deliver: Deliver) -> None:
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
        )
        peer = Peer(
            device,
            hear=conversation.hear,
            gone=conversation.gone,
            deadlines=self._deadlines,
            backend=self._client_backend,
        )
        try:
            fruitful = await conversation.hold(peer)
        finally:
            self._busy.discard(device.address)
        if fruitful:
            self._failures.pop(device.address, None)
        else:
            failures = self._failures[device.address] = self._failures.get(device.address, 0) + 1
            self._rests_until[device.address] = asyncio.get_running_loop().time() + self._deadlines.backoff(failures)
