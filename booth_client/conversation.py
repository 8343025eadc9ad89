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
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, Final, Self

from booth_client.blob import send_blob
from booth_client.call import Call, CallDeadlines, PeerLost
from booth_client.channels import Answer, Message, Progress, Request, Vital, vital, wave
from booth_client.handshake import Handshake
from booth_client.heartbeat import Life, Limits, live
from booth_client.protection import State, Status
from booth_client.relays import Relays
from booth_client.signalling_link import Say
from booth_client.source import Frame, Source
from gateway.devices.reading import Name, Reading, Special, Unit
from signalling import messages as m
from signalling.binding import Anchors, Edge, Signer
from signalling.envelope import Envelope
from signalling.errors import BindingError
from signalling.side import Endpoint, Role

__all__ = ["Conversation"]

ANSWER_S: Final = 12.0
"""How long a physician's page may take to answer an offer."""

STOP_S: Final = 10.0
"""How long it is tried to say `stop`, before the conversation is over anyway."""

_PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
_REMEMBERED: Final = 256

_Letter = m.Admitted | m.Answer | m.Candidate | m.Recovering
_Say = Callable[[m.Message], Coroutine[Any, Any, str]]


class Conversation:
    """One endpoint, from the waiting room to the end of the visit.

    `async with` prepares the first connection; `run` talks until it is cancelled; `receive` takes what the signalling
    link brought about this visit. *hear* gets the physician's requests, *tell* every change, *watch* the frames.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        signer: Signer,
        anchors: Anchors,
        say: Say,
        hear: Callable[[Request], None] = lambda _request: None,
        tell: Callable[[State], None] = lambda _state: None,
        watch: Callable[[Frame], None] = lambda _frame: None,
        sources: Sequence[Source] = (),
        relays: Relays | None = None,
        deadlines: CallDeadlines | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.endpoint = endpoint
        self.state = State(endpoint=endpoint)
        self._signer = signer
        self._anchors = anchors
        self._say = say
        self._hear = hear
        self._tell = tell
        self._watch = watch
        self._sources = sources
        self._relays = relays or Relays()
        self._deadlines = deadlines
        self._limits = limits
        self._now = now
        self._prepared: Call | None = None
        self._current: Call | None = None
        self._mail: asyncio.Queue[_Letter] = asyncio.Queue()
        self._admitted: m.Admitted | None = None
        self._present = asyncio.Event()
        self._vitals: deque[Vital] = deque(maxlen=_REMEMBERED)
        self._numbers = count(1)
        self._wave_numbers = count(1)

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

    def answer(self, request: str, state: Progress) -> None:
        """Say how far the booth is with a request of the physician's."""
        self._try(Answer(id=request, state=state))

    async def send_blob(self, data: bytes, *, name: str, media_type: str) -> None:
        """Send a picture or a file; raises PeerLost where there is no proved connection, or it is lost."""
        if self._current is None:
            raise PeerLost("there is no connection now")
        await send_blob(self._current, data, name=name, media_type=media_type)

    def _try(self, message: Message) -> None:
        if self._current is not None:
            try:
                self._current.say(message)
            except PeerLost:
                self._current = None  # `live` finds out as well, and the next connection says again what was kept

    # What signalling says

    def receive(self, envelope: Envelope) -> None:
        """Take in one message about this visit; what is for another endpoint or generation is left alone."""
        match envelope.body:
            case m.Admitted() as admitted:
                self._admit(admitted)
                self._mail.put_nowait(admitted)
            case m.Present(present=present):
                (self._present.set if present else self._present.clear)()
            case m.Answer() | m.Candidate() | m.Recovering() as body:
                if body.endpoint is self.endpoint and envelope.gen == self.state.generation:
                    self._mail.put_nowait(body)
            case _:
                return

    def _admit(self, admitted: m.Admitted) -> None:
        self._admitted = admitted
        (self._present.set if _physician(admitted).present else self._present.clear)()

    # Talking

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk with the physician of *admitted* in the visit, until cancelled; raises BindingError once said."""
        self._admit(admitted)
        generation, failures = 0, 0
        while True:
            if self.state.status is Status.PROTECTED:
                self._change(status=Status.RECOVERING)
            await self._present.wait()
            generation = max(generation, self._visit.generations.get(self.endpoint, 0)) + 1
            self._change(generation=generation)
            try:
                failures = 0 if await self._talk(call_id, generation) else failures + 1
            except BindingError as error:
                self._change(status=Status.REFUSED, flaw=error.flaw)
                with suppress(TimeoutError):
                    async with asyncio.timeout(STOP_S):
                        await self._say(m.Stop(reason=error.flaw), call=call_id, gen=generation)
                raise
            await asyncio.sleep(_PAUSES_S[min(failures, len(_PAUSES_S) - 1)])

    async def _talk(self, call_id: str, generation: int) -> bool:
        """Live through one connection; say whether it was ever proved."""
        self._mail = asyncio.Queue()
        physician = _physician(self._visit)
        edge = Edge(
            call=call_id,
            generation=generation,
            endpoint=self.endpoint,
            offerer=self._signer.subject,
            answerer=physician.subject,
        )
        hand = Handshake(self._signer, edge, anchors=self._anchors)
        try:
            async with self._gathered() as call, asyncio.TaskGroup() as tasks:
                say = partial(self._say, call=call_id, to=physician.participant, gen=generation)
                tasks.create_task(self._live(call, hand, say, tasks))
        except PeerLost:
            return False
        except ExceptionGroup as group:
            if (false := group.subgroup(BindingError)) is not None:
                raise false.exceptions[0] from None
            if group.split(PeerLost)[1] is not None:
                raise
        finally:
            self._current = None
        return hand.confirmed

    async def _live(self, call: Call, hand: Handshake, say: _Say, tasks: asyncio.TaskGroup) -> None:
        """Offer, prove and live: everything of one connection, until it is lost."""
        if call.lacks_relay:
            self._relays.fail(call.ice_servers)
        self._change(without_relay=call.lacks_relay)
        sdp, binding = call.offer(hand, now=self._now())
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
        self._proved(call, hand)
        tasks.create_task(say(m.Connected(endpoint=self.endpoint)))
        for track in call.tracks:
            tasks.create_task(call.show(track))
        await live(call, hear=self._hear, tell=self._lives, limits=self._limits)

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

    async def _listen(self, call: Call, say: _Say, early: Sequence[m.Candidate]) -> None:
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

    def _proved(self, call: Call, hand: Handshake) -> None:
        self._current = call
        self._change(status=Status.PROTECTED, name=hand.name, digits=hand.digits, fingerprints=hand.fingerprints)
        for message in self._vitals:
            self._try(message)

    def _lives(self, life: Life) -> None:
        self._change(status=Status.PROTECTED if life is Life.WELL else Status.RECOVERING)

    def _change(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._tell(self.state)

    @property
    def _visit(self) -> m.Admitted:
        if self._admitted is None:
            raise RuntimeError("run first")
        return self._admitted

    def _call(self, servers: Sequence[m.IceServer]) -> Call:
        return Call(
            self.endpoint, ice_servers=servers, sources=self._sources, watch=self._watch, deadlines=self._deadlines
        )

    @asynccontextmanager
    async def _gathered(self) -> AsyncIterator[Call]:
        """Give the prepared connection once, if it knows all the relays there are; else a new one."""
        prepared, self._prepared = self._prepared, None
        servers = self._relays.choose(self._visit.ice_servers)
        if prepared is not None and servers:
            await prepared.close()
            prepared = None
        call = prepared or await self._call(servers).__aenter__()
        try:
            yield call
        finally:
            await call.close()


def _physician(admitted: m.Admitted) -> m.Party:
    return next(peer for peer in admitted.peers if peer.role is Role.PHYSICIAN)
