"""What every virtual health object has: a GATT server, an identity, a clock, a memory, and a person who uses it.

It behaves as objects sold do: silent until somebody measures with it, then it advertises for a while, sends its records
to whoever connects and subscribes, hangs up, and goes to sleep.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar, Final

from bumble import core
from bumble.core import AdvertisingData
from bumble.device import Connection, Device
from bumble.gatt import Characteristic
from bumble.hci import Address
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import TransportSink, TransportSource

from gateway.devices.catalogue import decode
from gateway.devices.date_time import device_time
from gateway.devices.errors import DeviceGone, RadioError
from gateway.devices.reading import DeviceIdentity, DeviceTime
from gateway.devices.virtual.person import Body
from gateway.devices.virtual.table import Offer, clock_offers, device_services

__all__ = ["Offer", "Sent", "VirtualDevice"]

_ADVERTISING_MS: Final = 40.0
_ANSWER_S: Final = 1.0
_GENERAL_DISCOVERABLE_LE_ONLY: Final = 0x06


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One packet that a virtual device sent (indicated and confirmed, or notified)."""

    device: str
    characteristic: str
    value: bytes
    at: datetime

    def shown(self) -> dict[str, object]:
        """Return the decoded value, as `teleborne decode` prints it."""
        return decode(self.characteristic, self.value).to_json()


class VirtualDevice(ABC):
    """One simulated health object; `VirtualRadio` or `simulate` switches it on.

    `number` tells apart several of a model (address, serial number and System ID come of it). `body` is the person that
    it measures. Its clock runs `clock_error` beside the local time of `zone` until somebody sets it. It advertises for
    `window_s` after a measurement; what nobody fetched stays in its memory for the next time. With `memory` it keeps
    every record and sends them all, each time. `sent` keeps its last packets and `on_sent` is called with each.
    """

    key: ClassVar[str]
    about: ClassVar[str]
    kind: ClassVar[int]
    name: ClassVar[str]
    model: ClassVar[str]
    service: ClassVar[str]
    clock: ClassVar[str | None] = None
    offers: ClassVar[tuple[Offer, ...]]

    def __init__(
        self,
        *,
        number: int = 1,
        body: Body | None = None,
        bonded: bool = False,
        memory: bool = False,
        clock_error: timedelta = timedelta(0),
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        window_s: float = 30.0,
        on_sent: Callable[[Sent], None] | None = None,
    ) -> None:
        self.number = number
        self.body = body or Body()
        self.bonded = bonded
        self.memory = memory
        self.clock_error = clock_error
        self.window_s = window_s
        self.on_sent = on_sent
        self.sent: deque[Sent] = deque(maxlen=256)
        self._zone = zone
        self._now = now
        self._records: list[bytes] = []
        self._host: Device | None = None
        self._link: Connection | None = None
        self._subscribed: set[str] = set()
        self._changed = asyncio.Event()
        self._in_use = asyncio.Lock()
        self._characteristics: dict[str, Characteristic[bytes]] = {}

    @property
    def address(self) -> str:
        """Return the radio address (random static)."""
        return f"F0:54:42:{self.kind:02X}:{self.number >> 8 & 0xFF:02X}:{self.number & 0xFF:02X}"

    @property
    def identity(self) -> DeviceIdentity:
        """Return what the device says of itself when asked."""
        return DeviceIdentity(
            address=self.address,
            name=self.name,
            manufacturer="Téléborne (virtual)",
            model=self.model,
            serial=f"V{self.kind:02}{self.number:06}",
            firmware="1.0",
            hardware="A",
            software="1.0",
            system_id=f"025442FFFE{self.kind:02X}{self.number & 0xFFFF:04X}",
            battery_percent=87,
        )

    @property
    def is_connected(self) -> bool:
        """Return whether a central is connected, as far as the device knows."""
        return self._link is not None

    def clock_reads(self) -> DeviceTime:
        """Return what the device's clock shows now."""
        return device_time(self._local() + self.clock_error)

    def set_clock(self, shown: DeviceTime) -> None:
        """Set the device's clock; a time that is none is ignored, as devices do."""
        with suppress(ValueError):
            right = datetime(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second)  # noqa: DTZ001 - a device clock has no zone
            self.clock_error = right - self._local().replace(tzinfo=None, microsecond=0)

    @abstractmethod
    async def measure(self) -> bytes:
        """Take a measurement and send it; return the record's exact octets, sent or kept."""

    async def power_on(self, source: TransportSource, sink: TransportSink) -> None:
        """Start on the controller behind *source* and *sink*; silent until somebody measures."""
        host = Device.with_hci(self.name, Address(self.address), source, sink)
        host.pairing_config_factory = lambda _: PairingConfig(
            mitm=False,
            delegate=PairingDelegate(),
            identity_address_type=PairingConfig.AddressType.RANDOM,
        )
        offers = (*self.offers, *clock_offers(self.clock, self))
        for service in device_services(
            self.service, offers, self.identity, bonded=self.bonded, server=host.gatt_server
        ):
            host.add_service(service)
            for characteristic in service.characteristics:
                self._adopt(characteristic)
        host.on(Device.EVENT_CONNECTION, self._connected)
        host.command_timeout = _ANSWER_S
        await host.power_on()
        self._host = host

    async def power_off(self) -> None:
        """Hang up, fall silent and let go of the controller."""
        if self._host:
            await self._hang_up()
            await self._fall_silent()
            await self._host.power_off()
            self._host = None

    async def forget_bonds(self) -> None:
        """Lose the bonds, as after a change of batteries or a factory reset."""
        if self._host and self._host.keystore:
            await self._host.keystore.delete_all()

    @asynccontextmanager
    async def _in_somebodys_hands(self) -> AsyncIterator[None]:
        """Let one person use the device at a time, and send it to sleep when they put it down."""
        async with self._in_use:
            try:
                yield
            finally:
                if self._link is None:
                    await self._fall_silent()

    async def _until_subscribed(self, uuid: str, *, seconds: float) -> bool:
        """Advertise until a central has subscribed to *uuid*; return False where none did in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while uuid not in self._subscribed:
                    self._changed.clear()
                    if self._link is None:
                        await self._advertise()
                    await self._changed.wait()
                return True
        return False

    async def _send(self, uuid: str, value: bytes) -> None:
        """Send one packet; raise DeviceGone where nobody listens (any more)."""
        if self._host is None or self._link is None or uuid not in self._subscribed:
            raise DeviceGone(f"{self.key}: nobody listens to {uuid}")
        characteristic = self._characteristics[uuid]
        indicates = characteristic.properties & Characteristic.Properties.INDICATE
        send = self._host.indicate_subscriber if indicates else self._host.notify_subscriber
        try:
            await self._link.cancel_on_disconnection(send(self._link, characteristic, value))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise DeviceGone(f"{self.key}: the central hung up") from None
        sent = Sent(device=self.key, characteristic=uuid, value=value, at=self._now())
        self.sent.append(sent)
        if self.on_sent:
            self.on_sent(sent)

    async def _hand_over(self, uuid: str) -> bool:
        """Send the records as *uuid* to whoever comes within `window_s`; return whether somebody took them all."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.window_s):
                while not await self._sent_all(uuid):
                    pass
                return True
        return False

    async def _sent_all(self, uuid: str) -> bool:
        if not await self._until_subscribed(uuid, seconds=self.window_s):
            return False
        try:
            for record in tuple(self._records):
                await self._send(uuid, record)
                if not self.memory:
                    self._records.remove(record)
        except DeviceGone:
            return False
        return True

    async def _hang_up(self) -> None:
        if (link := self._link) is not None:
            closing = link.cancel_on_disconnection(link.disconnect())
            try:
                await closing
            except (asyncio.CancelledError, core.BaseBumbleError):
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise

    async def _advertise(self) -> None:
        if self._host is None or self._host.is_advertising:
            return
        services = core.UUID.from_16_bits(int(self.service, 16)).to_bytes()
        said = AdvertisingData(
            [
                (AdvertisingData.FLAGS, bytes([_GENERAL_DISCOVERABLE_LE_ONLY])),
                (AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, services),
                (AdvertisingData.COMPLETE_LOCAL_NAME, self.name.encode()),
            ]
        )
        try:
            await self._host.start_advertising(
                advertising_data=bytes(said),
                advertising_interval_min=_ADVERTISING_MS,
                advertising_interval_max=_ADVERTISING_MS,
            )
        except core.BaseBumbleError as error:
            raise RadioError(f"{self.key}: the controller will not advertise: {error!r}") from error

    async def _fall_silent(self) -> None:
        if self._host:
            with suppress(core.BaseBumbleError):  # a controller that does not answer does not advertise for us either
                await self._host.stop_advertising()

    def _adopt(self, characteristic: Characteristic[bytes]) -> None:
        uuid = characteristic.uuid.to_hex_str()
        self._characteristics[uuid] = characteristic

        def subscription(_bearer: Connection, notify: bool, indicate: bool) -> None:  # noqa: FBT001 - Bumble's signature
            (self._subscribed.add if notify or indicate else self._subscribed.discard)(uuid)
            self._changed.set()

        characteristic.on(Characteristic.EVENT_SUBSCRIPTION, subscription)

    def _connected(self, link: Connection) -> None:
        self._link = link
        link.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        self._changed.set()

    def _disconnected(self, _reason: int) -> None:
        self._link = None
        self._subscribed.clear()
        self._changed.set()

    def _local(self) -> datetime:
        return self._now().astimezone(self._zone)
