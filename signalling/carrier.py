"""Carries out effects, in order: what must be kept is kept before anything after it is said.

All that has come together since the last time goes at once: what became of a visit is kept in one commit, several
visits side by side (the record may write them together), then the messages go out in their order. So one slow commit
delays, and never reorders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from signalling.effects import Announce, Claim, Effect, Persist, Send
from signalling.envelope import dump, dump_shared
from signalling.errors import RecordError
from signalling.line import Closing, Line

__all__ = ["Attach", "Carrier", "Dismiss", "Kept", "Record", "Work"]


class Record(Protocol):
    """Where visits are kept."""

    async def __call__(self, *persists: Persist) -> None:
        """Keep what became of one visit, step after step, durably and as one; raises RecordError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """From here on the participant's messages are for this line."""

    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss:
    """All before this has been said: the line is closed, because nobody is signed in there any more."""

    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All before this is durable: somebody waits to know it."""

    done: asyncio.Future[None]


Work = Effect | Attach | Dismiss | Kept


class Carrier:
    """The one worker that carries out a waiting room's effects.

    *lines* are the participants' open sockets; *ask* starts a claim and returns at once.
    """

    def __init__(
        self,
        *,
        lines: Mapping[str, Line],
        record: Record,
        ask: Callable[[Claim], object],
        record_s: float,
    ) -> None:
        self._lines = lines
        self._record = record
        self._ask = ask
        self._record_s = record_s
        self._work = list[Work]()
        self._more = asyncio.Event()

    def put(self, effects: Iterable[Work]) -> None:
        """Add effects after those that wait."""
        self._work += effects
        self._more.set()

    async def run(self) -> None:
        """Work until cancelled; raises RecordError when the record does not keep a visit in time."""
        while True:
            await self._more.wait()
            self._more.clear()
            batch, self._work = self._work, []
            if persists := [effect for effect in batch if isinstance(effect, Persist)]:
                await self._keep(persists)
            for effect in batch:
                if isinstance(effect, Announce):
                    self._announce(effect)
                elif isinstance(effect, Send):
                    if (line := self._lines.get(effect.to)) is not None and line.attached:
                        line.say(dump(effect.envelope))
                else:
                    self._note(effect)

    def _announce(self, told: Announce) -> None:
        written = dump_shared(told.envelope)
        for to, seq in told.to:
            if (line := self._lines.get(to)) is not None and line.attached:
                line.say(written(to, seq))

    async def _keep(self, persists: list[Persist]) -> None:
        by_visit: dict[str, list[Persist]] = {}
        for persist in persists:
            by_visit.setdefault(persist.visit.id, []).append(persist)
        try:
            async with asyncio.timeout(self._record_s):
                if len(by_visit) == 1:
                    return await self._record(*persists)
                async with asyncio.TaskGroup() as group:
                    for one_visit in by_visit.values():
                        group.create_task(self._record(*one_visit))
        except TimeoutError:
            raise RecordError(f"the record kept nothing for {self._record_s:g} s") from None

    def _note(self, effect: Claim | Persist | Attach | Dismiss | Kept) -> None:
        match effect:
            case Attach(line=line):
                line.attached = True
            case Dismiss(line=line):
                line.close(Closing.SIGNED_OUT)
            case Claim():
                self._ask(effect)
            case Kept(done=done) if not done.done():
                done.set_result(None)
