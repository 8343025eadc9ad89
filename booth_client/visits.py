"""Whose visit it is at this booth: opened durably with consent, closed and wiped at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from booth_client import letters
from booth_client.attribution import Calling
from booth_client.company import Agreed
from booth_client.consent import WARDS, agreement, joining
from booth_client.identity import Person
from booth_client.journey import Act, Journey, Stage, Topic
from booth_client.ledger import Ledger, Visit
from booth_client.questions import asked_and_said
from booth_client.resuming import keep, taken_up
from booth_client.turns import visit_screen
from gateway.care.call_back import Because
from gateway.errors import Unavailable

__all__ = ["GRACE", "Visits", "gone_on_with"]

_ALIVE_S: Final = 30.0
GRACE: Final = timedelta(seconds=120)
"""For how long a visit or a call that was interrupted may be gone on with (docs/signalling.md)."""


def gone_on_with(person: Visit, call: Calling, journey: Journey) -> Journey:
    """Return the journey of somebody whose booth was interrupted while they waited, or were seen by a physician."""
    stood = taken_up(person.stood)
    stage = stood.stage if stood.stage is Stage.WRITING else Stage.LOST if call.seen else Stage.ASKED
    visit = replace(stood, stage=stage, since=stood.since or journey.since, ready=call.seen)
    at = len(journey.plan.devices) - 1
    resumed = replace(
        journey, language=person.language, at=at, visit=True, reason=call.reason, consultation=visit, behind=()
    )
    return replace(resumed, state=visit_screen(visit))


class Visits:
    """At most one open visit. A person who is not known gets a new provisional Patient for each one."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        journey: Callable[[], Journey],
        now: Callable[[], datetime],
        who: Callable[[], Person | None] = lambda: None,
        mark: Callable[[], str] = lambda: "",
    ) -> None:
        self._mark = mark
        self._ledger = ledger
        self._journey = journey
        self._now = now
        self._who = who
        self._ending: list[Visit] = []
        self._said: dict[Topic, bool] = {}
        self._turn = asyncio.Lock()
        self._moved = asyncio.Event()
        self.current: Visit | None = None

    @property
    def may_be_seen(self) -> bool:
        """Say whether the person agrees that a physician sees what is measured: a no counts from when it is said."""
        return self.current is not None and self.current.consented

    async def open(self) -> Act | None:
        """Open a visit for somebody who has just said yes; the booth is BROKEN where that cannot be written down."""
        now, journey = self._now(), self._journey()
        visit = Visit(
            id=str(uuid4()),
            patient_id=str(uuid4()),
            started=now,
            consented=journey.agreed.get(Topic.READINGS, False),
            language=journey.language,
            clock=self._mark(),
        )
        person, patient = self._who(), None
        if person is not None:
            visit = replace(visit, initials=person.initials, age=person.age(now.date()))
            patient = person.resource(visit.patient_id)
        agreements = self._agreements(journey.agreed)
        try:
            await self._ledger.open_visit(visit, agreements=agreements, patient=patient, now=now)
        except Unavailable:
            return Act.BROKEN
        self.current, self._said = visit, dict(journey.agreed)
        return None

    async def agree(self) -> Act | None:
        """Write down what the person has said yes or no to since; a no to the readings counts from here on."""
        agreed = self._journey().agreed
        new = {topic: permit for topic, permit in agreed.items() if self._said.get(topic) is not permit}
        return await self._tell(
            lambda visit: letters.agreed(visit, self._agreements(new)), consented=agreed.get(Topic.READINGS, False)
        )

    async def join(self, whom: Agreed, *, permit: bool, withdrawn: bool = False, **changes: Any) -> Act | None:
        """Write down what the person said to whether *whom* may join the talk, and with it what *changes*."""
        journey = self._journey()
        said = joining(whom, journey.language, at=self._now(), permit=permit, withdrawn=withdrawn, by=journey.companion)
        return await self._tell(lambda visit: letters.agreed(visit, [said]), **changes)

    async def answer(self) -> Act | None:
        """Write down what the person answered to the questions before the visit."""
        journey = self._journey()
        ward = WARDS[journey.companion]["en" if journey.language == "en" else "fr"] if journey.companion else None
        given = asked_and_said(journey.answers, journey.language, ward=ward)
        return await self._tell(lambda visit: letters.answered(visit, given, at=self._now()))

    async def note(self, **changes: Any) -> Act | None:
        """Write down what has changed in the open visit; the booth is BROKEN where that cannot be."""
        return await self._tell(lambda _visit: [], **changes)

    async def call(self, reason: str) -> Act | None:
        """Write down that a physician is asked for, each time anew; the booth is BROKEN where that cannot be."""
        now, visit = self._now(), self.current
        first = visit is not None and visit.call is None
        call = Calling(id=visit.id if visit and first else str(uuid4()), reason=reason, seen=False, at=now)
        return await self._tell(lambda after: letters.calling_again(after, self._ledger.booth, now), call=call)

    async def want_a_call(self, because: Because, *, phone: str | None) -> Act | None:
        """Ask for the person of the open visit to be called back; the booth is BROKEN where that cannot be kept.

        *phone* is the number that they have just given for this, None where they have none.
        """
        booth = self._ledger.booth
        return await self._tell(
            lambda visit: letters.wanting_a_call(visit, booth, because, phone=phone, at=self._now())
        )

    async def _tell(self, told: Callable[[Visit], list[letters.Resource]], **changes: Any) -> Act | None:
        async with self._turn:  # one after the other: none undoes what another has just written
            if self.current is None:
                return None
            visit = replace(self.current, **changes)
            try:
                await self._ledger.note_visit(visit, told=told(visit), now=self._now())
            except Unavailable:
                return Act.BROKEN
            self.current, self._said = visit, dict(self._journey().agreed)
            return None

    def moved(self, _journey: Journey) -> None:
        """Hear that the person is somewhere else (`Guide.listen`)."""
        self._moved.set()

    async def keep_up(self) -> None:
        """Write down where the person is, at every step and now and then: a booth that is killed goes on there.

        What the disk refuses is only not gone on with; the screens speak of full disks where something is lost.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ALIVE_S):
                    await self._moved.wait()
            self._moved.clear()
            if self.current is not None:
                await self.note(stood=keep(self._journey(), at=self._now()))

    def _agreements(self, said: Mapping[Topic, bool]) -> list[letters.Agreement]:
        journey, now = self._journey(), self._now()
        given: dict[str, Any] = {"at": now, "by": journey.companion}
        return [
            agreement(topic, journey.language, permit=permit, before=self._said.get(topic), **given)
            for topic, permit in said.items()
        ]

    async def wipe(self) -> Act:
        """End the visit and forget the person: from here on no reading is theirs. Repeat it until it is WIPED."""
        async with self._turn:
            if self.current is not None:
                self._ending.append(self.current)
                self.current, self._said = None, {}
            try:
                while self._ending:
                    await self._ledger.close_visit(self._ending[-1], now=self._now())
                    self._ending.pop()
                await self._ledger.wipe(now=self._now())
            except Unavailable:
                return Act.BROKEN
            return Act.WIPED

    async def take_up(self, *, calls: bool, doubted: bool = False) -> Visit | None:
        """Close the visits that an earlier run of the booth left open when it died.

        One whose person may still be there is not closed: it is the current one again, and returned. Its call is kept
        only with *calls*, and where it may still go on. *doubted*: nobody knows how long it was, so nobody is there.
        """
        now, mark = self._now(), self._mark()
        for visit in await self._ledger.open_visits():
            call, stood = visit.call, visit.stood
            called = calls and call is not None and (stood is None or stood.asked is not None)
            there = (called or stood is not None) and abs(now - _seen_last(visit)) <= GRACE
            if self.current is None and there and not doubted:
                self.current = replace(visit, call=visit.call if called else None, clock=mark)
                self._said = dict(stood.agreed) if stood else {}
            elif not visit.home:
                await self._ledger.close_visit(visit, now=now if visit.clock == mark else _seen_last(visit))
        await self._ledger.wipe(now=now)
        return self.current


def _seen_last(visit: Visit) -> datetime:
    """Return when a visit was last known to go on, on the clock that dated it: another one cannot say when it ended."""
    later = (each.at for each in (visit.stood, visit.call) if each is not None)
    return max((visit.started, *later))
