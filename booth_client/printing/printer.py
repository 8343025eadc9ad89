"""What every printer can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from booth_client.printing.errors import Why

__all__ = ["Condition", "Printer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a printer is: its make and model, what keeps it from printing (None: nothing), and what runs low."""

    name: str
    why: Why | None = None
    low: frozenset[str] = frozenset()


class Printer(Protocol):
    """Prints papers of the visit at hand, and forgets them when it ends."""

    async def print(self, pdf: bytes, *, wanted: Callable[[], bool], moved: Callable[[int], None]) -> None:
        """Print one paper and return when it is out; *moved* is told how many sides are, as they come.

        *wanted* is asked at the last moment: the person may have gone. Raises Unprinted: then nothing of it comes out
        any more, or `wipe` will say so.
        """

    async def wipe(self) -> None:
        """Take back whatever of the visit could still come out. Raises Unwiped; repeat it until it does not."""

    async def look(self) -> Condition:
        """Return how the printer is, now. Raises Unprinted where it cannot be asked."""
