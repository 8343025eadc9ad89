"""R2, short and long; any length: `python -m tests.durability.power --states N --seed N`."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.disk import Event
from tests.durability.power import PROGRAMS, inspect, record, states

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module", params=PROGRAMS)
def recorded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[Event]]]:
    folder = tmp_path_factory.mktemp("power")
    yield request.param, record(request.param, folder, readings=30)
    shutil.rmtree(folder)


def wrong(program: str, events: list[Event], place: Path, *, wanted: int, seed: int) -> tuple[int, list[str]]:
    count, problems = 0, []
    for state in states(events, wanted=wanted, chance=random.Random(seed)):
        place.mkdir()
        problems += inspect(program, state, place)
        shutil.rmtree(place)
        count += 1
    return count, problems


def test_whenever_the_power_is_cut_what_was_acknowledged_is_there_and_no_file_is_damaged(
    recorded: tuple[str, list[Event]], tmp_path: Path
) -> None:
    program, events = recorded
    seed = random.SystemRandom().getrandbits(32)
    count, problems = wrong(program, events, tmp_path / "state", wanted=400, seed=seed)
    sys.stdout.write(f"{program}: {len(events)} events, {count} states, {len(problems)} wrong, seed {seed}\n")
    assert count > 200
    assert problems == []


@pytest.mark.parametrize("liar", [".db-wal", "keys.db-wal"])
def test_the_experiment_finds_out_a_disk_that_only_says_it_has_synced(
    recorded: tuple[str, list[Event]], tmp_path: Path, liar: str
) -> None:
    program, events = recorded
    lying = [event for event in events if not (event.operation == "S" and event.name.endswith(liar))]
    _, problems = wrong(program, lying, tmp_path / "state", wanted=200, seed=1)
    assert {problem.partition(":")[0] for problem in problems} & {"lost", "without key", "malformed"}


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_fifty_thousand_power_cuts_lose_and_damage_nothing() -> None:
    command = [sys.executable, "-m", "tests.durability.power", "--states", "52000", "--readings", "60"]
    place = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=7100, cwd=place)
    sys.stdout.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["states"] >= 50_000
