"""FHIR dates as ranges: 2024-03 is the whole month, 12:00:00.5 is a tenth of a second.

A range is half open, [low, high), in whole microseconds since 1970 UTC, so that comparing needs no calendar. A date
and a time without a zone are read as UTC: a gateway serves homes in several zones, and a fixed rule can be relied on.
Open ends of a Period lie before and after everything. https://hl7.org/fhir/R4/search.html#date
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from gateway.fhir.search.query import DateValue, Prefix

__all__ = ["ALWAYS", "NEVER", "Range", "at", "parse", "range_of", "widened"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000_000
_SECOND: Final = 1_000_000

ALWAYS: Final = -(2**61)
"""The low end of a Period without a start."""

NEVER: Final = 2**61
"""The high end of a Period without an end."""

_DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


class Range(NamedTuple):
    """A stretch of time: [low, high) in microseconds since 1970 UTC."""

    low: int
    high: int


def parse(text: str) -> Range | None:
    """Return the range that a FHIR date, dateTime or instant means at its own precision, None where it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return _range(match)
    except ValueError:  # a 13th month, a 30th of February, the year 0
        return None


def at(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970 UTC."""
    since = moment - _BEGINNING
    return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds


def _range(match: re.Match[str]) -> Range:
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    low = (date(year, month, day).toordinal() - _EPOCH) * _DAY
    if match["month"] is None:
        return Range(low, low + (366 if calendar.isleap(year) else 365) * _DAY)
    if match["day"] is None:
        return Range(low, low + calendar.monthrange(year, month)[1] * _DAY)
    if match["hour"] is None:
        return Range(low, low + _DAY)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004  a clock's own numbers; FHIR allows a leap second
        raise ValueError(match[0])
    low += ((hour * 60 + minute) * 60 + second) * _SECOND - _offset(match["zone"])
    if match["second"] is None:
        return Range(low, low + 60 * _SECOND)
    digits = (match["fraction"] or "")[:6]
    low += int(digits.ljust(6, "0"))
    return Range(low, low + 10 ** (6 - len(digits)))


def _offset(zone: str | None) -> int:
    if zone in (None, "Z"):
        return 0
    assert zone is not None
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:  # noqa: PLR2004  the widest zones there are
        raise ValueError(zone)
    return int(zone[0] + "1") * (hours * 60 + minutes) * 60 * _SECOND


def range_of(value: Any) -> Range | None:
    """Return the range of a date, dateTime, instant, Period or Timing element, None where it says nothing readable."""
    if isinstance(value, str):
        return parse(value)
    if not isinstance(value, Mapping):
        return None
    if isinstance(events := value.get("event"), list):
        ranges = [each for each in map(range_of, events) if each is not None]
        return Range(min(r.low for r in ranges), max(r.high for r in ranges)) if ranges else None
    start, end = range_of(value.get("start")), range_of(value.get("end"))
    if start is None and end is None:
        return None
    low = start.low if start else ALWAYS
    return Range(low, max(low + 1, end.high if end else NEVER))


def widened(wanted: DateValue, now: int) -> DateValue:
    """Return what `ap` means at *now*: the range stretched on both sides by a tenth of its distance from now."""
    if wanted.prefix is not Prefix.AP:
        return wanted
    slack = max(abs(now - wanted.low), abs(now - wanted.high)) // 10
    return DateValue(prefix=Prefix.AP, low=wanted.low - slack, high=wanted.high + slack)
