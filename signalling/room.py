"""The room itself: who is there, which visits are open, and how one of them is told something. No I/O, no clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from signalling import messages as m
from signalling.consultation import Step
from signalling.effects import Announce, Claim, Effect, Send
from signalling.envelope import Envelope
from signalling.errors import Code, Refused
from signalling.estimate import estimate
from signalling.offering import offers
from signalling.presence import Participant, Peer
from signalling.side import Standing
from signalling.third import Third
from signalling.visit import WAITING, Visit

__all__ = ["Room"]

_REMEMBERED: Final = 1000


@dataclass(slots=True, kw_only=True)
class Room:
    """The participants and open visits of one server.

    `ice_servers` makes an admitted participant's list of relays. `connected` holds who has confirmed which endpoint of
    which pair of which visit; `claiming` what the record is being asked; `over` why the last visits ended;
    `durations_min` how long the last talks were; `circles` how far each waiting visit's offer had widened when the
    queue was last told.
    """

    new_id: Callable[[], str]
    ice_servers: Callable[[str, datetime], list[m.IceServer]]
    people: dict[str, Participant] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    connected: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    claiming: dict[str, list[Claim]] = field(default_factory=dict)
    over: OrderedDict[str, str] = field(default_factory=OrderedDict)
    durations_min: list[float] = field(default_factory=list)
    circles: dict[str, int] = field(default_factory=dict)

    # Looking things up

    def visit_of(self, person: Participant, envelope: Envelope) -> Visit:
        """Return the visit that the message is about, if it is the sender's; raise Refused."""
        visit = self.visit(envelope)
        if visit.side(person.id) is None:
            raise Refused(Code.NOT_YOURS, "This visit is not yours.", remedy="Ask for the queue again.")
        return visit

    def visit(self, envelope: Envelope) -> Visit:
        """Return the visit that the message is about; raise Refused."""
        visit = self.visits.get(envelope.call or "")
        if visit is None:
            raise Refused(Code.UNKNOWN_CALL, "There is no such visit.", remedy="Ask for the queue again.")
        return visit

    def visits_of(self, participant: str) -> list[Visit]:
        """Return the open visits that are anything to a participant."""
        return [visit for visit in self.visits.values() if visit.concerns(participant)]

    def asks_for_another(self, person: Participant, visit: Visit) -> bool:
        """Say whether the record is being asked to give the participant another visit than this."""
        others = (asked for call, claims in self.claiming.items() if call != visit.id for asked in claims)
        return any(asked.physician.id == person.id for asked in others)

    def queue(self) -> list[Visit]:
        """Return the visits that wait, oldest first."""
        waiting = (visit for visit in self.visits.values() if visit.step in WAITING)
        return sorted(waiting, key=lambda visit: (visit.since, visit.id))

    def physicians(self) -> list[Participant]:
        """Return the physicians who are there and available."""
        return [person for person in self.people.values() if person.available and person.present]

    def offers(self, *, now: datetime) -> Mapping[str, frozenset[str]]:
        """Return whom each waiting visit is offered to, oldest first; one who reloads a page has not gone."""
        return offers(self.queue(), [person for person in self.people.values() if person.available], now=now)

    # Keeping

    def keep(self, visit: Visit) -> Visit:
        """Hold the visit as it is now and return it."""
        self.visits[visit.id] = visit
        return visit

    def forget(self, visit: Visit, reason: str) -> None:
        """Let go of a visit that has ended, and remember for a while that it did."""
        self.visits.pop(visit.id, None)
        self.over[visit.id] = reason
        while len(self.over) > _REMEMBERED:
            self.over.popitem(last=False)
        self.connected.pop(visit.id, None)

    # Telling

    def send(
        self,
        person: Participant,
        body: m.Message,
        *,
        now: datetime,
        call: str | None = None,
        gen: int = 1,
        sender: str | None = None,
    ) -> Send:
        """Return the message for one participant, numbered and kept for its resume."""
        envelope = person.address(body, now=now, name=self.new_id(), call=call, gen=gen, sender=sender)
        return Send(to=person.id, envelope=envelope)

    def others(self, visit: Visit, participant: str) -> list[Participant]:
        """Return the other sides of a visit, present or away."""
        known = (self.people.get(peer.id) for peer in visit.sides if peer.id != participant)
        return [person for person in known if person is not None]

    def show_queue(
        self, physicians: Iterable[Participant], offered: Mapping[str, frozenset[str]], *, now: datetime
    ) -> list[Effect]:
        """Tell these physicians who is *offered* to them; those who are offered the same are told together."""
        together: list[tuple[list[str], list[Participant]]] = [([], list(physicians))]
        for call, those in offered.items():
            together = [
                part
                for calls, people in together
                for part in (
                    ([*calls, call], [person for person in people if person.id in those]),
                    (calls, [person for person in people if person.id not in those]),
                )
                if part[1]
            ]
        return [
            self.announce(people, m.Waiting(queue=[self.visits[call].line() for call in calls]), now=now)
            for calls, people in together
            if people
        ]

    def announce(self, people: Iterable[Participant], body: m.Message, *, now: datetime) -> Announce:
        """Return one message for all of them, numbered and kept for the resume of each."""
        envelope = Envelope(body=body, id=self.new_id())
        kept = (now, envelope)
        return Announce(envelope=envelope, to=[(person.id, person.keep(kept)) for person in people])

    def snapshot(self, visit: Visit, person: Participant, *, now: datetime) -> list[Effect]:
        """Tell one side, or one who was asked to join, where the visit is."""
        third = visit.third(person.id)
        if third is not None and third.standing is not Standing.IN:
            return [self._invited(visit, third, person, now=now)]
        if visit.step in WAITING:
            return [self.send(person, self.place(visit.id, self.offers(now=now)), now=now, call=visit.id)]
        if visit.step is Step.REPORTING:
            return [self.send(person, self.ended(visit, person.peer, "finished"), now=now, call=visit.id)]
        admitted = m.Admitted(
            you=person.id,
            peers=[self._party(visit, peer.id, person.id) for peer in visit.sides if peer.id != person.id],
            ice_servers=self.ice_servers(person.id, now),
            roster=visit.roster,
            encounter=visit.asked.encounter if third is None else None,
            patient=visit.asked.patient if third is None else None,
            waiter=visit.line() if person.peer == visit.physician else None,
        )
        effects: list[Effect] = [self.send(person, admitted, now=now, call=visit.id)]
        if person.peer == visit.physician and visit.thirds:
            effects.append(self.thirds(visit, person, now=now))
        return effects + (self.questions(visit, person, now=now) if person.peer == visit.booth else [])

    def ended(self, visit: Visit, peer: Peer, reason: str) -> m.Ended:
        """Return what a side is told of a talk that is over; whoever owes its report is told what that is about."""
        if visit.step is not Step.REPORTING or peer not in (visit.booth, visit.physician):
            return m.Ended(reason=reason)
        if peer == visit.booth:
            return m.Ended(reason=reason, reporting=True)
        about = {"encounter": visit.asked.encounter, "patient": visit.asked.patient}
        return m.Ended(reason=reason, reporting=True, waiter=visit.line(), **about)

    def thirds(self, visit: Visit, host: Participant, *, now: datetime) -> Send:
        """Tell the physician who was asked to join."""
        asked = [
            m.Asked(
                invitation=third.invitation,
                part=third.part,
                standing=third.standing,
                participant=third.peer.id if third.peer else None,
                subject=third.peer.subject if third.peer else None,
                name=third.peer.name if third.peer else None,
                proof=third.proof,
                present=third.peer is not None and self.is_present(third.peer.id),
            )
            for third in visit.thirds
        ]
        return self.send(host, m.Thirds(thirds=asked), now=now, call=visit.id)

    def questions(self, visit: Visit, booth: Participant, *, now: datetime) -> list[Effect]:
        """Ask the patient about whoever the physician would let in."""
        waiting = [(third, third.peer) for third in visit.thirds if third.peer and third.standing is Standing.ASKED]
        return [
            self.send(
                booth,
                m.MayJoin(participant=peer.id, subject=peer.subject, name=peer.name, part=third.part),
                now=now,
                call=visit.id,
            )
            for third, peer in waiting
        ]

    def is_present(self, participant: str) -> bool:
        """Say whether a participant has a socket open."""
        person = self.people.get(participant)
        return person is not None and person.present

    def _invited(self, visit: Visit, third: Third, person: Participant, *, now: datetime) -> Send:
        body = m.Invited(
            by=visit.physician.name if visit.physician else "",
            part=third.part,
            standing=third.standing,
            place=visit.asked.place,
            language=visit.asked.language,
        )
        return self.send(person, body, now=now, call=visit.id)

    def place(self, call: str, offered: Mapping[str, frozenset[str]]) -> m.Queued:
        """Return what a waiting visit is told: before it are the older ones that a physician of its own may take."""
        mine = offered[call]
        before = sum(1 for those in _older(call, offered) if those & mine or not mine)
        there = sum(1 for person in self.physicians() if person.id in mine)
        return m.Queued(before=before, minutes=estimate(before, self.durations_min, there))

    def _party(self, visit: Visit, participant: str, to: str) -> m.Party:
        peer = visit.side(participant)
        assert peer is not None
        newest = {endpoint: visit.generation(endpoint, participant, to) for endpoint in m.Endpoint}
        return m.Party(
            participant=participant,
            role=peer.role,
            subject=peer.subject,
            name=peer.name,
            endpoints=list(m.Endpoint),
            present=self.is_present(participant),
            generations={endpoint: number for endpoint, number in newest.items() if number},
        )


def _older(call: str, offered: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
    calls = list(offered)
    return [offered[each] for each in calls[: calls.index(call)]]
