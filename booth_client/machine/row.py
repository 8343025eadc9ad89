"""One thing that was looked at: how it is, what was found, what is wanted, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Row", "State", "worst"]


class State(StrEnum):
    """How something is; the later ones are worse, and what cannot be told here is nobody's fault."""

    GOOD = "good"
    UNKNOWN = "unknown"
    ATTENTION = "attention"
    BROKEN = "broken"


_ORDER: Final = tuple(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """*what* was looked at (a word of a table), what was *found* and *wanted*, and the operator's *remedy*."""

    what: str
    state: State
    found: str = ""
    wanted: str = ""
    remedy: str = ""


def worst(states: tuple[State, ...]) -> State:
    """Return the worst of some states; GOOD where there are none."""
    return max(states, key=_ORDER.index, default=State.GOOD)
