"""R3, short and long; any length: `python -m tests.durability.trouble --cases N --seed N`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def trouble(cases: int, *, within_s: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.durability.trouble", "--cases", str(cases)]
    place = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=within_s, cwd=place)
    sys.stdout.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    assert figures["wrong"] == []
    assert figures["refused"] > 0
    assert figures["stopped"] > 0
    assert figures["cases"] > figures["met nothing"]
    return figures


@pytest.mark.timeout(180)
def test_a_disk_that_says_no_anywhere_loses_nothing_that_was_acknowledged_and_is_overcome() -> None:
    assert trouble(60, within_s=170)["cases"] == 60


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_disk_that_says_no_at_every_single_write_loses_nothing_that_was_acknowledged() -> None:
    figures = trouble(1_000_000, within_s=7100)
    changes = sum(figures[f"{program}: changes of the disk"] for program in ("booth", "gateway"))
    assert figures["cases"] == 4 * changes
