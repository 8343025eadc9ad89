"""One device as BlueZ shows it: Device1 and its GATT objects, over a bleak client on the virtual radio."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import CONTROLLER_ERROR_CODES, BleakError, BleakGATTProtocolError, BleakGATTProtocolErrorCode

from tests.peers.bluez.tree import CHARACTERISTIC, DEVICE, SERVICE, BluezError

if TYPE_CHECKING:
    from tests.peers.bluez.daemon import Bluez

__all__ = ["Remote"]

_Code = BleakGATTProtocolErrorCode
_CONNECT_S: Final = 20.0
_KEY_MISSING: Final = CONTROLLER_ERROR_CODES[0x06]
_ERRORS: Final = {
    _Code.READ_NOT_PERMITTED: ("NotPermitted", "Read not permitted"),
    _Code.WRITE_NOT_PERMITTED: ("NotPermitted", "Write not permitted"),
    _Code.INSUFFICIENT_AUTHENTICATION: ("NotPermitted", "Not paired"),
    _Code.INSUFFICIENT_ENCRYPTION: ("NotPermitted", "Not paired"),
    _Code.INSUFFICIENT_ENCRYPTION_KEY_SIZE: ("NotPermitted", "Not paired"),
    _Code.INSUFFICIENT_AUTHORIZATION: ("NotAuthorized", "Operation Not Authorized"),
    _Code.REQUEST_NOT_SUPPORTED: ("NotSupported", "Operation is not supported"),
    _Code.CCCD_IMPROPERLY_CONFIGURED: ("ImproperlyConfigured", "CCCD Improperly Configured"),
}
"""How BlueZ words ATT errors (create_gatt_dbus_error); the rest carry their number."""


@dataclass(kw_only=True)
class Remote:
    """A device; its link is real, what is said about it is what BlueZ says."""

    bluez: Bluez
    path: str
    device: BLEDevice
    client: BleakClient | None = None
    handles: dict[str, int] = field(default_factory=dict)
    listeners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    deaf: bool = False
    _connecting: asyncio.Timeout | None = None
    _given_up: bool = False

    @staticmethod
    def serve(bluez: Bluez) -> None:
        """Have the methods of all characteristics answered."""
        for member in ("ReadValue", "WriteValue", "StartNotify", "StopNotify"):
            bluez.answer(CHARACTERISTIC, member, partial(_gatt, bluez, member))
        bluez.tree.returns[CHARACTERISTIC, "ReadValue"] = "ay"

    async def connect(self) -> None:
        """Open the link and resolve the services."""
        if self.client is not None:
            return
        if self._connecting is not None:
            raise BluezError("InProgress", "Operation already in progress")
        self._given_up = False
        try:
            async with asyncio.timeout(None) as self._connecting:
                await self._open()
        except TimeoutError as error:
            raise BluezError("Failed", "le-connection-abort-by-local") from error
        finally:
            self._connecting = None
        if self._given_up:  # it came up in the very moment in which it was given up
            await self.drop()
            raise BluezError("Failed", "le-connection-abort-by-local")

    async def disconnect(self) -> None:
        """Close the link, or stop opening it."""
        if self._connecting is None and self.client is None:
            raise BluezError("NotConnected", "Not Connected")
        await self.drop()

    async def pair(self) -> None:
        """Bond: ask the agent what BlueZ asks it, then encrypt."""
        if self.bluez.tree.has(self.path, DEVICE, "Paired"):
            raise BluezError("AlreadyExists", "Already Exists")
        await self.connect()
        await self._ask_agent()
        assert self.client is not None
        try:
            await self.client.pair()
        except BleakError as error:
            raise BluezError("AuthenticationFailed", "Authentication Failed") from error
        self.bluez.bonded(self.device.address, bonded=True)

    async def drop(self) -> None:
        """Close the link without being asked, or stop opening it."""
        self._give_up()
        client, self.client = self.client, None
        if client is not None:
            with suppress(BleakError):
                await client.disconnect()
        self._gone()

    async def forget(self) -> None:
        """Lose the link and the bond."""
        await self.drop()
        with suppress(BleakError):  # there may be no bond
            await BleakClient(self.device, backend=self.bluez.virtual.client_backend).unpair()
        self.bluez.bonded(self.device.address, bonded=False)

    def _give_up(self) -> None:
        if self._connecting is not None and not self._given_up:
            self._connecting.reschedule(0.0)
        self._given_up = True

    async def _open(self) -> None:
        client = BleakClient(
            self.device,
            disconnected_callback=self._hung_up,
            timeout=_CONNECT_S,
            backend=self.bluez.virtual.client_backend,
        )
        try:
            await client.connect()
        except (BleakError, TimeoutError) as error:
            if _KEY_MISSING in str(error):  # the link was there until the device asked for a key that we lack
                self.bluez.tree.change(self.path, DEVICE, Connected=True)
                self.bluez.tree.change(self.path, DEVICE, Connected=False)
            raise BluezError("Failed", "le-connection-abort-by-local") from error
        self.client = client
        self.bluez.tree.change(self.path, DEVICE, Connected=True)
        self._show(client)
        self.bluez.tree.change(self.path, DEVICE, ServicesResolved=True)

    def _show(self, client: BleakClient) -> None:
        tree = self.bluez.tree
        for service in client.services:
            at = f"{self.path}/service{service.handle:04x}"
            if at not in tree.objects:
                tree.add(at, SERVICE, UUID=service.uuid, Device=self.path, Primary=True)
            for offer in service.characteristics:
                path = f"{at}/char{offer.handle:04x}"
                self.handles[path] = offer.handle
                if path not in tree.objects:
                    flags = list(offer.properties)
                    tree.add(path, CHARACTERISTIC, UUID=offer.uuid, Service=at, Flags=flags, Notifying=False, MTU=247)

    def _hung_up(self, client: BleakClient) -> None:
        if client is self.client:
            self.client = None
            if not self.deaf:
                self._gone()

    def _gone(self) -> None:
        if self.bluez.tree.has(self.path, DEVICE, "Connected"):
            self.bluez.tree.change(self.path, DEVICE, Connected=False, ServicesResolved=False)

    async def _ask_agent(self) -> None:
        ask, passkey = self.bluez.ask_agent, self.bluez.passkey
        if self.bluez.security == "confirm":
            await ask("RequestConfirmation", "ou", self.path, passkey)
        elif self.bluez.security == "display":
            await ask("DisplayPasskey", "ouq", self.path, passkey, 0)
        elif self.bluez.security == "enter":
            if await ask("RequestPasskey", "o", self.path) != passkey:
                raise BluezError("AuthenticationFailed", "Authentication Failed")
        else:
            await ask("RequestAuthorization", "o", self.path)

    async def left(self, sender: str) -> None:
        """Have the device no longer send what nobody listens to, as BlueZ does when a client leaves the bus."""
        for path, senders in self.listeners.items():
            if sender in senders:
                senders.discard(sender)
                if not senders and self.client is not None:
                    with suppress(BleakError, BleakGATTProtocolError, TimeoutError):  # the link may be going down
                        await self.client.stop_notify(self.handles[path])

    async def gatt(self, member: str, path: str, body: list[Any], sender: str) -> list[Any]:
        """Do one operation on a characteristic."""
        if self.client is None:
            raise BluezError("Failed", "Not connected")
        handle = self.handles[path]
        try:
            if member == "ReadValue":
                return [bytes(await self.client.read_gatt_char(handle))]
            if member == "WriteValue":
                await self.client.write_gatt_char(handle, bytes(body[0]), response=True)
            elif member == "StartNotify":
                await self.client.start_notify(handle, partial(self._value, path))
                self.listeners[path].add(sender)
                self.bluez.tree.change(path, CHARACTERISTIC, Notifying=True)
            else:
                self.listeners[path].discard(sender)
                await self.client.stop_notify(handle)
        except BleakGATTProtocolError as error:
            other = ("Failed", f"Operation failed with ATT error: 0x{int(error.code):02x}")
            raise BluezError(*_ERRORS.get(error.code, other)) from error
        except (BleakError, TimeoutError) as error:
            raise BluezError("Failed", str(error)) from error
        return []

    def _value(self, path: str, _characteristic: object, value: bytearray) -> None:
        self.bluez.tree.change(path, CHARACTERISTIC, Value=bytes(value))


async def _gatt(bluez: Bluez, member: str, path: str, body: list[Any], sender: str) -> list[Any]:
    remote = next((each for at, each in bluez.remotes.items() if path.startswith(f"{at}/")), None)
    if remote is None or path not in bluez.tree.objects:
        raise BluezError("org.freedesktop.DBus.Error.UnknownObject", f"no such object path {path}")
    return await remote.gatt(member, path, body, sender)
