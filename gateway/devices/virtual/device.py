"""What every virtual health object has: an identity, a clock, a memory, an antenna, and a person who uses it.

It behaves as objects sold do: silent until somebody measures with it, then it advertises for a while, sends its records
to whoever connects and subscribes, hangs up, and goes to sleep.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar, Protocol, TypeVar

from bumble.transport.common import TransportSink, TransportSource

from gateway.devices.catalogue import decode
from gateway.devices.errors import DeviceGone, RadioError
from gateway.devices.reading import DeviceIdentity, DeviceTime
from gateway.devices.virtual.antenna import Antenna
from gateway.devices.virtual.clock import DeviceClock
from gateway.devices.virtual.person import Body
from gateway.devices.virtual.table import Offer, clock_offers, device_services

__all__ = ["Offer", "Reach", "Sent", "VirtualDevice"]

_T = TypeVar("_T")


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


class Reach(Protocol):
    """The air around one device, for devices that walk out of it."""

    def leave(self) -> None:
        """Go out of reach, without a word to anybody."""

    def come_back(self) -> None:
        """Be in reach again."""


class VirtualDevice(ABC):
    """One simulated health object; `VirtualRadio` or `simulate` switches it on.

    `number` tells apart several of a model (address, serial number and System ID come of it). `body` is the person that
    it measures. Its clock runs `clock_error` beside the local time of `zone` until somebody sets it (None: it has no
    time until then). It advertises for `window_s` after a measurement; what nobody fetched stays in its memory for the
    next time. With `memory` it keeps every record and sends them all, each time.

    Misfortunes, once each: with packet number `drops_at` of its records still unconfirmed it hangs up, and considers
    that packet not delivered; instead of sending number `vanishes_at` it is out of reach for `away_s`.

    `model_number` is what it says its model is, where that is not its own.
    `sent` keeps its last packets and `on_sent` is called with each. `reach` is set by the radio it is switched on in.
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
        clock_error: timedelta | None = timedelta(0),
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        battery_percent: int = 87,
        window_s: float = 30.0,
        drops_at: int | None = None,
        vanishes_at: int | None = None,
        away_s: float = 5.0,
        model_number: str | None = None,
        on_sent: Callable[[Sent], None] | None = None,
    ) -> None:
        self.number = number
        self.body = body or Body()
        self.bonded = bonded
        self.memory = memory
        self.battery_percent = battery_percent
        self.window_s = window_s
        self.away_s = away_s
        self.on_sent = on_sent
        self.sent: deque[Sent] = deque(maxlen=256)
        self.reach: Reach | None = None
        self._model_number = model_number or self.model
        self._clock = DeviceClock(error=clock_error, zone=zone, now=now)
        self._drops_at = drops_at
        self._vanishes_at = vanishes_at
        self._count = 0
        self._records: list[bytes] = []
        self._antenna: Antenna | None = None
        self._in_use = asyncio.Lock()

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
            model=self._model_number,
            serial=f"V{self.kind:02}{self.number:06}",
            firmware="1.0",
            hardware="A",
            software="1.0",
            system_id=f"025442FFFE{self.kind:02X}{self.number & 0xFFFF:04X}",
            battery_percent=self.battery_percent,
        )

    @property
    def is_connected(self) -> bool:
        """Return whether a central is connected, as far as the device knows."""
        return self._antenna is not None and self._antenna.is_connected

    @property
    def clock_error(self) -> timedelta:
        """Return how far the device's clock runs beside the local time; raise ValueError where it has no time."""
        if self._clock.error is None:
            raise ValueError(f"{self.key}: its clock was never set")
        return self._clock.error

    def clock_reads(self) -> DeviceTime:
        """Return what the device's clock shows now."""
        return self._clock.reads()

    def set_clock(self, shown: DeviceTime) -> None:
        """Set the device's clock; a time that is none is ignored, as devices do."""
        self._clock.set(shown)

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the characteristics that this very device answers for, beside those of its class."""
        return ()

    @abstractmethod
    async def measure(self) -> bytes:
        """Take a measurement and send it; return the record's exact octets, sent or kept."""

    async def power_on(self, source: TransportSource, sink: TransportSink) -> None:
        """Start on the controller behind *source* and *sink*; silent until somebody measures."""
        antenna = Antenna(source, sink, address=self.address, name=self.name, services=(self.service,))
        offers = (*self.offers, *self.own_offers(), *clock_offers(self.clock, self))
        antenna.offer(device_services(self.service, offers, self.identity, bonded=self.bonded, server=antenna.server))
        await antenna.power_on()
        self._antenna = antenna

    async def power_off(self) -> None:
        """Hang up, fall silent and let go of the controller."""
        if self._antenna is not None:
            await self._antenna.power_off()
            self._antenna = None

    async def forget_bonds(self) -> None:
        """Lose the bonds, as after a change of batteries or a factory reset."""
        if self._antenna is not None:
            await self._antenna.forget_bonds()

    @asynccontextmanager
    async def _in_somebodys_hands(self) -> AsyncIterator[None]:
        """Let one person use the device at a time, and send it to sleep when they put it down."""
        async with self._in_use:
            try:
                yield
            finally:
                if self._antenna is not None and not self._antenna.is_connected:
                    await self._antenna.fall_silent()

    async def _until_subscribed(self, uuid: str, *, seconds: float) -> bool:
        """Advertise until a central has subscribed to *uuid*; return False where none did in time."""
        if self._antenna is None:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._antenna.until_subscribed(uuid)
                return True
        return False

    async def _show(self, uuid: str, value: bytes) -> None:
        """Send one packet of a live stream; raise DeviceGone where nobody listens (any more)."""
        if self._antenna is None or not self._antenna.listens(uuid):
            raise DeviceGone(f"{self.key}: nobody listens to {uuid}")
        await self._antenna.send(uuid, value)
        self._tell_sent(uuid, value)

    def _tell_sent(self, uuid: str, value: bytes) -> None:
        sent = Sent(device=self.key, characteristic=uuid, value=value, at=self._clock.now())
        self.sent.append(sent)
        if self.on_sent:
            self.on_sent(sent)

    async def _send(self, uuid: str, value: bytes) -> None:
        """Send one packet of a record, misfortunes permitting; raise DeviceGone where it was not delivered."""
        self._count += 1
        if self._count == self._vanishes_at:
            await self._vanish()
        if self._count == self._drops_at and self._antenna is not None:
            await self._antenna.send_and_hang_up(uuid, value)
            raise DeviceGone(f"{self.key}: hung up before {uuid} was confirmed")
        await self._show(uuid, value)

    async def _vanish(self) -> None:
        if self.reach is None:
            raise RadioError(f"{self.key}: only a device in the virtual air can vanish; leave out --transport")
        self.reach.leave()
        await asyncio.sleep(self.away_s)
        self.reach.come_back()
        raise DeviceGone(f"{self.key}: was out of reach for {self.away_s:g} s")

    async def _hand_over(self, uuid: str) -> bool:
        """Send the records as *uuid* to whoever comes within `window_s`; return whether somebody took them all."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.window_s):
                while self._antenna is not None:
                    if await self._sent_all(uuid):
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

    async def _connected(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Await *work* as long as a central is connected; raise DeviceGone when none is (any more)."""
        if self._antenna is None:
            work.close()
            raise DeviceGone(f"{self.key}: switched off")
        return await self._antenna.while_connected(work)

    async def _hang_up(self) -> None:
        if self._antenna is not None:
            await self._antenna.hang_up()
