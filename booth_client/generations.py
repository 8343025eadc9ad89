"""The connections of one endpoint with one other side, one after the other, until somebody ends the visit.

Wait for the other side, talk, and begin anew with the next generation when the connection is lost; whatever does not
hold in the proof ends it: `stop` is said, and BindingError raised. Nobody goes on. What a connection is made of is the
caller's: a Conversation of the agent's, or the Face of the kiosk's page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from msgspec import structs

from booth_client.company import Company, physician_of
from booth_client.handshake import Handshake
from booth_client.protection import PeerLost, State, Status, Unconfirmed
from booth_client.signalling_link import Say
from signalling import messages as m
from signalling.binding import Anchors, Edge, Signer
from signalling.envelope import Envelope
from signalling.errors import BindingError, Flaw
from signalling.side import Endpoint

__all__ = ["ANSWER_S", "Generations", "Letter", "Tell", "Turn"]

ANSWER_S: Final = 12.0
"""How long a physician's page may take to answer an offer."""

_STOP_S: Final = 10.0
"""How long it is tried to say `stop`, before the conversation is over anyway."""

_UNCONFIRMED: Final = 2
"""How many connections in a row may open and never be confirmed: one may be the network's fault."""

_PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""How long after a connection that failed was begun the next may begin, after so many in a row."""

Letter = m.Admitted | m.Answer | m.Candidate | m.Recovering
"""What signalling brings that the connection of now has to see."""

Tell = Callable[[m.Message], Coroutine[Any, Any, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One connection to be made: its number, its proof, and how to speak to the other side over signalling."""

    generation: int
    hand: Handshake
    say: Tell


async def _at_once() -> None:
    """Be ready without waiting for anything."""


class Generations:
    """Counts one endpoint's connections with one other side and says how they stand.

    *tell* gets every change; *ready* returns when this side can connect. *company* is everybody who takes part: when it
    changes, the next connection is made. *peer* is the other side's participant id, None for the physician.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        signer: Signer,
        anchors: Anchors,
        say: Say,
        tell: Callable[[State], None],
        ready: Callable[[], Awaitable[object]] = _at_once,
        company: Company | None = None,
        peer: str | None = None,
    ) -> None:
        self.state = State(endpoint=endpoint, peer=peer)
        self._company = company or Company(anchors)
        self._bound: tuple[str, ...] | None = None
        self._known: m.Party | None = None
        self._signer = signer
        self._anchors = anchors
        self._say = say
        self._tell = tell
        self._ready = ready
        self._admitted: m.Admitted | None = None
        self._early: list[Envelope] = []
        self._present = asyncio.Event()

    @property
    def visit(self) -> m.Admitted:
        """Return what the server last said of the visit."""
        if self._admitted is None:
            raise RuntimeError("run first")
        return self._admitted

    def receive(self, envelope: Envelope) -> Letter | None:
        """Take in one message about the visit; return it where it is for the connection of now."""
        if self._admitted is None:
            self._early.append(envelope)  # it was said after what `run` will be told
            return None
        match envelope.body:
            case m.Admitted() as admitted:
                self._admit(admitted)
                return self._anew() or admitted
            case m.Present(present=present, participant=participant) if participant == self._other.participant:
                (self._present.set if present else self._present.clear)()
            case m.Answer() | m.Candidate() | m.Recovering() as body:
                mine = envelope.sender in (None, self._other.participant) and body.endpoint is self.state.endpoint
                if mine and envelope.gen == self.state.generation:
                    return body
            case _:
                pass
        return None

    async def run(self, call_id: str, admitted: m.Admitted, talk: Callable[[Turn], Awaitable[None]]) -> None:
        """Let *talk* live through one connection after the other, until cancelled; raises BindingError once said."""
        self._admit(admitted)
        for envelope in self._early:
            self.receive(envelope)
        clock = asyncio.get_running_loop().time
        generation, failures, unconfirmed = 0, 0, 0
        while True:
            if self.state.status is Status.PROTECTED:
                self.change(status=Status.RECOVERING)
            await self._present.wait()
            await self._ready()
            generation = max(generation, self._other.generations.get(self.state.endpoint, 0)) + 1
            self.change(generation=generation, without_relay=False)
            turn, began = self._turn(call_id, generation), clock()
            try:
                unconfirmed = await _silence(talk(turn), unconfirmed)
            except BindingError as error:
                self.change(status=Status.REFUSED, flaw=error.flaw)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_STOP_S):
                        to = self._other.participant
                        await self._say(m.Stop(reason=error.flaw), call=call_id, to=to, gen=generation)
                raise
            failures = 0 if turn.hand.confirmed else failures + 1
            await asyncio.sleep(began + _PAUSES_S[min(failures, len(_PAUSES_S) - 1)] - clock())

    def prove(self, hand: Handshake) -> None:
        """Say that the connection of now is proved, and what it proved."""
        self.change(status=Status.PROTECTED, name=hand.name, digits=hand.digits, fingerprints=hand.fingerprints)

    def live(self, *, well: bool) -> None:
        """Say how a proved connection does."""
        self.change(status=Status.PROTECTED if well else Status.RECOVERING)

    def change(self, **changes: Any) -> None:
        """Say what is different now."""
        self.state = replace(self.state, **changes)
        self._tell(self.state)

    def _turn(self, call_id: str, generation: int) -> Turn:
        other, self._bound = self._other, self._company.subjects
        edge = Edge(
            call=call_id,
            generation=generation,
            endpoint=self.state.endpoint,
            offerer=self._signer.subject,
            answerer=other.subject,
            company=self._bound,
        )
        return Turn(
            generation=generation,
            hand=Handshake(self._signer, edge, anchors=self._anchors),
            say=partial(self._say, call=call_id, to=other.participant, gen=generation),
        )

    def _admit(self, admitted: m.Admitted) -> None:
        self._admitted = admitted
        (self._present.set if self._other.present else self._present.clear)()

    def _anew(self) -> m.Recovering | None:
        """Return what ends the connection of now, where others take part than those it was signed for."""
        if self._bound is None or self._bound == self._company.subjects:
            return None
        self.change(status=Status.CONNECTING)
        return m.Recovering(endpoint=self.state.endpoint)

    @property
    def _other(self) -> m.Party:
        """Return the other side as the server knows it; who has just gone is away."""
        peer, visit = self.state.peer, self.visit
        if peer is None:
            return physician_of(visit)
        found = next((each for each in visit.peers if each.participant == peer), None)
        if found is None and self._known is not None:
            found = structs.replace(self._known, present=False)
        if found is None:
            raise RuntimeError(f"{peer} was never in the visit")
        self._known = found
        return found


async def _silence(talk: Awaitable[None], before: int) -> int:
    """Live through one connection; return how many in a row were never confirmed, after *before*.

    Raises BindingError at too many. One that a side gave up, because a page was loaded again, says nothing.
    """
    try:
        await talk
    except Unconfirmed:
        if before + 1 == _UNCONFIRMED:
            raise BindingError(Flaw.CONFIRM, "connected twice, and never confirmed") from None
        return before + 1
    except PeerLost:
        pass
    return 0
