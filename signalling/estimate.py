"""How long a patient will wait, said honestly or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["ENOUGH", "estimate"]

ENOUGH: Final = 3
"""From so many talks on, their lengths say something about the next."""


def estimate(before: int, durations_min: Sequence[float], physicians: int) -> tuple[int, int] | None:
    """Return the minutes to wait (from, to), or None where too little is known to be honest.

    The ends are the quartiles of the last talks, times the turns that *before* people take with so many physicians; the
    later end is rounded up to five minutes.
    """
    if len(durations_min) < ENOUGH or physicians == 0:
        return None
    ordered = sorted(durations_min)
    turns = -(-(before + 1) // physicians)
    low, high = ordered[len(ordered) // 4], ordered[-(len(ordered) // 4) - 1]
    return int(low * (turns - 1)), max(5, 5 * -(-int(high * turns) // 5))
