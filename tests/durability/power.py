"""R2: the power is cut at every instant of a recorded run: what was acknowledged is there, and no file is damaged.

    python -m tests.durability.power --states 50000 --seed 7

Two programs are recorded (see recorder.c): a booth that keeps packets in its ledger while its letters arrive, its
machine's clock a year or two behind until it hears the right time and sets its own in the middle of a life; and a
gateway whose store takes PUTs; keyring and key file included, with checkpoints every few pages, closed and opened
again on the way. For every event of the record, the disk is rebuilt as a cut right after it could leave it: unsynced
writes dropped, a random half of them kept, the last one torn. What is left is opened with our own code; SQLite must
find it whole, every acknowledged reading must be there, and so must the key of everything sealed, and the clock that
dated it. Prints its figures as one JSON line; exit status 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.database import open_keyring
from gateway.database.sqlite_connection import connect, sqlite3
from gateway.errors import SettingsError
from tests.durability.disk import Cut, Disk, Event, read_trace

__all__ = ["PROGRAMS", "inspect", "main", "record", "states"]

ACKS: Final = "acknowledged"
KINDS: Final = ("lost", "malformed", "undead", "not audited", "without key")
PROGRAMS: Final = ("booth", "gateway")
_MISSING: Final = "no C compiler: install it with `make setup` (Debian packages gcc, libc6-dev)"


def build_recorder(folder: Path) -> Path:
    """Compile the recorder; raises RuntimeError in words where that is not possible."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeError(_MISSING)
    library = folder / "recorder.so"
    command: list[str | Path] = [
        compiler,
        "-shared",
        "-fPIC",
        "-O2",
        "-o",
        library,
        Path(__file__).with_name("recorder.c"),
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"{_MISSING}\n{made.stderr}")
    return library


def record(program: str, folder: Path, *, readings: int) -> list[Event]:
    """Run *program* under the recorder and return what it asked of the disk."""
    place, log = folder / program, folder / f"{program}.trace"
    place.mkdir()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(build_recorder(folder)),
        "RECORD_FOLDER": str(place),
        "RECORD_LOG": str(log),
    }
    command = [sys.executable, "-m", "tests.durability.recorded", program, str(place), str(readings)]
    subprocess.run(command, env=environment, check=True, timeout=600)
    return read_trace(log, place)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What one power cut leaves: the files, and the lines that had been acknowledged before."""

    files: dict[str, bytes]
    acknowledged: tuple[str, ...]


def states(events: list[Event], *, wanted: int, chance: random.Random) -> Iterator[State]:
    """Yield about *wanted* states: cuts after every event, or after a random sample of them, or several after each."""
    cuts = len(Cut) * sum(event.name != ACKS for event in events)
    rounds = math.ceil(wanted / cuts)
    share = wanted / (cuts * rounds)
    disk, acknowledged = Disk(), bytearray()
    for event in events:
        if event.name == ACKS:
            acknowledged += event.data
            continue
        disk.happen(event)
        for cut in [*Cut] * rounds:
            if chance.random() < share:
                yield State(files=disk.cut(cut, chance), acknowledged=tuple(acknowledged.decode().splitlines()))


def inspect(program: str, state: State, folder: Path) -> list[str]:
    """Open what is left with our own code and return what is wrong with it."""
    for name, content in state.files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    try:
        keys = asyncio.run(_key_ids(folder))
        with closing(connect(folder / f"{program}.db")) as connection:
            return [*_whole(connection), *FINDINGS[program](connection, keys, state.acknowledged)]
    except (SettingsError, sqlite3.Error) as error:
        return [f"malformed: {error}"]


async def _key_ids(folder: Path) -> set[str]:
    async with open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek"):
        with closing(connect(folder / "keys.db")) as connection:
            problems = _whole(connection)
            if problems:
                raise SettingsError(problems[0])
            return {row[0] for row in connection.execute("SELECT key_id FROM data_key")}


def _whole(connection: Any) -> list[str]:
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    return [] if verdict == "ok" else [f"malformed: {verdict}"]


def _column(connection: Any, statement: str) -> set[str]:
    try:
        return {row[0] for row in connection.execute(statement)}
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # cut before the tables were made: then nothing was acknowledged either
            return set()
        raise


def _in_booth(connection: Any, keys: set[str], acknowledged: tuple[str, ...]) -> list[str]:
    letters = _column(connection, "SELECT path FROM outbox")
    packets = _column(connection, "SELECT device_time FROM ledger")
    arrived = {line.split()[1] for line in acknowledged if line.startswith("arrived")}
    # A letter is leased before it is sent, so from then on it may be gone as well as there.
    sent = {line.split()[1] for line in acknowledged if line.startswith("sent")}
    kept = [line.split()[1:] for line in acknowledged if line.startswith("kept")]
    starts = _column(connection, "SELECT id FROM boot")
    known = _column(connection, 'SELECT id FROM boot WHERE "right" IS NOT NULL')
    begun, heard = ({line.split()[1] for line in acknowledged if line.startswith(w)} for w in ("started", "heard"))
    return [
        *(f"lost: packet {time_}" for time_, *_ in kept if time_ not in packets),
        *(f"lost: letter {path}" for _, *paths in kept for path in paths if path not in letters | sent),
        *(f"lost: which start of the machine was {boot}" for boot in begun - starts),
        *(f"lost: what time it was in {boot}" for boot in heard - known),
        *(f"undead: letter {path}" for path in arrived & letters),
        *(f"without key: {key}" for key in _column(connection, "SELECT key_id FROM outbox") - keys),
    ]


def _in_gateway(connection: Any, keys: set[str], acknowledged: tuple[str, ...]) -> list[str]:
    there = _column(connection, "SELECT type || '/' || id FROM resource")
    audited = _column(connection, "SELECT type || '/' || id FROM audit")
    stored = {line.split()[1] for line in acknowledged}
    return [
        *(f"lost: {path}" for path in stored - there),
        *(f"not audited: {path}" for path in there ^ audited),
        *(f"without key: {key}" for key in _column(connection, "SELECT key_id FROM resource") - keys),
    ]


FINDINGS: Final[dict[str, Callable[[Any, set[str], tuple[str, ...]], list[str]]]] = {
    "booth": _in_booth,
    "gateway": _in_gateway,
}


def experiment(*, wanted: int, readings: int, chance: random.Random, folder: Path) -> tuple[Counter[str], list[str]]:
    """Record both programs and inspect about *wanted* states; return the figures and what was wrong."""
    figures: Counter[str] = Counter()
    wrong: list[str] = []
    place = folder / "state"
    for program in PROGRAMS:
        events = record(program, folder, readings=readings)
        figures[f"{program}: events"] = len(events)
        figures[f"{program}: syncs"] = sum(event.operation == "S" for event in events)
        figures[f"{program}: acknowledged"] = sum(event.name == ACKS for event in events if event.operation == "W")
        for state in states(events, wanted=wanted // len(PROGRAMS), chance=chance):
            place.mkdir()
            found = inspect(program, state, place)
            shutil.rmtree(place)
            figures["states"] += 1
            if not figures["states"] % 5000:
                sys.stderr.write(f"{figures['states']} states, {len(wrong)} wrong\n")
            figures["states with something acknowledged"] += bool(state.acknowledged)
            figures.update({problem.partition(":")[0] for problem in found})
            wrong.extend(f"{program}: {problem}" for problem in found)
    return figures, wrong


def main() -> int:
    """Run the experiment and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, default=600)
    parser.add_argument("--readings", type=int, default=40)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    began = time.monotonic()
    # In memory where there is some: the experiment decides itself what was synced.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="teleborne-power-", dir=memory) as folder:
        figures, wrong = experiment(
            wanted=options.states, readings=options.readings, chance=random.Random(seed), folder=Path(folder)
        )
    totals = {f"states {kind}": figures[kind] for kind in KINDS}
    run = {"seconds": round(time.monotonic() - began, 1), "seed": seed, "wrong": wrong[:20]}
    sys.stdout.write(json.dumps({**figures, **totals, **run}) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
