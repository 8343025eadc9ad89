"""R3: the disk says no (EIO, ENOSPC) at any write, sync or new file: nothing is acknowledged that is not kept.

    python -m tests.durability.trouble --cases 400 --seed 7

A booth (ledger, outbox, delivery) and a gateway (store) run on a disk that fails at the k-th call that would change it:
that one call, as a bad block does, or a stretch of calls, as a full disk does until there is room again; for every k,
or for a sample of them. What they acknowledge and refuse is written down. In the end everything must be kept after all,
the programs must have gone on or stopped with a sentence, and whatever was acknowledged must be on the disk that a
power cut would leave, at the moment of the acknowledgement and at the end; what a failed sync held is not on it (see
disk.py). Prints its figures as one JSON line; exit status 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import faulthandler
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from tests.durability.disk import Cut, Disk, Event, read_trace
from tests.durability.power import ACKS, State, build_recorder, inspect
from tests.durability.troubled import PROGRAMS, live

__all__ = ["Case", "cases", "changes_of", "main", "meet", "troubles"]

PACKETS: Final = range(6)
_MARK: Final = "TELEBORNE_TROUBLE_RECORDER"
_DEADLINE_S: Final = 60.0
_CUTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run: of a program's changes of the disk, `count` fail with `error` from number `first` on."""

    program: str
    first: int
    count: int
    error: int

    def __str__(self) -> str:
        return f"{self.program}: {errno.errorcode[self.error]} at {self.first}, {self.count} times"


def cases(changes: dict[str, int], *, wanted: int, chance: random.Random) -> Iterator[Case]:
    """Yield about *wanted* cases; *changes* says how often each program changes an undisturbed disk."""
    every = [
        Case(program=program, first=first, count=count, error=error)
        for program, number in changes.items()
        for first in range(1, number + 1)
        for error, count in ((errno.EIO, 1), (errno.ENOSPC, 1), (errno.EIO, 25), (errno.ENOSPC, 60))
    ]
    yield from every if wanted >= len(every) else chance.sample(every, wanted)


def changes_of(program: str, folder: Path) -> int:
    """Return how often *program* changes the disk where nothing fails."""
    status, _, changes = _run(Case(program=program, first=0, count=0, error=0), folder)
    if status:
        raise RuntimeError(f"{program} does not even run on a good disk")
    return changes


def meet(case: Case, folder: Path, chance: random.Random) -> tuple[Counter[str], list[str]]:
    """Let *case* happen in *folder*; return its figures and what was wrong."""
    status, events, _ = _run(case, folder)
    place = folder / case.program
    said = (place / ACKS).read_text().splitlines()
    words = Counter(line.partition(" ")[0] for line in said)
    figures = Counter({word: words[word] for word in ("kept", "stored", "refused", "stopped", "dated")})
    figures["met nothing"] = not words["refused"] and not words["stopped"]
    wrong = [] if status == 0 else [f"{case}: it ended with {status}, not with a sentence"]
    wrong += [f"{case}: it left with a wrong time" for line in said if line == "dated wrong"]
    wrong += [f"{case}: {number} was never kept" for number in PACKETS if f"packet {number}" not in said and not status]
    for state in _states(events, chance):
        left = folder / "left"
        left.mkdir()
        wrong += [f"{case}: {problem}" for problem in inspect(case.program, state, left)]
        shutil.rmtree(left)
        figures["disks looked at"] += 1
    shutil.rmtree(place)
    return figures, wrong


def _states(events: list[Event], chance: random.Random) -> Iterator[State]:
    """Yield what a power cut leaves right after some acknowledgements, and in the end."""
    at = [position for position, event in enumerate(events) if event.name == ACKS and event.data[:2] in (b"ke", b"st")]
    chosen = {*chance.sample(at, min(_CUTS, len(at))), len(events) - 1}
    disk, acknowledged = Disk(), bytearray()
    for position, event in enumerate(events):
        if event.name == ACKS:
            acknowledged += event.data
        else:
            disk.happen(event)
        if position in chosen:
            lines = acknowledged.decode().splitlines()
            told = tuple(line for line in lines if line.split()[0] in ("kept", "stored", "sent"))
            yield State(files=disk.cut(Cut.DROPPED, chance), acknowledged=told)


def _run(case: Case, folder: Path) -> tuple[int, list[Event], int]:
    """Run the case in a process of its own; return its status, what it asked of the disk, and how many changes."""
    place, log, count = folder / case.program, folder / "trace", folder / "changes"
    place.mkdir()
    log.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        os._exit(_live(case, place, log, count))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), read_trace(log, place), int(count.read_text() or 0)


def _live(case: Case, place: Path, log: Path, count: Path) -> int:
    recorder = ctypes.CDLL(None)
    count.write_text("0")
    faulthandler.dump_traceback_later(_DEADLINE_S, exit=True)  # whoever waits for ever says where
    try:
        recorder.record_into(str(place).encode(), str(log).encode())
        recorder.fail(ctypes.c_long(case.first), ctypes.c_long(case.count), case.error)
        live(case.program, place, PACKETS)
        count.write_text(str(recorder.changes()))
    except BaseException:  # noqa: BLE001  a forked child must never return into its parent's code
        traceback.print_exc()
        return 1
    return 0


def troubles(
    *, wanted: int, chance: random.Random, folder: Path, lane: int, lanes: int
) -> tuple[Counter[str], list[str]]:
    """Let about *wanted* cases happen, or every one of *lanes* of them; return their figures and what was wrong."""
    figures: Counter[str] = Counter()
    wrong: list[str] = []
    changes = {}
    for program in PROGRAMS:
        (folder / program).mkdir()
        live(program, folder / program, PACKETS)  # once in here: what is imported on the way is there in every child
        shutil.rmtree(folder / program)
        changes[program] = figures[f"{program}: changes of the disk"] = changes_of(program, folder)
        shutil.rmtree(folder / program)
    for case in islice(cases(changes, wanted=wanted, chance=chance), lane, None, lanes):
        found, problems = meet(case, folder, chance)
        figures.update(found)
        figures["cases"] += 1
        if not figures["cases"] % 100:
            sys.stderr.write(f"{figures['cases']} cases, {len(wrong)} wrong\n")
        figures[f"{case.program}: {errno.errorcode[case.error]}"] += 1
        wrong += problems
    return figures, wrong


def main() -> int:
    """Run the experiment and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--lanes", type=int, default=1, help="programs that share the cases, started side by side")
    parser.add_argument("--lane", type=int, default=0, help="which of them this one is, from 0")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="teleborne-trouble-", dir=memory) as folder:
        if _MARK not in os.environ:  # once more, with the disk in our hands
            given = {"cases": options.cases, "seed": seed, "lane": options.lane, "lanes": options.lanes}
            again = [sys.executable, "-m", "tests.durability.trouble"]
            again += [part for name, value in given.items() for part in (f"--{name}", str(value))]
            library = str(build_recorder(Path(folder)))
            environment = {**os.environ, "LD_PRELOAD": library, _MARK: library}
            return subprocess.run(again, env=environment, check=False).returncode
        began = time.monotonic()
        shared = {"lane": options.lane, "lanes": options.lanes}
        figures, wrong = troubles(wanted=options.cases, chance=random.Random(seed), folder=Path(folder), **shared)
    run = {"seconds": round(time.monotonic() - began, 1), "seed": seed, "wrong": wrong[:20]}
    sys.stdout.write(json.dumps({**figures, **run}) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
