"""Dates and numbers as a French page writes them: 22 novembre 2026 à 14 h 05, 37,2 °C.

Times are those of Paris, whatever zone they came with. U+00A0 stands before units and double punctuation.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["NBSP", "day", "moment", "number", "partial_day", "time", "within"]

NBSP: Final = "\u00a0"
_PARIS: Final = ZoneInfo("Europe/Paris")
_MONTHS: Final = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905 - a line of words
)


def day(value: date) -> str:
    """Return 22 novembre 2026; the first is 1er."""
    if isinstance(value, datetime):
        value = value.astimezone(_PARIS).date()
    number_ = "1er" if value.day == 1 else str(value.day)
    return f"{number_}{NBSP}{_MONTHS[value.month - 1]} {value.year}"


def time(value: datetime) -> str:
    """Return 14 h 05."""
    local = value.astimezone(_PARIS)
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02}"


def moment(value: datetime) -> str:
    """Return 22 novembre 2026 à 14 h 05."""
    return f"{day(value)} à {time(value)}"


def within(since: datetime, until: datetime) -> str:
    """Return entre 14 h 05 et 14 h 09, on one day of the report; over more days each moment with its day."""
    if day(since) == day(until):
        return f"entre {time(since)} et {time(until)}"
    return f"entre le {moment(since)} et le {moment(until)}"


def partial_day(text: str) -> str:
    """Return an ISO date in words; a year or a month alone as far as it goes, anything else as it is."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        year, _, month = text.partition("-")
        return f"{_MONTHS[int(month) - 1]} {year}" if month.isdigit() and 1 <= int(month) <= len(_MONTHS) else text


def number(value: Decimal | int) -> str:
    """Return a number with its own digits and a comma."""
    return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)
