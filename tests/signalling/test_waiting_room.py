"""The waiting room, one rule at a time; the model of all of them is test_waiting_room_model.py."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from signalling import messages as m
from signalling.consultation import Step
from signalling.effects import Announce, Claim, Effect, Persist, Send
from signalling.envelope import Envelope
from signalling.errors import Code, Flaw
from signalling.presence import GRACE, Peer
from signalling.side import Endpoint, Role
from signalling.visit import Visit
from signalling.waiting_room import WaitingRoom

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOTHS = [Peer(role=Role.BOOTH, subject=f"urn:teleborne:booth:b{n}", name=f"b{n}") for n in range(3)]
PHYSICIANS = [Peer(role=Role.PHYSICIAN, subject=f"rpps:{n:011}", name=f"Dr {n}") for n in range(2)]
COUGH = m.Enqueue(reason="cough", language="fr", place="Caudry", encounter="Encounter/e1", patient="Patient/p1")


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
            elif isinstance(effect, Announce):
                work.extendleft(reversed(list(effect.each())))
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


def test_two_who_tried_to_connect_again_and_never_met_are_noted_for_the_audit() -> None:
    back = Envelope(body=m.HandBack(reason="other"), id="said", call="c")
    for tries, noted in ((1, 0), (2, 2), (3, 3)):
        world = admitted()
        for gen in range(1, tries + 1):
            world.say(BOOTH, OFFER, gen=gen)
        kept, *_ = world.room.receive(ROY.id, back, now=START)
        assert isinstance(kept, Persist)
        assert (kept.unmet, kept.stopped_by) == (noted, None)
        if tries == 1:
            continue
        stopped = admitted()
        for gen in range(1, tries + 1):
            stopped.say(BOOTH, OFFER, gen=gen)
        stop = Envelope(body=m.Stop(reason=Flaw.CONFIRM), id="said", call="c")
        kept, *_ = stopped.room.receive(BOOTH.id, stop, now=START)
        assert isinstance(kept, Persist)
        assert (kept.unmet, kept.stopped_by) == (0, BOOTH.subject)
    met = active()
    met.say(BOOTH, OFFER, gen=2)
    kept, *_ = met.room.receive(ROY.id, Envelope(body=m.HangUp(reason="finished"), id="said", call="c"), now=START)
    assert isinstance(kept, Persist)
    assert kept.unmet == 0


def test_a_second_visit_of_a_booth_ends_its_first() -> None:
    world = admitted()
    heard = world.say(BOOTH, COUGH, call="d")
    assert m.Ended(reason="replaced") in heard[ROY.id]
    assert set(world.room.room.visits) == {"d"}
    assert world.say(BOOTH, COUGH) == {BOOTH.id: [m.Ended(reason="replaced")]}


def test_a_visit_that_was_active_and_stopped_can_still_be_reported() -> None:
    world = active()
    heard = world.say(BOOTH, m.Stop(reason=Flaw.FINGERPRINT))
    (ended,) = heard[ROY.id]
    assert isinstance(ended, m.Ended)
    assert (ended.reason, ended.reporting) == ("fingerprint", True)
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


def test_whoever_owes_a_report_is_told_of_what_and_may_take_the_same_patient_again() -> None:
    world = active()
    stop = world.say(BOOTH, m.Stop(reason=Flaw.FINGERPRINT))
    assert stop[BOOTH.id] == [m.Ended(reason="fingerprint", reporting=True)]
    again = world.carry(world.room.arrive(ROY, m.Hello(), now=world.now))
    for heard, reason in ((stop, "fingerprint"), (again, "finished")):
        owed = next(each for each in heard[ROY.id] if isinstance(each, m.Ended))
        assert (owed.reason, owed.reporting) == (reason, True)
        assert (owed.encounter, owed.patient) == (COUGH.encounter, COUGH.patient)
        assert owed.waiter is not None
        assert (owed.waiter.call, owed.waiter.place) == ("c", COUGH.place)
    world.say(ROY, m.Available(on=True), call=None)
    world.say(BOOTH, COUGH, call="d")
    assert any(isinstance(each, m.Admitted) for each in world.say(ROY, m.Take(), call="d")[ROY.id])
    report = world.say(ROY, m.Reported(documents=[]))
    assert m.Ended(reason="finished") in report[ROY.id]
    assert set(world.room.room.visits) == {"d"}


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
