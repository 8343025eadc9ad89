"""Those who join a visit, from the booth's side: asked about, agreed to, connected, their digits compared.

The patient is asked about one person at a time, by the name that the physician's invitation gave; whoever no authority
vouches for is marked until the patient has found the digits the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from booth_client.company import Agreed, Company
from booth_client.guide import Guide
from booth_client.journey import Act, News
from booth_client.others import Asking, Other
from booth_client.protection import State, Status
from booth_client.visit import Joined, Question
from booth_client.visits import Visits
from signalling import messages as m
from signalling.errors import Flaw

__all__ = ["Joining", "Verdict"]


class Verdict(Enum):
    """What the patient says to who would join, or has."""

    AGREE = auto()
    DECLINE = auto()
    KNOW = auto()
    EXPEL = auto()


class Joining:
    """The others of one visit, as the *guide* shows them; *say* speaks to the server, or `to` one of them."""

    def __init__(
        self, company: Company, *, guide: Guide, visits: Visits, say: Callable[[m.Message, str | None], None]
    ) -> None:
        self._company = company
        self._guide = guide
        self._visits = visits
        self._say = say
        self._asked: deque[m.MayJoin] = deque()
        self._others: dict[str, Other] = {}
        self._there: dict[str, Agreed] = {}
        self._known: frozenset[str] = frozenset()

    def begin(self, agreed: frozenset[Agreed] = frozenset(), known: frozenset[str] = frozenset()) -> None:
        """Forget whose visit it was; an interrupted booth knows whom the patient *agreed* to, and the *known* keys."""
        self._company.begin(agreed)
        self._known = known
        self._asked.clear()
        self._others.clear()
        self._there.clear()

    async def hear(self, news: Question | Joined) -> None:
        """Take in who would join, or how a connection stands."""
        await (self._ask(news.asked) if isinstance(news, Question) else self._connection(news.state))

    async def _ask(self, body: m.MayJoin) -> None:
        """Ask the patient, unless they are being asked already."""
        if all(each.participant != body.participant for each in self._asked):
            self._asked.append(body)
            await self._show()

    async def answer(self, verdict: Verdict) -> None:
        """Carry out what the patient said."""
        carry = {
            Verdict.AGREE: self._agree,
            Verdict.DECLINE: self._decline,
            Verdict.KNOW: self._know,
            Verdict.EXPEL: self._expel,
        }
        await carry[verdict]()

    async def admitted(self, admitted: m.Admitted) -> None:
        """Take in who is there: whoever has gone is shown no more."""
        entries = {entry.subject: entry for entry in self._company.entries}
        there = {peer.participant: entries[peer.subject] for peer in admitted.peers if peer.subject in entries}
        self._others = {
            participant: self._others.get(participant)
            or Other(
                participant=participant,
                name=entry.name if not entry.attested else None,
                part=entry.part,
                known=entry.subject in self._known,
            )
            for participant, entry in there.items()
        }
        self._there = {
            participant: Agreed(subject=entry.subject, name=entry.name, part=entry.part)
            for participant, entry in there.items()
        }
        gone = [each for each in self._asked if each.participant in there]
        for each in gone:
            self._asked.remove(each)
        await self._show()

    async def narrow(self) -> None:
        """Show no more whom the physician left out."""
        joined = {entry.subject for entry in self._company.entries}
        for participant, whom in list(self._there.items()):
            if whom.subject not in joined:
                del self._there[participant]
                self._others.pop(participant, None)
        await self._show()

    async def _connection(self, state: State) -> None:
        """Take in how the connection with one of them stands."""
        other = self._others.get(state.peer or "")
        if other is None:
            return
        digits = state.digits if state.name is None else None
        after = replace(
            other, name=state.name or other.name, here=state.status is Status.PROTECTED, digits=digits,
            known=other.known or state.name is not None,
        )  # fmt: skip
        self._others[other.participant] = after
        await self._show()

    async def _agree(self) -> None:
        """Let them in: written down first, so that a booth that is killed does not refuse them."""
        if self._asked:
            body = self._asked.popleft()
            whom = _as_asked(body)
            agreed = self._company.agree(whom)
            if (person := self._visits.current) is not None and person.call is not None:
                await self._visits.join(whom, permit=True, call=replace(person.call, agreed=agreed))
            self._say(m.Consent(participant=body.participant, given=True), None)
            await self._show()

    async def _decline(self) -> None:
        """Keep them out, at once; then it is written down."""
        if self._asked:
            body = self._asked.popleft()
            self._say(m.Consent(participant=body.participant, given=False), None)
            await self._show()
            await self._visits.join(_as_asked(body), permit=False)

    async def _know(self) -> None:
        """Note that the digits were the same: it is known who has that key, also to a booth that is killed now."""
        unknown = self._unknown()
        if unknown is not None:
            self._others[unknown.participant] = replace(unknown, known=True)
            await self._show()
            self._known |= {self._there[unknown.participant].subject}
            if (person := self._visits.current) is not None and person.call is not None:
                await self._visits.note(call=replace(person.call, known=self._known))

    async def _expel(self) -> None:
        """Put out whoever reads other digits."""
        unknown = self._unknown()
        if unknown is not None:
            self._say(m.Stop(reason=Flaw.IDENTITY), unknown.participant)
            if (whom := self._there.get(unknown.participant)) is not None:
                await self._visits.join(whom, permit=False, withdrawn=True)

    def _unknown(self) -> Other | None:
        return next((each for each in self._others.values() if each.unknown), None)

    async def _show(self) -> None:
        asking = tuple(Asking(name=each.name, part=str(each.part)) for each in self._asked)
        if self._guide.journey.consultation is not None:
            await self._guide.act(Act.VISIT, news=News(asking=asking, others=tuple(self._others.values())))


def _as_asked(body: m.MayJoin) -> Agreed:
    return Agreed(subject=body.subject, name=body.name, part=str(body.part))
