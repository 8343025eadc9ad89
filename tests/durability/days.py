"""Days at a booth on made-up time, with a link and a machine that follow a script; see `partition` and `starts`."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client import ledger as booth_ledger
from booth_client.clock import Clock, open_clock
from booth_client.config import BoothSettings
from booth_client.consent import agreement
from booth_client.dating import dated
from booth_client.journey import Journey, Plan
from booth_client.ledger import Ledger, Outcome, Visit
from booth_client.letters import agreed
from booth_client.link import fhir_base, open_session, tls
from booth_client.timekeeping import keep_time
from booth_client.visits import Visits
from booth_client.words import Topic
from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.delivery import Status, deliver
from gateway.devices.catalogue import decode
from gateway.devices.events import ClockRead, Indicated
from tests.durability.counted import Counted, counting, mebibytes
from tests.durability.lives import BOOTH, packet
from tests.durability.starts import Life, PowerOut, Starts
from tests.peers.flaky import Fault, FlakyLink
from tests.peers.machine_clock import Bench
from tests.peers.town import booth_settings

__all__ = ["KINDS", "Days"]

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
KINDS: Final[dict[str, tuple[float, ...]]] = {  # the weights of each Fault, in their order
    "good": (1, 0, 0, 0, 0, 0, 0),
    "bad": (20, 1, 1, 1, 1, 0.3, 0.5),
    "answers lost": (2, 0, 0, 4, 2, 0, 0),
    "half open": (1, 0, 0, 0, 0, 6, 0),
    "late": (2, 0, 0, 0.5, 0, 0, 4),
}
T = TypeVar("T")

_PACKETS_A_VISIT: Final = 4
_LATE_S: Final = 1800.0
_NOBODY: Final = Journey(plan=Plan(), since=START)


@dataclass(kw_only=True)
class Days:
    """One run: all its chance from `chance`, over `hours` of made-up time."""

    folder: Path
    hours: float
    chance: random.Random
    poll_s: float = 2.0
    figures: Counter[str] = field(default_factory=Counter)
    kept: dict[str, datetime] = field(default_factory=dict)
    visits: dict[str, bool] = field(default_factory=dict)
    kind: str = "good"
    doing: int = 0
    asking: int = 0
    mute: Callable[[], int] = lambda: 0
    status: Status = field(default_factory=Status)
    passed_s: Callable[[], float] = lambda: 0.0
    ends_s: float = 0.0
    clock: Clock = field(default_factory=Clock)
    somebody: bool = False

    def true(self) -> datetime:
        """Return what time it is in the world."""
        return START + timedelta(seconds=self.passed_s())

    def busy(self) -> bool:
        """Say whether our disk works, or the gateway has a request that it will answer."""
        return self.doing > 0 or self.asking > self.mute()

    def choose(self) -> Fault:
        """Return what the link does with what was just sent."""
        fault = self.chance.choices(list(Fault), KINDS[self.kind])[0]
        if fault is not Fault.NONE:
            self.figures[f"link: {fault.name.lower().replace('_', ' ')}"] += 1
        return fault

    async def live(self, gateway_url: str) -> None:
        """Have people come for so many hours, over a link that follows its script; then wait until all is there."""
        self.passed_s = asyncio.get_running_loop().time
        bench = Bench(world=self.true, began=START)
        async with FlakyLink(int(gateway_url.rpartition(":")[2]), choose=self.choose, late_s=_LATE_S) as link:
            self.mute = lambda: link.mute
            starts = Starts(hours=self.hours, chance=random.Random(self.chance.random()), bench=bench)
            starts.figures, starts.network = self.figures, lambda: not link.down
            async with asyncio.TaskGroup() as tasks:
                weather = tasks.create_task(self._weather(link))
                for life in starts.lives():
                    if life.lasts_s == inf:
                        weather.cancel()
                        self.kind, link.down = "good", False
                    await self._life(life, starts, booth_settings(self.folder, f"https://localhost:{link.port}"))

    async def _life(self, life: Life, starts: Starts, settings: BoothSettings) -> None:
        self.doing = self.asking = 0
        await starts.begin(life)
        self.doing, self.somebody = 1, False
        way = settings.gateway
        async with (
            open_keyring(f"sqlite:///{self.folder}/booth-keys.db", self.folder / "booth-kek") as keyring,
            open_database(f"sqlite:///{self.folder}/booth.db", booth_ledger.METADATA, outbox.METADATA) as opened,
            open_session(tls(way)) as session,
            asyncio.TaskGroup() as tasks,
        ):
            wake = asyncio.Event()
            database = Counted(opened, self)
            session.trace_configs.append(counting(self))
            clock = self.clock = await open_clock(database, machine=starts.bench.machine())
            ledger = Ledger(database, keyring, booth=BOOTH, wake=wake, zone=UTC, clock=clock)
            visits = Visits(ledger, journey=lambda: _NOBODY, now=clock, mark=lambda: clock.mark)
            await visits.take_up(calls=False, doubted=clock.doubted)
            self.ends_s = self.passed_s() + life.lasts_s
            self.doing -= 1
            given: dict[str, Any] = {"session": session, "base_url": fhir_base(way), "wake": wake}
            given |= {"report": self._told, "now": clock, "poll_s": self.poll_s}
            given["leaving"] = lambda body: dated(body, clock.off)
            beside = [
                tasks.create_task(self._carry(database, keyring, given)),
                tasks.create_task(keep_time(clock, database, set_clock=self._set, kept_by_others=starts.kept_by_ntp)),
                tasks.create_task(self._hear(session, fhir_base(way))),
                tasks.create_task(starts.jump(life)),
            ]
            try:
                await self._people(ledger)
                if life.lasts_s == inf:
                    await self._arrive(database, ledger)
            except PowerOut:
                self.figures["visits cut off"] += self.somebody
            self.doing += 1
            for task in beside:
                task.cancel()

    async def _carry(self, database: Database, keyring: Keyring, given: dict[str, Any]) -> None:
        await self.clock.known.wait()
        await deliver(database, keyring, **given)

    async def _set(self) -> None:
        if not self.somebody:
            self.figures["clock set"] += self.clock.set()

    async def _hear(self, session: ClientSession, url: str) -> None:
        """Hear the right time from a gateway that answers: its own Date is that of real time."""
        while True:
            asked, heard = self.true(), False
            with suppress(ClientError, OSError, TimeoutError):
                async with session.get(f"{url}/metadata", timeout=ClientTimeout(total=5)) as answer:
                    heard = answer.status == 200
            took = self.true() - asked
            if heard:
                at = asked + took * self.chance.random()
                self.clock.hear(at.replace(microsecond=500_000), took=took)
            await asyncio.sleep(120 if heard else 40)

    async def _pause(self, seconds: float) -> None:
        """Let time pass; raises PowerOut where the booth's life is over before."""
        left_s = self.ends_s - self.passed_s()
        await asyncio.sleep(min(seconds, max(left_s, 0.0)))
        if left_s <= seconds:
            raise PowerOut

    def _told(self, status: Status) -> None:
        self.status = status
        self.figures["letters waiting at most"] = max(self.figures["letters waiting at most"], status.waiting)
        lanes = sum(task.get_coro().__qualname__.startswith("Carrier.") for task in asyncio.all_tasks())  # type: ignore[union-attr]  # a task of a coroutine
        self.figures["lanes at most"] = max(self.figures["lanes at most"], lanes)

    async def _weather(self, link: FlakyLink) -> None:
        """Follow the script: each kind of link once, the longest cut for half of the time, then as chance has it."""
        for kind in self.chance.sample(list(KINDS), k=len(KINDS)):
            await self._spell(kind)
        await self._cut(link, self.hours / 2)
        cuts = [self.chance.uniform(0, self.hours / 20) for _ in range(8)]
        while True:
            await self._spell(self.chance.choice(list(KINDS)))
            if cuts and self.chance.random() < 0.4:
                await self._cut(link, cuts.pop())

    async def _spell(self, kind: str) -> None:
        """Have the link of one kind for a while; all kinds take at most a third of a short run."""
        self.kind = kind
        self.figures[f"spells: {kind}"] += 1
        longest_s = min(5400, self.hours * 3600 / 3 / len(KINDS))
        await asyncio.sleep(self.chance.uniform(longest_s / 9, longest_s))

    async def _cut(self, link: FlakyLink, hours: float) -> None:
        link.down = True
        link.cut()
        self.figures["cuts"] += 1
        await asyncio.sleep(3600 * hours)
        link.down = False

    async def _people(self, ledger: Ledger) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < 3600 * self.hours or self.ends_s < inf:
            self.somebody = True
            await self._person(ledger)
            self.somebody = False
            if not self.figures["MiB early"] and loop.time() > 360 * self.hours:
                self.figures["MiB early"] = mebibytes()
            await self._pause(self.chance.uniform(60, 1800))

    async def _person(self, ledger: Ledger) -> None:
        """Somebody agrees, is measured, perhaps takes a yes back, and leaves; the cuff tells all of it once more."""
        now = self.clock
        visit = Visit(id=self._uuid(), patient_id=self._uuid(), started=now(), consented=True, clock=self.clock.mark)
        topics = (Topic.READINGS, Topic.SHARE)
        said = [agreement(topic, "fr", at=now(), permit=True) for topic in topics]
        await ledger.open_visit(visit, agreements=said, now=now())
        self.visits[visit.id] = True
        packets = []
        for _ in range(_PACKETS_A_VISIT):
            await self._pause(self.chance.uniform(5, 120))
            packets.append(self._packet(ledger))
            await self._measured(ledger, visit, packets[-1], Outcome.SAVED)
        if self.chance.random() < 0.5:
            back = agreement(Topic.SHARE, "fr", at=now(), permit=False, before=True)
            await ledger.note_visit(visit, told=agreed(visit, [back]), now=now())
            self.visits[visit.id] = False
        for again in packets:
            await self._measured(ledger, visit, again, Outcome.REPEAT)
        await ledger.close_visit(visit, now=now())

    def _packet(self, ledger: Ledger) -> Indicated:
        """Return what the cuff says just now; its own clock is of another year, and told at each connection."""
        seconds = int(self.passed_s())
        event = replace(packet(seconds), connection=str(seconds), at=self.clock())
        said = decode("2A35", event.value).readings()[0].device_time
        assert said is not None
        ledger.hear_clock(ClockRead(device=event.device, said=said, at=event.at))
        return event

    async def _measured(self, ledger: Ledger, visit: Visit, event: Indicated, wanted: Outcome) -> None:
        true = self.true()
        kept = await ledger.keep(event, decode("2A35", event.value).readings(), visit=visit, now=self.clock())
        self.figures["acknowledged" if wanted is Outcome.SAVED else "repeats recognised"] += 1
        self.figures["wrong outcomes"] += kept.outcome is not wanted
        self.kept |= dict.fromkeys(kept.ids, true)

    def _uuid(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    async def _arrive(self, database: Database, ledger: Ledger) -> None:
        """Wait until no letter waits, at most a day; then the keys of all who left must be gone."""
        loop = asyncio.get_running_loop()
        until = loop.time() + 86_400
        while (waiting := await database.look(outbox.waiting)) and loop.time() < until:
            await asyncio.sleep(5)
        self.figures["letters never delivered"] = waiting
        self.figures["letters refused"] = await database.look(outbox.refusals)
        self.figures["visits not forgotten"] = await ledger.wipe(now=self.clock())
        self.figures["hours"] = round(loop.time() / 3600)
        self.figures["MiB at the end"] = mebibytes()
