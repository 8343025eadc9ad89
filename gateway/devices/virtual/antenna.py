"""The radio side of a virtual device: advertises, lets one central in, knows who subscribed, sends, hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final, TypeVar
from uuid import UUID

from bumble import att, core
from bumble.core import AdvertisingData
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, Service
from bumble.gatt_server import Server
from bumble.hci import Address
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import TransportSink, TransportSource

from gateway.devices.catalogue import short_uuid
from gateway.devices.errors import DeviceGone, RadioError

__all__ = ["Antenna"]

_T = TypeVar("_T")

_ADVERTISING_MS: Final = 40.0
_ANSWER_S: Final = 1.0
_GENERAL_DISCOVERABLE_LE_ONLY: Final = 0x06
_SERVICE_LIST: Final = {
    2: AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    16: AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
}


class Antenna:
    """One Bumble host on the controller behind *source* and *sink*; *name* and *service* are what it advertises.

    Characteristics are named as the catalogue names them: "2A35", or the 128-bit UUID in upper case. Add the services
    to `server` by `offer`, then `power_on`.
    """

    def __init__(
        self, source: TransportSource, sink: TransportSink, *, address: str, name: str, services: tuple[str, ...]
    ) -> None:
        self._host = Device.with_hci(name, Address(address), source, sink)
        self._host.pairing_config_factory = lambda _: PairingConfig(
            mitm=False,
            delegate=PairingDelegate(),
            identity_address_type=PairingConfig.AddressType.RANDOM,
        )
        self._advertisement = _advertisement(name, services)
        self._link: Connection | None = None
        self._subscribed: dict[Connection, set[str]] = {}
        self._changed = asyncio.Event()
        self._speaking = asyncio.Lock()
        self._characteristics: dict[str, Characteristic[bytes]] = {}

    @property
    def server(self) -> Server:
        """Return the GATT server, for descriptors that belong to one."""
        return self._host.gatt_server

    @property
    def is_connected(self) -> bool:
        """Return whether a central is connected, as far as the device knows."""
        return self._link is not None

    def listens(self, uuid: str) -> bool:
        """Return whether the central that is connected, as far as the device knows, has subscribed to *uuid*.

        Bumble may tell of a subscription before it tells of the link, or when that has gone: neither is a listener.
        """
        return self._link is not None and uuid in self._subscribed.get(self._link, ())

    def offer(self, services: Iterable[Service]) -> None:
        """Add services to the GATT table."""
        for service in services:
            self._host.add_service(service)
            for characteristic in service.characteristics:
                self._adopt(characteristic)

    async def power_on(self) -> None:
        """Start; silent until told to advertise. Raise TimeoutError where no controller answers."""
        self._host.on(Device.EVENT_CONNECTION, self._connected)
        self._host.command_timeout = _ANSWER_S
        await self._host.power_on()

    async def power_off(self) -> None:
        """Hang up, fall silent and let go of the controller."""
        await self.hang_up()
        await self.fall_silent()
        await self._host.power_off()

    async def forget_bonds(self) -> None:
        """Lose all bonds."""
        if self._host.keystore:
            await self._host.keystore.delete_all()

    async def until_subscribed(self, uuid: str) -> None:
        """Advertise until a central has subscribed to *uuid*."""
        while not self.listens(uuid):
            self._changed.clear()
            if self._link is None:
                await self.advertise()
            await self._changed.wait()

    async def until_gone(self) -> None:
        """Wait until no central is connected."""
        while self._link is not None:
            self._changed.clear()
            await self._changed.wait()

    async def send(self, uuid: str, value: bytes) -> None:
        """Send one packet, and wait for the confirmation of an indication; raise DeviceGone where nobody listens."""
        link, characteristic = self._listener(uuid)
        indicates = characteristic.properties & Characteristic.Properties.INDICATE
        send = self._host.indicate_subscriber if indicates else self._host.notify_subscriber
        await _while_up(link, send(link, characteristic, value))

    async def while_connected(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Await *work* as long as the link is up; raise DeviceGone when it ends, or there is none."""
        if self._link is None:
            work.close()
            raise DeviceGone("nobody is connected")
        return await _while_up(self._link, work)

    async def send_and_hang_up(self, uuid: str, value: bytes) -> None:
        """Send one packet and hang up before any confirmation can come; raise DeviceGone where nobody listens."""
        link, characteristic = self._listener(uuid)
        indicates = characteristic.properties & Characteristic.Properties.INDICATE
        packet = att.ATT_Handle_Value_Indication if indicates else att.ATT_Handle_Value_Notification
        sent = packet(attribute_handle=characteristic.handle, attribute_value=value)
        self.server.send_gatt_pdu(link, bytes(sent))
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the link, if there is one."""
        if (link := self._link) is not None:
            closing = link.cancel_on_disconnection(link.disconnect())
            try:
                await closing
            except (asyncio.CancelledError, core.BaseBumbleError):
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise

    async def advertise(self) -> None:
        """Advertise until a central connects or `fall_silent`; once more: nothing."""
        async with self._speaking:
            if not self._host.is_advertising:
                await self._begin_to_advertise()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Bumble awaits its commands with `wait_for`, which before Python 3.12 forgets a cancellation that comes
            # together with the answer; whoever put the device down would wait for it to the end of its window.
            raise asyncio.CancelledError

    async def fall_silent(self) -> None:
        """Stop advertising."""
        async with self._speaking:
            with suppress(core.BaseBumbleError):  # a controller that does not answer does not advertise for us either
                await self._host.stop_advertising()
                for half in tuple(self._host.extended_advertising_sets.values()):  # was cancelled while it began
                    await half.remove()

    async def _begin_to_advertise(self) -> None:
        try:
            await self._host.start_advertising(
                advertising_data=self._advertisement,
                advertising_interval_min=_ADVERTISING_MS,
                advertising_interval_max=_ADVERTISING_MS,
            )
        except core.BaseBumbleError as error:
            raise RadioError(f"{self._host.name}: the controller will not advertise: {error!r}") from error

    def _listener(self, uuid: str) -> tuple[Connection, Characteristic[bytes]]:
        if self._link is None or not self.listens(uuid):
            raise DeviceGone(f"nobody listens to {uuid}")
        return self._link, self._characteristics[uuid]

    def _adopt(self, characteristic: Characteristic[bytes]) -> None:
        uuid = short_uuid(str(UUID(bytes=characteristic.uuid.to_bytes(force_128=True)[::-1])))
        self._characteristics[uuid] = characteristic

        def subscription(bearer: Connection, notify: bool, indicate: bool) -> None:  # noqa: FBT001 - Bumble's signature
            wanted = self._subscribed.setdefault(bearer, set())
            (wanted.add if notify or indicate else wanted.discard)(uuid)
            self._changed.set()

        characteristic.on(Characteristic.EVENT_SUBSCRIPTION, subscription)

    def _connected(self, link: Connection) -> None:
        self._subscribed = {link: self._subscribed.get(link, set())}
        self._link = link
        link.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        self._changed.set()

    def _disconnected(self, _reason: int) -> None:
        self._link = None
        self._subscribed.clear()
        self._changed.set()


async def _while_up(link: Connection, work: Coroutine[Any, Any, _T]) -> _T:
    try:
        return await link.cancel_on_disconnection(work)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise DeviceGone("the central hung up") from None


def _advertisement(name: str, services: tuple[str, ...]) -> bytes:
    """Return what is broadcast: flags, the services by length of their UUIDs, and as much of the name as fits."""
    uuids = [core.UUID(service).to_bytes() for service in services]
    lists = [(kind, b"".join(uuid for uuid in uuids if len(uuid) == size)) for size, kind in _SERVICE_LIST.items()]
    said = [
        (AdvertisingData.FLAGS, bytes([_GENERAL_DISCOVERABLE_LE_ONLY])),
        *((kind, octets) for kind, octets in lists if octets),
        (AdvertisingData.COMPLETE_LOCAL_NAME, name.encode()),
    ]
    return bytes(AdvertisingData(said))
