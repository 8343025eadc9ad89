"""The shell around the journey: it holds the one journey of this booth, carries out effects and keeps deadlines.

Everything that happens (a touch, a reading, the clock) comes through `act`, one at a time; what an effect brings about
(the visit wiped, the disk broken) is acted upon before anything else is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from booth_client.clock import Clock
from booth_client.journey import Act, Effect, Journey, News, Plan, Result, State, advance, due

__all__ = ["Guide", "Listener"]

Carry = Callable[[], Awaitable[Act | None]]
Listener = Callable[[Journey], None]


class Guide:
    """The journey at this booth, now.

    `carry` does what an Effect asks, and returns the act that follows from it, if one does. `screen` counts the screens
    shown: an answer to an earlier one is a late touch, meant for something that is no longer there. *now* is the
    booth's clock: steady, so that no step of the machine's wipes or keeps a person.
    """

    def __init__(self, plan: Plan, carry: Mapping[Effect, Carry], *, now: Callable[[], datetime] | None = None) -> None:
        self._carry = carry
        self.now = now = now or Clock()
        self._turn = asyncio.Lock()
        self._moved = asyncio.Event()
        self._listeners: list[Listener] = []
        self.journey = Journey(plan=plan, since=now())
        self.screen = 0

    def listen(self, *listeners: Listener) -> None:
        """Call each of *listeners* with the journey after every step."""
        self._listeners += listeners

    async def act(
        self, act: Act, *, result: Result | None = None, news: News | None = None, screen: int | None = None
    ) -> None:
        """Let *act* happen and do all that follows; a touch on another *screen* than the present one is passed over."""
        async with self._turn:
            if screen is None or screen == self.screen:
                await self._step(act, result, news)

    def resume(self, journey: Journey) -> None:
        """Go on from where an earlier run of the booth was interrupted; before anything else has happened."""
        self.journey = journey

    async def set_clock(self, clock: Clock) -> None:
        """Let *clock* show the right time, if nobody is there; the hours are looked at anew."""
        async with self._turn:
            nobody = self.journey.state is State.IDLE or (self.journey.shut and self.journey.wiped)
            if nobody and clock.set() and self.journey.state is State.IDLE:
                await self._step(Act.ELAPSED, None, None)

    async def run(self) -> None:
        """Keep the deadlines, for ever; cancel to stop."""
        while True:
            self._moved.clear()
            when = due(self.journey)
            pause_s = None if when is None else max(0.0, (when[0] - self.now()).total_seconds())
            try:
                async with asyncio.timeout(pause_s):
                    await self._moved.wait()
            except TimeoutError:
                await self._elapse()

    async def _elapse(self) -> None:
        async with self._turn:
            when = due(self.journey)
            if when is not None and when[0] <= self.now():
                await self._step(when[1], None, None)

    async def _step(self, act: Act, result: Result | None, news: News | None) -> None:
        before = self.journey
        self.journey, effects = advance(before, act, self.now(), result=result, news=news)
        if _place(before) != _place(self.journey):
            self.screen += 1
        self._moved.set()
        for listener in self._listeners:
            listener(self.journey)
        for effect in effects:
            follows = await self._carry[effect]()
            if follows is not None:
                await self._step(follows, None, None)


def _place(journey: Journey) -> tuple[object, ...]:
    """Return what makes a screen another one."""
    shown = journey.consultation.file if journey.consultation else None
    return journey.state, journey.at, journey.page, journey.question, shown and shown.place
