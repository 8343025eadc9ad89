"""By how much an Observation's time is wrong; see `kill` and `partition`."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from booth_client.dating import UNCERTAIN

__all__ = ["off_by"]


def off_by(observation: dict[str, Any], true: datetime) -> float:
    """Return by how many seconds an Observation misses when it was *true*; bounds, which must be told, hold it."""
    if "effectivePeriod" not in observation:
        return abs((datetime.fromisoformat(observation["effectiveDateTime"]) - true).total_seconds())
    start, end = (datetime.fromisoformat(observation["effectivePeriod"][name]) for name in ("start", "end"))
    told = observation["note"][-1]["text"].startswith(UNCERTAIN.format(""))
    return max((start - true).total_seconds(), (true - end).total_seconds(), 0.0) if told else math.inf
