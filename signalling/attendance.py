"""Participants come, go, come back, and are let go of. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from signalling import messages as m
from signalling.company import expire, let_out, show
from signalling.consultation import Act, Step
from signalling.effects import SIGNALLING, Effect, Persist, Send
from signalling.envelope import Envelope
from signalling.errors import Flaw
from signalling.presence import GRACE, Participant, Peer
from signalling.room import Room
from signalling.visit import BEFORE_ACTIVE, TALKING, WAITING, Visit
from signalling.waiting_list import admit, give_back, leave_queue, offer_or_withdraw, queue_changed, widen

__all__ = ["arrive", "gone", "restore", "revoked", "tick"]

_GRACE_S: Final = int(GRACE.total_seconds())


def restore(room: Room, visits: Iterable[Visit], *, now: datetime) -> list[Effect]:
    """Take back the open visits after a restart; their sides are away, with their grace starting now.

    A server can die between a claim and what follows from it: a waiting visit that has a physician is admitted here.
    """
    effects: list[Effect] = []
    for visit in visits:
        room.keep(visit)
        for peer in (*visit.sides, *(third.peer for third in visit.thirds if third.peer)):
            room.people.setdefault(peer.id, Participant(peer=peer, resume=room.new_id(), present=False, gone_at=now))
        if visit.step in WAITING and visit.physician is not None:
            effects += admit(room, visit, visit.physician, now=now)
    return effects + offer_or_withdraw(room, now=now)


def arrive(room: Room, peer: Peer, hello: m.Hello, *, now: datetime) -> list[Effect]:
    """Welcome a participant: new, or back with what it knows, or back without."""
    known = room.people.get(peer.id)
    missed = known.missed(hello.last_seq, now=now) if known is not None and hello.resume == known.resume else None
    person = known if known is not None and missed is not None else _anew(room, peer, known, now=now)
    person.present, person.gone_at = True, None
    room.people[person.id] = person
    mine = room.visits_of(person.id)
    effects = [_welcome(room, person, fresh=missed is None, calls=[visit.id for visit in mine])]
    effects += [Send(to=person.id, envelope=envelope) for envelope in missed or ()]
    if missed is None:
        effects += [Send(to=person.id, envelope=envelope) for _, envelope in person.sent]
    back = m.Present(participant=person.id, present=True)
    for visit in mine:
        if visit.side(person.id) is not None:
            effects += [room.send(other, back, now=now, call=visit.id) for other in room.others(visit, person.id)]
        if missed is None:
            effects += room.snapshot(visit, person, now=now)
        if visit.third(person.id) is not None:
            effects += show(room, visit, now=now)
    if person.available and missed is None:
        effects += room.show_queue([person], room.offers(now=now), now=now)
    return effects


def gone(room: Room, participant: str, *, now: datetime) -> list[Effect]:
    """Note that a participant's socket closed; its visits wait for it."""
    person = room.people.get(participant)
    if person is None or not person.present:
        return []
    person.present, person.gone_at = False, now
    away = m.Present(participant=participant, present=False, grace_s=_GRACE_S)
    effects: list[Effect] = []
    for visit in room.visits_of(participant):
        if visit.side(participant) is not None:
            effects += [room.send(other, away, now=now, call=visit.id) for other in room.others(visit, participant)]
        if visit.third(participant) is not None:
            effects += show(room, visit, now=now)
    return effects


def tick(room: Room, *, now: datetime) -> list[Effect]:
    """Let go of whoever has been away for longer than the grace, and do what else is due."""
    effects: list[Effect] = []
    for person in list(room.people.values()):
        if person.gone_at is not None and now - person.gone_at >= GRACE:
            effects += _let_go(room, person, now=now)
    return [*effects, *expire(room, now=now), *widen(room, now=now)]


def revoked(room: Room, participant: str, *, now: datetime) -> list[Effect]:
    """Let go at once of somebody who is believed no more: their talk is stopped, as by a proof that does not hold."""
    effects: list[Effect] = []
    for visit in room.visits_of(participant):
        if (third := visit.third(participant)) is not None:
            effects += _alert(let_out(room, visit, third, Flaw.REVOKED, now=now))
        elif visit.physician is not None and visit.physician.id == participant and visit.step in BEFORE_ACTIVE:
            effects += _alert(give_back(room, visit, Flaw.REVOKED, now=now))
        elif visit.step is not Step.REPORTING:
            act = Act.STOP if visit.step in TALKING else Act.ABANDON
            effects += _alert(leave_queue(room, visit, act, Flaw.REVOKED, now=now))
    return effects


def _alert(effects: list[Effect]) -> list[Effect]:
    """Note for the audit that the server itself found it: with what is kept of the visit, which comes first."""
    persist, *rest = effects
    assert isinstance(persist, Persist)
    return [replace(persist, stopped_by=SIGNALLING, reason=Flaw.REVOKED, unmet=0), *rest]


def _let_go(room: Room, person: Participant, *, now: datetime) -> list[Effect]:
    effects: list[Effect] = []
    for visit in room.visits_of(person.id):
        if person.peer == visit.physician and visit.step in BEFORE_ACTIVE:
            effects += give_back(room, visit, "gone", now=now)
        elif (third := visit.third(person.id)) is not None:
            effects += let_out(room, visit, third, "gone", now=now)
        elif visit.step is not Step.REPORTING:
            effects += leave_queue(room, visit, Act.ABANDON, "gone", now=now)
    if not room.visits_of(person.id):
        del room.people[person.id]
    if person.available:
        person.available = False
        effects += [*offer_or_withdraw(room, now=now), *queue_changed(room, now=now)]
    return effects


def _anew(room: Room, peer: Peer, known: Participant | None, *, now: datetime) -> Participant:
    """Return the participant with a new numbering; a report that it missed is not lost with the old one."""
    person = Participant(peer=peer, resume=room.new_id())
    if known is None:
        return person
    person.available = known.available
    away = known.gone_at or now
    for at, envelope in known.sent:
        if at >= away and isinstance(envelope.body, m.Reported):
            person.address(envelope.body, now=at, name=envelope.id, call=envelope.call, sender=envelope.sender)
    return person


def _welcome(room: Room, person: Participant, *, fresh: bool, calls: list[str]) -> Effect:
    """Return the welcome; it is not counted, so that a connection lost right after it loses nothing."""
    body = m.Welcome(participant=person.id, role=person.peer.role, resume=person.resume, fresh=fresh, calls=calls)
    return Send(to=person.id, envelope=Envelope(body=body, id=room.new_id(), to=person.id))
