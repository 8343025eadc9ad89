"""The talk of a visit's sides, two by two: what is relayed, when it is connected, how it ends. No I/O, no clock."""

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
from signalling.side import Standing
from signalling.visit import TALKING, Visit, edge

__all__ = ["connected", "finish", "relay", "reported"]

_RECENT: Final = 20
_SIDES: Final = 2

_ACTS: Final[Mapping[type[m.Message], Act]] = MappingProxyType(
    {m.Offer: Act.NEGOTIATE, m.Recovering: Act.LOSE, m.Connected: Act.CONNECT}
)
"""What a message about the endpoint `av` does to the visit."""

Relayed = m.Offer | m.Answer | m.Candidate | m.Reveal | m.Recovering


def relay(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Carry a message to another side, unless it is of a connection that is no more."""
    body, visit = envelope.body, room.visit_of(person, envelope)
    assert isinstance(body, Relayed)
    other = _other(room, visit, person, envelope)
    order = [peer.id for peer in visit.sides]
    if isinstance(body, m.Offer) and order.index(person.id) > order.index(other.id):
        raise Refused(Code.NOT_YOURS, "The other side offers.", remedy="Say “recovering” to get an offer.")
    if body.endpoint is m.Endpoint.AGENT and {person.id, other.id} != {peer.id for peer in visit.sides[:2]}:
        raise Refused(Code.NOT_YOURS, "Measurements go to the visit's physician only.", remedy="Use “av”.")
    if not _of_this_generation(visit, body, envelope.gen, person.id, other.id):
        return []
    effects: list[Effect] = []
    if isinstance(body, m.Offer | m.Recovering):
        effects = _negotiate(room, visit, body, envelope.gen, person.id, other.id, now=now)
    return [*effects, room.send(other, body, now=now, call=visit.id, gen=envelope.gen, sender=person.id)]


def connected(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    """Note that one side has confirmed an endpoint; when booth and physician have for `av`, the visit is active."""
    body, visit = envelope.body, room.visit_of(person, envelope)
    assert isinstance(body, m.Connected)
    other = _other(room, visit, person, envelope)
    if not _of_this_generation(visit, body, envelope.gen, person.id, other.id):
        return []
    sides = room.connected.setdefault(visit.id, {}).setdefault(edge(body.endpoint, person.id, other.id), set())
    sides.add(person.id)
    if len(sides) < _SIDES or visit.step is Step.ACTIVE or not _is_the_talk(visit, body.endpoint, person.id, other.id):
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
    told = (*visit.sides, *(third.peer for third in visit.thirds if third.peer and third.standing is not Standing.IN))
    unmet = visit.unmet
    visit = room.keep(replace(visit, step=step, thirds=(), roster=None))
    if step is Step.ENDED:
        room.forget(visit, reason)
    effects: list[Effect] = [Persist(visit=visit, at=now, reason=reason, unmet=unmet)]
    for peer in told:
        person = room.people.get(peer.id)
        if person is not None:
            effects.append(room.send(person, room.ended(visit, peer, reason), now=now, call=visit.id))
    return effects


def _other(room: Room, visit: Visit, person: Participant, envelope: Envelope) -> Participant:
    """Return the one side that a message is for; raise Refused."""
    if visit.step not in TALKING:
        raise Refused(Code.NOT_NOW, f"The visit is {visit.step}.", remedy="Wait until you are admitted.")
    others = [other for other in room.others(visit, person.id) if envelope.to in (None, other.id)]
    if len(others) != 1:
        remedy = "Name one in `to`, by the ids of the admitted message."
        raise Refused(Code.NOT_YOURS, "It is not clear for whom of this visit that is.", remedy=remedy)
    return others[0]


def _is_the_talk(visit: Visit, endpoint: m.Endpoint, *pair: str) -> bool:
    """Say whether that is the connection by which patient and physician see each other."""
    return endpoint is m.Endpoint.AV and set(pair) == {peer.id for peer in (visit.booth, visit.physician) if peer}


def _negotiate(
    room: Room, visit: Visit, body: m.Offer | m.Recovering, gen: int, *pair: str, now: datetime
) -> list[Effect]:
    """Let two endpoints connect anew: nobody has confirmed it now."""
    name = edge(body.endpoint, *pair)
    room.connected.get(visit.id, {}).pop(name, None)
    after = replace(visit, generations={**visit.generations, name: gen})
    if _is_the_talk(visit, body.endpoint, *pair):
        after = replace(after, step=advance(visit.step, _ACTS[type(body)]))
    return [Persist(visit=room.keep(after), at=now)] if after != visit else []


def _of_this_generation(visit: Visit, body: Relayed | m.Connected, gen: int, *pair: str) -> bool:
    """Say whether a message is of the pair's connection: what is late and harmless is not, the rest is refused."""
    newest = visit.generation(body.endpoint, *pair)
    if gen == newest or (gen > newest and isinstance(body, m.Offer)):
        return True
    if gen > newest:
        raise Refused(Code.NOT_NOW, "There is no offer of that generation.", remedy="Wait for the offer.")
    if isinstance(body, m.Offer | m.Answer):
        raise Refused(Code.OLD_GENERATION, "A newer connection exists.", remedy="Use the newest generation.")
    return False
