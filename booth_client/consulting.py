"""A visit with a physician, carried out: signalling, the two connections, the journey and the printer joined.

What happens (a message, a connection's change, a request) comes into one queue and is decided by `visit`, one thing
at a time. What the journey asks for (ask, hang up, print, end) only puts something into a queue: a touch is never kept
waiting for the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from booth_client import qr, visit
from booth_client.attending import Attending, Connections, Moving, Narrower
from booth_client.channels import Answer, Has, Request
from booth_client.guide import Guide
from booth_client.instruments import Instruments
from booth_client.joining import Joining, Verdict
from booth_client.journey import Act, Effect, Journey, News, Stage, State
from booth_client.ledger import Visit
from booth_client.papers import Papers
from booth_client.patient import Patient
from booth_client.protection import State as Connection
from booth_client.protection import Status
from booth_client.requests import Requests
from booth_client.showing import Showing
from booth_client.signalling_link import SignallingLink, Superseded
from booth_client.visits import Visits, gone_on_with
from signalling import messages as m
from signalling.envelope import Envelope
from signalling.errors import Flaw
from signalling.side import Endpoint

__all__ = ["Consulting"]

_log: Final = structlog.get_logger("visit")
_VERDICTS: Final[Mapping[Effect, Verdict]] = {
    Effect.AGREE: Verdict.AGREE,
    Effect.DECLINE: Verdict.DECLINE,
    Effect.KNOW: Verdict.KNOW,
    Effect.EXPEL: Verdict.EXPEL,
}
_Event = Envelope | Connection | Request | Moving | Narrower | Verdict


class Consulting:
    """The visits of one booth with physicians, one at a time; `run` beside everything else."""

    def __init__(
        self,
        *,
        link: SignallingLink,
        connections: Connections,
        guide: Guide,
        visits: Visits,
        papers: Papers,
        patient: Patient,
        instruments: Instruments,
        showing: Showing,
        true: Callable[[], datetime],
    ) -> None:
        self._link, self._true = link, true
        self._guide = guide
        self._visits = visits
        self._patient = patient
        self._inbox: asyncio.Queue[_Event] = asyncio.Queue()
        self._outgoing: asyncio.Queue[tuple[str, m.Message, str | None]] = asyncio.Queue()
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._visit: visit.Visit | None = None
        self._attending = Attending(connections, self._inbox.put_nowait, seen=lambda: visits.may_be_seen)
        self.share, self.draw = self._attending.share, self._attending.draw
        self._joining = Joining(connections.company, guide=guide, visits=visits, say=self._say)
        self._tasks: asyncio.TaskGroup | None = None
        self._instruments = instruments
        self._requests = Requests(self, guide, papers=papers, instruments=instruments, showing=showing)
        self._changed = asyncio.Event()
        self._wanted = asyncio.Event()
        guide.listen(self._moved)

    # What the journey asks for

    @property
    def carries(self) -> dict[Effect, Callable[[], Awaitable[Act | None]]]:
        """Return what carries out the journey's effects that are about a physician."""
        return {
            Effect.ASK: self.ask,
            Effect.HANG_UP: self.hang_up,
            Effect.DOUBT: self.doubt,
            Effect.END_CALL: self.end,
            **{effect: partial(self.judge, verdict) for effect, verdict in _VERDICTS.items()},
            **self._requests.papers.carries,
        }

    async def ask(self) -> Act | None:
        """Ask for a physician: durably first, so that a booth that is killed finds back."""
        reason, language = self._guide.journey.reason, self._guide.journey.language
        if reason is None or await self._visits.call(reason) is not None or (person := self._visits.current) is None:
            return Act.BROKEN
        self._visit = visit.Visit(id=person.encounter, asked=self._patient.enqueue(person, reason, language))
        self._say(self._visit.asked)
        self._wanted.set()
        self._joining.begin()
        self._prepare()
        return None

    async def judge(self, verdict: Verdict) -> None:
        """Say what the patient wants of somebody who joins."""
        self._inbox.put_nowait(verdict)

    async def hang_up(self) -> None:
        """End the talk; the physician writes the report."""
        self._leave(hang_up=True)

    async def doubt(self) -> None:
        """Stop the talk: the patient says that the physician reads other digits."""
        self._inbox.put_nowait(Connection(endpoint=Endpoint.AV, status=Status.REFUSED, flaw=Flaw.DIGITS))

    async def end(self) -> None:
        """Leave the call for good, wherever it is, and forget it."""
        self._leave(hang_up=False)
        self._visit = None
        self._joining.begin()
        self._requests.forget()

    def resume(self, person: Visit) -> None:
        """Go on with a visit that a killed booth was in, once the server has said where it is."""
        if (call := person.call) is None:
            return
        self._guide.resume(gone_on_with(person, call, self._guide.journey))
        asked = self._patient.enqueue(person, call.reason, self._guide.journey.language)
        self._visit = visit.Visit(id=call.id, asked=asked, step=visit.Step.RESUMING, was_seen=call.seen)
        self._joining.begin(call.agreed, call.known)

    # Running

    async def run(self) -> None:
        """Be reachable for physicians until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            own = (self._connect(), self._listen(), self._speak(), self._decide(), self._carry(), self._note())
            for work in (*own, self._instruments.run()):
                tasks.create_task(work)
            self._prepare()

    async def _connect(self) -> None:
        """Stay connected; another program in this booth's place is left alone until somebody asks for a doctor here."""
        while True:
            try:
                await self._link.run()
            except Superseded as error:
                _log.error("this booth's place is taken; whoever asks here takes it back", reason=str(error))
            self._wanted.clear()
            await self._wanted.wait()

    async def _listen(self) -> None:
        async for envelope in self._link:
            self._inbox.put_nowait(envelope)

    async def _speak(self) -> None:
        """Say things in their order; what is about a visit that nobody wants any more, only if it ends it."""
        while True:
            call, body, to = await self._outgoing.get()
            if not isinstance(body, m.Enqueue) or (self._visit is not None and self._visit.id == call):
                await self._link.send(body, call=call, to=to)

    async def _decide(self) -> None:
        while True:
            event = await self._inbox.get()
            if isinstance(event, Verdict):
                await self._joining.answer(event)
            elif isinstance(event, Narrower):
                self._attending.narrow()
                await self._joining.narrow()
            else:
                await self._take(event)
            del event

    async def _take(self, event: Envelope | Connection | Request | Moving) -> None:
        if (now := self._visit) is None:
            return
        match event:
            case Envelope(call=call) if call not in (None, now.id):
                return
            case Envelope(body=body):
                if isinstance(body, m.Reported):
                    self._requests.papers.signed = list(body.documents)
                await self._do(*visit.heard(now, body), envelope=event)
            case Connection():
                if event.endpoint is Endpoint.AGENT and event.status is Status.PROTECTED:
                    self._requests.connected()
                await self._do(*visit.connection(now, event))
            case Moving(moves=moves):
                if self._guide.journey.talks:
                    await self._tell(News(stage=Stage.WELL if moves else Stage.SOUND))
            case Request():
                await self._requests.hear(event)

    async def _do(
        self, after: visit.Visit, effects: tuple[visit.Effect, ...], *, envelope: Envelope | None = None
    ) -> None:
        self._visit = after
        for effect in effects:
            match effect:
                case visit.Say(body=body):
                    self._say(body)
                case visit.Begin(admitted=admitted):
                    self._prepare()
                    self._attending.begin(admitted)
                    await self._joining.admitted(admitted)
                case visit.Relay() if envelope is not None:
                    self._attending.relay(envelope)
                    if isinstance(envelope.body, m.Admitted):
                        await self._joining.admitted(envelope.body)
                case visit.Question() | visit.Joined():
                    await self._joining.hear(effect)
                case visit.Finish():
                    self._attending.finish()
                case visit.Tell(news=news):
                    await self._tell(news)

    async def _tell(self, news: News) -> None:
        if news.stage is Stage.REPORTED:
            text = qr.summary(self._guide.journey, place=self._patient.place, at=self._true().astimezone())
            news = replace(news, code=qr.picture(text))
        await self._guide.act(Act.VISIT, news=news)

    def _say(self, body: m.Message, to: str | None = None) -> None:
        if self._visit is not None:
            self._outgoing.put_nowait((self._visit.id, body, to))

    def _leave(self, *, hang_up: bool) -> None:
        if self._visit is None:
            return
        reason = "called-back" if self._guide.journey.state is State.CALLED_BACK else "patient-left"
        self._visit, effects = visit.leave(self._visit, hang_up=hang_up, reason=reason)
        for said in (each.body for each in effects if isinstance(each, visit.Say)):
            self._say(said)
        self._attending.finish()

    def _prepare(self) -> None:
        if self._visit is not None and self._tasks is not None:
            self._attending.prepare(self._tasks, self._visit.id)

    # What the physician asks for

    def answer(self, answer: Answer | Has) -> None:
        """Tell the physician how far a request is, or what there is, if they are there now."""
        self._attending.answer(answer)

    async def send(self, picture: bytes, *, name: str, media_type: str) -> None:
        """Send a picture to the physician; raises PeerLost or NotTaken."""
        await self._attending.send(picture, name=name, media_type=media_type)

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what takes its time, one after the other."""
        self._work.put_nowait(work)

    def whose(self) -> Visit | None:
        """Return the visit that somebody is in."""
        return self._visits.current

    def _moved(self, journey: Journey) -> None:
        """Say how far the patient is with what was asked; remember what a restart must know; forget who has gone."""
        if not journey.visit:  # they may not have called at all: whoever calls next has none of their readings
            self._attending.forget()
        self._requests.moved(journey)
        self._instruments.use(journey.examines.exam if journey.examines else None)
        call = self._visits.current.call if self._visits.current else None
        if call is not None and call.seen is not _seen(journey):
            self._changed.set()

    async def _carry(self) -> None:
        while True:
            await (await self._work.get())()

    async def _note(self) -> None:
        """Write down that the person wants to be seen; that the call goes on, `Visits.keep_up` writes down."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            person = self._visits.current
            if person is not None and person.call is not None and self._guide.journey.consultation is not None:
                seen = _seen(self._guide.journey)
                await self._visits.note(call=replace(person.call, seen=seen, at=self._guide.now()))
            del person  # it may be the last: nobody is held until the next time


def _seen(journey: Journey) -> bool:
    """Say whether the person has agreed to be seen: after a restart they are not asked again."""
    return journey.consultation is not None and journey.consultation.ready
