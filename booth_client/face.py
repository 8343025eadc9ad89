"""Face to face: the kiosk page's connection to the physician's page, for which the booth's agent signs.

The page makes the connection, because the camera and the screen are its own; the booth's key is the agent's, and the
page cannot reach signalling but through the agent. Both speak over the loopback WebSocket that shows the journey:

    agent → page    start · answer · candidate · confirm · proved · unlock · end
    page → agent    offer · candidate · seen · confirm · proved · life · picture · roster · refused · unrelayed

The page offers; the agent signs the fingerprint in that offer, and verifies the answer before the page sees it. The
page says which certificate DTLS really showed; only then is our confirm made. Nothing is seen or heard before each
side has verified the other's confirm and heard that its own was (`proved`): then `unlock` is said. A page that was
reloaded gets the next generation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Final, TypeVar

import msgspec
import structlog

from booth_client.company import Company
from booth_client.generations import ANSWER_S, Generations, Letter, Tell, Turn
from booth_client.kiosk.said import (
    Candidate,
    Confirm,
    Life,
    Moving,
    Offer,
    PageMessage,
    Proved,
    Refused,
    Roster,
    Said,
    Seen,
    Unrelayed,
)
from booth_client.protection import PeerLost, State, Unconfirmed
from booth_client.relays import Relays
from booth_client.signalling_link import Say
from signalling import messages as m
from signalling.binding import Anchors, Signer
from signalling.envelope import Envelope
from signalling.errors import BindingError
from signalling.side import Endpoint

__all__ = ["Face", "FaceDeadlines"]

_log: Final = structlog.get_logger("visit")

_Event = Said | Letter | None
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceDeadlines:
    """How long the page may take for what; a person may first have to allow the camera."""

    offer_s: float = 30
    connect_s: float = 15
    confirm_s: float = 10


class Face:
    """The endpoint `av` of a booth with a kiosk and one other side (*peer*; None: the physician).

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
        relays: Relays | None = None,
        tell: Callable[[State], None] = lambda _state: None,
        moving: Callable[[bool], None] = lambda _moves: None,
        company: Company | None = None,
        peer: str | None = None,
        deadlines: FaceDeadlines | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._company = company or Company(anchors)
        self._generations = Generations(
            Endpoint.AV,
            signer=signer,
            anchors=anchors,
            say=say,
            tell=tell,
            ready=self._page_is_there,
            company=self._company,
            peer=peer,
        )
        self._show = show if peer is None else lambda message: show({**message, "peer": peer})
        self._relays = relays or Relays()
        self._moving = moving
        self._deadlines = deadlines or FaceDeadlines()
        self._now = now
        self._events: asyncio.Queue[_Event] = asyncio.Queue()
        self._paged = asyncio.Event()

    @property
    def state(self) -> State:
        """Return how the conversation stands."""
        return self._generations.state

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
        letter = self._generations.receive(envelope)
        if letter is not None:
            self._events.put_nowait(letter)

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk with the physician of *admitted* in the visit, until cancelled; raises BindingError once said."""
        try:
            await self._generations.run(call_id, admitted, self._talk)
        finally:
            self._show({"kind": "end"})

    async def _talk(self, turn: Turn) -> None:
        """Live through one connection; raises PeerLost at its end, or BindingError."""
        self._events = asyncio.Queue()
        try:
            await self._prove(turn)
            self._generations.prove(turn.hand)
            self._show({"kind": "unlock", "gen": turn.generation})
            await turn.say(m.Connected(endpoint=Endpoint.AV))
            await self._live(turn.say)
        except TimeoutError:
            raise PeerLost("the kiosk's page or the other side took too long") from None
        except BindingError:
            self._show({"kind": "end"})
            raise

    async def _prove(self, turn: Turn) -> None:
        """Offer, answer, reveal, and confirm on both sides: docs/signalling.md, *Confirm*."""
        hand, say, limits, of_it = turn.hand, turn.say, self._deadlines, {"gen": turn.generation}
        given = await self._relays.fresh(self._generations.visit.ice_servers)
        servers = [msgspec.to_builtins(server) for server in given]
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
        try:
            async with asyncio.timeout(limits.confirm_s):
                hand.verify((await self._next(Confirm, say)).jws)
                self._show({"kind": "proved", **of_it})
                await self._next(Proved, say)
        except TimeoutError:
            raise Unconfirmed("the other side did not confirm in time") from None
        hand.complete()

    async def _live(self, say: Tell) -> None:
        """Show how a proved connection does, until it is lost."""
        while True:
            match await self._next(Life | Moving | Roster | m.Admitted, say):
                case Life(state=state):
                    self._generations.live(well=state == "well")
                case Moving(moves=moves):
                    self._moving(moves)
                case Roster(jws=token):
                    self._company.hear(token)
                case m.Admitted():
                    await say(m.Connected(endpoint=Endpoint.AV))

    async def _next(self, kind: type[E] | UnionType, say: Tell) -> E:
        """Return the next event of a kind; addresses are carried on the way, and what ends the connection is raised."""
        while True:
            event = await self._events.get()
            match event:
                case m.Candidate(candidate=candidate, mid=mid):
                    self._show({"kind": "candidate", "gen": self.state.generation, "candidate": candidate, "mid": mid})
                case Candidate(candidate=candidate, mid=mid):
                    await say(m.Candidate(endpoint=Endpoint.AV, candidate=candidate, mid=mid))
                case Unrelayed():
                    _log.warning("no relay gave the kiosk's page an address", generation=self.state.generation)
                    self._generations.change(without_relay=True)
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

    async def _page_is_there(self) -> None:
        await self._paged.wait()
