"""The waiting room: who waits, who takes whom, and what each is told. No I/O, no clock.

Every method returns effects in the order in which they must happen. `Persist` comes before the `Send` that tells of it,
so that a visit a patient was told of survives the server. A `Claim` is a question to the record (several servers may
have asked it at once): its answer comes back through `claimed`, and only then is anybody told who has the patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from signalling import attendance, company, talk, waiting_list
from signalling import messages as m
from signalling.consultation import Act
from signalling.effects import Claim, Effect, Persist
from signalling.envelope import Envelope
from signalling.errors import Code, ForbiddenAct, Refused
from signalling.presence import Participant, Peer
from signalling.room import Room
from signalling.third import Third
from signalling.visit import Visit

__all__ = ["HANDLERS", "WaitingRoom"]


class Handler(Protocol):
    """What one message from a participant does."""

    def __call__(self, room: Room, person: Participant, envelope: Envelope, /, *, now: datetime) -> list[Effect]:
        """Return the effects, or raise Refused or ForbiddenAct and change nothing."""


def _end(act: Act, room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    visit = room.visit_of(person, envelope)
    body = envelope.body
    assert isinstance(body, m.Leave | m.HangUp | m.Stop)
    if isinstance(body, m.Stop) and (third := _stopped(visit, person, envelope)) is not None:
        return _signed(company.let_out(room, visit, third, body.reason, now=now), person, body)
    if person.peer not in (visit.booth, visit.physician):
        raise Refused(Code.NOT_YOURS, "This visit is not yours to end.", remedy="Leave it instead.")
    effects = waiting_list.leave_queue(room, visit, act, body.reason, now=now)
    return _signed(effects, person, body) if isinstance(body, m.Stop) else effects


def _signed(effects: list[Effect], person: Participant, stop: m.Stop) -> list[Effect]:
    """Keep with the visit who found that something does not hold, and what."""
    by, why = person.peer.subject, str(stop.reason)
    return [
        replace(each, stopped_by=by, reason=why, unmet=0) if isinstance(each, Persist) else each for each in effects
    ]


def _leave(room: Room, person: Participant, envelope: Envelope, *, now: datetime) -> list[Effect]:
    visit = room.visit(envelope)
    if person.peer == visit.booth:
        return _end(Act.LEAVE, room, person, envelope, now=now)
    return company.leave(room, visit, person, now=now)


def _stopped(visit: Visit, person: Participant, envelope: Envelope) -> Third | None:
    """Return whom a failed verification puts out: who joined last of the two; None: the talk itself is stopped."""
    pair = (person.id, envelope.to)
    return next((each for each in reversed(visit.thirds) if each.peer is not None and each.peer.id in pair), None)


HANDLERS: Final[Mapping[type[m.Message], Handler]] = MappingProxyType(
    {
        m.Available: waiting_list.available,
        m.Enqueue: waiting_list.enqueue,
        m.Take: waiting_list.take,
        m.HandBack: waiting_list.hand_back,
        m.Leave: _leave,
        m.HangUp: partial(_end, Act.HANG_UP),
        m.Stop: partial(_end, Act.STOP),
        m.WhoIsThere: company.who_is_there,
        m.Invite: company.invite,
        m.Join: company.join,
        m.Admit: company.admit,
        m.Consent: company.consent,
        m.Roster: company.sign,
        m.Remove: company.remove,
        m.Offer: talk.relay,
        m.Answer: talk.relay,
        m.Candidate: talk.relay,
        m.Reveal: talk.relay,
        m.Recovering: talk.relay,
        m.Connected: talk.connected,
        m.Reported: talk.reported,
    }
)
"""What each message of a participant does, once it has said hello."""


class WaitingRoom:
    """One server's participants and open visits. `ice_servers` makes an admitted participant's list of relays."""

    def __init__(
        self,
        *,
        new_id: Callable[[], str],
        ice_servers: Callable[[str, datetime], list[m.IceServer]] = lambda _participant, _now: [],
    ) -> None:
        self.room = Room(new_id=new_id, ice_servers=ice_servers)

    def restore(self, visits: Iterable[Visit], *, now: datetime) -> list[Effect]:
        """Take back the open visits after a restart."""
        return attendance.restore(self.room, visits, now=now)

    def arrive(self, peer: Peer, hello: m.Hello, *, now: datetime) -> list[Effect]:
        """Welcome a participant: new, or back."""
        return attendance.arrive(self.room, peer, hello, now=now)

    def gone(self, participant: str, *, now: datetime) -> list[Effect]:
        """Note that a participant's socket closed; its visits wait for it."""
        return attendance.gone(self.room, participant, now=now)

    def revoked(self, participant: str, *, now: datetime) -> list[Effect]:
        """Let go at once of somebody who is believed no more."""
        return attendance.revoked(self.room, participant, now=now)

    def tick(self, *, now: datetime) -> list[Effect]:
        """Let go of whoever has been away for longer than the grace."""
        return attendance.tick(self.room, now=now)

    def claimed(self, claim: Claim, by: Peer | None, *, now: datetime) -> list[Effect]:
        """Act on the record's answer to a claim: *by* has the visit; None: there is no such visit any more."""
        return waiting_list.claimed(self.room, claim, by, now=now)

    def claim_failed(self, claim: Claim, *, now: datetime) -> list[Effect]:
        """Tell whoever asked that the record did not answer a claim."""
        return waiting_list.claim_failed(self.room, claim, now=now)

    def redeem(self, ticket: str, peer: Peer, session: str, *, now: datetime) -> list[Effect] | None:
        """Let a guest use a link; None: there is no such link."""
        return company.redeem(self.room, ticket, peer, session, now=now)

    def guest(self, session: str) -> Peer | None:
        """Return whose session that is."""
        return company.guest_of(self.room, session)

    def receive(self, participant: str, envelope: Envelope, *, now: datetime) -> list[Effect]:
        """Act on one message from a participant; a refused one is answered, and changes nothing."""
        person = self.room.people[participant]
        try:
            return self._handler(person, envelope.body)(self.room, person, envelope, now=now)
        except Refused as refused:
            error = m.Error(code=refused.code, what=str(refused), remedy=refused.remedy, re=envelope.id)
        except ForbiddenAct as forbidden:
            remedy = "Wait for the next message about this visit."
            error = m.Error(code=Code.NOT_NOW, what=f"{forbidden}.", remedy=remedy, re=envelope.id)
        return self.refuse(participant, error, now=now, call=envelope.call)

    def refuse(self, participant: str, error: m.Error, *, now: datetime, call: str | None = None) -> list[Effect]:
        """Answer a message that cannot be acted on."""
        return [self.room.send(self.room.people[participant], error, now=now, call=call)]

    def _handler(self, person: Participant, body: m.Message) -> Handler:
        if person.peer.role not in body.senders:
            remedy = "Read docs/signalling.md."
            raise Refused(Code.NOT_YOURS, f"“{body.wire}” is not yours to send.", remedy=remedy)
        try:
            return HANDLERS[type(body)]
        except KeyError:
            remedy = "Open a new connection to begin anew."
            raise Refused(Code.NOT_NOW, f"“{body.wire}” comes first, and once.", remedy=remedy) from None
