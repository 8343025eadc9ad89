"""R1: kill -9 of the booth, the gateway or both, at any instant, over a link that fails: nothing lost, nothing doubled.

    python -m tests.durability.kill --kills 2000 --seed 7

Real processes, forked from this one, which has everything imported: a booth that keeps packets in its ledger and
delivers them, a gateway with the real store, and between them a link that cuts, loses answers and falls silent. The
booth writes down which packet it is about to keep and, once `keep` has returned, that it is kept: that is what a screen
would have said. A booth that starts again gets the last packets once more, as from a cuff's memory. In the end every
packet that was said to be kept must be at the gateway, once, in its first version, and with the time at which it was
measured: at some kills the booth's machine is started again, at some its clock is set, an hour, a year, to before its
making. Checkpoints are made frequent in
half of the lives, so that kills hit them too. Prints its figures as one JSON line; exit status 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import structlog
from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information

from booth_client.ledger import Outcome
from gateway.database import open_database, open_keyring
from gateway.fhir.rest import Request
from gateway.identity.principal import Principal, program
from gateway.identity.scopes import Scopes
from gateway.store import METADATA, Store, open_store
from tests.durability.lives import BASE, BODIES, START, Ground, fork, number_of
from tests.durability.off import off_by

_OFF: Final = tuple(timedelta(hours=hours) for hours in (0, 0, -1, 1, -8760, 8760, -240_000))
_OFF_S: Final = 10.0
"""What the gateway's whole seconds and a slow machine may add up to."""


@dataclass(slots=True, kw_only=True)
class Experiment:
    """One run: `kills` kills, all its chance from `seed`."""

    ground: Ground
    kills: int
    chance: random.Random
    lives: dict[str, int] = field(default_factory=dict)
    figures: Counter[str] = field(default_factory=Counter)
    boot: int = 0
    began: datetime = START
    off: timedelta = timedelta(0)
    empty: bool = False

    def start(self, name: str) -> None:
        self.lives[name] = fork(BODIES[name], self.ground, self.chance.getrandbits(32))

    def kill(self, name: str) -> None:
        os.kill(self.lives[name], signal.SIGKILL)
        _, status = os.waitpid(self.lives.pop(name), 0)
        # Whoever had ended by itself did so with an error, which it printed.
        self.figures["ended by themselves"] += not os.WIFSIGNALED(status)

    def run(self) -> None:
        self.disturb(power_cut=True)
        for name in BODIES:
            self.start(name)
        try:
            for done in range(self.kills):
                time.sleep(self.chance.uniform(0, 0.4))
                self.aim()
                victims = self.chance.choice((["booth"], ["gateway"], ["booth", "gateway"]))
                for name in victims:
                    self.kill(name)
                self.disturb(power_cut="booth" in victims and self.chance.random() < 0.15)
                for name in victims:
                    self.start(name)
                self.figures["killed " + " and ".join(victims)] += 1
                if not (done + 1) % 200:
                    sys.stderr.write(f"{done + 1} kills\n")
            self.measure()
            (self.ground.folder / "drain").touch()
            self.drain()
        finally:
            for name in tuple(self.lives):
                self.kill(name)

    def disturb(self, *, power_cut: bool) -> None:
        """Have the booth's machine be started again, perhaps with another time, or its clock be set as it runs."""
        jumps = self.chance.random() < 0.3
        if power_cut:
            self.boot, self.began = self.boot + 1, datetime.now(UTC)
            self.empty = self.chance.random() < 0.2
        if jumps or self.empty:
            self.off = self.chance.choice(_OFF)
        self.figures["starts of the machine"] += power_cut
        self.figures["its clock was set"] += jumps
        self.ground.set_machine(self.boot, self.began, self.off, empty=self.empty)

    def aim(self) -> None:
        """Wait, every other time, for the booth to begin with a packet, then for some part of what a commit takes."""
        if self.chance.random() < 0.5:
            return
        tried = self.ground.folder / "tried"
        before = tried.stat().st_size if tried.exists() else 0
        deadline = time.monotonic() + 0.2
        while time.monotonic() < deadline:
            if tried.exists() and tried.stat().st_size != before:
                time.sleep(self.chance.uniform(0, 0.006))
                return
            time.sleep(0.0002)

    def measure(self) -> None:
        """Let the booth go on until it has begun four packets for each kill, which a slow machine had no time for."""
        deadline = time.monotonic() + 60
        while len(self.ground.lines("tried")) < 4 * self.kills and time.monotonic() < deadline:
            time.sleep(0.1)

    def drain(self) -> None:
        """Wait until all is delivered, which is never much: who measures waits while a lot is on its way."""
        waiting = 0
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            time.sleep(0.3)
            with sqlite3.connect(self.ground.folder / "booth.db", timeout=10) as connection:
                (waiting,) = connection.execute("SELECT count(*) FROM outbox").fetchone()
            connection.close()
            if not waiting:
                time.sleep(0.5)
                return
        self.figures["letters never delivered"] = waiting


async def arrived(ground: Ground) -> list[dict[str, Any]]:
    """Return every Observation at the gateway, through its own FHIR search."""
    reader = program(client_id="check", name="check", scopes=Scopes.parse("system/*.rs"))
    async with (
        open_keyring(ground.url("gateway-keys"), ground.folder / "gateway-kek") as keyring,
        open_database(ground.url("gateway"), METADATA) as database,
        open_store(database, keyring) as store,
    ):
        return [resource async for resource in pages(store, reader, "Observation")]


async def pages(store: Store, reader: Principal, type_: str) -> AsyncIterator[dict[str, Any]]:
    """Yield every resource of a type, page by page."""
    query: tuple[tuple[str, str], ...] = (("_count", "200"),)
    while query:
        request = Request(method="GET", path=type_, base=BASE, query=query)
        answer = await store.handle(request, reader)
        assert answer.status == 200, answer.body
        bundle = json.loads(answer.body)
        for entry in bundle.get("entry", ()):
            yield entry["resource"]
        link = next((link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"), "")
        query = tuple(parse_qsl(urlsplit(link).query))


def judge(ground: Ground, figures: Counter[str]) -> dict[str, float]:
    """Compare what was said to be kept with what is there."""
    kept = ground.lines("kept")
    saved = {line[0]: line[2:] for line in kept if line[1] == Outcome.SAVED}
    durable = {int(line[0]) for line in kept}  # a repeat says, too, that the packet was kept before
    found = asyncio.run(arrived(ground))
    ids = {resource["id"] for resource in found}
    numbers = Counter(number for each in found if (number := number_of(each)) is not None)
    pulses = sum(each["code"]["coding"][0]["code"] == "8867-4" for each in found)
    tries: dict[int, list[datetime]] = {}
    for tried, at in ground.lines("times"):
        tries.setdefault(int(tried), []).append(datetime.fromisoformat(at))
    off = [min(off_by(each, at) for at in tries[number_of(each) or 0]) for each in found if "component" in each]
    return {
        **dict(figures),
        "packets": len(ground.lines("tried")),
        "acknowledged": len(durable),
        "kept but killed before saying so": len(durable) - len(saved),
        "recognised repeats": sum(line[1] == Outcome.REPEAT for line in kept),
        "observations": len(found),
        "link faults": len(ground.lines("faults")),
        "lost": sum(id_ not in ids for ids_ in saved.values() for id_ in ids_)
        + sum(number not in numbers for number in durable),
        "duplicates": sum(count - 1 for count in numbers.values()) + abs(pulses - numbers.total()),
        "dated between two moments": sum("effectivePeriod" in each for each in found),
        "seconds off at most": max(off, default=0.0),
        "wrong times": sum(each > _OFF_S for each in off),
        "second versions": sum(resource["meta"]["versionId"] != "1" for resource in found),
        "wrong outcomes": sum(line[1] not in (Outcome.SAVED, Outcome.REPEAT) for line in kept),
        "refused letters": _count(ground, "booth", "SELECT count(*) FROM outbox_refused"),
        "damaged files": sum(
            _count(ground, name, "PRAGMA integrity_check") != "ok"
            for name in ("booth", "gateway", "booth-keys", "gateway-keys")
        ),
    }


WRONG: Final = (
    "lost",
    "duplicates",
    "wrong times",
    "second versions",
    "wrong outcomes",
    "refused letters",
    "damaged files",
    "letters never delivered",
    "ended by themselves",
)


def _count(ground: Ground, name: str, statement: str) -> Any:
    connection = sqlite3.connect(ground.folder / f"{name}.db")
    try:
        return connection.execute(statement).fetchone()[0]
    finally:
        connection.close()


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


def main() -> int:
    """Run the experiment and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    gateway_port, link_port = free_ports()
    # In memory where there is some: a kill loses nothing that was written, synced or not.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="teleborne-kill-", dir=memory))
    ground = Ground(folder=folder, gateway_port=gateway_port, link_port=link_port)
    began = time.monotonic()
    experiment = Experiment(ground=ground, kills=options.kills, chance=random.Random(seed))
    experiment.run()
    figures = {"kills": options.kills, **judge(ground, experiment.figures)}
    wrong = [name for name in WRONG if figures.get(name)]
    run = {"seconds": round(time.monotonic() - began, 1), "seed": seed, "wrong": wrong}
    sys.stdout.write(json.dumps({**figures, **run}) + "\n")
    if wrong:
        sys.stderr.write(f"kept for inspection: {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
