"""The talk of two sides: what is relayed, when it counts as connected, how it ends. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from signalling import messages as m
from signalling.consultation import Act, Step, advance
from signalling.effects import Effect, Persist
from signalling.envelope import Envelope
from signalling.errors import Code, Refused
from signalling.presence import Participant
from signalling.room import Room
from signalling.visit import TALKING, Visit

__all__ = ["connected", "finish", "relay", "reported"]

_RECENT: Final = 20
_SIDES: Final = 2

_ACTS: Final[Mapping[type[m.Message], Act]] = MappingProxyType(
    {m.Offer: Act.NEGOTIATE, m.Recovering: Act.LOSE, m.Connected: Act.CONNECT}
)
"""What a message about the endpoint `av` does to the visit."""

Relayed = m.Offer | m.Answer | m.Candidate | m.Reveal | m.Recovering


def relay(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Carry a message to the other side, unless it is of a connection that is no more."""
    body, visit = envelope.body, room.visit_of(person, envelope)
    assert isinstance(body, Relayed)
    if visit.step not in TALKING:
        raise Refused(Code.NOT_NOW, f"The visit is {visit.step}.", remedy="Wait until you are admitted.")
    others = [other for other in room.others(visit, person.id) if envelope.to in (None, other.id)]
    if envelope.to is not None and not others:
        raise Refused(Code.NOT_YOURS, "Nobody of this visit has that id.", remedy="Use an id of the admitted message.")
    if not _of_this_generation(visit, body, envelope.gen):
        return []
    effects: list[Effect] = []
    if isinstance(body, m.Offer | m.Recovering):
        effects = _negotiate(room, visit, body, envelope.gen, now=now)
    told = [room.send(other, body, now=now, call=visit.id, gen=envelope.gen, sender=person.id) for other in others]
    return [*effects, *told]


def connected(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Note that one side has confirmed an endpoint; when both have for `av`, the visit is active."""
    body, visit = envelope.body, room.visit_of(person, envelope)
    assert isinstance(body, m.Connected)
    if visit.step not in TALKING:
        raise Refused(Code.NOT_NOW, f"The visit is {visit.step}.", remedy="Wait until you are admitted.")
    if not _of_this_generation(visit, body, envelope.gen):
        return []
    sides = room.connected.setdefault((visit.id, body.endpoint), set())
    sides.add(person.id)
    if body.endpoint is not m.Endpoint.AV or len(sides) < _SIDES or visit.step is Step.ACTIVE:
        return []
    visit = room.keep(replace(visit, step=advance(visit.step, Act.CONNECT), active_at=visit.active_at or now))
    return [Persist(visit=visit, at=now)]


def reported(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """End the visit with its report, signed and stored: the booth learns of it first."""
    visit = room.visit_of(person, envelope)
    step = advance(visit.step, Act.REPORT)
    told = [
        room.send(other, envelope.body, now=now, call=visit.id, sender=person.id)
        for other in room.others(visit, person.id)
    ]
    persist, *ended = finish(room, visit, step, "finished", now=now)
    return [persist, *told, *ended]


def finish(room: Room, visit: Visit, step: Step, reason: str, *, now: datetime) -> list[Effect]:
    """End a visit, or its talk: kept first, then told to the sides."""
    talked = step is Step.REPORTING and visit.step is not step and visit.active_at is not None
    if talked and visit.active_at is not None:
        room.durations_min = [*room.durations_min, (now - visit.active_at) / timedelta(minutes=1)][-_RECENT:]
    visit = room.keep(replace(visit, step=step))
    if step is Step.ENDED:
        room.forget(visit, reason)
    effects: list[Effect] = [Persist(visit=visit, at=now, reason=reason)]
    ended = m.Ended(reason=reason, reporting=step is Step.REPORTING)
    for peer in visit.sides:
        person = room.people.get(peer.id)
        if person is not None:
            effects.append(room.send(person, ended, now=now, call=visit.id))
    return effects


def _negotiate(room: Room, visit: Visit, body: m.Offer | m.Recovering, gen: int, *, now: datetime) -> list[Effect]:
    """Let an endpoint connect anew: nobody has confirmed it now."""
    room.connected.pop((visit.id, body.endpoint), None)
    after = replace(visit, generations={**visit.generations, body.endpoint: gen})
    if body.endpoint is m.Endpoint.AV:
        after = replace(after, step=advance(visit.step, _ACTS[type(body)]))
    return [Persist(visit=room.keep(after), at=now)] if after != visit else []


def _of_this_generation(visit: Visit, body: Relayed | m.Connected, gen: int) -> bool:
    """Say whether a message is of the endpoint's connection: what is late and harmless is not, the rest is refused."""
    newest = visit.generation(body.endpoint)
    if gen == newest or (gen > newest and isinstance(body, m.Offer)):
        return True
    if gen > newest:
        raise Refused(Code.NOT_NOW, "There is no offer of that generation.", remedy="Wait for the offer.")
    if isinstance(body, m.Offer | m.Answer):
        raise Refused(Code.OLD_GENERATION, "A newer connection exists.", remedy="Use the newest generation.")
    return False
