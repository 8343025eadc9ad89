"""How a date, or a stretch of time, compares with what is asked for, in SQL.

https://hl7.org/fhir/R4/search.html#prefix
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, and_, func, literal, or_, select

from gateway.fhir.search.query import DateValue, Prefix
from gateway.store.tables import resource

__all__ = ["MILLISECOND", "bounds", "compares", "longest"]

MILLISECOND: Final = 1_000
"""How long a time of last update is."""


def compares(wanted: DateValue, low: ColumnElement[int], high: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that [low, high) is among the *wanted*."""
    contained = and_(low >= wanted.low, high <= wanted.high)
    return {
        Prefix.EQ: contained,
        Prefix.NE: or_(low < wanted.low, high > wanted.high),
        Prefix.GT: high > wanted.high,
        Prefix.LT: low < wanted.low,
        Prefix.GE: or_(high > wanted.high, contained),
        Prefix.LE: or_(low < wanted.low, contained),
        Prefix.SA: low >= wanted.high,
        Prefix.EB: high <= wanted.low,
        Prefix.AP: and_(low < wanted.high, high > wanted.low),
    }[wanted.prefix]


_LOWEST: Final[dict[Prefix, Callable[[DateValue], tuple[int, bool]]]] = {
    Prefix.EQ: lambda wanted: (wanted.low, False),
    Prefix.SA: lambda wanted: (wanted.high, False),
    Prefix.GE: lambda wanted: (wanted.low, True),
    Prefix.GT: lambda wanted: (wanted.high, True),
    Prefix.AP: lambda wanted: (wanted.low, True),
}
"""Where the stretch of an index begins that can hold matches; true: less the length of the longest."""

_HIGHEST: Final[dict[Prefix, Callable[[DateValue], int]]] = {
    Prefix.EQ: lambda wanted: wanted.high,
    Prefix.LT: lambda wanted: wanted.low,
    Prefix.LE: lambda wanted: wanted.high,
    Prefix.EB: lambda wanted: wanted.low,
    Prefix.AP: lambda wanted: wanted.high,
}
"""Where it ends."""


def bounds(
    wanted: Sequence[DateValue], low: ColumnElement[int], longest: ColumnElement[int]
) -> Iterator[ColumnElement[bool]]:
    """Yield what follows for *low* where no stretch is longer than *longest*, so that less of an index is walked."""
    if all(each.prefix in _LOWEST for each in wanted):
        lows = [_LOWEST[each.prefix](each) for each in wanted]
        lowest = literal(min(bound for bound, _ in lows), BigInteger)
        yield low >= (lowest - longest if any(reaches for _, reaches in lows) else lowest)
    if all(each.prefix in _HIGHEST for each in wanted):
        yield low < max(_HIGHEST[each.prefix](each) for each in wanted)


def longest(type_: str) -> ColumnElement[int]:
    """Return the length of the longest stretch of time of any resource of the type."""
    length = resource.c.until - resource.c.date
    found = select(length).where(resource.c.type == type_).order_by(length.desc()).limit(1).scalar_subquery()
    return func.coalesce(found, 0)
