"""How briefly each model measures in tests."""

from __future__ import annotations

from typing import Any

QUICK: dict[str, dict[str, Any]] = {
    "cuff": {"inflates_s": 0.1, "live_packets": 3},
    "oximeter": {"every_s": 0.02, "live_packets": 2},
    "strap": {"every_s": 0.02, "live_packets": 5},
    "ring": {"live_packets": 2},
    "jumper": {"every_s": 0.02, "live_packets": 2},
    "nonin": {"every_s": 0.02, "live_packets": 2},
}
