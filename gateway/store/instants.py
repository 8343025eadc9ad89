"""When versions are made: each instant later than the one before, so that `_history` tells in which order they were.

What was answered before another request came has the earlier instant, in the same program also within a microsecond.
Two programs on one database go by their own clocks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["SHORTEST", "Instants"]

SHORTEST: Final = timedelta(microseconds=1)
"""What two instants differ by at least."""

_SET_BACK: Final = timedelta(seconds=1)
"""From here on a clock that shows less than the last instant was put right, and is believed."""

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Instants:
    """The instants of one store, by the clock *now*; may be asked from any thread."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = _BEGINNING
        self._lock = threading.Lock()

    def next(self) -> datetime:
        """Return now, in UTC, or just after the last instant."""
        with self._lock:
            moment = self._now().astimezone(UTC)
            if moment <= self._last < moment + _SET_BACK:
                moment = self._last + SHORTEST
            self._last = moment
            return moment
