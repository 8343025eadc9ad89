"""The waiting room against a model: participants that come, go, reload and race, a record, and a server that is killed
between any two effects."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalling import messages as m
from signalling.consultation import Step
from signalling.effects import Announce, Claim, Effect, Persist, Send
from signalling.envelope import Envelope
from signalling.presence import Peer, Practice
from signalling.side import Endpoint, Role
from signalling.visit import WAITING, Visit, pack, unpack
from signalling.waiting_room import WaitingRoom

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOTHS = [Peer(role=Role.BOOTH, subject=f"urn:teleborne:booth:b{n}", name=f"b{n}") for n in range(3)]
PHYSICIANS = [
    Peer(role=Role.PHYSICIAN, subject=f"rpps:{n:011}", name=f"Dr {n}", practice=Practice(territories=(where,)))
    for n, where in enumerate(("north", "south"))
]
ASKED = {
    booth.id: m.Enqueue(reason="cough", language="fr", place="Caudry", territory=where)
    for booth, where in zip(BOOTHS, (None, "north", "south"), strict=True)
}
NEAR_ONLY = timedelta(minutes=2)


@dataclass
class Kept:
    """A row of the record."""

    visit: Visit
    physician: Peer | None = None

    @property
    def waits(self) -> bool:
        return self.visit.step in WAITING and self.physician is None


@dataclass
class Side:
    """What a participant's program knows."""

    peer: Peer
    here: bool = False
    socket: int = 0
    attached: bool = False
    resume: str | None = None
    last_seq: int = 0
    told: dict[str, m.Queued | m.Admitted | m.Ended] = field(default_factory=dict)


@dataclass(frozen=True)
class Attach:
    side: str
    socket: int


class Room(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.ids = itertools.count()
        self.calls = itertools.count()
        self.record: dict[str, Kept] = {}
        self.said: set[str] = set()
        self.sides = {peer.id: Side(peer) for peer in BOOTHS + PHYSICIANS}
        self.begin()

    # The world around the room

    def begin(self) -> None:
        self.work: deque[Effect | Attach] = deque()
        self.room = WaitingRoom(new_id=lambda: f"i{next(self.ids)}")
        open_visits = [
            replace(unpack(pack(kept.visit)), physician=kept.physician)
            for kept in self.record.values()
            if kept.visit.step is not Step.ENDED
        ]
        self.work.extend(self.room.restore(open_visits, now=self.now))

    def do(self, effect: Effect | Attach) -> None:
        match effect:
            case Attach(side=side, socket=socket):
                self.sides[side].attached = self.sides[side].socket == socket
            case Persist():
                self.keep(effect)
            case Claim():
                kept = self.record[effect.call]
                assert kept.visit.id == effect.call, "a visit is kept before it can be claimed"
                if kept.visit.step is not Step.ENDED and kept.physician is None:
                    kept.physician = effect.physician
                by = None if kept.visit.step is Step.ENDED else kept.physician
                self.work.extend(self.room.claimed(effect, by, now=self.now))
            case Send():
                self.hear(effect)
            case Announce():
                for send in effect.each():
                    self.hear(send)

    def keep(self, persist: Persist) -> None:
        kept = self.record.setdefault(persist.visit.id, Kept(persist.visit))
        if persist.release:
            kept.physician = None
        if kept.physician is None or persist.visit.step not in WAITING:
            kept.visit = persist.visit

    def hear(self, send: Send) -> None:
        side, envelope = self.sides[send.to], send.envelope
        if envelope.call is not None and envelope.id not in self.said:
            # Once: what somebody missed is said again later, as it was.
            self.said.add(envelope.id)
            self.check_told(side, envelope.call, envelope.body)
        if not side.attached:
            return
        if isinstance(envelope.body, m.Welcome):
            side.resume = envelope.body.resume
            if envelope.body.fresh:
                side.last_seq = 0
                side.told = {call: told for call, told in side.told.items() if call in envelope.body.calls}
            return
        assert envelope.seq == side.last_seq + 1, "nothing is missing, repeated or out of order"
        side.last_seq = envelope.seq
        if envelope.call is not None and isinstance(envelope.body, m.Queued | m.Admitted | m.Ended):
            side.told[envelope.call] = envelope.body

    def check_told(self, side: Side, call: str, body: m.Message) -> None:
        """Nobody is told what the record does not know."""
        kept = self.record.get(call)
        assert kept is not None, f"{body} before Persist"
        match body:
            case m.Admitted():
                assert kept.physician is not None
                assert side.peer in (kept.visit.booth, kept.physician), "only the winner is admitted"
            case m.Taken(by=by):
                assert kept.physician is None or by == kept.physician.name or kept.visit.step is Step.ENDED
            case m.Ended(reporting=True):
                assert kept.visit.step in (Step.REPORTING, Step.ENDED)
            case m.Ended() if side.peer.role is Role.BOOTH:
                assert kept.visit.step is Step.ENDED

    def say(self, peer: Peer, body: m.Message, call: str | None = None, gen: int = 1) -> None:
        if self.sides[peer.id].here:
            envelope = Envelope(body=body, id=f"i{next(self.ids)}", call=call, gen=gen)
            self.work.extend(self.room.receive(peer.id, envelope, now=self.now))

    def settle(self) -> None:
        while self.work:
            self.do(self.work.popleft())

    # What can happen

    @initialize(ready=st.booleans())
    def a_morning_begins(self, *, ready: bool) -> None:
        for peer in (BOOTHS + PHYSICIANS) * ready:
            self.arrives(peer, remembers=False)
            if peer.role is Role.PHYSICIAN:
                self.is_available(peer, on=True)

    @rule(peer=st.sampled_from(BOOTHS + PHYSICIANS), remembers=st.booleans())
    def arrives(self, peer: Peer, *, remembers: bool) -> None:
        side = self.sides[peer.id]
        side.here, side.attached, side.socket = True, False, side.socket + 1
        resume = side.resume if remembers else None
        hello = m.Hello(resume=resume, last_seq=side.last_seq if resume else 0)
        self.work.append(Attach(peer.id, side.socket))
        self.work.extend(self.room.arrive(peer, hello, now=self.now))

    @rule(peer=st.sampled_from(BOOTHS + PHYSICIANS))
    def drops(self, peer: Peer) -> None:
        side = self.sides[peer.id]
        if side.here:
            side.here = side.attached = False
            side.socket += 1
            self.work.extend(self.room.gone(peer.id, now=self.now))

    @rule(peer=st.sampled_from(BOOTHS))
    def asks(self, peer: Peer) -> None:
        self.say(peer, ASKED[peer.id], call=f"c{next(self.calls)}")

    @rule(peer=st.sampled_from(PHYSICIANS), on=st.booleans())
    def is_available(self, peer: Peer, *, on: bool) -> None:
        self.say(peer, m.Available(on=on))

    @precondition(lambda self: self.record)
    @rule(data=st.data(), peer=st.sampled_from(PHYSICIANS))
    def takes(self, data: st.DataObject, peer: Peer) -> None:
        waiting = [call for call, kept in self.record.items() if kept.visit.step in WAITING]
        self.say(peer, m.Take(), call=data.draw(st.sampled_from(waiting or list(self.record))))

    @precondition(lambda self: self.record)
    @rule(
        data=st.data(),
        peer=st.sampled_from(BOOTHS + PHYSICIANS),
        gen=st.integers(1, 3),
        body=st.sampled_from(
            [
                m.Leave(reason="patient-left"),
                m.HandBack(reason="other"),
                m.HangUp(reason="finished"),
                m.Reported(documents=[]),
                m.Offer(endpoint=Endpoint.AV, sdp="", binding=""),
                m.Answer(endpoint=Endpoint.AV, sdp="", binding=""),
                m.Connected(endpoint=Endpoint.AV),
                m.Recovering(endpoint=Endpoint.AV),
            ]
        ),
    )
    def speaks(self, data: st.DataObject, peer: Peer, gen: int, body: m.Message) -> None:
        mine = [
            call
            for call, kept in self.record.items()
            if peer in (kept.visit.booth, kept.physician) and kept.visit.step is not Step.ENDED
        ]
        self.say(peer, body, call=data.draw(st.sampled_from(mine or list(self.record))), gen=gen)

    @rule(booth=st.sampled_from(BOOTHS), physician=st.sampled_from(PHYSICIANS), acts=st.integers(1, 6))
    def a_visit_goes_on(self, booth: Peer, physician: Peer, acts: int) -> None:
        """The ordinary way of a visit, as far as *acts*: chance alone seldom gets there."""
        mine = [call for call, kept in self.record.items() if kept.visit.booth == booth and kept.waits]
        call = mine[-1] if mine else f"c{next(self.calls)}"
        steps: list[tuple[Peer, m.Message]] = [
            (booth, ASKED[booth.id]),
            (physician, m.Take()),
            (booth, m.Offer(endpoint=Endpoint.AV, sdp="", binding="")),
            (booth, m.Connected(endpoint=Endpoint.AV)),
            (physician, m.Connected(endpoint=Endpoint.AV)),
            (physician, m.HangUp(reason="finished")),
        ]
        for peer in (booth, physician):
            if not self.sides[peer.id].here:
                self.arrives(peer, remembers=True)
        self.is_available(physician, on=True)
        for peer, body in steps[:acts]:
            self.say(peer, body, call=call)
            if not isinstance(body, m.Enqueue | m.HangUp):
                self.settle()

    @rule(count=st.integers(1, 20))
    def works(self, count: int) -> None:
        for _ in range(min(count, len(self.work))):
            self.do(self.work.popleft())

    @rule(seconds=st.sampled_from([1, 30, 61, 121]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.work.extend(self.room.tick(now=self.now))

    @rule()
    def is_killed(self) -> None:
        for side in self.sides.values():
            side.here = side.attached = False
            side.socket += 1
        self.begin()

    @rule()
    def everything_settles(self) -> None:
        self.settle()
        waiting = sorted(
            (kept.visit for kept in self.record.values() if kept.waits), key=lambda visit: (visit.since, visit.id)
        )
        offered = [self.offered(visit) for visit in waiting]
        for place, visit in enumerate(waiting):
            side = self.sides[visit.booth.id]
            if side.attached:
                told = side.told[visit.id]
                assert isinstance(told, m.Queued), told
                before = [those for those in offered[:place] if those & offered[place] or not offered[place]]
                assert told.before == len(before), "every booth that waits knows its place"

    def offered(self, visit: Visit) -> set[str]:
        """To whom: those of its territory for two minutes, unless none of them takes patients."""
        people = self.room.room.people.values()
        there = {person.id: person.peer.practice.territories for person in people if person.available}
        near = {who for who, where in there.items() if visit.asked.territory in (None, *where)}
        return near if near and self.now - visit.since < NEAR_ONLY else set(there)

    # What always holds

    @invariant()
    def no_visit_is_lost(self) -> None:
        if self.work:
            return
        open_visits = {call: kept for call, kept in self.record.items() if kept.visit.step is not Step.ENDED}
        assert self.room.room.visits.keys() == open_visits.keys()
        for call, kept in open_visits.items():
            visit = self.room.room.visits[call]
            assert (visit.step, visit.physician) == (kept.visit.step, kept.physician)
            assert (visit.step in WAITING) == (kept.physician is None)

    @invariant()
    def a_physician_talks_with_one_patient(self) -> None:
        talks = [kept.physician for kept in self.record.values() if kept.visit.step in (Step.ACTIVE, Step.RECOVERING)]
        assert len(talks) == len({physician.subject for physician in talks if physician})

    def teardown(self) -> None:
        """After all of it, a restarted server has every open visit, and each booth that comes back is told."""
        self.settle()
        self.is_killed()
        self.settle()
        self.no_visit_is_lost()
        for booth in BOOTHS:
            self.arrives(booth, remembers=True)
        self.settle()
        for kept in self.record.values():
            if kept.visit.step is not Step.ENDED:
                told = self.sides[kept.visit.booth.id].told[kept.visit.id]
                assert isinstance(told, m.Queued if kept.waits else m.Admitted | m.Ended)


Room.TestCase.settings = settings(max_examples=600, stateful_step_count=50, deadline=None)
TestWaitingRoom = Room.TestCase
