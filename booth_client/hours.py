"""When physicians can be seen at this booth: for each day of the week from when to when, on the booth's own clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

__all__ = ["DAYS", "Hours", "OpeningHours", "Span"]

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_WEEK: Final = 7
_MIDNIGHT: Final = 24 * 60

Span = tuple[int, int]
"""From and to, in minutes since midnight; the end is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The spans of each day, Monday first, each day's in their order and apart."""

    week: tuple[tuple[Span, ...], ...]

    def open_at(self, local: datetime) -> bool:
        """Return whether it is open at *local* time."""
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.week[local.weekday()])

    def opens(self, local: datetime) -> datetime | None:
        """Return when it opens next after *local* time; None where it never does."""
        return next((at for at in self._edges(local) if self.open_at(at) and at > local), None)

    def changes(self, local: datetime) -> datetime | None:
        """Return when it opens or closes next after *local* time; None where it never does."""
        return next((at for at in self._edges(local) if at > local and self.open_at(at) != self.open_at(local)), None)

    def _edges(self, local: datetime) -> Iterator[datetime]:
        for ahead in range(_WEEK + 1):
            day = local.date() + timedelta(days=ahead)
            for span in self.week[day.weekday()]:
                for minute in span:
                    yield datetime.combine(day, time(), tzinfo=local.tzinfo) + timedelta(minutes=minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """The hours as they are set: spans such as "09:00-12:30" for each day; a day without any is closed."""

    monday: tuple[str, ...] = ()
    tuesday: tuple[str, ...] = ()
    wednesday: tuple[str, ...] = ()
    thursday: tuple[str, ...] = ()
    friday: tuple[str, ...] = ()
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not any(self.hours.week):
            raise ValueError("hours names no span; leave the table out where physicians are always there")

    @property
    def hours(self) -> Hours:
        """Return the hours. Raises ValueError for what is no span, or does not come after the one before."""
        return Hours(week=tuple(_day(day, getattr(self, day)) for day in DAYS))


def _day(day: str, texts: tuple[str, ...]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text in texts:
        found = _SPAN.fullmatch(text)
        if found is None:
            raise ValueError(f"{day} {text!r} is not a span such as 09:00-12:30")
        hour, minute, to_hour, to_minute = map(int, found.groups())
        start, end = hour * 60 + minute, to_hour * 60 + to_minute
        if not (spans[-1][1] if spans else -1) < start < end <= _MIDNIGHT:
            raise ValueError(f"{day} {text!r} ends before it begins, or does not come after the span before it")
        spans.append((start, end))
    return tuple(spans)
