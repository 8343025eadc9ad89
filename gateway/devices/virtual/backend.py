"""bleak's backend over a Bumble host: the scanner and the client that `backend=` takes.

It does what BlueZ does where the two differ: a link to a bonded device is encrypted as it opens, pairing is Just Works,
and a device that has forgotten its bond is reported in bleak's words ("PIN or Key Missing").
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import CONTROLLER_ERROR_CODES, BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import core, hci
from bumble.att import ATT_Error
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Peer

from gateway.devices.virtual.central import Central

__all__ = ["VirtualClient", "VirtualScanner"]

_T = TypeVar("_T")
_MTU = 247
_SERVICE_LISTS = {
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
}


class VirtualScanner(BaseBleakScanner):
    """A bleak scanner backend; a subclass with `central` set is what `BleakScanner(backend=)` takes."""

    central: ClassVar[Central]

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        _scanning_mode: str,
        **_platform_arguments: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        await self.central.scan(self._advertised)

    async def stop(self) -> None:
        """Stop scanning."""
        await self.central.stop_scan(self._advertised)

    def _advertised(self, advertisement: Advertisement) -> None:
        services = [
            _long(core.UUID.from_bytes(octets[start : start + size]))
            for kind, octets in advertisement.data.ad_structures
            if (size := _SERVICE_LISTS.get(AdvertisingData.Type(kind), 0))
            for start in range(0, len(octets), size)
        ]
        if not self.is_allowed_uuid(services):
            return
        names = advertisement.data.get_all(AdvertisingData.COMPLETE_LOCAL_NAME)
        heard = AdvertisementData(
            local_name=names[0] if names else None,
            manufacturer_data={},
            service_data={},
            service_uuids=services,
            tx_power=None,
            rssi=advertisement.rssi,
            platform_data=(advertisement,),
        )
        address = advertisement.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(address, address, heard.local_name, advertisement.address, heard)
        self.call_detection_callbacks(device, heard)


class VirtualClient(BaseBleakClient):
    """A bleak client backend; a subclass with `central` set is what `BleakClient(backend=)` takes."""

    central: ClassVar[Central]

    def __init__(self, address_or_ble_device: BLEDevice | str, **arguments: Any) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=arguments["disconnected_callback"],
            timeout=arguments["timeout"],
        )
        known = address_or_ble_device.details if isinstance(address_or_ble_device, BLEDevice) else None
        self._peer_address = known if isinstance(known, hci.Address) else hci.Address(self.address)
        self._connection: Connection | None = None
        self._ended: asyncio.Future[None]
        self._peer: Peer | None = None

    @property
    def mtu_size(self) -> int:
        """Return the ATT MTU of the link."""
        return self._link.att_mtu

    @property
    def is_connected(self) -> bool:
        """Return whether the link is up."""
        return self._connection is not None

    async def connect(self, pair: bool, **_arguments: Any) -> None:  # noqa: FBT001 - bleak's signature
        """Open the link, encrypt it where there is a bond, and discover the services."""
        async with asyncio.timeout(self._timeout):
            with self._in_bleaks_words():
                connection = await self.central.connect(self._peer_address)
            self._connection, self._ended = connection, asyncio.get_running_loop().create_future()
            connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)
            try:
                if pair or await self._bonded():
                    await self.pair()
                self.services = await self._call(self._discover(connection))
            except BaseException:
                await self.disconnect()
                raise

    async def disconnect(self) -> None:
        """Close the link; a link that is already down is closed."""
        if self._connection is not None:
            await self.central.close(self._connection)

    async def pair(self, *_positional: Any, **_arguments: Any) -> None:
        """Encrypt the link, with the bond there is or by making one."""
        connection = self._link
        if connection.is_encrypted:
            return
        await self._call(connection.encrypt() if await self._bonded() else connection.pair())

    async def unpair(self) -> None:
        """Forget the bond and close the link; raise BleakDeviceNotFoundError where there is no bond, as BlueZ does."""
        if not await self._bonded() or self.central.device.keystore is None:
            raise BleakDeviceNotFoundError(self.address, f"Device with address {self.address} was not found.")
        await self.central.device.keystore.delete(str(self._peer_address))
        await self.disconnect()

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_arguments: Any
    ) -> bytearray:
        """Read a characteristic; nothing is cached."""
        del use_cached
        return bytearray(await self._call(self._gatt.read_value(characteristic.obj)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_arguments: Any
    ) -> bytearray:
        """Read a descriptor; nothing is cached."""
        del use_cached
        return bytearray(await self._call(self._gatt.read_value(descriptor.obj)))

    async def write_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        data: SizedBuffer,
        response: bool,  # noqa: FBT001 - bleak's signature
    ) -> None:
        """Write a characteristic, with or without the device's acknowledgement."""
        await self._call(self._gatt.write_value(characteristic.obj, bytes(data), with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        """Write a descriptor."""
        await self._call(self._gatt.write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_arguments: Any
    ) -> None:
        """Subscribe to a characteristic, by notification where it offers both."""
        gatt = self._link.gatt_client
        try:
            await self._call(gatt.subscribe(characteristic.obj, lambda value: callback(bytearray(value))))
        except BleakError:
            # Bumble subscribes before it asks: a refused caller would hear everything twice once it is let in.
            gatt.notification_subscribers.pop(characteristic.handle, None)
            gatt.indication_subscribers.pop(characteristic.handle, None)
            raise

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe from a characteristic."""
        await self._call(self._link.gatt_client.unsubscribe(characteristic.obj, force=True))

    @property
    def _link(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    @property
    def _gatt(self) -> Any:
        return self._link.gatt_client

    async def _call(self, call: Coroutine[Any, Any, _T]) -> _T:
        """Await *call* as long as the link is up: on one that is down, Bumble waits half a minute for an answer."""
        if (connection := self._connection) is None:
            call.close()
            raise BleakError("Not connected")
        work: asyncio.Future[Any] = cast("asyncio.Task[_T]", connection.cancel_on_disconnection(call))
        try:
            await asyncio.wait([work, self._ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            while not work.done():  # Bumble's `wait_for` may forget it and ask on: see `Antenna.advertise`
                work.cancel()
                await asyncio.wait([work], timeout=0)
        with self._in_bleaks_words():
            return cast("_T", work.result())

    async def _bonded(self) -> bool:
        keystore = self.central.device.keystore
        return keystore is not None and await keystore.get(str(self._peer_address)) is not None

    def _disconnected(self, _reason: int) -> None:
        self._connection, self.services = None, None
        self._ended.set_result(None)
        if self._disconnected_callback:
            self._disconnected_callback()

    @contextmanager
    def _in_bleaks_words(self) -> Iterator[None]:
        """Turn what Bumble raises into what bleak raises."""
        try:
            yield
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._connection is not None or (task is not None and task.cancelling()):
                raise
            raise BleakError("the device disconnected") from None  # Bumble cancels whoever waits for a lost link
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except core.TimeoutError as error:
            raise TimeoutError(str(error)) from error
        except hci.HCI_Error as error:
            raise BleakError(CONTROLLER_ERROR_CODES.get(error.error_code or 0, str(error))) from error
        except core.BaseBumbleError as error:
            raise BleakError(str(error) or type(error).__name__) from error

    async def _discover(self, connection: Connection) -> BleakGATTServiceCollection:
        peer = Peer(connection)
        await peer.request_mtu(_MTU)
        await peer.discover_all()  # type: ignore[no-untyped-call]  # Bumble leaves it untyped
        found = BleakGATTServiceCollection()
        for service in peer.services:
            shown = BleakGATTService(service, service.handle, _long(service.uuid))
            found.add_service(shown)
            for characteristic in service.characteristics:
                offered = BleakGATTCharacteristic(
                    characteristic,
                    characteristic.handle,
                    _long(characteristic.uuid),
                    list(gatt_char_props_to_strs(characteristic.properties)),
                    lambda: connection.att_mtu - 3,
                    shown,
                )
                found.add_characteristic(offered)
                for descriptor in characteristic.descriptors:
                    found.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, _long(descriptor.type), offered)
                    )
        return found


def _long(uuid: core.UUID) -> str:
    return str(UUID(bytes=uuid.to_bytes(force_128=True)[::-1]))
