"""The carrier of one outbox: leases letters, sends them, and writes down what became of each.

Letters of one record are a lane: one after another, stopped by the first that has to wait. Lanes go side by side. A
link that fails pauses all of them; then a single letter probes whether it is back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from gateway import outbox
from gateway.database import Database, Keyring, SealBroken
from gateway.delivery.backoff import Backoff
from gateway.delivery.put import Answer, Meaning, Put
from gateway.errors import LinkError, Unavailable

__all__ = ["Carrier", "Status"]

_HAND: Final = 64
_LEASE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the delivery stands; `reason` says in words why letters wait, None while all goes well."""

    waiting: int = 0
    refused: int = 0
    last_success: datetime | None = None
    last_failure: datetime | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Carrier:
    """Carries the letters for one destination; its arguments are those of `gateway.delivery.deliver`."""

    database: Database
    keyring: Keyring
    put: Put
    destination: str
    wake: asyncio.Event
    report: Callable[[Status], None]
    leaving: Callable[[bytes], bytes]
    now: Callable[[], datetime]
    backoff: Backoff
    chance: random.Random
    flights: asyncio.Semaphore
    poll_s: float
    status: Status = field(default_factory=Status)
    in_hand: int = 0
    failures: int = 0
    resume_at: float = 0.0
    unwritten: list[int] = field(default_factory=list)
    unsure: bool = False

    async def run(self) -> None:
        """Carry for ever."""
        await self._recall()
        async with asyncio.TaskGroup() as lanes:
            while True:
                self.wake.clear()
                for lane in await self._lease():
                    self.in_hand += len(lane)
                    lanes.create_task(self._carry(lane))
                await self._rest()

    async def _recall(self) -> None:
        # What an earlier run of this program had leased when it died is due at once.
        while True:
            try:
                return await self.database.act(
                    lambda connection: outbox.recall(connection, destination=self.destination, now=self.now())
                )
            except Unavailable as error:
                self._link_failed(str(error))
                await self._rest()

    async def _lease(self) -> list[list[outbox.Letter]]:
        limit = _HAND - self.in_hand if not self.failures else int(not self.in_hand)
        if limit <= 0 or self._pause_s() > 0:
            return []
        again, self.unwritten = self.unwritten, []
        # A disk that failed in a commit may have it after all: then letters are leased that nobody here carries.
        try:
            if self.unsure and not self.in_hand:
                await self.database.act(
                    lambda connection: outbox.recall(connection, destination=self.destination, now=self.now())
                )
                self.unsure = False
            letters, waiting, refused = await self.database.act(
                lambda connection: (
                    outbox.lease(
                        connection,
                        destination=self.destination,
                        now=self.now(),
                        limit=limit,
                        lease_s=_LEASE_S + self.put.deadline_s,
                        again=again,
                    ),
                    outbox.waiting(connection),
                    outbox.refusals(connection),
                )
            )
        except Unavailable as error:
            self.unwritten += again
            self.unsure = True
            self._link_failed(str(error))
            return []
        self._tell(waiting=waiting, refused=refused)
        lanes: dict[str, list[outbox.Letter]] = {}
        for letter in letters:
            lanes.setdefault(letter.key_id, []).append(letter)
        return list(lanes.values())

    async def _rest(self) -> None:
        pause_s = self._pause_s()
        if pause_s > 0:
            await asyncio.sleep(pause_s)
            return
        try:
            async with asyncio.timeout(self.poll_s):
                await self.wake.wait()
        except TimeoutError:
            pass

    async def _carry(self, lane: Sequence[outbox.Letter]) -> None:
        loop = asyncio.get_running_loop()
        latest, position = loop.time() + _LEASE_S, 0
        try:
            for position, letter in enumerate(lane):
                async with self.flights:
                    goes = loop.time() < latest and self._pause_s() <= 0
                    sent = goes and await self._carry_one(letter)
                if not sent:
                    await self._release(lane[position + goes :])
                    break
        except Unavailable as error:  # our own disk: what became of these is written down as soon as it can be
            self.unwritten += [letter.seq for letter in lane[position:]]
            self._link_failed(str(error))
        finally:
            self.in_hand -= len(lane)
            self.wake.set()

    async def _carry_one(self, letter: outbox.Letter) -> bool:
        """Send one letter and write down what became of it; False if those behind it must wait."""
        try:
            body = letter.open(self.keyring)
            if body is None:  # erased meanwhile: nobody may ever read it
                await self._done(letter)
                return True
            answer = await self.put.send(letter.path, self.leaving(body))
        except LinkError as error:
            self._link_failed(str(error))
            await self._release([letter])
            return False
        except SealBroken as error:
            await self._refuse(letter, str(error))
            return True
        return await self._settle(letter, answer)

    async def _settle(self, letter: outbox.Letter, answer: Answer) -> bool:
        match answer.meaning:
            case Meaning.ARRIVED:
                await self._done(letter)
                self.failures = 0
                self._tell(last_success=self.now(), reason=None)
            case Meaning.REFUSED:
                await self._refuse(letter, answer.words)
            case Meaning.LINK_WAITS:
                self._link_failed(answer.words, retry_after_s=answer.retry_after_s)
                await self._release([letter])
            case Meaning.LETTER_WAITS:
                await self._postpone(letter, answer)
        return answer.meaning in (Meaning.ARRIVED, Meaning.REFUSED)

    async def _done(self, letter: outbox.Letter) -> None:
        await self.database.act(lambda connection: outbox.done(connection, letter.seq))

    async def _refuse(self, letter: outbox.Letter, reason: str) -> None:
        self.failures = 0
        self._tell(last_failure=self.now(), refused=self.status.refused + 1)
        await self.database.act(lambda connection: outbox.refuse(connection, letter.seq, reason=reason, now=self.now()))

    async def _postpone(self, letter: outbox.Letter, answer: Answer) -> None:
        pause_s = answer.retry_after_s or self.backoff.pause_s(letter.attempts + 1, self.chance)
        until = self.now() + timedelta(seconds=pause_s)
        self.failures = 0
        self._tell(last_failure=self.now(), reason=answer.words)
        asyncio.get_running_loop().call_later(pause_s, self.wake.set)
        await self.database.act(
            lambda connection: outbox.postpone(connection, letter.seq, until=until, reason=answer.words)
        )

    async def _release(self, letters: Sequence[outbox.Letter]) -> None:
        if letters:
            seqs = [letter.seq for letter in letters]
            await self.database.act(lambda connection: outbox.release(connection, seqs, now=self.now()))

    def _link_failed(self, reason: str, *, retry_after_s: float | None = None) -> None:
        """Let the link wait; letters that fail together count as one failure."""
        self._tell(last_failure=self.now(), reason=reason)
        if self._pause_s() > 0 and retry_after_s is None:
            return
        self.failures += 1
        pause_s = retry_after_s or self.backoff.pause_s(self.failures, self.chance)
        self.resume_at = asyncio.get_running_loop().time() + pause_s

    def _pause_s(self) -> float:
        return self.resume_at - asyncio.get_running_loop().time()

    def _tell(self, **changes: Any) -> None:
        status = replace(self.status, **changes)
        if status != self.status:
            self.status = status
            self.report(status)
