"""Carries out effects, in order: what must be kept is kept before anything after it is said.

All that has come together since the last time goes at once: the visits are kept side by side (the record writes them in
one commit), then the messages go out in their order. So one slow commit delays, and never reorders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from signalling.effects import Claim, Effect, Persist, Send
from signalling.envelope import dump, dump_body
from signalling.errors import RecordError
from signalling.line import Line
from signalling.messages import Message

__all__ = ["Attach", "Carrier", "Kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """From here on the participant's messages are for this line."""

    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All before this is durable: somebody waits to know it."""

    done: asyncio.Future[None]


class Carrier:
    """The one worker that carries out a waiting room's effects.

    *lines* are the participants' open sockets; *record* keeps a visit durably, or raises RecordError; *ask* starts a
    claim and returns at once.
    """

    def __init__(
        self,
        *,
        lines: Mapping[str, Line],
        record: Callable[[Persist], Awaitable[None]],
        ask: Callable[[Claim], None],
        record_s: float,
    ) -> None:
        self._lines = lines
        self._record = record
        self._ask = ask
        self._record_s = record_s
        self._work: asyncio.Queue[Effect | Attach | Kept] = asyncio.Queue()
        self._told: tuple[Message, bytes] | None = None

    def put(self, effects: Iterable[Effect | Attach | Kept]) -> None:
        """Add effects after those that wait."""
        for effect in effects:
            self._work.put_nowait(effect)

    async def run(self) -> None:
        """Work until cancelled; raises RecordError when the record does not keep a visit in time."""
        while True:
            batch = [await self._work.get()]
            while not self._work.empty():
                batch.append(self._work.get_nowait())
            if persists := [effect for effect in batch if isinstance(effect, Persist)]:
                await self._keep(persists)
            for effect in batch:
                await self._do(effect)
            self._told = None

    async def _keep(self, persists: list[Persist]) -> None:
        by_visit: dict[str, list[Persist]] = {}
        for persist in persists:
            by_visit.setdefault(persist.visit.id, []).append(persist)
        async with asyncio.TaskGroup() as group:
            for one_visit in by_visit.values():
                group.create_task(self._keep_in_order(one_visit))

    async def _keep_in_order(self, persists: list[Persist]) -> None:
        for persist in persists:
            try:
                async with asyncio.timeout(self._record_s):
                    await self._record(persist)
            except TimeoutError:
                raise RecordError(f"the record kept nothing for {self._record_s:g} s") from None

    async def _do(self, effect: Effect | Attach | Kept) -> None:
        match effect:
            case Send(to=to, envelope=envelope):
                line = self._lines.get(to)
                if line is not None and line.attached:
                    await line.say(dump(envelope, body=self._written(envelope.body)))
            case Attach(line=line):
                line.attached = True
            case Claim():
                self._ask(effect)
            case Kept(done=done) if not done.done():
                done.set_result(None)
            case Persist() | Kept():
                pass

    def _written(self, body: Message) -> bytes:
        """Return a message's JSON, written once for all who are told the same one after the other."""
        if self._told is None or self._told[0] is not body:
            self._told = (body, dump_body(body))
        return self._told[1]
