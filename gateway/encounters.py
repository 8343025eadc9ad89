"""The steps of visits as the history of their Encounters, written after signalling has kept them.

Signalling waits for its own record alone; this follows, and tries again until the Encounter says it: a booth's letter
that brings the Encounter may arrive after the patient is in the queue. Writing is harmless twice, so that several
servers may follow the same record. An Encounter that another booth wrote is not touched.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from gateway.errors import Invalid, Unavailable
from gateway.fhir.encounter import Talk, with_talk
from gateway.fhir.json import loads
from gateway.fhir.report import practitioner_id
from gateway.fhir.repository import Repository
from gateway.fhir.validation import check
from gateway.fhir.version import same
from gateway.store import Store
from gateway.store.visits import Story, Visits
from signalling.consultation import Step
from signalling.effects import Persist
from signalling.presence import participant_id

__all__ = ["Encounters"]

WHO: Final = "urn:teleborne:signalling"
"""In whose name the history is written, in the audit."""

_AGAIN_S: Final = 2.0
_GIVEN_UP_AFTER: Final = timedelta(days=1)
_log: Final[Any] = structlog.get_logger("encounters")


class Encounters:
    """Carries what `record` keeps into the store; `run` beside it. *base* is the FHIR base that is ours."""

    def __init__(self, visits: Visits, store: Store, *, base: str, now: Callable[[], datetime]) -> None:
        self._visits = visits
        self._store = store
        self._base = base
        self._now = now
        self._news = asyncio.Event()

    async def record(self, *persists: Persist) -> None:
        """Keep what became of one visit, for signalling; raises RecordError."""
        await self._visits.record(*persists)
        self._news.set()

    async def run(self) -> None:
        """Follow until cancelled; a database that does not answer is asked again."""
        while True:
            self._news.clear()
            with contextlib.suppress(Unavailable):
                await self._tell_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):  # wait_for would lose a cancellation that comes with the news
                    await self._news.wait()

    async def _tell_all(self) -> None:
        for story in await self._visits.untold(since=self._now() - _GIVEN_UP_AFTER):
            try:
                told = await self._tell(story)
            except Invalid as refused:
                # One record that cannot say it must not keep all others from saying theirs.
                _log.error("a visit's history is not valid FHIR", visit=story.id, reason=str(refused))
                told = True
            if told:
                await self._visits.mark_told(story)

    async def _tell(self, story: Story) -> bool:
        """Say whether the Encounter now has all of the story."""
        author = await self._store.author("Encounter", story.encounter)
        if author is None or participant_id(author) != story.booth:
            return False
        talk = _talk(story)

        def write(repository: Repository) -> None:
            repository.lock(f"Encounter/{story.encounter}")
            stored = repository.read("Encounter", story.encounter)
            if stored is None or stored.body is None:
                return  # deleted or erased since: there is nothing to tell any more
            resource = with_talk(loads(stored.body, own=True), talk)
            check(resource)
            if not same(resource, stored.body):
                repository.update(resource, stored)

        await self._store.perform(write, who=WHO, base=self._base)
        return True


def _talk(story: Story) -> Talk:
    """Return what the milestones mean; of a visit that was handed back, the last admission counts."""
    last: dict[Step, datetime] = {}
    for each in story.milestones:
        if each.step is Step.QUEUED:
            last = {Step.QUEUED: last.get(Step.QUEUED, each.at)}
        else:
            last[each.step] = each.at
    first = story.milestones[0].at
    ended = last.get(Step.ENDED)
    has = story.physician if Step.ADMITTED in last else None
    return Talk(
        queued=last.get(Step.QUEUED, first),
        physician=f"Practitioner/{practitioner_id(has.subject.removeprefix('rpps:'))}" if has else None,
        name=has.name if has else "",
        admitted=last.get(Step.ADMITTED),
        hung_up=last.get(Step.REPORTING, ended),
        ended=ended,
    )
