"""To whom a waiting visit is offered: who suits it in its own territory first, and wider circles after a while.

No I/O, no clock. A circle in which nobody takes patients is passed over at once: a rule never lets somebody wait for
nobody. A visit that says nothing of a territory or a speciality suits everybody, as does a physician whose practice
says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from signalling.presence import Participant, Practice
from signalling.visit import Visit

__all__ = ["CIRCLES", "Circle", "due", "offers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Who is offered a visit that has waited for `after`."""

    after: timedelta
    suits: Callable[[Visit, Practice], bool]


def _able(visit: Visit, practice: Practice) -> bool:
    """Say whether a physician speaks the patient's language and has the speciality that is asked for."""
    asked = visit.asked
    return _in(asked.language, practice.languages) and _in(asked.speciality, practice.specialities)


def _near(visit: Visit, practice: Practice) -> bool:
    return _able(visit, practice) and _in(visit.asked.territory, practice.territories)


CIRCLES: Final[Sequence[Circle]] = (
    Circle(after=timedelta(0), suits=_near),
    Circle(after=timedelta(minutes=2), suits=_able),
    Circle(after=timedelta(minutes=5), suits=lambda _visit, _practice: True),
)
"""The circles, from the narrowest on; the last is everybody, with an interpreter if need be."""


def due(visit: Visit, *, now: datetime) -> int:
    """Return which circle the visit's wait has reached."""
    return max(number for number, circle in enumerate(CIRCLES) if now - visit.since >= circle.after or number == 0)


def offers(
    waiting: Iterable[Visit], physicians: Collection[Participant], *, now: datetime
) -> Mapping[str, frozenset[str]]:
    """Return for each waiting visit, by its id, the participant ids of the *physicians* it is offered to."""
    at: dict[Practice, list[str]] = {}  # many have the same
    for person in physicians:
        at.setdefault(person.peer.practice, []).append(person.id)
    return {visit.id: _offer(visit, at, now=now) for visit in waiting}


def _offer(visit: Visit, at: Mapping[Practice, Sequence[str]], *, now: datetime) -> frozenset[str]:
    for circle in CIRCLES[due(visit, now=now) :]:
        found = [those for practice, those in at.items() if circle.suits(visit, practice)]
        if found:
            return frozenset(chain.from_iterable(found))
    return frozenset()


def _in(asked: str | None, offered: Collection[str]) -> bool:
    return asked is None or not offered or asked in offered
