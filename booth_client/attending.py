"""The two connections of a visit: prepared while the person waits, made when a physician comes, closed at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from booth_client.channels import Answer, Has, Request
from booth_client.company import Company
from booth_client.curves import Piece
from booth_client.protection import PeerLost, State, Status
from gateway.devices.reading import Name, Reading
from signalling import messages as m
from signalling.envelope import Envelope
from signalling.errors import BindingError
from signalling.side import Endpoint

if TYPE_CHECKING:
    from booth_client.conversation import Conversation

__all__ = ["Attending", "Connections", "Gathering", "Moving", "Narrower", "Talking"]

_log: Final = structlog.get_logger("visit")
_CUFF_PERIOD: Final = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """The other side's picture arrives, or not any more."""

    moves: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrower:
    """The physician has said that fewer take part than the server says."""


class Talking(Protocol):
    """One endpoint of the booth: a Conversation of the agent's, or the kiosk page's Face."""

    def receive(self, envelope: Envelope) -> None:
        """Take in one message about the visit."""

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk until cancelled; raises BindingError."""


class Gathering(Talking, Protocol):
    """The endpoint `av`, with everybody."""

    def narrow(self) -> None:
        """Let go of whom the physician left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """How the booth makes its endpoints: each gets who is told of its changes, and of requests or the picture.

    `agent` may take a second, the first time: WebRTC is loaded then. `company` is who takes part besides the
    physician, for both.
    """

    agent: Callable[[Callable[[State], None], Callable[[Request], None]], Awaitable[Conversation]]
    face: Callable[[Callable[[State], None], Callable[[bool], None]], AbstractContextManager[Gathering]]
    company: Company


class Attending:
    """The connections of one booth, of one visit at a time.

    *put* gets all that they tell; *seen* says whether the patient lets the physician see what is measured.
    """

    def __init__(
        self,
        connections: Connections,
        put: Callable[[State | Request | Moving | Narrower], None],
        *,
        seen: Callable[[], bool],
    ) -> None:
        self._seen = seen
        self._connections = connections
        self._put = put
        self._call = ""
        self._proved: dict[tuple[Endpoint, str | None], tuple[str, str]] = {}
        self._task: asyncio.Task[None] | None = None
        self._admission: asyncio.Future[m.Admitted] | None = None
        self._agent: Conversation | None = None
        self._face: Gathering | None = None
        self._early: list[Envelope] = []
        self._kept: list[tuple[Reading, str, datetime]] = []
        connections.company.listen(lambda: put(Narrower()))

    def prepare(self, tasks: asyncio.TaskGroup, call: str) -> None:
        """Get ready to talk in the visit *call*; once more: nothing."""
        if self._task is None or self._task.done():
            self._call = call
            self._admission = asyncio.get_running_loop().create_future()
            self._task = tasks.create_task(self._talk(call, self._admission))

    def begin(self, admitted: m.Admitted) -> None:
        """Talk with whoever is in *admitted*, in the visit that was prepared."""
        if self._holds(admitted) and self._admission is not None and not self._admission.done():
            self._admission.set_result(admitted)

    def relay(self, envelope: Envelope) -> None:
        """Give both what the server said, a roster only if it holds."""
        if isinstance(envelope.body, m.Admitted) and not self._holds(envelope.body):
            return
        if self._agent is None or self._face is None:
            self._early.append(envelope)
            return
        for talking in (self._agent, self._face):
            talking.receive(envelope)

    def _holds(self, admitted: m.Admitted) -> bool:
        """Take in who takes part; what does not hold is told as a refused connection."""
        try:
            self._connections.company.take(self._call, admitted)
        except BindingError as error:
            _log.warning("the roster was refused", reason=str(error))
            self._put(State(endpoint=Endpoint.AV, status=Status.REFUSED, flaw=error.flaw))
            return False
        return True

    def narrow(self) -> None:
        """Let go of whom the physician left out."""
        if self._face is not None:
            self._face.narrow()

    def finish(self) -> None:
        """Close both at once."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._admission, self._agent, self._face = None, None, None, None
        self._early.clear()

    def forget(self) -> None:
        """Forget the person's readings, and what their connections proved."""
        self._kept.clear()
        self._proved.clear()

    def share(self, readings: Sequence[Reading], device: str, at: datetime) -> None:
        """Let the physician see readings: with consent: those that were kept also later, live ones only now."""
        for reading in readings if self._seen() else ():
            if reading.stored:
                self._kept.append((reading, device, at))
            if self._agent is not None:
                self._agent.vital(reading, device=device, at=at)
                _curve(self._agent, reading, at)

    def draw(self, piece: Piece) -> None:
        """Let the physician see a piece of a curve, if they are there now."""
        if self._agent is not None and self._seen():
            self._agent.wave(
                piece.samples, name=piece.name, unit=piece.unit, first_at=piece.first_at, period=piece.period
            )

    def answer(self, answer: Answer | Has) -> None:
        """Tell the physician how far a request is, or what the booth has, if they are there now."""
        if self._agent is not None:
            self._agent.answer(answer)

    async def send(self, picture: bytes, *, name: str, media_type: str) -> None:
        """Send a picture to the physician; raises PeerLost where there is no connection, or NotTaken."""
        if self._agent is None:
            raise PeerLost("nobody is connected")
        await self._agent.send_blob(picture, name=name, media_type=media_type)

    async def _talk(self, call: str, admission: asyncio.Future[m.Admitted]) -> None:
        made = await self._connections.agent(self._tell, self._put)
        attached = self._connections.face(self._tell, lambda moves: self._put(Moving(moves=moves)))
        with attached as face:
            async with made as agent:
                self._agent, self._face = agent, face
                for envelope in self._early:
                    agent.receive(envelope)
                    face.receive(envelope)
                self._early.clear()
                for reading, device, at in self._kept:
                    agent.vital(reading, device=device, at=at)
                admitted = await admission
                await _both({Endpoint.AGENT: agent.run(call, admitted), Endpoint.AV: face.run(call, admitted)})

    def _tell(self, state: State) -> None:
        """Pass a change on; each proved connection leaves its fingerprints in the log, to be compared."""
        pair = state.fingerprints
        which = (state.endpoint, state.peer)
        if state.status is Status.PROTECTED and pair and self._proved.get(which) != pair:
            self._proved[which] = pair
            booth, physician = (_as_browsers_write(each) for each in pair)
            peer = {"peer": state.peer} if state.peer else {}
            _log.info("connection proved", endpoint=state.endpoint, booth=booth, physician=physician, **peer)
        self._put(state)


def _as_browsers_write(fingerprint: str) -> str:
    """Return `AB:CD:…`, as session descriptions and chrome://webrtc-internals have it."""
    return ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2))


def _curve(agent: Conversation, reading: Reading, at: datetime) -> None:
    """Show the pressure in the cuff as it rises and falls."""
    for each in reading.measures:
        if each.name is Name.CUFF and isinstance(each.value, Decimal):
            agent.wave([each.value], name=each.name, unit=each.unit, first_at=at, period=_CUFF_PERIOD)


async def _both(talks: Mapping[Endpoint, Coroutine[Any, Any, None]]) -> None:
    """Talk on both endpoints; what does not hold on one ends both: it has been said then, and told."""
    running: dict[Endpoint, asyncio.Task[None]] = {}
    try:
        async with asyncio.TaskGroup() as tasks:
            running = {endpoint: tasks.create_task(talk) for endpoint, talk in talks.items()}
    except* BindingError as false:
        for endpoint, task in running.items():
            if not task.cancelled() and (why := task.exception()) in false.exceptions:
                _log.warning("the talk was stopped", endpoint=endpoint, reason=str(why))
