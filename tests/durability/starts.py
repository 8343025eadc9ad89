"""What the booth's machine goes through in those days: power cuts, a clock a year off, set, stopped; see `days`.

Each kind of start once, then as chance has it; in half of the lives between them somebody sets the machine's clock
while people are there, in half NTP puts it right where there is a network.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from tests.peers.machine_clock import Bench

__all__ = ["Life", "PowerOut", "Start", "Starts"]

YEAR: Final = timedelta(days=365)
_HOURS_A_LIFE: Final = 5.0
_JUMPS: Final = (timedelta(hours=1), timedelta(hours=-1), timedelta(seconds=40), YEAR, -YEAR)


class PowerOut(Exception):
    """The booth is no more, in the middle of what it did."""


class Start(StrEnum):
    """How a life of the booth begins."""

    PROGRAM = "the program alone"
    RUNS = "the clock ran on"
    STANDS = "the clock stood still"
    RESET = "the clock shows 2000"
    BEHIND = "the clock is a year behind"
    AHEAD = "the clock is a year ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of the booth's program: how it begins, how long after the last one, and how long it lasts.

    Somebody sets the machine's clock, *by* so much, `jump_s` after its beginning; `ntp`: it puts it right.
    """

    start: Start
    outage_s: float
    lasts_s: float
    jump_s: float | None
    by: timedelta
    ntp: bool


@dataclass(kw_only=True)
class Starts:
    """The script of one run of *hours*, and the machine that it happens to."""

    hours: float
    chance: random.Random
    bench: Bench
    network: Callable[[], bool] = lambda: True
    figures: Counter[str] = field(default_factory=Counter)
    ntp: bool = False

    def lives(self) -> Iterator[Life]:
        """Yield one life after another; the last one has no end."""
        each = list(Start)
        number = max(len(each) + 2, round(self.hours / _HOURS_A_LIFE))
        first = self.chance.sample(each, k=len(each))
        starts = [*first, *self.chance.choices(each, k=number - len(each))]
        mean_s = 3600 * self.hours / number
        for start in starts:
            outage_s = 1.0 if start is Start.PROGRAM else self.chance.uniform(0.01, 0.3) * mean_s
            lasts_s = self.chance.uniform(0.3, 1.1) * mean_s
            jumps, ntp = self.chance.random() < 0.5, self.chance.random() < 0.5
            jump_s = self.chance.uniform(0, lasts_s) if jumps else None
            by = self.chance.choice(_JUMPS)
            yield Life(start=start, outage_s=outage_s, lasts_s=lasts_s, jump_s=jump_s, by=by, ntp=ntp)
        yield Life(start=Start.RUNS, outage_s=60.0, lasts_s=float("inf"), jump_s=None, by=YEAR, ntp=False)

    async def begin(self, life: Life) -> None:
        """Wait until the power is back, and have the machine's clock say what it says then."""
        self.figures[f"starts: {life.start}"] += 1
        await asyncio.sleep(life.outage_s)
        bench, now = self.bench, self.bench.now()
        bench.empty = life.start is Start.STANDS
        off = {
            Start.STANDS: bench.off - timedelta(seconds=life.outage_s),
            Start.RESET: datetime(2000, 1, 1, tzinfo=UTC) - now,
            Start.BEHIND: -YEAR,
            Start.AHEAD: YEAR,
        }
        if life.start is not Start.PROGRAM:
            bench.restarts(off=off.get(life.start))
        self.ntp = life.ntp

    async def jump(self, life: Life) -> None:
        """Have somebody set the machine's clock in the middle of it."""
        if life.jump_s is not None:
            await asyncio.sleep(life.jump_s)
            self.bench.off += life.by
            self.ntp = False
            self.figures["jumps"] += 1

    def kept_by_ntp(self) -> bool:
        """Say whether NTP keeps the machine's clock just now; then it is right."""
        if self.ntp and self.network():
            self.bench.off = timedelta(0)
            return True
        return False
