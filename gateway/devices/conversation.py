"""Holds one session with one device: does what each phase of `session.py` says, and delivers what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar
from uuid import uuid4

from gateway.devices.battery import BatteryLevel
from gateway.devices.catalogue import PROFILES, Packet
from gateway.devices.date_time import CurrentTime, DateTime, device_time
from gateway.devices.device_information import TEXTS, DeviceText, SystemId
from gateway.devices.errors import (
    BondLost,
    Declined,
    DeviceGone,
    DeviceTimeout,
    MalformedPacket,
    PairingFailed,
    RadioError,
    Refused,
)
from gateway.devices.reading import DeviceIdentity
from gateway.devices.session import (
    Appeared,
    ClockRead,
    Connected,
    Cue,
    Deadlines,
    DeviceEvent,
    Ended,
    EndReason,
    Identified,
    Indicated,
    Phase,
    Session,
    advance,
    may_set_clock,
)

if TYPE_CHECKING:
    from gateway.devices.ble import Peer

__all__ = ["Conversation", "Deliver", "Sighting"]

Deliver = Callable[[DeviceEvent], Awaitable[None]]
_P = TypeVar("_P", bound=Packet)

_LIVE: Final = frozenset(uuid for profile in PROFILES for uuid in profile.live)
_MEASUREMENTS: Final = _LIVE | {uuid for profile in PROFILES for uuid in profile.measurement}
_CLOCKS: Final[dict[str, type[DateTime | CurrentTime]]] = {"2A08": DateTime, "2A2B": CurrentTime}
_CUES: Final[dict[type[RadioError], Cue]] = {
    BondLost: Cue.BOND_LOST,
    DeviceGone: Cue.HUNG_UP,
    DeviceTimeout: Cue.TIMEOUT,
    Refused: Cue.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An advertisement: who sent it, under what name, for which services of the catalogue ("1810")."""

    address: str
    name: str | None
    services: tuple[str, ...]


class Conversation:
    """One session, from the sighting to Ended; `hear` and `gone` are called by the link as things happen."""

    def __init__(
        self,
        sighting: Sighting,
        *,
        deliver: Deliver,
        now: Callable[[], datetime],
        zone: tzinfo | None,
        deadlines: Deadlines,
        connecting: asyncio.Lock,
    ) -> None:
        self._sighting = sighting
        self._deliver = deliver
        self._now = now
        self._zone = zone
        self._deadlines = deadlines
        self._connecting = connecting
        self._device = DeviceIdentity(address=sighting.address, name=sighting.name)
        self._connection = uuid4().hex
        self._heard: asyncio.Queue[tuple[str, bytes, datetime] | None] = asyncio.Queue()
        self._spoke = False

    def hear(self, uuid: str, value: bytes) -> None:
        """Take a packet; it is delivered when those before it have been."""
        self._heard.put_nowait((uuid, value, self._now()))

    def gone(self) -> None:
        """Take note that the link is down."""
        self._heard.put_nowait(None)

    async def hold(self, peer: Peer) -> bool:
        """Hold the session; return whether the device said something and the session ended well."""
        seen = self._sighting
        await self._deliver(Appeared(address=seen.address, name=seen.name, services=seen.services, at=self._now()))
        reason, detail = await self._go_through(peer)
        await self._deliver(Ended(address=seen.address, reason=reason, at=self._now(), detail=detail))
        return reason.well and self._spoke

    async def _go_through(self, peer: Peer) -> tuple[EndReason, str | None]:
        session, detail = Session(), None
        overdue = asyncio.get_running_loop().time() + self._deadlines.session_s
        try:
            while session.phase is not Phase.ENDED:
                try:
                    cue = await self._WORK[session.phase](self, peer)
                except RadioError as error:
                    cue = _CUES.get(type(error), Cue.FAILED)
                    detail = detail if session.phase is Phase.LEAVING else str(error)
                if session.phase is Phase.LISTENING and asyncio.get_running_loop().time() > overdue:
                    cue, detail = Cue.TIMEOUT, f"still talking after {self._deadlines.session_s:g} s"
                session = advance(session, cue)
        finally:
            if session.phase is not Phase.ENDED:  # cancelled, or what we delivered could not be kept
                with suppress(RadioError):
                    await peer.disconnect()
        while not self._heard.empty():  # what came before the link broke is as good as any
            await self._listen(peer)
        reason = session.reason or EndReason.FAILED
        return reason, None if reason.well else detail

    async def _connect(self, peer: Peer) -> Cue:
        async with self._connecting:
            await peer.connect()
        await self._deliver(Connected(address=self._sighting.address, at=self._now()))
        return Cue.DONE

    async def _secure(self, peer: Peer) -> Cue:
        try:
            await peer.pair()
        except (BondLost, DeviceGone, DeviceTimeout):
            raise
        except RadioError as error:
            raise PairingFailed(str(error)) from error
        return Cue.DONE

    async def _identify(self, peer: Peer) -> Cue:
        texts = {field: await _read(peer, uuid, DeviceText) for uuid, field in TEXTS.items()}
        system_id = await _read(peer, "2A23", SystemId)
        battery = await _read(peer, "2A19", BatteryLevel)
        self._device = replace(
            self._device,
            system_id=system_id.eui64 if system_id and int(system_id.eui64, 16) else None,
            battery_percent=battery.level if battery and battery.valid else None,
            **{field: said.text for field, said in texts.items() if said and said.text},
        )
        await self._deliver(Identified(device=self._device, at=self._now()))
        return Cue.DONE

    async def _read_clock(self, peer: Peer) -> Cue:
        for uuid, clock in _CLOCKS.items():
            if said := await _read(peer, uuid, clock):
                await self._deliver(ClockRead(device=self._device, said=said.time, at=self._now()))
                break
        return Cue.DONE

    async def _set_clock(self, peer: Peer) -> Cue:
        clock = next((uuid for uuid in _CLOCKS if "write" in peer.offers.get(uuid, ())), None)
        if clock is None or not may_set_clock(self._device):
            return Cue.DONE
        local = self._now().astimezone(self._zone)
        right = DateTime(time=device_time(local)) if clock == "2A08" else CurrentTime.at(local)
        try:
            await peer.write(clock, right.encode())
        except Declined:
            return Cue.DONE  # a device that keeps its own time still measures, and ClockRead says how far off it is
        return Cue.DONE

    async def _subscribe(self, peer: Peer) -> Cue:
        # Live values first: a device may send its records as soon as it is asked for them, and then hang up.
        offered = {uuid for uuid, properties in peer.offers.items() if properties & {"notify", "indicate"}}
        for uuid in sorted(_MEASUREMENTS & offered, key=lambda uuid: (uuid not in _LIVE, uuid)):
            await peer.subscribe(uuid)
        return Cue.DONE

    async def _listen(self, _peer: Peer) -> Cue:
        try:
            async with asyncio.timeout(self._deadlines.silence_s):
                heard = await self._heard.get()
        except TimeoutError:
            return Cue.SILENT
        if heard is None:
            return Cue.HUNG_UP
        uuid, value, at = heard
        self._spoke = True
        await self._deliver(
            Indicated(device=self._device, connection=self._connection, characteristic=uuid, value=value, at=at)
        )
        return Cue.SPOKE

    async def _leave(self, peer: Peer) -> Cue:
        await peer.disconnect()
        return Cue.DONE

    _WORK: ClassVar[dict[Phase, Callable[[Conversation, Peer], Awaitable[Cue]]]] = {
        Phase.CONNECTING: _connect,
        Phase.SECURING: _secure,
        Phase.IDENTIFYING: _identify,
        Phase.READING_CLOCK: _read_clock,
        Phase.SETTING_CLOCK: _set_clock,
        Phase.SUBSCRIBING: _subscribe,
        Phase.LISTENING: _listen,
        Phase.LEAVING: _leave,
    }


async def _read(peer: Peer, uuid: str, packet: type[_P]) -> _P | None:
    """Return a value that a session can do without: None where it is not offered, not given or not understood."""
    if "read" not in peer.offers.get(uuid, ()):
        return None
    try:
        return packet.decode(await peer.read(uuid))
    except (Declined, MalformedPacket):
        return None
