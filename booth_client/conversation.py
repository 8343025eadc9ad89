"""One endpoint's conversation with the physician: a connection, and after it is lost the next, until somebody ends it.

A connection is prepared while the patient waits, so that its addresses are known when a physician takes the visit.
Every new one is the next generation. It is made when the heartbeat stops, and when the other side says `recovering`
(its page was reloaded). Measurements that were kept are said again on each connection, so that a page that was reloaded
has them all; their `seq` tells a repeat.

Whatever does not hold in the proof ends the conversation: `stop` is said, and BindingError raised. Nobody goes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Final, Self

from booth_client.blob import File, Incoming, Outgoing
from booth_client.call import Call, CallDeadlines
from booth_client.channels import Answer, Blob, Got, Has, Message, Picture, Request, Roster, Rung
from booth_client.company import Company
from booth_client.generations import ANSWER_S, Generations, Letter, Tell, Turn
from booth_client.heartbeat import Heard, Life, Limits, live
from booth_client.protection import PeerLost, State, Unconfirmed
from booth_client.relays import Relays
from booth_client.signalling_link import Say
from booth_client.source import Frame, Hidden, Source
from booth_client.vitals import Vital, vital, wave
from gateway.devices.reading import Name, Reading, Special, Unit
from signalling import messages as m
from signalling.binding import Anchors, Signer
from signalling.envelope import Envelope
from signalling.errors import BindingError
from signalling.side import Endpoint

__all__ = ["Conversation"]

_REMEMBERED: Final = 256


class Conversation:
    """One endpoint, from the waiting room to the end of the visit.

    `async with` prepares the first connection; `run` talks until it is cancelled; `receive` takes what the signalling
    link brought about this visit. *hear* gets the physician's requests, *take* the files that they send, *tell* every
    change, *watch* the frames; *peer* is the other side's participant id, None for the physician.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        signer: Signer,
        anchors: Anchors,
        say: Say,
        hear: Callable[[Request], None] = lambda _request: None,
        take: Callable[[File], None] = lambda _file: None,
        tell: Callable[[State], None] = lambda _state: None,
        watch: Callable[[Frame], None] = lambda _frame: None,
        sources: Sequence[Source] = (),
        relays: Relays | None = None,
        company: Company | None = None,
        peer: str | None = None,
        deadlines: CallDeadlines | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.endpoint = endpoint
        self._company = company or Company(anchors)
        self._generations = Generations(
            endpoint, signer=signer, anchors=anchors, say=say, tell=tell, company=self._company, peer=peer
        )
        self._hear = hear
        self._take = take
        self._watch = watch
        self._seen = asyncio.Event()
        self._seen.set()
        self._sources = [Hidden(each, self._seen) if each.kind == "video" else each for each in sources]
        self._relays = relays or Relays()
        self._deadlines = deadlines
        self._limits = limits
        self._now = now
        self._prepared: Call | None = None
        self._current: Call | None = None
        self._mail: asyncio.Queue[Letter] = asyncio.Queue()
        self._vitals: deque[Vital] = deque(maxlen=_REMEMBERED)
        self._numbers = count(1)
        self._wave_numbers = count(1)
        self._incoming = Incoming()
        self._outgoing = Outgoing()

    @property
    def state(self) -> State:
        """Return how the conversation stands."""
        return self._generations.state

    async def __aenter__(self) -> Self:
        prepared = self._call(())
        with suppress(PeerLost):  # no network yet: the addresses are looked for when the visit is taken
            self._prepared = await prepared.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            await prepared.close()

    # What the booth says

    def vital(self, reading: Reading, *, device: str, at: datetime) -> None:
        """Tell the physician of a reading, at once or as soon as a connection is proved; live ones only at once."""
        message = vital(reading, seq=next(self._numbers), device=device, at=at)
        if reading.stored:
            self._vitals.append(message)
        self._try(message)

    def wave(
        self, samples: Sequence[Decimal | Special], *, name: Name, unit: Unit, first_at: datetime, period: timedelta
    ) -> None:
        """Show a piece of a curve, if there is a proved connection now."""
        number = next(self._wave_numbers)
        self._try(wave(samples, name=name, unit=unit, seq=number, first_at=first_at, period=period))

    def answer(self, answer: Answer | Has) -> None:
        """Say how far the booth is with a request of the physician's, or what it has."""
        self._try(answer)

    async def send_blob(self, data: bytes, *, name: str, media_type: str) -> None:
        """Send a picture or a file and return when it is there whole; raises PeerLost or NotTaken."""
        await self._outgoing.send(data, name=name, media_type=media_type)

    def _try(self, message: Message) -> None:
        if self._current is not None:
            try:
                self._current.say(message)
            except PeerLost:
                self._current = None  # `live` finds out as well, and the next connection says again what was kept

    # What signalling says

    def receive(self, envelope: Envelope) -> None:
        """Take in one message about this visit; what is for another endpoint or generation is left alone."""
        letter = self._generations.receive(envelope)
        if letter is not None:
            self._mail.put_nowait(letter)

    # Talking

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk with the physician of *admitted* in the visit, until cancelled; raises BindingError once said."""
        try:
            await self._generations.run(call_id, admitted, self._talk)
        finally:
            self._incoming.forget()
            self._outgoing.end()

    async def _talk(self, turn: Turn) -> None:
        """Live through one connection; raises PeerLost at its end, or BindingError."""
        self._mail = asyncio.Queue()
        try:
            async with self._gathered() as call, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._live(call, turn, tasks))
        except ExceptionGroup as group:
            if (false := group.subgroup(BindingError)) is not None:
                raise false.exceptions[0] from None
            if group.split(PeerLost)[1] is not None:
                raise
            raise (group.subgroup(Unconfirmed) or group).exceptions[0] from None
        finally:
            self._current = None
            self._outgoing.lost()

    async def _live(self, call: Call, turn: Turn, tasks: asyncio.TaskGroup) -> None:
        """Offer, prove and live: everything of one connection, until it is lost."""
        say = turn.say
        if call.lacks_relay:
            self._relays.fail(call.ice_servers)
        self._generations.change(without_relay=call.lacks_relay)
        sdp, binding = call.offer(turn.hand, now=self._now())
        early: list[m.Candidate] = []
        try:
            async with asyncio.timeout(ANSWER_S):
                await say(m.Offer(endpoint=self.endpoint, sdp=sdp, binding=binding))
                answer = await self._answer(early)
                nonce = await call.accept(answer.sdp, answer.binding, now=self._now())
                await say(m.Reveal(endpoint=self.endpoint, nonce=nonce))
        except TimeoutError:
            raise PeerLost("nobody answered the offer in time") from None
        tasks.create_task(self._listen(call, say, early))
        await call.connect()
        self._proved(call, turn)
        tasks.create_task(say(m.Connected(endpoint=self.endpoint)))
        for track in call.tracks:
            tasks.create_task(call.show(track))
        await live(
            call,
            hear=self._heard,
            tell=lambda life: self._generations.live(well=life is Life.WELL),
            limits=self._limits,
        )

    def _heard(self, message: Heard) -> None:
        """Take in what the physician says; who wants sound alone gets no picture, and is told."""
        match message:
            case Request():
                self._hear(message)
            case Roster(roster=token):
                self._company.hear(token)
            case Blob():
                self._try(self._incoming.announce(message))
            case Got():
                self._outgoing.got(message)
            case bytes():
                self._piece(message)
            case Picture(wants=wants):
                alone = wants is Rung.SOUND
                (self._seen.clear if alone else self._seen.set)()
                self._try(Picture(sends=Rung.SOUND if alone else Rung.FULL, wants=Rung.FULL))

    def _piece(self, octets: bytes) -> None:
        """Take in a piece of a file; the whole is handed on before it is said to be here."""
        got, file = self._incoming.piece(octets)
        if file is not None:
            self._take(file)
        if got is not None:
            self._try(got)

    async def _answer(self, early: list[m.Candidate]) -> m.Answer:
        """Wait for the answer; what comes before it is kept in *early*."""
        while True:
            match await self._mail.get():
                case m.Answer() as answer:
                    return answer
                case m.Candidate() as candidate:
                    early.append(candidate)
                case m.Recovering():
                    raise PeerLost("the other side begins anew")

    async def _listen(self, call: Call, say: Tell, early: Sequence[m.Candidate]) -> None:
        """Act on what signalling brings once there is an answer, and brought *early*."""
        for candidate in early:
            await call.candidate(candidate)
        while True:
            match await self._mail.get():
                case m.Candidate() as candidate:
                    await call.candidate(candidate)
                case m.Recovering():
                    raise PeerLost("the other side begins anew")
                case m.Admitted() if self._current is call:
                    await say(m.Connected(endpoint=self.endpoint))

    def _proved(self, call: Call, turn: Turn) -> None:
        self._current = call
        self._outgoing.begin(call)
        self._generations.prove(turn.hand)
        for message in self._vitals:
            self._try(message)

    def _call(self, servers: Sequence[m.IceServer]) -> Call:
        return Call(
            self.endpoint, ice_servers=servers, sources=self._sources, watch=self._watch, deadlines=self._deadlines
        )

    @asynccontextmanager
    async def _gathered(self) -> AsyncIterator[Call]:
        """Give the prepared connection once, if it knows all the relays there are; else a new one."""
        prepared, self._prepared = self._prepared, None
        servers = self._relays.choose(await self._relays.fresh(self._generations.visit.ice_servers))
        if prepared is not None and servers:
            await prepared.close()
            prepared = None
        call = prepared or await self._call(servers).__aenter__()
        try:
            yield call
        finally:
            await call.close()
