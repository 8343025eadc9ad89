"""How long people waited for a physician, and where they gave up: figures that can be published.

A visit is two moments and an outcome here, of nobody. A count of 1 to 10 is withheld (None), and so is what one could
subtract to find it; a time stands behind 11 people or more. Only whole months are published: of a month that goes on,
two copies would say what became of one person in between.
https://www.cnil.fr/fr/technologies/lanonymisation-de-donnees-personnelles
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.fleet import Stop, Ways
from signalling.consultation import Step

__all__ = [
    "EVERYWHERE",
    "LEAST",
    "Figures",
    "Outcome",
    "Wait",
    "before_asking",
    "figures",
    "last_month",
    "months",
    "withheld",
]

LEAST: Final = 11
"""No count below it is told, nor a time that fewer people stand behind."""

EVERYWHERE: Final = "*"
"""The booth of the figures that are of the whole fleet."""

_MINUTE: Final = timedelta(minutes=1)
_MONTHS: Final = 12


class Outcome(StrEnum):
    """How far a visit came: to the talk, or given up before somebody took it, or between that and the talk."""

    TALKED = "talked"
    LEFT_WAITING = "left_waiting"
    LEFT_CONNECTING = "left_connecting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One visit: at which booth, when it was asked for, after how long somebody took it, how far it came (yet)."""

    booth: str
    came: datetime
    lasted: timedelta | None = None
    outcome: Outcome | None = None

    @classmethod
    def of(cls, booth: str, reached: Iterable[tuple[Step, datetime]]) -> Wait | None:
        """Return what the steps with their times say; None where nobody came to wait."""
        first: dict[Step, datetime] = {}
        for step, at in reached:
            first.setdefault(step, at)
        came, taken = first.get(Step.QUEUED), first.get(Step.ADMITTED)
        if came is None:
            return None
        outcome = None
        if Step.ACTIVE in first:
            outcome = Outcome.TALKED
        elif Step.ENDED in first:
            outcome = Outcome.LEFT_CONNECTING if taken else Outcome.LEFT_WAITING
        return cls(booth=booth, came=came, lasted=taken - came if taken else None, outcome=outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many asked, how far they came, and within how many minutes half of them and nine of ten were taken.

    None is withheld: too few people, or too few to tell beside the other figures.
    """

    period: str
    booth: str
    asked: int | None
    talked: int | None = None
    left_waiting: int | None = None
    left_connecting: int | None = None
    half_within_min: int | None = None
    nine_of_ten_within_min: int | None = None
    begun: int | None = None
    left_at_start: int | None = None
    left_at_who: int | None = None
    left_at_agreeing: int | None = None
    left_at_measuring: int | None = None
    left_at_reason: int | None = None
    left_at_offline: int | None = None
    left_at_no_doctor: int | None = None
    left_at_emergency: int | None = None


def before_asking(ways: Iterable[Ways], *, period: str) -> dict[str, int | None]:
    """Return how many touched a booth's screen in the month *period*, and where they gave up; no small number."""
    told = [each for each in ways if each.month == period]
    begun = sum(each.begun for each in told)
    if begun < LEAST:
        return {"begun": None, **{_left_at(stop): None for stop in Stop}}
    left = {_left_at(stop): sum(each.left.get(stop, 0) for each in told) for stop in Stop}
    return {"begun": begun} | withheld(left, of=max(begun, sum(left.values())))


def _left_at(stop: Stop) -> str:
    return f"left_at_{stop.replace('-', '_')}"


def last_month(today: date) -> str:
    """Return the last month that is over on *today*."""
    return _periods(today)[0]


def figures(waits: Sequence[Wait], *, period: str, booth: str = EVERYWHERE) -> Figures:
    """Return the figures of these visits, what could be somebody's withheld."""
    if 0 < len(waits) < LEAST:
        return Figures(period=period, booth=booth, asked=None)
    told = withheld({str(each): sum(wait.outcome is each for wait in waits) for each in Outcome}, of=len(waits))
    half, most = _within([each.lasted for each in waits if each.lasted is not None])
    return Figures(
        period=period,
        booth=booth,
        asked=len(waits),
        talked=told[Outcome.TALKED],
        left_waiting=told[Outcome.LEFT_WAITING],
        left_connecting=told[Outcome.LEFT_CONNECTING],
        half_within_min=half,
        nine_of_ten_within_min=most,
    )


def withheld(counts: Mapping[str, int], *, of: int) -> dict[str, int | None]:
    """Return *counts*, parts of the total *of*, with None for each that must not be told.

    What is withheld adds up to LEAST or more, so that the total less the others says no small number either.
    """
    hidden = {name for name, count in counts.items() if 0 < count < LEAST}
    rest = sorted(counts.keys() - hidden, key=lambda name: counts[name])
    told = sum(counts.values())
    while (missing := of - told + sum(counts[name] for name in hidden)) and missing < LEAST and rest:
        hidden.add(rest.pop(0))
    return {name: None if name in hidden else count for name, count in counts.items()}


def months(
    waits: Sequence[Wait], names: Mapping[str, str], *, today: date, ways: Sequence[Ways] = ()
) -> Iterator[Figures]:
    """Yield the figures of the last twelve whole months (UTC), of the fleet and then of each booth in *names*.

    Of a booth only who asked, and how long the wait was: what became of them is told of all booths together.
    """
    for period in _periods(today):
        here = [each for each in waits if each.came.astimezone(UTC).strftime("%Y-%m") == period]
        whole = figures(here, period=period)
        yield replace(whole, **before_asking(ways, period=period))  # type: ignore[arg-type]  # all are counts
        of_booth = {booth: [each for each in here if each.booth == booth] for booth in names}
        counts = withheld({booth: len(found) for booth, found in of_booth.items()}, of=len(here))
        for booth, found in sorted(of_booth.items(), key=lambda pair: names[pair[0]]):
            asked = counts[booth] if whole.asked is not None else None
            half, most = _within([each.lasted for each in found if each.lasted is not None])
            told = asked is not None
            yield Figures(
                period=period,
                booth=names[booth],
                asked=asked,
                half_within_min=half if told else None,
                nine_of_ten_within_min=most if told else None,
            )


def _periods(today: date) -> list[str]:
    first, found = today.replace(day=1), list[str]()
    for _ in range(_MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(f"{first:%Y-%m}")
    return found


def _within(lasted: Sequence[timedelta]) -> tuple[int | None, int | None]:
    """Return within how many minutes half of them and nine of ten had been taken, rounded up; None for too few."""
    if len(lasted) < LEAST:
        return None, None
    ordered = sorted(lasted)
    half, most = (ordered[-(-len(ordered) * tenths // 10) - 1] for tenths in (5, 9))
    return -(-half // _MINUTE), -(-most // _MINUTE)
