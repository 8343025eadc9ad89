"""How long to wait after a failure: exponential, with full jitter and a cap.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Backoff"]

_DOUBLINGS = 32  # beyond any cap; keeps the power a small number


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Anything up to `first_s` seconds after the first failure, up to twice as much each time, never over `cap_s`."""

    first_s: float = 0.5
    cap_s: float = 30.0

    def pause_s(self, failures: int, chance: random.Random) -> float:
        """Return the pause in seconds after *failures* (1 or more) in a row."""
        return chance.uniform(0, min(self.cap_s, self.first_s * 2 ** min(failures - 1, _DOUBLINGS)))
