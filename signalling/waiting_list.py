"""Who waits, who is offered whom, and who takes whom: the first wins. No I/O, no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from signalling import messages as m
from signalling.consultation import Act, Step, advance
from signalling.effects import Claim, Effect, Persist, Send
from signalling.envelope import Envelope
from signalling.errors import Code, Refused
from signalling.offering import due
from signalling.presence import Participant, Peer
from signalling.room import Room
from signalling.talk import finish
from signalling.visit import TALKING, WAITING, Visit

__all__ = [
    "admit",
    "available",
    "claim_failed",
    "claimed",
    "enqueue",
    "give_back",
    "hand_back",
    "leave_queue",
    "offer_or_withdraw",
    "queue_changed",
    "take",
    "widen",
]


def enqueue(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Take a patient into the queue; asked again, only answer again; another visit of the booth replaces its first."""
    asked, call = envelope.body, envelope.call
    assert isinstance(asked, m.Enqueue)
    assert call is not None
    if call in room.visits:
        return room.snapshot(room.visit_of(person, envelope), person, now=now)
    if call in room.over:
        return [room.send(person, m.Ended(reason=room.over[call]), now=now, call=call)]
    effects: list[Effect] = []
    for earlier in room.visits_of(person.id):
        if earlier.step is not Step.REPORTING:
            effects += leave_queue(room, earlier, Act.LEAVE, "replaced", now=now)
    visit = room.keep(
        Visit(id=call, step=advance(Step.CREATED, Act.ENQUEUE), booth=person.peer, asked=asked, since=now)
    )
    return [*effects, Persist(visit=visit, at=now), *offer_or_withdraw(room, now=now), *queue_changed(room, now=now)]


def available(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Note that a physician begins or ends to take patients."""
    body = envelope.body
    assert isinstance(body, m.Available)
    person.available = body.on
    return [*offer_or_withdraw(room, now=now), *queue_changed(room, now=now)]


def take(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Ask the record for a patient whom a physician wants; whoever asks meanwhile waits for the same answer."""
    visit = room.visit(envelope)
    if visit.side(person.id):
        return room.snapshot(visit, person, now=now)
    if visit.step not in WAITING:
        by = visit.physician.name if visit.physician else "Somebody else"
        return [room.send(person, m.Taken(by=by), now=now, call=visit.id)]
    if not person.available:
        raise Refused(Code.NOT_AVAILABLE, "You do not take patients now.", remedy="Say that you are available first.")
    if person.id not in room.offers(now=now)[visit.id]:
        raise Refused(Code.NOT_NOW, "This patient is offered to others first.", remedy="Choose one of your queue.")
    if any(other.step in TALKING and other.side(person.id) for other in room.visits_of(person.id)):
        raise Refused(Code.NOT_NOW, "You are with another patient.", remedy="End that talk first.")
    if room.asks_for_another(person, visit):
        raise Refused(Code.NOT_NOW, "You have just asked for another patient.", remedy="Wait for the answer.")
    claim = Claim(call=visit.id, physician=person.peer, re=envelope.id)
    asking = room.claiming.setdefault(visit.id, [])
    asking.append(claim)
    return [claim] if len(asking) == 1 else []


def claimed(room: Room, claim: Claim, by: Peer | None, *, now: datetime) -> list[Effect]:
    """Act on the record's answer: *by* has the visit (None: there is no such visit any more)."""
    asking = room.claiming.pop(claim.call, [claim])
    visit = room.visits.get(claim.call)
    effects: list[Effect] = []
    told: set[str] = set()
    if visit is not None and by is not None and visit.step in WAITING:
        effects = admit(room, visit, by, now=now)
        told = {effect.to for effect in effects if isinstance(effect, Send)}
    for asked in asking:
        asker = room.people.get(asked.physician.id)
        if asker is not None and asker.id not in told:
            effects.append(room.send(asker, _answer(asked, visit, by), now=now, call=claim.call))
    return effects


def _answer(claim: Claim, visit: Visit | None, by: Peer | None) -> m.Message:
    if by is None or visit is None:
        left, remedy = "The patient has left.", "Choose another patient."
        return m.Error(code=Code.UNKNOWN_CALL, what=left, remedy=remedy, re=claim.re)
    return m.Taken(by=by.name)


def claim_failed(room: Room, claim: Claim, *, now: datetime) -> list[Effect]:
    """Tell whoever asked that the record did not answer: they may ask again."""
    what, remedy = "It is not known who has this patient.", "Try again in a moment."
    effects: list[Effect] = []
    for asked in room.claiming.pop(claim.call, [claim]):
        asker = room.people.get(asked.physician.id)
        if asker is not None:
            error = m.Error(code=Code.TRY_AGAIN, what=what, remedy=remedy, re=asked.re)
            effects.append(room.send(asker, error, now=now, call=claim.call))
    return effects


def admit(room: Room, visit: Visit, physician: Peer, *, now: datetime) -> list[Effect]:
    """Give the visit to *physician*, as the record says: both sides learn it, and the others that it is taken."""
    step = visit.step if visit.step is Step.OFFERED else advance(visit.step, Act.OFFER)
    visit = room.keep(replace(visit, step=advance(advance(step, Act.TAKE), Act.ADMIT), physician=physician))
    effects: list[Effect] = [Persist(visit=visit, at=now)]
    for person in room.people.values():
        if visit.side(person.id):
            effects += room.snapshot(visit, person, now=now)
        elif person.available:
            effects.append(room.send(person, m.Taken(by=physician.name), now=now, call=visit.id))
    return [*effects, *queue_changed(room, now=now)]


def hand_back(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Let a physician give the patient back."""
    body = envelope.body
    assert isinstance(body, m.HandBack)
    return give_back(room, room.visit_of(person, envelope), body.reason, now=now)


def give_back(room: Room, visit: Visit, reason: str, *, now: datetime) -> list[Effect]:
    """Put a visit back where it was in the queue, without its physician."""
    physician, unmet = visit.physician, visit.unmet
    gone = [physician, *(third.peer for third in visit.thirds)]
    after = replace(visit, step=advance(visit.step, Act.HAND_BACK), physician=None, thirds=(), roster=None)
    visit = room.keep(after)
    effects: list[Effect] = [Persist(visit=visit, at=now, reason=reason, release=True, unmet=unmet)]
    people = (room.people.get(peer.id) for peer in gone if peer)
    ended = m.Ended(reason=reason)
    effects += [room.send(person, ended, now=now, call=visit.id) for person in people if person]
    return [*effects, *offer_or_withdraw(room, now=now), *queue_changed(room, now=now)]


def leave_queue(room: Room, visit: Visit, act: Act, reason: str, *, now: datetime) -> list[Effect]:
    """End a visit wherever it is, and tell the queue when it was in it."""
    waited = visit.step in WAITING
    effects = finish(room, visit, advance(visit.step, act), reason, now=now)
    return [*effects, *queue_changed(room, now=now)] if waited else effects


def offer_or_withdraw(room: Room, *, now: datetime) -> list[Effect]:
    """Move waiting visits between QUEUED and OFFERED as physicians come and go; one who reloads a page has not gone."""
    somebody = any(person.available for person in room.people.values())
    act, step = (Act.OFFER, Step.QUEUED) if somebody else (Act.WITHDRAW, Step.OFFERED)
    moved = [replace(visit, step=advance(step, act)) for visit in room.visits.values() if visit.step is step]
    return [Persist(visit=room.keep(visit), at=now) for visit in moved]


def queue_changed(room: Room, *, now: datetime) -> list[Effect]:
    """Tell the physicians who is offered to them, and every booth that waits its place."""
    offered = room.offers(now=now)
    effects = room.show_queue(room.physicians(), offered, now=now)
    room.circles = {call: due(room.visits[call], now=now) for call in offered}
    for call in offered:
        booth = room.people.get(room.visits[call].booth.id)
        if booth is not None:
            effects.append(room.send(booth, room.place(call, offered), now=now, call=call))
    return effects


def widen(room: Room, *, now: datetime) -> list[Effect]:
    """Offer whoever has waited long enough to more physicians."""
    circles = {visit.id: due(visit, now=now) for visit in room.queue()}
    return queue_changed(room, now=now) if circles != room.circles else []
