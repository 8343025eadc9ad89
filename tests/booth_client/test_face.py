"""The kiosk page's connection, for which the agent signs: every step in its order, and nothing that does not hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from booth_client.face import Face, FaceDeadlines
from booth_client.kiosk.said import parse
from booth_client.protection import State, Status
from signalling import messages as m
from signalling.binding import Binding, Edge, Part, make_binding, verify_binding
from signalling.confirm import make_confirm, transcript, verify_confirm
from signalling.envelope import Envelope
from signalling.errors import BindingError, Flaw
from signalling.side import Endpoint
from tests.peers.town import until
from tests.peers.webrtc_people import CALL, People, admitted

OWN, THEIRS = "AB" * 32, "CD" * 32


def sdp(fingerprint: str) -> str:
    pairs = ":".join(fingerprint[i : i + 2] for i in range(0, 64, 2))
    lines = ("v=0", f"a=fingerprint:sha-256 {pairs}", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:0")
    return "\r\n".join(lines) + "\r\n"


@dataclass(kw_only=True)
class Table:
    """An agent's Face between a page and a physician, both played by the test."""

    folk: People
    face: Face = field(init=False)
    task: asyncio.Task[None] = field(init=False)
    shown: list[dict[str, Any]] = field(default_factory=list)
    said: list[tuple[m.Message, int]] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    pictures: list[bool] = field(default_factory=list)
    offer: Binding = field(init=False)
    answer: str = ""

    async def say(self, body: m.Message, /, *, call: str | None = None, to: str | None = None, gen: int = 1) -> str:
        assert call == CALL
        assert to in (None, "p-2")
        self.said.append((body, gen))
        return "id"

    def page(self, kind: str, gen: int = 1, **fields: Any) -> None:
        self.face.said(parse({"kind": kind, "gen": gen, **fields}))

    def physician(self, body: m.Message, gen: int = 1) -> None:
        self.face.receive(Envelope(body=body, id="x", call=CALL, gen=gen))

    async def heard(self, kind: type[m.Message], gen: int = 1) -> Any:
        await until(lambda: any(isinstance(body, kind) and at == gen for body, at in self.said))
        return next(body for body, at in self.said if isinstance(body, kind) and at == gen)

    async def sees(self, kind: str, gen: int | None = 1) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            return [each for each in self.shown if each["kind"] == kind and each.get("gen", gen) == gen]

        await until(found)
        return found()[0]

    def edge(self, gen: int) -> Edge:
        who = self.folk.booth.subject, self.folk.physician.subject
        return Edge(call=CALL, generation=gen, endpoint=Endpoint.AV, offerer=who[0], answerer=who[1])

    async def offers(self, gen: int = 1) -> None:
        await self.sees("start", gen)
        self.page("offer", gen, sdp=sdp(OWN))
        offer = await self.heard(m.Offer, gen)
        now = datetime.now(UTC)
        self.offer = verify_binding(offer.binding, self.edge(gen), Part.OFFER, anchors=self.folk.anchors, now=now)

    async def answers(self, gen: int = 1, *, described: str = THEIRS) -> None:
        await self.offers(gen)
        signer = self.folk.physician
        self.answer = make_binding(
            signer, self.edge(gen), Part.ANSWER, fingerprint=THEIRS, peer=self.offer.hash, now=datetime.now(UTC)
        )
        self.physician(m.Answer(endpoint=Endpoint.AV, sdp=sdp(described), binding=self.answer), gen)

    async def confirms(self, gen: int = 1, *, seen: str = THEIRS) -> None:
        await self.answers(gen)
        shown = await self.sees("answer", gen)
        assert (shown["fingerprint"], shown["sdp"]) == (THEIRS, sdp(THEIRS))
        reveal = await self.heard(m.Reveal, gen)
        self.page("seen", gen, fingerprint=seen)
        if seen != THEIRS:
            return
        ours = await self.sees("confirm", gen)
        agreed = transcript(self.offer.token, self.answer, reveal.nonce)
        verify_confirm(ours["jws"], self.offer, self.edge(gen), Part.OFFER, agreed=agreed, own=THEIRS)
        theirs = make_confirm(self.folk.physician, self.edge(gen), Part.ANSWER, agreed=agreed, seen=OWN)
        self.page("confirm", gen, jws=theirs)
        await self.sees("proved", gen)

    async def open(self, gen: int = 1) -> None:
        await self.confirms(gen)
        assert not [each for each in self.shown if each == {"kind": "unlock", "gen": gen}]
        self.page("proved", gen)
        await self.sees("unlock", gen)
        await self.heard(m.Connected, gen)

    async def stopped(self) -> Flaw:
        with pytest.raises(BindingError) as caught:
            await asyncio.wait_for(asyncio.shield(self.task), 3)
        assert self.face.state.status is Status.REFUSED
        assert await self.heard(m.Stop, self.face.state.generation) == m.Stop(reason=caught.value.flaw)
        assert not [each for each in self.shown if each["kind"] == "unlock"]
        return caught.value.flaw


@asynccontextmanager
async def table(folk: People, *, there: bool = True, deadlines: FaceDeadlines | None = None) -> AsyncIterator[Table]:
    made = Table(folk=folk)
    made.face = Face(
        signer=folk.booth,
        anchors=folk.anchors,
        say=made.say,
        show=made.shown.append,
        tell=made.states.append,
        moving=made.pictures.append,
        deadlines=deadlines,
    )
    made.face.page(there=there)
    made.task = asyncio.ensure_future(made.face.run(CALL, admitted()))
    try:
        yield made
    finally:
        made.task.cancel()
        await asyncio.wait([made.task])
        if not made.task.cancelled() and not isinstance(made.task.exception(), BindingError | None):
            made.task.result()


async def test_both_sides_prove_themselves_before_anything_is_unlocked(folk: People) -> None:
    async with table(folk) as at:
        await at.open()
        kinds = [each["kind"] for each in at.shown]
        assert kinds == ["start", "answer", "confirm", "proved", "unlock"]
        assert (at.face.state.status, at.face.state.name) == (Status.PROTECTED, "Dr Claire Martin")
    assert at.shown[-1] == {"kind": "end"}


async def test_addresses_travel_both_ways_and_late_ones_are_left_alone(folk: People) -> None:
    async with table(folk) as at:
        await at.offers()
        at.page("candidate", candidate="candidate:1 1 udp 1 192.0.2.7 4 typ host", mid="0")
        assert (await at.heard(m.Candidate)).candidate.endswith("typ host")
        at.physician(m.Candidate(endpoint=Endpoint.AV, candidate="candidate:2", mid=None))
        assert (await at.sees("candidate"))["candidate"] == "candidate:2"
        at.page("candidate", 7, candidate="candidate:9")
        at.physician(m.Candidate(endpoint=Endpoint.AV, candidate="candidate:9"), 7)
        at.physician(m.Candidate(endpoint=Endpoint.AGENT, candidate="candidate:9"))
        await asyncio.sleep(0.05)
        assert sum(isinstance(body, m.Candidate) for body, _ in at.said) == 1
        assert sum(each["kind"] == "candidate" for each in at.shown) == 1


async def test_a_certificate_that_dtls_showed_and_nobody_signed_is_a_hard_stop(folk: People) -> None:
    for seen in ("EE" * 32, "", "short"):
        async with table(folk) as at:
            await at.confirms(seen=seen)
            assert await at.stopped() is Flaw.SEEN


async def test_a_description_with_another_fingerprint_never_reaches_the_page(folk: People) -> None:
    async with table(folk) as at:
        await at.answers(described="EE" * 32)
        assert await at.stopped() is Flaw.FINGERPRINT
        assert [each["kind"] for each in at.shown if each["kind"] != "end"] == ["start"]


async def test_what_the_page_finds_is_a_hard_stop_as_well(folk: People) -> None:
    async with table(folk) as at:
        await at.answers()
        await at.sees("answer")
        at.page("refused", flaw="weak-fingerprint")
        assert await at.stopped() is Flaw.WEAK_FINGERPRINT


async def test_a_confirm_by_somebody_else_is_a_hard_stop(folk: People) -> None:
    async with table(folk) as at:
        await at.answers()
        await at.sees("answer")
        at.page("seen", fingerprint=THEIRS)
        ours = await at.sees("confirm")
        at.page("confirm", jws=ours["jws"])  # our own, sent back
        assert await at.stopped() in (Flaw.CONFIRM, Flaw.SEEN)


async def test_a_page_that_was_reloaded_gets_the_next_generation(folk: People) -> None:
    async with table(folk) as at:
        await at.open()
        at.face.page(there=False)
        at.face.page(there=True)
        await at.open(2)
        assert [state.status for state in at.states if state.generation == 1][-1] is Status.RECOVERING


async def test_nothing_is_offered_without_a_page_or_to_a_physician_who_is_away(folk: People) -> None:
    async with table(folk, there=False) as at:
        await asyncio.sleep(0.05)
        assert at.shown == []
        at.face.page(there=True)
        await at.open()
        at.physician(m.Present(participant="p-2", present=False, grace_s=120))
        at.page("life", state="lost")
        await asyncio.sleep(0.6)
        assert not [each for each in at.shown if each.get("gen") == 2]
        at.physician(m.Present(participant="p-2", present=True))
        await at.open(2)


async def test_a_physicians_page_that_begins_anew_is_offered_the_next_generation(folk: People) -> None:
    async with table(folk) as at:
        await at.open()
        at.physician(m.Recovering(endpoint=Endpoint.AV))
        await at.open(2)


async def test_who_came_back_before_the_talk_began_is_there(folk: People) -> None:
    at = Table(folk=folk)
    own: dict[str, Any] = {"signer": folk.booth, "anchors": folk.anchors, "say": at.say, "show": at.shown.append}
    at.face = Face(**own)
    at.face.page(there=True)
    at.physician(m.Present(participant="p-2", present=False, grace_s=120))
    at.physician(m.Present(participant="p-2", present=True))
    at.task = asyncio.ensure_future(at.face.run(CALL, admitted(present=False)))
    try:
        await at.open()
    finally:
        at.task.cancel()
        await asyncio.wait([at.task])


async def test_pages_that_are_loaded_again_before_they_confirm_stop_nothing(folk: People) -> None:
    async with table(folk) as at:
        for gen in (1, 2):
            await at.answers(gen)
            await at.sees("answer", gen)
            at.page("seen", gen, fingerprint=THEIRS)
            await at.sees("confirm", gen)
            if gen == 1:
                at.physician(m.Recovering(endpoint=Endpoint.AV), gen)
            else:
                at.face.page(there=True)
        await at.open(3)


async def test_who_connects_twice_and_never_confirms_is_stopped(folk: People) -> None:
    async with table(folk, deadlines=FaceDeadlines(confirm_s=0.05)) as at:
        for gen in (1, 2):
            await at.answers(gen)
            await at.sees("answer", gen)
            at.page("seen", gen, fingerprint=THEIRS)
        assert await at.stopped() is Flaw.CONFIRM


async def test_how_the_connection_does_is_told(folk: People) -> None:
    async with table(folk) as at:
        await at.open()
        at.page("life", state="silent")
        await until(lambda: at.face.state.status is Status.RECOVERING)
        at.page("life", state="well")
        await until(lambda: at.face.state.status is Status.PROTECTED)
        at.page("picture", moves=False)
        await until(lambda: at.pictures == [False])
        before = len(at.said)
        at.physician(admitted(generations={Endpoint.AV: 1}))
        await until(lambda: len(at.said) == before + 1)
        assert at.said[-1] == (m.Connected(endpoint=Endpoint.AV), 1)


async def test_that_no_relay_answered_the_page_is_known_until_the_next_connection(folk: People) -> None:
    async with table(folk) as at:
        await at.offers()
        at.page("unrelayed")
        await until(lambda: at.face.state.without_relay)
        at.page("life", state="lost")
        await at.sees("start", 2)
        assert not at.face.state.without_relay
        await at.open(2)


async def test_a_page_that_does_not_offer_in_time_is_asked_again(folk: People) -> None:
    async with table(folk, deadlines=FaceDeadlines(offer_s=0.05)) as at:
        await at.sees("start", 1)
        await at.sees("start", 2)


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        {"kind": "unlock", "gen": 1},
        {"kind": "offer", "gen": 0, "sdp": ""},
        {"kind": "offer", "gen": 1, "sdp": "x" * 50_000},
        {"kind": "seen", "gen": 1, "fingerprint": "x" * 65},
        {"kind": "candidate", "gen": 1, "candidate": "x" * 501},
        {"kind": "refused", "gen": 1, "flaw": "no such flaw"},
        {"kind": "life", "gen": 1, "state": "well", "more": 1},
    ],
)
def test_what_is_no_message_of_the_page_is_refused(message: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        parse(message)
