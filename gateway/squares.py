"""A code of squares as one SVG path: a text that a telephone or a scanner reads.

ISO/IEC 18004, made by segno (https://segno.readthedocs.io/). The text is all there is: nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import segno

__all__ = ["squares"]

_QUIET: Final = 4


def squares(text: str) -> tuple[int, str]:
    """Return the side of the grid and the path, with the quiet zone that readers need around it."""
    rows = segno.make_qr(text, error="l", boost_error=True).matrix
    path = (
        f"M{x + _QUIET} {y + _QUIET}h{length}v1h-{length}z" for y, row in enumerate(rows) for x, length in _runs(row)
    )
    return len(rows) + 2 * _QUIET, "".join(path)


def _runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Return where dark squares begin and how many follow."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((x, 1))
    return runs
