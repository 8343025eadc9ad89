"""The booth's one clock: it starts as right as it can, and then counts. No step of the machine's clock moves it.

    clock()        for everything that happens here: steady from the first touch of a visit to its end
    clock.true()   for what others judge by the time: certificates, credentials, passes

The two are one unless the right time was heard in the middle of a visit: then `clock()` goes on as it began until
nobody is there, and what it has dated is dated anew as it leaves (`dating`). The time is heard from the gateway, by its
certificate (`gateway_time`), or else from the machine's clock where NTP keeps it. It never starts before what is known
to have passed: when the booth's certificate was given, and the latest moment that an earlier run had heard.

/proc/sys/kernel/random/boot_id: https://man7.org/linux/man-pages/man4/random.4.html
CLOCK_BOOTTIME: https://man7.org/linux/man-pages/man2/clock_gettime.2.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from booth_client.boots import (
    RAN_THROUGH,
    TOLERANCE,
    Between,
    Boot,
    correction,
    forgotten,
    kept,
    loaded,
    mark_of,
    needed,
    reached,
    reckoned,
)
from booth_client.machine.battery import battery
from booth_client.validity import Span
from gateway.database import Database

__all__ = ["Clock", "Machine", "open_clock"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _count() -> timedelta:
    return timedelta(microseconds=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the machine tells: which start of it this is, how long it has counted since, and what its clock says.

    `battery` is what the clock says that runs without power; None where there is none.
    """

    boot: str
    count: Callable[[], timedelta] = _count
    says: Callable[[], datetime] = lambda: datetime.now(UTC)
    battery: Callable[[], datetime | None] = battery

    @classmethod
    def here(cls) -> Machine:
        """Return this machine."""
        return cls(boot=Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())


class Clock:
    """The clock. `known` is set once the right time is, `told` by the gateway; `news` when something of it has changed.

    *earlier* is what is kept of this booth's boots, this one perhaps among them; *floor* a moment that has passed.
    """

    def __init__(
        self, *, machine: Machine | None = None, earlier: tuple[Boot, ...] = (), floor: datetime = _EPOCH
    ) -> None:
        self._machine = machine = machine or Machine.here()
        self.told = False
        self._saved = earlier
        self.known, self.news = asyncio.Event(), asyncio.Event()
        ours = next((boot for boot in earlier if boot.id == machine.boot), None)
        self._earlier = tuple(boot for boot in earlier if boot is not ours)
        since = max(floor, reached(earlier))
        self._spoken_under: Span | None = None
        self.doubted = False
        if ours is None:
            woke, says = self._woke(), max(machine.says(), since) - machine.count()
            self.doubted = machine.says() < since or woke is None
            ours = Boot(id=machine.boot, base=says, machine=self._says(), since=since, woke=woke)
        self._boot = replace(ours, machine=self._says())
        if ours.right is not None:
            self.known.set()

    def __call__(self) -> datetime:
        """Return the time of everything that happens at this booth."""
        return self._boot.base + self._machine.count()

    def true(self) -> datetime:
        """Return the time as well as it is known by now."""
        return (self._boot.right or self._boot.base) + self._machine.count()

    @property
    def mark(self) -> str:
        """Return what tells later how right that was which this clock has just dated (`boots.mark_of`)."""
        return mark_of(self._boot)

    @property
    def since(self) -> datetime:
        """Return a moment that had passed before this start of the machine."""
        return self._boot.since

    @property
    def passed(self) -> datetime | None:
        """Return `since` where the machine's own clock shows a time before it."""
        return self.since if self._machine.says() < self.since else None

    @property
    def ahead(self) -> timedelta | None:
        """Return how far the machine's own clock is ahead of the right time; None where that is not known."""
        return None if self._boot.right is None else self._says() - self._boot.right

    @property
    def wrong(self) -> bool:
        """Say whether it shows another time than it should, and waits for nobody to be there."""
        return abs(self._wanted() - self._boot.base) > TOLERANCE

    @property
    def sure(self) -> bool:
        """Say whether it shows what is known to be the right time."""
        return self.known.is_set() and not self.wrong

    def judge(self, span: Span) -> str | None:
        """Say why the gateway's certificate is not good now; None: it is, and bounds what the gateway may tell."""
        begins, ends = span
        at = self.true()
        good = begins <= at <= ends
        self._spoken_under = span if good else None
        return None if good else f"good from {begins} to {ends}, and by the booth's clock it is {at}"

    def hear(self, at: datetime, *, took: timedelta = timedelta(0)) -> None:
        """Hear from the gateway what time it was at some moment of the last *took*.

        A time at which its own certificate would not be good is no time: whoever believed it could not ask again.
        """
        if self._spoken_under is not None and not self._spoken_under[0] <= at <= self._spoken_under[1]:
            return
        self.told = True
        self._learn(at + took / 2 - self._machine.count(), give=TOLERANCE + took / 2)

    def trust(self) -> None:
        """Hear that NTP keeps the machine's clock: believed as long as the gateway has said nothing."""
        if not self.told:
            self._learn(self._says())

    def set(self) -> bool:
        """Show the right time from here on, because nobody is there; return whether that was another one."""
        if not self.wrong:
            return False
        self._boot = replace(self._boot, base=self._wanted())
        self.news.set()
        return True

    def off(self, mark: str) -> timedelta | Between | None:
        """Return what to add to what was dated under *mark*; None where that is not known yet."""
        return correction((*self._earlier, self._boot), mark)

    def here(self, at: datetime, mark: str) -> datetime | None:
        """Return on this clock a moment that was dated under *mark*; None where nobody can tell."""
        name, _, base = mark.partition(" ")
        if name == self._boot.id:
            return at + (self._boot.base - (_EPOCH + timedelta(microseconds=int(base))))
        off = self.off(mark)
        return at + off + (self() - self.true()) if isinstance(off, timedelta) else None

    async def keep(self, database: Database) -> None:
        """Write down what is known by now. Raises Unavailable."""
        self._boot = replace(self._boot, machine=self._says(), ran=self._machine.count())
        boots = (*self._earlier, self._boot)
        new = [boot for boot in boots if boot not in self._saved]
        await database.act(lambda connection: kept(connection, new))
        self._saved = boots

    @property
    def boots(self) -> int:
        """Return of how many starts of the machine something is known."""
        return len(self._earlier) + 1

    async def forget(self, database: Database, marks: Collection[str]) -> None:
        """Forget the starts of the machine that nothing under *marks* is dated by. Raises Unavailable."""
        boots = (*self._earlier, self._boot)
        lasting = needed(boots, marks)
        await database.act(lambda connection: forgotten(connection, [boot for boot in boots if boot not in lasting]))
        self._earlier = lasting[:-1]

    def _says(self) -> datetime:
        return self._machine.says() - self._machine.count()

    def _woke(self) -> datetime | None:
        """Return what the machine's clock says of its start, if that is what its battery has kept."""
        kept_, says = self._machine.battery(), self._machine.says()
        return self._says() if kept_ is not None and abs(kept_ - says) <= RAN_THROUGH else None

    def _wanted(self) -> datetime:
        """Return what should be shown: the right time, else the machine's unless that cannot be."""
        if self._boot.right is not None:
            return self._boot.right
        return self._says() if self._machine.says() >= self._boot.since else self._boot.base

    def _learn(self, right: datetime, *, give: timedelta = TOLERANCE) -> None:
        boot = self._boot
        if boot.right is not None and abs(right - boot.right) <= give:
            return
        right = boot.base if abs(right - boot.base) <= give else right
        self._boot = replace(boot, right=right, machine=self._says())
        *earlier, self._boot = reckoned((*self._earlier, self._boot))
        self._earlier = tuple(earlier)
        self.known.set()
        self.news.set()


async def open_clock(database: Database, *, floor: datetime = _EPOCH, machine: Machine | None = None) -> Clock:
    """Return the clock of the booth whose *database* this is; kept there from the first moment.

    Raises Unavailable.
    """
    clock = Clock(machine=machine, earlier=await database.look(loaded), floor=floor)
    await clock.keep(database)
    return clock
