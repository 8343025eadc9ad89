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
from signalling.effects import Claim, Effect, Persist, Send
from signalling.envelope import Envelope
from signalling.errors import Code, Flaw
from signalling.presence import GRACE, Peer
from signalling.side import Endpoint, Role
from signalling.visit import WAITING, Visit, pack, unpack
from signalling.waiting_room import WaitingRoom

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOTHS = [Peer(role=Role.BOOTH, subject=f"urn:teleborne:booth:b{n}", name=f"b{n}") for n in range(3)]
PHYSICIANS = [Peer(role=Role.PHYSICIAN, subject=f"rpps:{n:011}", name=f"Dr {n}") for n in range(2)]
COUGH = m.Enqueue(reason="cough", language="fr", place="Caudry")


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

    def keep(self, persist: Persist) -> None:
        kept = self.record.setdefault(persist.visit.id, Kept(persist.visit))
        if persist.release:
            kept.physician = None
        if kept.physician is None or persist.visit.step not in WAITING:
            kept.visit = persist.visit

    def hear(self, send: Send) -> None:
        side, envelope = self.sides[send.to], send.envelope
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
        if envelope.call is not None:
            self.check_told(side, envelope.call, envelope.body)
            if isinstance(envelope.body, m.Queued | m.Admitted | m.Ended):
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
        self.say(peer, COUGH, call=f"c{next(self.calls)}")

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
            (booth, COUGH),
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
            if body is not COUGH and not isinstance(body, m.HangUp):
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
        for before, visit in enumerate(waiting):
            side = self.sides[visit.booth.id]
            if side.attached:
                told = side.told[visit.id]
                assert isinstance(told, m.Queued), told
                assert told.before == before, "every booth that waits knows its place"

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


# Examples that have names


@dataclass
class World:
    """A room whose effects are carried out at once, with a record that always answers."""

    now: datetime = START
    owners: dict[str, Peer] = field(default_factory=dict)
    ids: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.room = WaitingRoom(new_id=lambda: f"i{next(self.ids)}")

    def carry(self, effects: list[Effect]) -> dict[str, list[m.Message]]:
        heard: dict[str, list[m.Message]] = {}
        work = deque(effects)
        while work:
            effect = work.popleft()
            if isinstance(effect, Claim):
                by = self.owners.setdefault(effect.call, effect.physician)
                work.extend(self.room.claimed(effect, by, now=self.now))
            elif isinstance(effect, Send):
                heard.setdefault(effect.to, []).append(effect.envelope.body)
        return heard

    def arrive(self, *peers: Peer) -> None:
        for peer in peers:
            self.carry(self.room.arrive(peer, m.Hello(), now=self.now))

    def say(
        self, peer: Peer, body: m.Message, *, call: str | None = "c", gen: int = 1, to: str | None = None
    ) -> dict[str, list[m.Message]]:
        envelope = Envelope(body=body, id="said", call=call, gen=gen, to=to)
        return self.carry(self.room.receive(peer.id, envelope, now=self.now))

    def step(self) -> Step:
        return self.room.room.visits["c"].step


BOOTH, OTHER_BOOTH, _ = BOOTHS
ROY, MARTIN = PHYSICIANS
AV, AGENT = Endpoint.AV, Endpoint.AGENT
OFFER = m.Offer(endpoint=AV, sdp="", binding="")


def admitted() -> World:
    world = World()
    world.arrive(BOOTH, ROY, MARTIN)
    world.say(ROY, m.Available(on=True), call=None)
    world.say(MARTIN, m.Available(on=True), call=None)
    world.say(BOOTH, COUGH)
    world.say(ROY, m.Take())
    return world


def active() -> World:
    world = admitted()
    world.say(BOOTH, OFFER)
    for side in (BOOTH, ROY):
        world.say(side, m.Connected(endpoint=AV))
    assert world.step() is Step.ACTIVE
    return world


def refusal(heard: dict[str, list[m.Message]], peer: Peer) -> Code:
    (error,) = heard[peer.id]
    assert isinstance(error, m.Error)
    assert error.re == "said"
    return error.code


def test_a_visit_claimed_before_the_kill_is_admitted_after_it() -> None:
    world = World()
    visit = Visit(id="c", step=Step.OFFERED, booth=BOOTH, asked=COUGH, since=START, physician=ROY)
    first, *_ = world.room.restore([visit], now=START)
    assert isinstance(first, Persist)
    assert (first.visit.step, first.visit.physician) == (Step.ADMITTED, ROY)


def test_a_physician_who_never_comes_back_before_the_talk_costs_the_patient_no_place() -> None:
    world = admitted()
    world.arrive(OTHER_BOOTH)
    world.now += timedelta(seconds=1)
    world.say(OTHER_BOOTH, COUGH, call="d")
    world.carry(world.room.gone(ROY.id, now=world.now))
    world.now += GRACE
    heard = world.carry(world.room.tick(now=world.now))
    assert world.step() is Step.OFFERED
    assert heard[BOOTH.id][-1] == m.Queued(before=0, minutes=None)
    assert heard[OTHER_BOOTH.id][-1] == m.Queued(before=1, minutes=None)


def test_a_reload_within_the_grace_ends_nothing() -> None:
    world = active()
    world.carry(world.room.gone(ROY.id, now=world.now))
    world.now += GRACE - timedelta(seconds=1)
    world.carry(world.room.tick(now=world.now))
    world.arrive(ROY)
    world.now += GRACE
    world.carry(world.room.tick(now=world.now))
    assert world.step() is Step.ACTIVE


def test_an_active_visit_whose_booth_is_gone_goes_to_its_report() -> None:
    world = active()
    world.carry(world.room.gone(BOOTH.id, now=world.now))
    world.now += GRACE
    world.carry(world.room.tick(now=world.now))
    assert world.step() is Step.REPORTING


def test_each_endpoint_counts_its_own_generations() -> None:
    world = active()
    world.say(BOOTH, OFFER, gen=3)
    assert world.step() is Step.RECOVERING
    agent = m.Offer(endpoint=AGENT, sdp="", binding="")
    assert world.say(BOOTH, agent, gen=1) == {ROY.id: [agent]}
    assert refusal(world.say(BOOTH, OFFER, gen=2), BOOTH) is Code.OLD_GENERATION
    late = m.Candidate(endpoint=AV, candidate="")
    assert world.say(ROY, late, gen=2) == {}
    assert refusal(world.say(ROY, late, gen=4), ROY) is Code.NOT_NOW


def test_a_confirmation_of_an_older_connection_does_not_count() -> None:
    world = admitted()
    world.say(BOOTH, OFFER, gen=1)
    world.say(ROY, m.Connected(endpoint=AV), gen=1)
    world.say(BOOTH, OFFER, gen=2)
    world.say(BOOTH, m.Connected(endpoint=AV), gen=2)
    world.say(ROY, m.Connected(endpoint=AV), gen=1)
    assert world.step() is Step.CONNECTING
    world.say(ROY, m.Connected(endpoint=AV), gen=2)
    assert world.step() is Step.ACTIVE


def test_nobody_speaks_in_anothers_visit_or_out_of_turn() -> None:
    world = admitted()
    world.arrive(OTHER_BOOTH)
    assert refusal(world.say(OTHER_BOOTH, OFFER), OTHER_BOOTH) is Code.NOT_YOURS
    assert refusal(world.say(MARTIN, m.HangUp(reason="x")), MARTIN) is Code.NOT_YOURS
    assert refusal(world.say(ROY, OFFER), ROY) is Code.NOT_YOURS
    assert refusal(world.say(BOOTH, OFFER, to=MARTIN.id), BOOTH) is Code.NOT_YOURS
    assert refusal(world.say(BOOTH, OFFER, call="unknown"), BOOTH) is Code.UNKNOWN_CALL
    assert refusal(world.say(ROY, m.Reported(documents=[])), ROY) is Code.NOT_NOW
    assert refusal(world.say(BOOTH, m.Hello(), call=None), BOOTH) is Code.NOT_NOW


def test_a_physician_in_talk_or_unavailable_takes_nobody_else() -> None:
    world = admitted()
    world.arrive(OTHER_BOOTH)
    world.say(OTHER_BOOTH, COUGH, call="d")
    assert refusal(world.say(ROY, m.Take(), call="d"), ROY) is Code.NOT_NOW
    world.say(MARTIN, m.Available(on=False), call=None)
    assert refusal(world.say(MARTIN, m.Take(), call="d"), MARTIN) is Code.NOT_AVAILABLE
    assert world.say(MARTIN, m.Take()) == {MARTIN.id: [m.Taken(by="Dr 0")]}


def test_the_record_is_asked_once_and_its_answer_is_for_all_who_asked() -> None:
    world = World()
    world.arrive(BOOTH, OTHER_BOOTH, ROY, MARTIN)
    for physician in (ROY, MARTIN):
        world.say(physician, m.Available(on=True), call=None)
    world.say(BOOTH, COUGH)
    world.say(OTHER_BOOTH, COUGH, call="d")
    take = Envelope(body=m.Take(), id="said", call="c")
    (claim,) = world.room.receive(ROY.id, take, now=START)
    assert isinstance(claim, Claim)
    assert world.room.receive(MARTIN.id, take, now=START) == []
    assert refusal(world.say(ROY, m.Take(), call="d"), ROY) is Code.NOT_NOW
    heard = world.carry(world.room.claimed(claim, ROY, now=START))
    assert isinstance(heard[ROY.id][0], m.Admitted)
    assert heard[MARTIN.id][0] == m.Taken(by="Dr 0")
    asked = Envelope(body=m.Take(), id="said", call="d")
    (claim,) = world.room.receive(MARTIN.id, asked, now=START)
    assert isinstance(claim, Claim)
    assert refusal(world.carry(world.room.claim_failed(claim, now=START)), MARTIN) is Code.TRY_AGAIN
    (claim,) = world.room.receive(MARTIN.id, asked, now=START)
    assert isinstance(claim, Claim)
    assert refusal(world.carry(world.room.claimed(claim, None, now=START)), MARTIN) is Code.UNKNOWN_CALL


def test_a_visit_handed_back_is_released_in_the_record() -> None:
    world = admitted()
    envelope = Envelope(body=m.HandBack(reason="other"), id="said", call="c")
    first, *_ = world.room.receive(ROY.id, envelope, now=START)
    assert isinstance(first, Persist)
    assert first.release
    assert first.visit.physician is None


def test_a_second_visit_of_a_booth_ends_its_first() -> None:
    world = admitted()
    heard = world.say(BOOTH, COUGH, call="d")
    assert m.Ended(reason="replaced") in heard[ROY.id]
    assert set(world.room.room.visits) == {"d"}
    assert world.say(BOOTH, COUGH) == {BOOTH.id: [m.Ended(reason="replaced")]}


def test_a_visit_that_was_active_and_stopped_can_still_be_reported() -> None:
    world = active()
    heard = world.say(BOOTH, m.Stop(reason=Flaw.FINGERPRINT))
    assert heard[ROY.id] == [m.Ended(reason="fingerprint", reporting=True)]
    report = Envelope(body=m.Reported(documents=[]), id="said", call="c")
    kept, *told = world.room.receive(ROY.id, report, now=world.now)
    assert isinstance(kept, Persist)
    sent = [effect for effect in told if isinstance(effect, Send)]
    assert [(effect.to, type(effect.envelope.body)) for effect in sent] == [
        (BOOTH.id, m.Reported),
        (BOOTH.id, m.Ended),
        (ROY.id, m.Ended),
    ]
    assert sent[0].envelope.seq + 1 == sent[1].envelope.seq


def test_the_estimate_is_none_until_three_talks_are_known() -> None:
    world = admitted()
    estimates: list[tuple[int, int] | None] = []
    for number in range(4):
        call = f"n{number}"
        heard = world.say(BOOTH, COUGH, call=call)
        estimates += [body.minutes for body in heard[BOOTH.id] if isinstance(body, m.Queued)][-1:]
        world.say(ROY, m.Take(), call=call)
        world.say(BOOTH, OFFER, call=call)
        for side in (BOOTH, ROY):
            world.say(side, m.Connected(endpoint=AV), call=call)
        world.now += timedelta(minutes=10)
        world.say(ROY, m.HangUp(reason="finished"), call=call)
        world.say(ROY, m.Reported(documents=[]), call=call)
    assert estimates == [None, None, None, (0, 10)]
