"""Booths with patients by aiortc, at a gateway where visits take place."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from aiohttp import ClientSession
from av import VideoFrame

from booth_client.blob import File
from booth_client.call import CallDeadlines
from booth_client.channels import Answer, Has, Progress, Request
from booth_client.conversation import Conversation
from booth_client.inventory import Instruments
from booth_client.protection import State, Status
from booth_client.signalling_link import LinkDeadlines, SignallingLink
from booth_client.synthetic import Picture, Voice
from booth_client.visiting import instruments_of
from gateway.devices.reading import Kind, Measure, Name, Reading, Unit
from gateway.fhir.encounter import booth_encounter
from gateway.fhir.patient import provisional_patient
from signalling import messages as m
from signalling.binding import Signer
from signalling.errors import BindingError
from signalling.side import Endpoint
from tests.peers.house import House
from tests.peers.patience import PATIENCE
from tests.peers.running import PATIENT, Running
from tests.peers.village import CLIP, CUFF, SCALE, THERMOMETER, pressure, send, single, was_measured

__all__ = ["PatientAtBooth", "Somebody", "at_booth"]

_QUICK: Final = LinkDeadlines(first_pause_s=0.05, longest_pause_s=0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A patient: known (Marcelle) or not, and what the queue says of them."""

    reason: str = "cough"
    initials: str = ""
    age: int | None = None
    needs: tuple[str, ...] = ()
    place: str = "Caudry, mairie"
    known: bool = False
    waited: timedelta = timedelta()


_MEASURED: Final[tuple[tuple[Reading, Any, str], ...]] = (
    (single(Kind.BODY_WEIGHT, "72.350"), SCALE, "scale"),
    (single(Kind.BODY_TEMPERATURE, "37.2"), THERMOMETER, "thermometer"),
    (single(Kind.OXYGEN_SATURATION, "97"), CLIP, "oximeter"),
    (single(Kind.PULSE_RATE, "68"), CLIP, "oximeter"),
    (pressure("132", "81"), CUFF, "cuff"),
)


_HAS: Final = Has(
    devices=["cuff", "oximeter", "thermometer", "scale"], exams=["camera", "listen"], printer=True, paper=True
)


@dataclass(kw_only=True)
class PatientAtBooth:
    """Somebody at a booth: the link to signalling, both endpoints, and all that was heard."""

    there: House
    name: str
    person: Somebody
    signer: Signer
    lie: Callable[[m.Message], m.Message | None]
    call: str
    patient: str
    requests: list[Request] = field(default_factory=list)
    heard: list[m.Message] = field(default_factory=list)
    frames: int = 0
    pictures: int = 0
    flaws: list[str] = field(default_factory=list)
    asked_now: list[Request] = field(default_factory=list)
    """What the booth knows of since it was switched on."""
    answers: tuple[Progress, ...] = (Progress.ASKED, Progress.ACCEPTED, Progress.DOING, Progress.DONE)
    deadlines: CallDeadlines | None = None
    files: list[File] = field(default_factory=list)
    has: Has = field(default_factory=lambda: _HAS)
    server: str | None = None
    """Where signalling is for this booth; None: where it really is."""

    async def until(self, true: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)

    async def protected(self, *, generation: int = 1) -> None:
        """Wait until both endpoints are proved."""

        def both() -> bool:
            states = (self.agent.state, self.av.state)
            return all(s.status is Status.PROTECTED and s.generation >= generation for s in states)

        await self.until(both)

    async def starts(self) -> None:
        """Switch the booth on: it joins the queue, or finds its visit again, with the readings that it kept."""
        self._open = AsyncExitStack()
        self.asked_now = []
        session = await self._open.enter_async_context(self.there.running.booth(self.name))
        self.link = SignallingLink(session, self.server or self.there.running.booths_url, deadlines=_QUICK)
        given: dict[str, Any] = {"signer": self.signer, "anchors": self.there.anchors, "say": self._say}
        given |= {"deadlines": self.deadlines}
        self.instruments = instruments_of(Instruments(stethoscope="synthetic", camera="synthetic"))
        held = self.instruments.sources()
        self.agent = Conversation(
            Endpoint.AGENT, hear=self._asked_for, take=self.files.append, tell=self._told, sources=held, **given
        )
        sources = (Picture(fps=10), Voice())
        self.av = Conversation(Endpoint.AV, sources=sources, watch=self._watched, **given)
        for conversation in (self.agent, self.av):
            await self._open.enter_async_context(conversation)
        for reading, _device, word in _MEASURED:
            self.agent.vital(reading, device=word, at=datetime.now(UTC))
        self._running = asyncio.ensure_future(self._live())

    async def stops(self) -> None:
        """Switch it off."""
        self._running.cancel()
        await asyncio.wait([self._running])
        await self._open.aclose()

    async def killed(self) -> None:
        """Be killed: from one moment to the next not a packet goes out, nor a word to anybody."""
        for conversation in (self.agent, self.av):
            _cut(conversation)
        await self.stops()

    def loses(self) -> None:
        """Lose the connection of the agent, while all else goes on."""
        _cut(self.agent)

    async def leaves(self) -> None:
        """Go away from the booth, whatever the visit is at."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                await self.link.send(m.Leave(reason="patient-left"), call=self.call)

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.link.run())
            tasks.create_task(self.instruments.run())
            tasks.create_task(self._take_part(tasks))

    async def _take_part(self, tasks: asyncio.TaskGroup) -> None:
        talking: list[asyncio.Task[None]] = []
        async for envelope in self.link:
            if envelope.call not in (None, self.call):
                continue  # an earlier visit here, whose report is owed
            self.heard.append(envelope.body)
            match envelope.body:
                case m.Welcome(calls=calls) if self.call not in calls and not talking:
                    tasks.create_task(self.link.send(self._asks(), call=self.call))
                case m.Admitted() as admitted if not talking:
                    talking = [tasks.create_task(self._talk(each, admitted)) for each in (self.agent, self.av)]
                case m.Ended() | m.Queued():
                    for task in talking:
                        task.cancel()
                    talking = []
            for conversation in (self.agent, self.av):
                conversation.receive(envelope)

    def _asks(self) -> m.Enqueue:
        return m.Enqueue(
            reason=self.person.reason,
            language="fr",
            place=self.person.place,
            needs=list(self.person.needs),
            initials=self.person.initials,
            age=self.person.age,
            encounter=f"Encounter/{self.call}",
            patient=f"Patient/{self.patient}",
        )

    async def _say(self, body: m.Message, /, *, call: str | None = None, to: str | None = None, gen: int = 1) -> str:
        said = self.lie(body)
        return "" if said is None else await self.link.send(said, call=call, to=to, gen=gen)

    async def _talk(self, conversation: Conversation, admitted: m.Admitted) -> None:
        try:
            await conversation.run(self.call, admitted)
        except BindingError as error:
            self.flaws.append(error.flaw)

    def _asked_for(self, request: Request) -> None:
        """Answer as somebody who does what is asked."""
        forgotten = request.again and all(each.id != request.id for each in self.asked_now)
        self.asked_now.append(request)
        self.requests.append(request)
        for state in (Progress.FAILED,) if forgotten else self.answers:
            self.answer(request, state)

    async def sends_a_still(self, request: Request) -> None:
        """Take a picture with the exam camera, and send it."""
        picture = await self.instruments.still()
        assert picture is not None
        await self.agent.send_blob(picture, name=request.id, media_type="image/jpeg")
        self.answer(request, Progress.DONE, blob=request.id)

    def _told(self, state: State) -> None:
        if state.status is Status.PROTECTED:
            self.agent.answer(self.has)

    async def sends(self, picture: bytes, *, name: str) -> None:
        """Send a picture of any kind."""
        await self.agent.send_blob(picture, name=name, media_type="image/jpeg")

    def measures_glucose(self) -> None:
        """Measure it as a meter does: in kg/L."""
        value = Measure(name=Name.GLUCOSE, value=Decimal("0.00110"), unit=Unit.KILOGRAM_PER_LITRE)
        self.agent.vital(Reading(kind=Kind.GLUCOSE, measures=(value,)), device="glucometer", at=datetime.now(UTC))

    def answer(self, request: Request, state: Progress, **more: Any) -> None:
        """Say how far it is."""
        self.agent.answer(Answer(id=request.id, what=request.what, kind=request.kind, state=state, **more))

    def _watched(self, frame: object) -> None:
        self.frames += 1
        self.pictures += isinstance(frame, VideoFrame)


def _cut(conversation: Conversation) -> None:
    peer: Any = conversation._current
    for protocol in peer._pc.sctp.transport.transport._connection._protocols:
        protocol.transport.abort()


@asynccontextmanager
async def at_booth(
    there: House,
    name: str = "mairie",
    person: Somebody | None = None,
    *,
    signer: Signer | None = None,
    lie: Callable[[m.Message], m.Message | None] = lambda said: said,
    deadlines: CallDeadlines | None = None,
    server: str | None = None,
) -> AsyncIterator[PatientAtBooth]:
    """Let somebody be measured, join the queue, and talk; *lie* may change what the booth says, or keep it back."""
    who, call = person or Somebody(), str(uuid.uuid4())
    patient = PATIENT if who.known else str(uuid.uuid4())
    async with there.running.booth(name) as session:
        await _measured(session, there.running, who, patient, call)
    booth = PatientAtBooth(
        there=there, name=name, person=who, signer=signer or there.signer(name), lie=lie, call=call, patient=patient
    )
    booth.deadlines, booth.server = deadlines, server
    await booth.starts()
    try:
        await booth.until(lambda: any(isinstance(each, m.Queued) for each in booth.heard))
        yield booth
        await booth.leaves()
    finally:
        await booth.stops()


async def _measured(session: ClientSession, running: Running, who: Somebody, known: str, call: str) -> None:
    """Deliver the visit and what was measured in it, as the booth's letters do."""
    start = datetime.now(UTC) - timedelta(minutes=6)
    people = [provisional_patient(id=known)] if not who.known else []
    encounter = booth_encounter(
        id=call,
        patient=f"Patient/{known}",
        status="in-progress",
        start=start,
        location=who.place,
        phone="03 27 00 00 03",
    )
    readings = [
        was_measured(reading, who=known, device=device, at=start + timedelta(minutes=minute), encounter=call)
        for minute, (reading, device, _word) in enumerate(_MEASURED, start=1)
    ]
    await send(session, running, [*people, encounter, *readings])
