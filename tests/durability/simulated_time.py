"""An event loop whose time is made up: where nothing is left to do but wait, it is at once as late as it waits for.

Sockets, threads and files stay real. What goes on in them is waited for in real time: while `busy` says so for as long
as it takes (at most PATIENCE_S), otherwise for QUIET_S. A loop that hurries too much only makes a slow answer a late
one, which is a case of the experiment like any other.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Final

__all__ = ["HurryingLoop"]

QUIET_S: Final = 0.001
PATIENCE_S: Final = 5.0
_LOOK_S: Final = 0.001


class _Hurrying(selectors.DefaultSelector):
    """Waits only for what is real, and tells how long it should have waited."""

    def __init__(self, busy: Callable[[], bool]) -> None:
        super().__init__()
        self._busy = busy
        self.skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began = time.monotonic()
        while True:
            ready = super().select(0 if timeout is not None and timeout <= 0 else _LOOK_S)
            if ready or (timeout is not None and timeout <= 0):
                return ready
            waited = time.monotonic() - began
            if timeout is not None and waited >= (PATIENCE_S if self._busy() else QUIET_S):
                self.skipped_s += timeout
                return []


class HurryingLoop(asyncio.SelectorEventLoop):
    """Give it to asyncio.Runner; *busy* says whether something real is under way."""

    def __init__(self, busy: Callable[[], bool]) -> None:
        self._hurrying = _Hurrying(busy)
        super().__init__(self._hurrying)

    def time(self) -> float:
        """Return the seconds that have passed, the made-up ones only."""
        return self._hurrying.skipped_s
