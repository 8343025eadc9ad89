"""A number to be called back at, as it is typed on the screen: ten digits, or 00 and a country.

https://www.itu.int/rec/T-REC-E.164: a number has at most 15 digits behind the 00.
"""

from __future__ import annotations

from typing import Final

__all__ = ["may_follow", "missing", "written"]

_NATIONAL: Final = 10
_ABROAD: Final = "00"
_SHORTEST_ABROAD: Final = 10
_LONGEST_ABROAD: Final = 17


def may_follow(digits: str) -> frozenset[str]:
    """Return the digits that may be typed after *digits*: a number begins with 0, and ends somewhere."""
    if not digits:
        return frozenset("0")
    longest = _LONGEST_ABROAD if digits.startswith(_ABROAD) else _NATIONAL
    return frozenset("0123456789") if len(digits) < longest else frozenset()


def missing(digits: str) -> int:
    """Return how many digits a number still needs."""
    return max(0, (_SHORTEST_ABROAD if digits.startswith(_ABROAD) else _NATIONAL) - len(digits))


def written(digits: str) -> str:
    """Return *digits* two by two, as they are said in France."""
    return " ".join(digits[at : at + 2] for at in range(0, len(digits), 2))
