"""R1, short and long; any length: `python -m tests.durability.kill --kills N --seed N`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.flaky import Fault


def kill(times: int, *, within_s: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.durability.kill", "--kills", str(times)]
    place = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=within_s, cwd=place)
    sys.stdout.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    assert sum(number for name, number in figures.items() if name.startswith("killed ")) == times
    assert figures["observations"] >= 2 * figures["acknowledged"]
    assert figures["lost"] == figures["duplicates"] == figures["damaged files"] == 0
    return figures


@pytest.mark.timeout(240)
def test_a_hundred_kills_under_load_lose_and_double_nothing_that_was_acknowledged() -> None:
    figures = kill(100, within_s=230)
    assert figures["acknowledged"] > 300
    assert figures["link faults"] >= len(Fault) - 1
    assert figures["recognised repeats"] > 0


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_thousand_kills_under_load_lose_and_double_nothing_that_was_acknowledged() -> None:
    assert kill(2000, within_s=7100)["kept but killed before saying so"] > 0
