"""R4, short and long; any length: `python -m tests.durability.partition --hours N --seed N`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.durability.days import KINDS


def partition(*options: str, within_s: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.durability.partition", *options]
    place = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=within_s, cwd=place)
    sys.stdout.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    assert figures["wrong"] == []
    assert figures["observations"] >= 2 * figures["acknowledged"]
    assert {f"spells: {kind}" for kind in KINDS} | {"cuts"} <= figures.keys()
    return figures


@pytest.mark.timeout(180)
def test_hours_of_bad_network_lose_and_double_nothing() -> None:
    figures = partition("--hours", "6", "--poll", "20", within_s=170)
    assert figures["acknowledged"] > 20


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_week_of_bad_network_with_three_days_of_none_loses_and_doubles_nothing() -> None:
    figures = partition("--hours", "144", within_s=7100)
    assert figures["letters waiting at most"] > 1000
    assert {"link: late", "link: silence", "link: lose response"} <= figures.keys()
