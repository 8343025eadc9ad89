"""Whose visit it is at this booth: opened durably with consent, closed and wiped at its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from booth_client.consent import agreement
from booth_client.journey import Act
from booth_client.ledger import Ledger, Visit
from gateway.errors import Unavailable

__all__ = ["Visits"]


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
        visit = Visit(id=str(uuid4()), patient_id=str(uuid4()), started=now, consented=True)
        try:
            await self._ledger.open_visit(visit, agreement=agreement(self._language(), at=now), now=now)
        except Unavailable:
            return Act.BROKEN
        self.current = visit
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

    async def close_interrupted(self) -> None:
        """Close the visits that an earlier run of the booth left open when it died."""
        for visit in await self._ledger.open_visits():
            if not visit.home:
                await self._ledger.close_visit(visit, now=self._now())
        await self._ledger.wipe(now=self._now())
