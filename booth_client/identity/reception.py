"""Who has been read, kept in memory only, from the reader to the yes of the person themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import structlog

from booth_client.guide import Guide
from booth_client.identity.person import Person
from booth_client.journey import Act, News
from booth_client.unread import Unread
from booth_client.words import Way

__all__ = ["Reception"]

_log = structlog.get_logger("identity")


class Reception:
    """Takes what readers and the helper say to the journey. `person` is whoever said yes to their name."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._people: dict[str, Person] = {}
        self._closed: frozenset[Way] = frozenset()

    @property
    def person(self) -> Person | None:
        """Return who is there; None: nobody whom the booth knows."""
        known = self._guide.journey.known
        return None if known is None else self._people.get(known.id)

    async def read(self, people: Sequence[Person]) -> None:
        """Ask the person whether they are one of *people*, the holder of the card first."""
        self._people |= {each.id: each for each in people}
        known = tuple(each.known(date.today()) for each in people)  # noqa: DTZ011  where the booth stands
        await self._guide.act(Act.READ, news=News(people=known))

    async def misread(self, way: Way, why: str, *, unread: Unread | None = None) -> None:
        """Say that a card or a code could not be read; *why* holds nothing of what was on it.

        *unread* is what the person is told of a code.
        """
        _log.info("nobody was read", way=way, why=why)
        await self._guide.act(Act.MISREAD, news=News(unread=unread))

    async def works(self, way: Way, *, now: bool) -> None:
        """Say that a reader has died or is back: a way that is closed has no button."""
        closed = self._closed - {way} if now else self._closed | {way}
        if closed != self._closed:
            _log.warning("reader", way=way, works=now)
            self._closed = closed
            await self._guide.act(Act.READERS, news=News(closed=closed))

    async def holds(self, *, now: bool) -> None:
        """Say whether a card is in the reader: whoever leaves is told to take it."""
        if now is not self._guide.journey.card:
            await self._guide.act(Act.READERS, news=News(card=now))

    async def forget_others(self) -> None:
        """Forget whoever was read and is not the person who stays."""
        stays = self.person
        self._people = {stays.id: stays} if stays else {}
