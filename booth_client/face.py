"""Face to face: the kiosk page's connection to the physician's page, for which the booth's agent signs.

The page makes the connection, because the camera and the screen are its own; the booth's key is the agent's, and the
page cannot reach signalling but through the agent. Both speak over the loopback WebSocket that shows the journey:

    agent → page    start · answer · candidate · confirm · unlock · end
    page → agent    offer · candidate · seen · confirm · life · picture · refused

The page offers; the agent signs the fingerprint in that offer, and verifies the answer before the page sees it. The
page says which certificate DTLS really showed; only then is our confirm made. Nothing is seen or heard before the
other side's confirm is verified and `unlock` said. A page that was reloaded gets the next generation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import UnionType
from typing import Any, Final, TypeVar

import msgspec

from booth_client.call import PeerLost
from booth_client.conversation import ANSWER_S, STOP_S
from booth_client.handshake import Handshake
from booth_client.kiosk.said import Candidate, Confirm, Life, Moving, Offer, PageMessage, Refused, Said, Seen
from booth_client.protection import State, Status
from booth_client.signalling_link import Say
from signalling import messages as m
from signalling.binding import Anchors, Edge, Signer
from signalling.envelope import Envelope
from signalling.errors import BindingError
from signalling.side import Endpoint, Role

__all__ = ["Face", "FaceDeadlines"]

_PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0)

_Say = Callable[[m.Message], Coroutine[Any, Any, str]]
_Event = Said | m.Admitted | m.Answer | m.Candidate | m.Recovering | None
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceDeadlines:
    """How long the page may take for what; a person may first have to allow the camera."""

    offer_s: float = 30
    connect_s: float = 15
    confirm_s: float = 10


class Face:
    """The endpoint `av` of a booth with a kiosk, used like a Conversation.

    *show* sends the page a message. `page` says that a page is there, is another one, or has gone; `said` takes in what
    it says. *tell* gets every change, *moving* whether the other side's picture arrives.
    """

    def __init__(
        self,
        *,
        signer: Signer,
        anchors: Anchors,
        say: Say,
        show: Callable[[dict[str, Any]], None],
        tell: Callable[[State], None] = lambda _state: None,
        moving: Callable[[bool], None] = lambda _moves: None,
        deadlines: FaceDeadlines | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.state = State(endpoint=Endpoint.AV)
        self._signer = signer
        self._anchors = anchors
        self._say = say
        self._show = show
        self._tell = tell
        self._moving = moving
        self._deadlines = deadlines or FaceDeadlines()
        self._now = now
        self._events: asyncio.Queue[_Event] = asyncio.Queue()
        self._admitted: m.Admitted | None = None
        self._present = asyncio.Event()
        self._paged = asyncio.Event()

    def page(self, *, there: bool) -> None:
        """Say that a new page is there (it knows of no connection yet), or that there is none any more."""
        self._events.put_nowait(None)
        (self._paged.set if there else self._paged.clear)()

    def said(self, message: PageMessage) -> None:
        """Take in what the page says; what is about another generation is late."""
        if isinstance(message, Said) and message.gen == self.state.generation:
            self._events.put_nowait(message)

    def receive(self, envelope: Envelope) -> None:
        """Take in one message about this visit; what is for another endpoint or generation is left alone."""
        match envelope.body:
            case m.Admitted() as admitted:
                self._admit(admitted)
                self._events.put_nowait(admitted)
            case m.Present(present=present):
                (self._present.set if present else self._present.clear)()
            case m.Answer() | m.Candidate() | m.Recovering() as body:
                if body.endpoint is Endpoint.AV and envelope.gen == self.state.generation:
                    self._events.put_nowait(body)
            case _:
                return

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk with the physician of *admitted* in the visit, until cancelled; raises BindingError once said."""
        self._admit(admitted)
        generation, failures = 0, 0
        try:
            while True:
                if self.state.status is Status.PROTECTED:
                    self._change(status=Status.RECOVERING)
                await self._present.wait()
                await self._paged.wait()
                generation = max(generation, self._visit.generations.get(Endpoint.AV, 0)) + 1
                self._change(generation=generation)
                try:
                    failures = 0 if await self._talk(call_id, generation) else failures + 1
                except BindingError as error:
                    await self._refuse(error, call_id, generation)
                    raise
                await asyncio.sleep(_PAUSES_S[min(failures, len(_PAUSES_S) - 1)])
        finally:
            self._show({"kind": "end"})

    async def _refuse(self, error: BindingError, call_id: str, generation: int) -> None:
        self._show({"kind": "end"})
        self._change(status=Status.REFUSED, flaw=error.flaw)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self._say(m.Stop(reason=error.flaw), call=call_id, gen=generation)

    async def _talk(self, call_id: str, generation: int) -> bool:
        """Live through one connection; say whether it was ever proved."""
        self._events = asyncio.Queue()
        physician = _physician(self._visit)
        edge = Edge(
            call=call_id,
            generation=generation,
            endpoint=Endpoint.AV,
            offerer=self._signer.subject,
            answerer=physician.subject,
        )
        hand = Handshake(self._signer, edge, anchors=self._anchors)
        say = partial(self._say, call=call_id, to=physician.participant, gen=generation)
        try:
            await self._prove(hand, say, generation)
            self._change(status=Status.PROTECTED, name=hand.name, digits=hand.digits, fingerprints=hand.fingerprints)
            self._show({"kind": "unlock", "gen": generation})
            await say(m.Connected(endpoint=Endpoint.AV))
            await self._live(say)
        except (PeerLost, TimeoutError):
            pass
        return hand.confirmed

    async def _prove(self, hand: Handshake, say: _Say, generation: int) -> None:
        """Offer, answer, reveal, and confirm on both sides: docs/signalling.md, *Confirm*."""
        limits, of_it = self._deadlines, {"gen": generation}
        servers = [msgspec.to_builtins(server) for server in self._visit.ice_servers]
        self._show({"kind": "start", **of_it, "ice_servers": servers})
        async with asyncio.timeout(limits.offer_s):
            offer = await self._next(Offer, say)
        async with asyncio.timeout(ANSWER_S):
            binding = hand.offer(offer.sdp, now=self._now())
            await say(m.Offer(endpoint=Endpoint.AV, sdp=offer.sdp, binding=binding))
            answer = await self._next(m.Answer, say)
            accepted = hand.accept(answer.sdp, answer.binding, now=self._now())
            await say(m.Reveal(endpoint=Endpoint.AV, nonce=accepted.nonce))
        self._show({"kind": "answer", **of_it, "sdp": accepted.sdp, "fingerprint": hand.fingerprint})
        async with asyncio.timeout(limits.connect_s):
            seen = await self._next(Seen, say)
        self._show({"kind": "confirm", **of_it, "jws": hand.confirm(seen.fingerprint)})
        async with asyncio.timeout(limits.confirm_s):
            hand.verify((await self._next(Confirm, say)).jws)

    async def _live(self, say: _Say) -> None:
        """Show how a proved connection does, until it is lost."""
        while True:
            match await self._next(Life | Moving | m.Admitted, say):
                case Life(state=state):
                    self._change(status=Status.PROTECTED if state == "well" else Status.RECOVERING)
                case Moving(moves=moves):
                    self._moving(moves)
                case m.Admitted():
                    await say(m.Connected(endpoint=Endpoint.AV))

    async def _next(self, kind: type[E] | UnionType, say: _Say) -> E:
        """Return the next event of a kind; addresses are carried on the way, and what ends the connection is raised."""
        while True:
            event = await self._events.get()
            match event:
                case m.Candidate(candidate=candidate, mid=mid):
                    self._show({"kind": "candidate", "gen": self.state.generation, "candidate": candidate, "mid": mid})
                case Candidate(candidate=candidate, mid=mid):
                    await say(m.Candidate(endpoint=Endpoint.AV, candidate=candidate, mid=mid))
                case m.Recovering():
                    raise PeerLost("the other side begins anew")
                case None:
                    raise PeerLost("the kiosk's page has gone, or is another one")
                case Life(state="lost"):
                    raise PeerLost("the page hears nothing from the other side")
                case Refused(flaw=flaw):
                    raise BindingError(flaw, "the kiosk's page found it")
                case _ if isinstance(event, kind):
                    return event

    def _admit(self, admitted: m.Admitted) -> None:
        self._admitted = admitted
        (self._present.set if _physician(admitted).present else self._present.clear)()

    def _change(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._tell(self.state)

    @property
    def _visit(self) -> m.Admitted:
        if self._admitted is None:
            raise RuntimeError("run first")
        return self._admitted


def _physician(admitted: m.Admitted) -> m.Party:
    return next(peer for peer in admitted.peers if peer.role is Role.PHYSICIAN)
