"""The clock that runs on the machine's battery while there is no power.

Where it is missing, or empty, Linux starts with some time all the same: systemd goes on from when it last wrote one
down. https://www.kernel.org/doc/html/latest/admin-guide/rtc.html (since_epoch)
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

__all__ = ["battery"]

_SINCE_EPOCH: Final = Path("/sys/class/rtc/rtc0/since_epoch")


def battery() -> datetime | None:
    """Return what it says, taken as UTC as Debian sets it; None where the machine has none."""
    try:
        return datetime.fromtimestamp(int(_SINCE_EPOCH.read_text("ascii")), UTC)
    except (OSError, ValueError, OverflowError):
        return None
