"""Holds one session with one device: does what each phase of `session.py` says, and delivers what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import uuid4

from gateway.devices.catalogue import PROFILES
from gateway.devices.conduct import conduct_of
from gateway.devices.dialogue import Dialogue, Next
from gateway.devices.errors import (
    BondLost,
    Declined,
    DeviceGone,
    DeviceTimeout,
    NotLetIn,
    PairingFailed,
    RadioError,
)
from gateway.devices.fetching import CONTROL_POINT, SERIES, Memory
from gateway.devices.hearing import Hearing, Said, Sighting
from gateway.devices.introduction import identify, read_clock, set_clock
from gateway.devices.reading import DeviceIdentity
from gateway.devices.retrieval import Retrieval
from gateway.devices.session import (
    CUES,
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
)
from gateway.devices.user_data import CONTROL_POINT as USERS
from gateway.devices.user_data import Consent, refusal

if TYPE_CHECKING:
    from gateway.devices.peer import Peer

__all__ = ["Conversation", "Deliver"]

Deliver = Callable[[DeviceEvent], Awaitable[None]]

_LIVE: Final = frozenset(uuid for profile in PROFILES for uuid in profile.live)
_RESULTS: Final = frozenset(uuid for profile in PROFILES for uuid in profile.measurement)
_MEASUREMENTS: Final = _LIVE | _RESULTS
_BY_DIALOGUE: Final = frozenset(uuid for profile in PROFILES for uuid in profile.memory)
_ENDS: Final = frozenset({Cue.SILENT, Cue.HUNG_UP, Cue.BROKE_OFF})


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
        memory: Memory,
        consent: Consent | None,
        dialogue: Dialogue | None = None,
    ) -> None:
        self._sighting = sighting
        self._deliver = deliver
        self._consent = consent
        self._dialogue = dialogue
        self._all_told = False
        self._retrieval = Retrieval(memory)
        self._series: dict[str, bytes] = {}
        self._now = now
        self._zone = zone
        self._deadlines = deadlines
        self._connecting = connecting
        self._device = DeviceIdentity(address=sighting.address, name=sighting.name)
        self._connection = uuid4().hex
        self._heard = Hearing()
        self._spoke = False
        self._measured = False

    def hear(self, uuid: str, value: bytes) -> None:
        """Take a packet; it is delivered when those before it have been."""
        self._heard.put((uuid, value, self._now()))

    def gone(self, why: RadioError) -> None:
        """Take note that the link is down; what was heard before is still delivered."""
        self._heard.put(why)

    async def hold(self, peer: Peer) -> bool:
        """Hold the session; return whether the device said something and the session ended well."""
        seen = self._sighting
        await self._deliver(Appeared(address=seen.address, name=seen.name, services=seen.services, at=self._now()))
        reason, detail = await self._go_through(peer)
        await self._deliver(Ended(address=seen.address, reason=reason, at=self._now(), detail=detail))
        return reason.well and self._spoke

    async def _go_through(self, peer: Peer) -> tuple[EndReason, str | None]:
        try:
            session, detail = await self._until_ended(peer)
        except asyncio.CancelledError:  # the booth stops: what the device has handed over is still kept
            await self._part(peer)
            await self._deliver_rest(peer)
            raise
        except BaseException:  # what we delivered could not be kept, and so could not what follows
            await self._part(peer)
            raise
        await self._part(peer)
        await self._deliver_rest(peer)
        reason = session.reason or EndReason.FAILED
        return reason, None if reason.well else detail

    async def _until_ended(self, peer: Peer) -> tuple[Session, str | None]:
        session, detail = Session(), None
        overdue = asyncio.get_running_loop().time() + self._deadlines.session_s
        while session.phase is not Phase.ENDED:
            try:
                cue = await self._WORK[session.phase](self, peer)
            except RadioError as error:
                cue = CUES.get(type(error), Cue.FAILED)
                detail = detail if session.phase is Phase.LEAVING else str(error)
            if session.phase is Phase.LISTENING and asyncio.get_running_loop().time() > overdue:
                cue, detail = Cue.TIMEOUT, f"still talking after {self._deadlines.session_s:g} s"
            session = advance(session, cue)
        return session, detail

    async def _part(self, peer: Peer) -> None:
        """Close the link, also where it is down: bleak keeps a connection to D-Bus for each client until it is told."""
        with suppress(RadioError):
            await peer.disconnect()

    async def _deliver_rest(self, peer: Peer) -> None:
        """Deliver what came before the link broke: it is as good as any."""
        while not self._heard.nothing:
            with suppress(RadioError):
                await self._listen(peer)

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
        self._device = await identify(peer, self._device)
        await self._deliver(Identified(device=self._device, at=self._now()))
        return Cue.DONE

    async def _read_clock(self, peer: Peer) -> Cue:
        said = await read_clock(peer)
        if said is not None:
            await self._deliver(ClockRead(device=self._device, said=said, at=self._now()))
        return Cue.DONE

    async def _set_clock(self, peer: Peer) -> Cue:
        if conduct_of(self._device).takes_time:
            await set_clock(peer, self._now().astimezone(self._zone))
        return Cue.DONE

    async def _subscribe(self, peer: Peer) -> Cue:
        for uuid in SERIES:  # before the first measurement: continuous glucose is dated by the start of its session
            if "read" in peer.offers.get(uuid, ()):
                with suppress(Declined):
                    self._series[uuid] = await peer.read(uuid)
                    self.hear(uuid, self._series[uuid])
        if self._consent is not None and USERS in peer.offers:
            await peer.subscribe(USERS)
        # Live values first: a device may send its records as soon as it is asked for them, and then hang up.
        offered = {uuid for uuid, properties in peer.offers.items() if properties & {"notify", "indicate"}}
        for uuid in sorted(_MEASUREMENTS & offered, key=lambda uuid: (uuid not in _LIVE, uuid)):
            await peer.subscribe(uuid)
        return Cue.DONE

    async def _give_consent(self, peer: Peer) -> Cue:
        if self._consent is None or USERS not in peer.offers:
            return Cue.DONE
        await peer.write(USERS, self._consent.request().encode())
        until = asyncio.get_running_loop().time() + self._deadlines.write_s
        while True:
            heard = await self._heard.answer(f"{self._device.address}: consent", until=until)
            if isinstance(heard, tuple) and heard[0] == USERS:
                if refused := refusal(self._consent, heard[1]):
                    raise NotLetIn(f"{self._device.address}: {refused}")
                return Cue.DONE
            cue = await self._take(peer, heard)
            if cue is not Cue.SPOKE:
                return cue

    async def _ask_for_records(self, peer: Peer) -> Cue:
        offered = frozenset(peer.offers)
        if self._dialogue is not None and _BY_DIALOGUE & offered:
            return await self._read_memory(peer, self._dialogue, offered)
        if _BY_DIALOGUE & offered and not _RESULTS & offered:
            raise NotLetIn(f"{self._device.address}: its memory is read where its settings name its `memory`")
        await self._retrieval.ask(peer, self._device, series=self._series)
        return Cue.DONE

    async def _read_memory(self, peer: Peer, dialogue: Dialogue, offered: frozenset[str]) -> Cue:
        for uuid in [each for each in dialogue.listens if each in offered]:
            await peer.subscribe(uuid)
        step = dialogue.begin(offers=offered)
        while not step.done:
            for uuid, octets in step.writes:
                with suppress(DeviceGone):  # one that has said all hangs up on the last; what it said is heard first
                    await peer.write(uuid, octets)
            until = asyncio.get_running_loop().time() + self._deadlines.read_s
            heard = await self._heard.answer(f"{self._device.address}: its memory", until=until)
            if isinstance(heard, tuple) and heard[0] in dialogue.listens:
                step = dialogue.take(heard[0], heard[1])
                await self._deliver_read(step, heard[2])
            elif (cue := await self._take(peer, heard)) is not Cue.SPOKE:
                return cue
            else:
                step = Next()
        self._all_told = True
        return Cue.DONE

    async def _deliver_read(self, step: Next, at: datetime) -> None:
        if step.clock is not None:
            await self._deliver(ClockRead(device=self._device, said=step.clock, at=at))
        for name, octets in step.records:
            await self._take_packet(name, octets, at)

    async def _listen(self, peer: Peer) -> Cue:
        if self._all_told and self._heard.nothing:
            return Cue.COMPLETE
        heard = await self._heard.next(peer, silence_s=self._deadlines.silence_s)
        cue = Cue.SILENT if heard is None else await self._take(peer, heard)
        if cue in _ENDS and self._consent is None and USERS in peer.offers and not self._measured:
            raise NotLetIn(f"{self._device.address}: it sent nothing: it wants the consent of one of its users")
        return Cue.COMPLETE if self._all_told and cue is Cue.HUNG_UP else cue

    async def _take(self, peer: Peer, heard: Said | RadioError) -> Cue:
        if isinstance(heard, RadioError):
            return self._ended(peer, heard)
        uuid, value, at = heard
        if uuid == CONTROL_POINT:
            return await self._answered(peer, value)
        if uuid == USERS:  # an answer that comes too late; what concerns users is told to nobody
            return Cue.SPOKE
        self._measured |= uuid in _RESULTS
        await self._retrieval.heard(self._device, uuid, value)
        await self._take_packet(uuid, value, at)
        return Cue.SPOKE

    async def _take_packet(self, uuid: str, value: bytes, at: datetime) -> None:
        self._spoke = True
        await self._deliver(
            Indicated(device=self._device, connection=self._connection, characteristic=uuid, value=value, at=at)
        )

    def _ended(self, peer: Peer, why: RadioError) -> Cue:
        if not isinstance(why, DeviceGone):
            raise why
        asked = self._retrieval.open and conduct_of(self._device).answers
        awaited = bool(_RESULTS & set(peer.offers)) and not self._measured  # adapters that are switched off hang up too
        return Cue.BROKE_OFF if asked or awaited else Cue.HUNG_UP

    async def _answered(self, peer: Peer, value: bytes) -> Cue:
        complete = await self._retrieval.answered(peer, value)
        return Cue.COMPLETE if complete and self._spoke and not _LIVE & set(peer.offers) else Cue.SPOKE

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
        Phase.CONSENTING: _give_consent,
        Phase.FETCHING: _ask_for_records,
        Phase.LISTENING: _listen,
        Phase.LEAVING: _leave,
    }
