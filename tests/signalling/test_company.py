"""Who joins a visit: asked by the physician, agreed to by the patient, in by the roster, four at most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signalling import messages as m
from signalling.consultation import Step
from signalling.effects import SIGNALLING, Persist
from signalling.errors import Code, Flaw
from signalling.presence import GRACE, Peer
from signalling.side import Part, Role, Standing
from signalling.third import INVITATION_LIFE, guest_subject, hash_of
from signalling.visit import pack, unpack
from signalling.waiting_room import WaitingRoom
from tests.signalling.test_waiting_room import AGENT, AV, BOOTH, MARTIN, OFFER, ROY, World, active, refusal

TICKET, SESSION = "t" * 43, "s" * 43
AMINA = Peer(role=Role.GUEST, subject=guest_subject({"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}), name="Amina B.")
LINK = m.Invite(invitation="i-1", part=Part.INTERPRETER, commitment=hash_of(TICKET))
SPECIALIST = m.Invite(invitation="i-2", part=Part.SPECIALIST, colleague=MARTIN.id)
PAIR = [BOOTH.id, ROY.id]


def roster(*thirds: Peer) -> m.Roster:
    return m.Roster(roster="eyJ", participants=[*PAIR, *(peer.id for peer in thirds)])


def asked(world: World) -> list[tuple[str, Standing]]:
    return [(third.invitation, third.standing) for third in world.room.room.visits["c"].thirds]


def redeem(world: World, ticket: str = TICKET, peer: Peer = AMINA) -> bool:
    effects = world.room.redeem(ticket, peer, hash_of(SESSION), now=world.now)
    world.carry(effects or [])
    return effects is not None


def at_the_door() -> World:
    """Amina has used her link and waits for the physician."""
    world = active()
    world.say(ROY, LINK)
    assert redeem(world)
    world.arrive(AMINA)
    world.say(AMINA, m.Join(proof="p"))
    return world


def joined(world: World | None = None) -> World:
    world = world or at_the_door()
    world.say(ROY, m.Admit(invitation="i-1"))
    world.say(BOOTH, m.Consent(participant=AMINA.id, given=True))
    world.say(ROY, roster(AMINA))
    return world


def four() -> World:
    world = joined()
    world.say(ROY, SPECIALIST)
    world.say(MARTIN, m.Join())
    world.say(ROY, m.Admit(invitation="i-2"))
    world.say(BOOTH, m.Consent(participant=MARTIN.id, given=True))
    world.say(ROY, roster(AMINA, MARTIN))
    return world


def last(heard: dict[str, list[m.Message]], peer: Peer, kind: type[m.Message]) -> m.Message:
    return [message for message in heard[peer.id] if isinstance(message, kind)][-1]


def test_a_guest_comes_in_by_link_physician_patient_and_roster_in_that_order() -> None:
    world = active()
    world.say(ROY, LINK)
    assert redeem(world)
    assert asked(world) == [("i-1", Standing.INVITED)]
    world.arrive(AMINA)
    heard = world.say(AMINA, m.Join(proof="p"))
    (third,) = last(heard, ROY, m.Thirds).thirds  # type: ignore[attr-defined]
    assert (third.standing, third.subject, third.proof) == (Standing.KNOCKING, AMINA.subject, "p")
    heard = world.say(ROY, m.Admit(invitation="i-1"))
    assert heard[BOOTH.id] == [
        m.MayJoin(participant=AMINA.id, subject=AMINA.subject, name="Amina B.", part=Part.INTERPRETER)
    ]
    heard = world.say(BOOTH, m.Consent(participant=AMINA.id, given=True))
    assert asked(world) == [("i-1", Standing.AGREED)]
    heard = world.say(ROY, roster(AMINA))
    for peer, others in ((BOOTH, {ROY.id, AMINA.id}), (ROY, {BOOTH.id, AMINA.id}), (AMINA, {BOOTH.id, ROY.id})):
        told = last(heard, peer, m.Admitted)
        assert isinstance(told, m.Admitted)
        assert {party.participant for party in told.peers} == others
        assert told.roster == "eyJ"
    told = last(heard, AMINA, m.Admitted)
    assert isinstance(told, m.Admitted)
    assert (told.waiter, told.patient, told.encounter) == (None, None, None)
    assert world.step() is Step.ACTIVE


def test_nobody_is_in_before_the_patient_agreed() -> None:
    world = at_the_door()
    assert refusal(world.say(ROY, roster(AMINA)), ROY) is Code.NOT_NOW
    world.say(ROY, m.Admit(invitation="i-1"))
    assert refusal(world.say(ROY, roster(AMINA)), ROY) is Code.NOT_NOW
    heard = world.say(BOOTH, m.Consent(participant=AMINA.id, given=False))
    assert last(heard, AMINA, m.Ended) == m.Ended(reason="patient-refused")
    assert asked(world) == []
    assert refusal(world.say(AMINA, OFFER), AMINA) is Code.NOT_YOURS


def test_a_link_is_used_once_in_time_and_only_by_its_own_ticket() -> None:
    world = active()
    world.say(ROY, LINK)
    assert not redeem(world, "x" * 43)
    assert not redeem(world, hash_of(TICKET)), "what the server keeps is no ticket"
    assert redeem(world)
    assert not redeem(world)
    assert world.room.guest(SESSION) == AMINA
    assert world.room.guest(hash_of(SESSION)) is None
    late = active()
    late.say(ROY, LINK)
    late.now += INVITATION_LIFE
    assert not redeem(late)


def test_what_nobody_followed_in_time_is_told_to_have_expired_costs_no_place_and_goes_when_it_is_removed() -> None:
    world = active()
    world.say(ROY, LINK)
    world.say(ROY, SPECIALIST)
    world.now += INVITATION_LIFE
    heard = world.carry(world.room.tick(now=world.now))
    assert asked(world) == [("i-1", Standing.EXPIRED), ("i-2", Standing.EXPIRED)]
    told = last(heard, ROY, m.Thirds)
    assert isinstance(told, m.Thirds)
    assert [(each.standing, each.participant) for each in told.thirds] == [(Standing.EXPIRED, None)] * 2
    assert last(heard, MARTIN, m.Ended) == m.Ended(reason="expired")
    assert not world.room.room.visits_of(MARTIN.id)
    assert not redeem(world)
    assert world.carry(world.room.tick(now=world.now)) == {}
    for number in (3, 4):
        world.say(ROY, m.Invite(invitation=f"i-{number}", part=Part.RELATIVE, commitment=hash_of(f"{number}" * 43)))
    world.say(ROY, m.Remove(invitation="i-1"))
    world.say(ROY, m.Remove(invitation="i-2"))
    assert asked(world) == [("i-3", Standing.INVITED), ("i-4", Standing.INVITED)]


def test_a_fifth_is_refused_in_words() -> None:
    world = four()
    assert len(world.room.room.visits["c"].sides) == 4
    heard = world.say(ROY, m.Invite(invitation="i-3", part=Part.RELATIVE, commitment="A" * 43))
    assert refusal(heard, ROY) is Code.TOO_MANY


def test_of_two_the_first_offers_and_each_pair_counts_its_own_generations() -> None:
    world = four()
    assert world.say(ROY, OFFER, to=AMINA.id) == {AMINA.id: [OFFER]}
    assert world.say(AMINA, OFFER, to=MARTIN.id) == {MARTIN.id: [OFFER]}
    assert refusal(world.say(AMINA, OFFER, to=ROY.id), AMINA) is Code.NOT_YOURS
    assert refusal(world.say(ROY, OFFER), ROY) is Code.NOT_YOURS, "with three others it must say to whom"
    assert world.say(BOOTH, OFFER, to=AMINA.id, gen=4) == {AMINA.id: [OFFER]}
    assert world.say(BOOTH, OFFER, to=ROY.id, gen=6) == {ROY.id: [OFFER]}
    told = last(world.say(AMINA, m.Join()), AMINA, m.Admitted)
    assert isinstance(told, m.Admitted)
    assert {party.participant: party.generations for party in told.peers} == {
        BOOTH.id: {AV: 4},
        ROY.id: {AV: 1},
        MARTIN.id: {AV: 1},
    }


def test_what_happens_with_a_guest_does_not_move_the_visit() -> None:
    world = joined()
    world.say(BOOTH, OFFER, to=AMINA.id)
    assert world.step() is Step.ACTIVE
    world.say(BOOTH, OFFER, to=ROY.id, gen=4)
    assert world.step() is Step.RECOVERING
    for side, other in ((BOOTH, AMINA), (AMINA, BOOTH)):
        world.say(side, m.Connected(endpoint=AV), to=other.id)
    assert world.step() is Step.RECOVERING
    for side, other in ((BOOTH, ROY), (ROY, BOOTH)):
        world.say(side, m.Connected(endpoint=AV), to=other.id, gen=4)
    assert world.step() is Step.ACTIVE


@pytest.mark.parametrize("how", ["removed", "unsigned", "left", "gone", "stop", "stop by the booth"])
def test_somebody_who_is_out_is_cut_off_and_the_visit_goes_on(how: str) -> None:
    world = joined()
    if how == "removed":
        heard = world.say(ROY, m.Remove(invitation="i-1"))
    elif how == "unsigned":
        heard = world.say(ROY, roster())
    elif how == "left":
        heard = world.say(AMINA, m.Leave(reason="left"))
    elif how == "gone":
        world.carry(world.room.gone(AMINA.id, now=world.now))
        world.now += GRACE
        heard = world.carry(world.room.tick(now=world.now))
    elif how == "stop":
        heard = world.say(AMINA, m.Stop(reason=Flaw.ROSTER))
    else:
        heard = world.say(BOOTH, m.Stop(reason=Flaw.ROSTER), to=AMINA.id)
    assert isinstance(last(heard, AMINA, m.Ended), m.Ended)
    assert last(heard, ROY, m.Thirds) == m.Thirds(thirds=[])
    assert [peer.name for peer in world.room.room.visits["c"].sides] == [BOOTH.name, ROY.name]
    assert world.room.guest(SESSION) is None
    assert world.step() is Step.ACTIVE


def test_a_specialist_who_is_believed_no_more_is_let_out_noted_for_the_audit_and_the_visit_goes_on() -> None:
    world = four()
    effects = world.room.revoked(MARTIN.id, now=world.now)
    (noted,) = [each for each in effects if isinstance(each, Persist)]
    assert (noted.stopped_by, noted.reason) == (SIGNALLING, Flaw.REVOKED)
    heard = world.carry(effects)
    assert last(heard, MARTIN, m.Ended) == m.Ended(reason="revoked")
    assert asked(world) == [("i-1", Standing.IN)]
    assert world.step() is Step.ACTIVE
    assert refusal(world.say(MARTIN, OFFER, to=ROY.id), MARTIN) is Code.NOT_YOURS


def test_only_the_visits_physician_leads_it_and_only_they_and_the_booth_end_it() -> None:
    world = four()
    for body in (m.WhoIsThere(), LINK, m.Remove(invitation="i-1"), roster()):
        assert refusal(world.say(MARTIN, body), MARTIN) is Code.NOT_YOURS
    assert refusal(world.say(MARTIN, m.HangUp(reason="finished")), MARTIN) is Code.NOT_YOURS
    assert refusal(world.say(ROY, m.Leave(reason="left")), ROY) is Code.NOT_YOURS
    world.say(ROY, m.HangUp(reason="finished"))
    assert (world.step(), asked(world)) == (Step.REPORTING, [])


def test_what_was_on_its_way_before_a_roster_belongs_to_no_connection_after_it() -> None:
    world = joined()
    assert world.room.room.visits["c"].generation(AV, BOOTH.id, ROY.id) == 3
    for late in (1, 2):
        assert refusal(world.say(BOOTH, OFFER, to=ROY.id, gen=late), BOOTH) is Code.OLD_GENERATION
        assert world.say(ROY, m.Candidate(endpoint=AV, candidate=""), to=BOOTH.id, gen=late) == {}
    assert world.say(BOOTH, OFFER, to=ROY.id, gen=4) == {ROY.id: [OFFER]}


def test_a_failed_proof_between_booth_and_physician_still_stops_the_talk() -> None:
    world = joined()
    heard = world.say(BOOTH, m.Stop(reason=Flaw.SEEN), to=ROY.id)
    assert world.step() is Step.REPORTING
    assert last(heard, AMINA, m.Ended) == m.Ended(reason="seen")


def test_only_colleagues_who_are_there_and_free_can_be_asked() -> None:
    world = active()
    heard = world.say(ROY, m.WhoIsThere())
    assert heard[ROY.id] == [
        m.Colleagues(there=[m.Colleague(participant=MARTIN.id, name="Dr 1", specialities=[], languages=[])])
    ]
    heard = world.say(ROY, SPECIALIST)
    (told,) = heard[MARTIN.id]
    assert isinstance(told, m.Invited)
    assert (told.by, told.part, told.standing) == ("Dr 0", Part.SPECIALIST, Standing.INVITED)
    heard = world.say(MARTIN, m.Leave(reason="declined"))
    assert asked(world) == []
    world.carry(world.room.gone(MARTIN.id, now=world.now))
    assert world.say(ROY, m.WhoIsThere())[ROY.id] == [m.Colleagues(there=[])]
    assert refusal(world.say(ROY, SPECIALIST), ROY) is Code.NOT_NOW


def test_whoever_has_joined_takes_no_other_patient_meanwhile() -> None:
    world = four()
    world.arrive(other := Peer(role=Role.BOOTH, subject="urn:teleborne:booth:b9", name="b9"))
    world.say(other, m.Enqueue(reason="cough", language="fr", place="x"), call="d")
    assert refusal(world.say(MARTIN, m.Take(), call="d"), MARTIN) is Code.NOT_NOW


def test_a_restarted_server_knows_who_joined_who_waits_and_every_generation() -> None:
    world = joined()
    world.say(ROY, SPECIALIST)
    world.say(MARTIN, m.Join())
    world.say(ROY, m.Admit(invitation="i-2"))
    world.say(BOOTH, OFFER, to=AMINA.id, gen=3)
    kept = [unpack(pack(visit)) for visit in world.room.room.visits.values()]
    world.room = WaitingRoom(new_id=lambda: f"j{next(world.ids)}")
    world.carry(world.room.restore(kept, now=world.now))
    assert world.room.guest(SESSION) == AMINA
    heard = {
        peer.id: world.carry(world.room.arrive(peer, m.Hello(), now=world.now))[peer.id]
        for peer in (ROY, BOOTH, AMINA, MARTIN)
    }
    booth = last(heard, BOOTH, m.Admitted)
    assert isinstance(booth, m.Admitted)
    assert {party.participant: party.generations for party in booth.peers} == {ROY.id: {AV: 3}, AMINA.id: {AV: 3}}
    assert isinstance(last(heard, BOOTH, m.MayJoin), m.MayJoin), "the question is asked again"
    assert isinstance(last(heard, AMINA, m.Admitted), m.Admitted)
    assert last(heard, MARTIN, m.Invited).standing is Standing.ASKED  # type: ignore[attr-defined]
    assert len(last(heard, ROY, m.Thirds).thirds) == 2  # type: ignore[attr-defined]
    assert world.step() is Step.ACTIVE


def test_a_booths_agent_connects_with_the_physician_only() -> None:
    world = joined()
    agent = m.Offer(endpoint=AGENT, sdp="", binding="")
    assert world.say(BOOTH, agent, to=ROY.id) == {ROY.id: [agent]}
    assert refusal(world.say(BOOTH, agent, to=AMINA.id), BOOTH) is Code.NOT_YOURS


def test_a_visit_that_is_handed_back_has_nobody_left_in_it() -> None:
    world = at_the_door()
    assert refusal(world.say(ROY, m.HandBack(reason="other")), ROY) is Code.NOT_NOW
    world.say(ROY, m.HangUp(reason="finished"))
    world.now += timedelta(seconds=1)
    assert asked(world) == []
