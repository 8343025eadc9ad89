"""Whose visit it is at this booth: opened durably with consent, closed and wiped at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from booth_client.consent import agreement
from booth_client.journey import Act
from booth_client.ledger import Ledger, Visit
from gateway.care.call_back import Because
from gateway.errors import Unavailable

__all__ = ["GRACE", "Visits"]

GRACE: Final = timedelta(seconds=120)
"""For how long a call that was interrupted may be gone on with (docs/signalling.md)."""


class Visits:
    """At most one open visit. A person who is not known gets a new provisional Patient for each one."""

    def __init__(self, ledger: Ledger, *, language: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._language = language
        self._now = now
        self._ending: list[Visit] = []
        self.current: Visit | None = None

    async def open(self) -> Act | None:
        """Open a visit for somebody who has just said yes; the booth is BROKEN where that cannot be written down."""
        now = self._now()
        language = self._language()
        visit = Visit(id=str(uuid4()), patient_id=str(uuid4()), started=now, consented=True, language=language)
        try:
            await self._ledger.open_visit(visit, agreement=agreement(language, at=now), now=now)
        except Unavailable:
            return Act.BROKEN
        self.current = visit
        return None

    async def note(self, **changes: Any) -> Act | None:
        """Write down what has changed in the open visit; the booth is BROKEN where that cannot be."""
        if self.current is None:
            return None
        visit = replace(self.current, **changes)
        try:
            await self._ledger.note_visit(visit)
        except Unavailable:
            return Act.BROKEN
        self.current = visit
        return None

    async def want_a_call(self, because: Because, *, phone: str | None) -> Act | None:
        """Ask for the person of the open visit to be called back; the booth is BROKEN where that cannot be kept.

        *phone* is the number that they have just given for this, None where they have none.
        """
        if self.current is None:
            return None
        try:
            await self._ledger.want_a_call(self.current, because, phone=phone, now=self._now())
        except Unavailable:
            return Act.BROKEN
        return None

    async def wipe(self) -> Act:
        """End the visit and forget the person: from here on no reading is theirs. Repeat it until it is WIPED."""
        if self.current is not None:
            self._ending.append(self.current)
            self.current = None
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
