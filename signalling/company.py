"""Who joins a visit beside the booth and its physician: asked, at the door, agreed to, in, gone. No I/O, no clock.

    invite ──► INVITED ──join──► KNOCKING ──admit──► ASKED ──consent──► AGREED ──roster──► IN
          │                          └──────── remove, leave, refused by the patient ────────► forgotten
          └─nobody came in time─► EXPIRED, until the physician removes it

The physician asks and admits, the patient agrees, and the roster that the physician signs says who is in: here it is
only carried, and everybody's endpoints check it. A link's ticket and a guest's session are known by their hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from signalling import messages as m
from signalling.effects import Effect, Persist, Send
from signalling.envelope import Envelope
from signalling.errors import Code, Refused
from signalling.presence import Participant, Peer
from signalling.room import Room
from signalling.side import Role, Standing
from signalling.third import INVITATION_LIFE, MOST, Third, matches
from signalling.visit import TALKING, Visit

__all__ = [
    "admit",
    "consent",
    "expire",
    "guest_of",
    "invite",
    "join",
    "leave",
    "let_out",
    "redeem",
    "remove",
    "show",
    "sign",
    "who_is_there",
]

_THIRDS = MOST - 2


# What the physician says


def who_is_there(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Tell the physician which colleagues take patients and are with none."""
    visit = _hosted(room, person, envelope)
    found = [
        m.Colleague(
            participant=other.id,
            name=other.peer.name,
            specialities=list(other.peer.practice.specialities),
            languages=list(other.peer.practice.languages),
        )
        for other in room.physicians()
        if other.id != person.id and not _is_busy(room, other)
    ]
    return [room.send(person, m.Colleagues(there=found), now=now, call=visit.id)]


def invite(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Ask somebody: a colleague, who is told, or whoever has the link."""
    body, visit = envelope.body, _hosted(room, person, envelope)
    assert isinstance(body, m.Invite)
    if any(each.invitation == body.invitation for each in visit.thirds):
        return show(room, visit, now=now)
    if sum(each.standing is not Standing.EXPIRED for each in visit.thirds) >= _THIRDS:
        remedy = "Take an invitation back, or somebody out of the talk, first."
        raise Refused(Code.TOO_MANY, f"At most {MOST} take part in a visit.", remedy=remedy)
    if (body.colleague is None) == (body.commitment is None):
        raise Refused(Code.BAD_MESSAGE, "Ask a colleague, or make a link.", remedy="Give either of the two.")
    peer = None if body.colleague is None else _colleague(room, visit, body.colleague).peer
    third = Third(
        invitation=body.invitation,
        part=body.part,
        expires=now + INVITATION_LIFE,
        peer=peer,
        commitment=body.commitment,
    )
    return _keep(room, replace(visit, thirds=(*visit.thirds, third)), [third], now=now)


def admit(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Ask the patient whether somebody who is at the door may come in."""
    body, visit = envelope.body, _hosted(room, person, envelope)
    assert isinstance(body, m.Admit)
    third = _invitation(visit, body.invitation)
    if third.standing is not Standing.KNOCKING:
        raise Refused(Code.NOT_NOW, "They are not at the door.", remedy="Wait until they are.")
    return _move(room, visit, third, Standing.ASKED, now=now)


def sign(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Carry the roster to everybody who is in it, and let out whoever is not."""
    body, visit = envelope.body, _hosted(room, person, envelope)
    assert isinstance(body, m.Roster)
    two, named = {visit.booth.id, person.id}, set(body.participants)
    may = {third.peer.id for third in visit.thirds if third.peer and third.standing in (Standing.AGREED, Standing.IN)}
    if not two <= named <= two | may:
        raise Refused(Code.NOT_NOW, "The patient has not agreed to all of them.", remedy="Sign who has been agreed to.")
    out = [each for each in visit.thirds if each.standing is Standing.IN and not _is(each, named)]
    joined = tuple(
        replace(each, standing=Standing.IN) if _is(each, named) else each for each in visit.thirds if each not in out
    )
    # Two generations are left out, so that nothing that is on its way belongs to a connection of the new roster.
    anew = {pair: number + 2 for pair, number in visit.generations.items()}
    visit = room.keep(replace(visit, thirds=joined, roster=body.roster, generations=anew))
    effects: list[Effect] = [Persist(visit=visit, at=now), *_dismissed(room, visit, out, "removed", now=now)]
    for peer in visit.sides:
        if peer.id in room.people:
            effects += room.snapshot(visit, room.people[peer.id], now=now)
    return effects + show(room, visit, now=now)


def remove(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Take an invitation back, or somebody out of the talk; once more: nothing."""
    body, visit = envelope.body, _hosted(room, person, envelope)
    assert isinstance(body, m.Remove)
    gone = [each for each in visit.thirds if each.invitation == body.invitation]
    return let_out(room, visit, gone[0], "removed", now=now) if gone else []


# What the others say


def join(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Let whoever was invited stand at the door; who is further is told where they are."""
    body, visit = envelope.body, room.visit(envelope)
    assert isinstance(body, m.Join)
    third = visit.third(person.id)
    if third is None:
        raise Refused(Code.NOT_YOURS, "You are not asked into this visit.", remedy="Ask for another link.")
    if third.standing is not Standing.INVITED:
        return room.snapshot(visit, person, now=now)
    return _move(room, visit, replace(third, proof=body.proof), Standing.KNOCKING, now=now)


def consent(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Note what the patient says to somebody's joining."""
    body, visit = envelope.body, room.visit_of(person, envelope)
    assert isinstance(body, m.Consent)
    third = visit.third(body.participant)
    if third is None or third.standing is not Standing.ASKED:
        return []
    if not body.given:
        return let_out(room, visit, third, "patient-refused", now=now)
    return _move(room, visit, third, Standing.AGREED, now=now)


def leave(room: Room, visit: Visit, person: Participant, *, now: datetime) -> list[Effect]:
    """Let somebody who joined, or was asked to, go."""
    third = visit.third(person.id)
    if third is None:
        raise Refused(Code.NOT_YOURS, "This visit is not yours to leave.", remedy="Hang up instead.")
    return let_out(room, visit, third, "left", now=now)


# What follows


def let_out(room: Room, visit: Visit, third: Third, reason: str, *, now: datetime) -> list[Effect]:
    """Forget somebody; whoever is still in is told that they are gone."""
    visit = room.keep(replace(visit, thirds=tuple(each for each in visit.thirds if each != third)))
    told: list[Effect] = []
    if third.peer is not None and third.standing is Standing.IN:
        away = m.Present(participant=third.peer.id, present=False)
        told = [room.send(other, away, now=now, call=visit.id) for other in room.others(visit, third.peer.id)]
    dismissed = _dismissed(room, visit, [third], reason, now=now)
    return [Persist(visit=visit, at=now), *dismissed, *told, *show(room, visit, now=now)]


def show(room: Room, visit: Visit, *, now: datetime) -> list[Effect]:
    """Tell the physician who was asked, and how far they are."""
    host = room.people.get(visit.physician.id) if visit.physician else None
    return [] if host is None else [room.thirds(visit, host, now=now)]


def redeem(room: Room, ticket: str, peer: Peer, session: str, *, now: datetime) -> list[Effect] | None:
    """Let *peer* use a link, once; *session* is the hash of what they show from now on. None: there is no such link."""
    found = None
    for visit in room.visits.values():
        for third in visit.thirds:  # all of them, whichever it is: the time tells nothing
            if matches(third.commitment, ticket) and third.peer is None and now < third.expires:
                found = visit, third
    if found is None:
        return None
    visit, third = found
    used = replace(third, peer=peer, session=session, commitment=None)
    return _keep(room, _with(visit, third, used), [], now=now)


def guest_of(room: Room, session: str) -> Peer | None:
    """Return whose session's secret that is."""
    found = None
    for visit in room.visits.values():
        for third in visit.thirds:
            if matches(third.session, session):
                found = third.peer
    return found


def expire(room: Room, *, now: datetime) -> list[Effect]:
    """Let nobody use an invitation that was not followed in time; the physician still sees that it was made."""
    effects: list[Effect] = []
    for visit in list(room.visits.values()):
        for third in visit.thirds:
            if third.standing is Standing.INVITED and now >= third.expires:
                effects += _lapse(room, room.visits[visit.id], third, now=now)
    return effects


# Inside


def _lapse(room: Room, visit: Visit, third: Third, *, now: datetime) -> list[Effect]:
    after = replace(third, standing=Standing.EXPIRED, peer=None, commitment=None, session=None, proof=None)
    visit = room.keep(_with(visit, third, after))
    dismissed = _dismissed(room, visit, [third], "expired", now=now)
    return [Persist(visit=visit, at=now), *dismissed, *show(room, visit, now=now)]


def _move(room: Room, visit: Visit, third: Third, standing: Standing, *, now: datetime) -> list[Effect]:
    after = replace(third, standing=standing)
    return _keep(room, _with(visit, third, after), [after], now=now)


def _keep(room: Room, visit: Visit, moved: Iterable[Third], *, now: datetime) -> list[Effect]:
    visit = room.keep(visit)
    effects: list[Effect] = [Persist(visit=visit, at=now)]
    for third in moved:
        person = room.people.get(third.peer.id) if third.peer else None
        if person is not None:
            effects += room.snapshot(visit, person, now=now)
        booth = room.people.get(visit.booth.id)
        if third.standing is Standing.ASKED and booth is not None:
            effects += room.questions(visit, booth, now=now)
    return effects + show(room, visit, now=now)


def _with(visit: Visit, third: Third, after: Third) -> Visit:
    same = (after if each.invitation == third.invitation else each for each in visit.thirds)
    return replace(visit, thirds=tuple(same))


def _dismissed(room: Room, visit: Visit, gone: Iterable[Third], reason: str, *, now: datetime) -> list[Send]:
    people = (room.people.get(each.peer.id) for each in gone if each.peer is not None)
    return [room.send(person, m.Ended(reason=reason), now=now, call=visit.id) for person in people if person]


def _hosted(room: Room, person: Participant, envelope: Envelope) -> Visit:
    """Return the talk that the message is about, if the sender is its physician; raise Refused."""
    visit = room.visit_of(person, envelope)
    if visit.physician is None or visit.physician.id != person.id:
        raise Refused(Code.NOT_YOURS, "Another physician leads this visit.", remedy="Ask them.")
    if visit.step not in TALKING:
        raise Refused(Code.NOT_NOW, f"The visit is {visit.step}.", remedy="Only during the talk does anybody join.")
    return visit


def _invitation(visit: Visit, invitation: str) -> Third:
    found = next((each for each in visit.thirds if each.invitation == invitation), None)
    if found is None:
        raise Refused(Code.NOT_NOW, "There is no such invitation any more.", remedy="Make another one.")
    return found


def _colleague(room: Room, visit: Visit, participant: str) -> Participant:
    other = room.people.get(participant)
    if other is None or other.peer.role is not Role.PHYSICIAN or not other.present or visit.concerns(participant):
        raise Refused(Code.NOT_NOW, "This colleague is not there now.", remedy="Ask who is there again.")
    if _is_busy(room, other):
        raise Refused(Code.NOT_NOW, "This colleague is with a patient.", remedy="Ask somebody else.")
    return other


def _is_busy(room: Room, person: Participant) -> bool:
    return any(visit.step in TALKING and visit.side(person.id) for visit in room.visits_of(person.id))


def _is(third: Third, participants: set[str]) -> bool:
    return third.peer is not None and third.peer.id in participants
