"""A booth's machine whose time is the test's to say, and the disk of that booth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from booth_client import ledger as rows
from booth_client.attribution import Outcome, Visit
from booth_client.clock import Clock, Machine, open_clock
from booth_client.dating import dated
from booth_client.ledger import Ledger
from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.devices.catalogue import decode
from gateway.devices.events import Indicated
from tests.peers.kept import BOOTH, CUFF, packet

__all__ = ["TRUE", "Bench", "Kept", "kept_on", "moments"]

TRUE: Final = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@dataclass(slots=True)
class Bench:
    """One machine: `true` is the world's time, `off` its clock's error, `began` when it started.

    `empty`: so is its battery; what its clock says after a start is what somebody wrote down before. `world` tells the
    time where it passes by itself.
    """

    true: datetime = TRUE
    off: timedelta = timedelta(0)
    began: datetime = TRUE - timedelta(hours=5)
    boot: str = "a" * 36
    starts: int = 0
    empty: bool = False
    world: Callable[[], datetime] | None = None

    def now(self) -> datetime:
        """Return what time it is in the world."""
        return self.world() if self.world else self.true

    def machine(self) -> Machine:
        """Return what a booth sees of it since its last start."""
        boot, began = self.boot, self.began
        return Machine(
            boot=boot,
            count=lambda: self.now() - began,
            says=lambda: self.now() + self.off,
            battery=lambda: None if self.empty else self.now() + self.off,
        )

    def passes(self, time: timedelta) -> None:
        """Let time pass."""
        self.true += time

    def restarts(self, *, off: timedelta | None = None, after: timedelta = timedelta(minutes=1)) -> Machine:
        """The power is cut and comes back *after* that; *off* is the error of the clock from then on."""
        self.starts += 1
        self.true += after
        self.began, self.boot = self.now(), f"{self.starts:036d}"
        self.off = self.off if off is None else off
        return self.machine()


@dataclass(slots=True)
class Kept:
    """A booth's disk, and the clock that it is opened with."""

    database: Database
    keyring: Keyring
    bench: Bench = field(default_factory=Bench)

    async def clock(self, machine: Machine | None = None, **given: Any) -> Clock:
        return await open_clock(self.database, machine=machine or self.bench.machine(), **given)

    def ledger(self, clock: Clock) -> Ledger:
        return Ledger(self.database, self.keyring, booth=BOOTH, wake=asyncio.Event(), zone=UTC, clock=clock)

    async def told(self, clock: Clock) -> list[dict[str, Any]]:
        """Return what would leave, in its order."""

        def peek(connection: Any) -> list[bytes]:
            outbox.recall(connection, destination="gateway", now=clock())  # as the carrier does when it starts
            found = outbox.lease(connection, destination="gateway", now=clock(), limit=1000, lease_s=0)
            return [letter.open(self.keyring) or b"" for letter in found]

        return [json.loads(dated(body, clock.off)) for body in await self.database.act(peek)]

    async def measures(self, clock: Clock, systolic: int = 132) -> Visit:
        """Somebody comes, measures their pressure with a cuff that has no clock, and goes."""
        ledger, began = self.ledger(clock), clock()
        number = f"{systolic:012d}"
        visit = Visit(
            id=f"0d9bb1f5-0000-4000-8000-{number}",
            patient_id=f"7c9e6679-0000-4000-8000-{number}",
            started=began,
            consented=True,
            clock=clock.mark,
        )
        await ledger.open_visit(visit, now=began)
        self.bench.passes(timedelta(seconds=40))
        value = packet(systolic, None)
        event = Indicated(device=CUFF, connection="1", characteristic="2A35", value=value, at=clock())
        kept = await ledger.keep(event, decode("2A35", value).readings(), visit=visit, now=clock())
        assert kept.outcome is Outcome.SAVED
        self.bench.passes(timedelta(seconds=20))
        await ledger.close_visit(visit, now=clock())
        return visit


@asynccontextmanager
async def kept_on(folder: Path) -> AsyncIterator[Kept]:
    """Open a booth's disk."""
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Kept(database, keyring)


def moments(told: list[dict[str, Any]], kind: str, *path: str) -> list[datetime]:
    """Return the moments that stand at *path* in the resources of a *kind*."""
    found = []
    for each in told:
        value: Any = each
        for name in path:
            value = value.get(name, {}) if isinstance(value, dict) else {}
        if each["resourceType"] == kind and value:
            found.append(datetime.fromisoformat(value))
    return found
