"""Whose visit it is at this booth: opened durably with consent, closed and wiped at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from booth_client import letters
from booth_client.consent import agreement
from booth_client.journey import Act, Journey, Topic
from booth_client.ledger import Ledger, Visit
from booth_client.questions import asked_and_said
from gateway.care.call_back import Because
from gateway.errors import Unavailable

__all__ = ["GRACE", "Visits"]

GRACE: Final = timedelta(seconds=120)
"""For how long a call that was interrupted may be gone on with (docs/signalling.md)."""


class Visits:
    """At most one open visit. A person who is not known gets a new provisional Patient for each one."""

    def __init__(self, ledger: Ledger, *, journey: Callable[[], Journey], now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._journey = journey
        self._now = now
        self._ending: list[Visit] = []
        self._said: dict[Topic, bool] = {}
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
        )
        try:
            await self._ledger.open_visit(visit, agreements=self._agreements(journey.agreed), now=now)
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

    async def answer(self) -> Act | None:
        """Write down what the person answered to the questions before the visit."""
        journey = self._journey()
        given = asked_and_said(journey.answers, journey.language)
        return await self._tell(lambda visit: letters.answered(visit, given, at=self._now()))

    async def note(self, **changes: Any) -> Act | None:
        """Write down what has changed in the open visit; the booth is BROKEN where that cannot be."""
        return await self._tell(lambda _visit: [], **changes)

    async def want_a_call(self, because: Because, *, phone: str | None) -> Act | None:
        """Ask for the person of the open visit to be called back; the booth is BROKEN where that cannot be kept.

        *phone* is the number that they have just given for this, None where they have none.
        """
        booth = self._ledger.booth
        return await self._tell(
            lambda visit: letters.wanting_a_call(visit, booth, because, phone=phone, at=self._now())
        )

    async def _tell(self, told: Callable[[Visit], list[letters.Resource]], **changes: Any) -> Act | None:
        if self.current is None:
            return None
        visit = replace(self.current, **changes)
        try:
            await self._ledger.note_visit(visit, told=told(visit), now=self._now())
        except Unavailable:
            return Act.BROKEN
        self.current, self._said = visit, dict(self._journey().agreed)
        return None

    def _agreements(self, said: Mapping[Topic, bool]) -> list[letters.Agreement]:
        journey, now = self._journey(), self._now()
        given: dict[str, Any] = {"at": now, "by": journey.companion}
        return [
            agreement(topic, journey.language, permit=permit, before=self._said.get(topic), **given)
            for topic, permit in said.items()
        ]

    async def wipe(self) -> Act:
        """End the visit and forget the person: from here on no reading is theirs. Repeat it until it is WIPED."""
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

    async def take_up(self, *, calls: bool) -> Visit | None:
        """Close the visits that an earlier run of the booth left open when it died.

        With *calls*, one whose call may still go on is not closed: it is the current one again, and returned.
        """
        now = self._now()
        for visit in await self._ledger.open_visits():
            if calls and self.current is None and visit.call and abs(now - visit.call.at) <= GRACE:
                self.current = visit
            elif not visit.home:
                await self._ledger.close_visit(visit, now=now)
        await self._ledger.wipe(now=now)
        return self.current
