"""How a date, a stretch of time or an amount compares with what is asked for, in SQL.

https://hl7.org/fhir/R4/search.html#prefix
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, and_, func, literal, or_, select
from sqlalchemy.sql.selectable import FromClause

from gateway.fhir.search.number import ordered
from gateway.fhir.search.query import AmountValue, DateValue, Prefix
from gateway.store.keys import Keys
from gateway.store.tables import resource

__all__ = ["INSTANT", "bounds", "compares", "longest", "measures"]

INSTANT: Final = 1
"""How long a time of last update is: to the microsecond, as it is shown."""


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
        first = min(bound for bound, _ in lows) if len(lows) > 1 else lows[0][0]
        lowest = literal(first, BigInteger) if isinstance(first, int) else first
        yield low >= (lowest - longest if any(reaches for _, reaches in lows) else lowest)
    if all(each.prefix in _HIGHEST for each in wanted):
        yield low < max(_HIGHEST[each.prefix](each) for each in wanted)


def longest(type_: str) -> ColumnElement[int]:
    """Return the length of the longest stretch of time of any resource of the type."""
    length = resource.c.until - resource.c.date
    found = select(length).where(resource.c.type == type_).order_by(length.desc()).limit(1).scalar_subquery()
    return func.coalesce(found, 0)


_Compare = Callable[[AmountValue, ColumnElement[str], ColumnElement[str]], ColumnElement[bool]]

_ENDS: Final[dict[Prefix, _Compare]] = {
    Prefix.EQ: lambda v, low, high: and_(low >= ordered(v.low), high < ordered(v.high)),
    Prefix.NE: lambda v, low, high: or_(low < ordered(v.low), high >= ordered(v.high)),
    Prefix.GT: lambda v, _low, high: high > ordered(v.value),
    Prefix.LT: lambda v, low, _high: low < ordered(v.value),
    Prefix.GE: lambda v, _low, high: high >= ordered(v.value),
    Prefix.LE: lambda v, low, _high: low <= ordered(v.value),
    Prefix.SA: lambda v, low, _high: low > ordered(v.value),
    Prefix.EB: lambda v, _low, high: high < ordered(v.value),
    Prefix.AP: lambda v, low, high: and_(low <= ordered(v.high), high >= ordered(v.low)),
}


def measures(rows: FromClause, wanted: AmountValue, keys: Keys) -> ColumnElement[bool]:
    """Return the condition that a row of `amount` is among the wanted."""
    low, high = (rows.c.base_low, rows.c.base_high) if wanted.base else (rows.c.low, rows.c.high)
    compared = _ENDS[wanted.prefix](wanted, low, high)
    if wanted.unit is None:
        return compared
    if wanted.base:
        return and_(rows.c.base == keys.of(wanted.unit), compared)
    named = rows.c.code == keys.of(wanted.unit)
    if wanted.system:
        return and_(named, rows.c.system == keys.of(wanted.system), compared)
    return and_(or_(named, rows.c.unit == keys.of(wanted.unit)), compared)
