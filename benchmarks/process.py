"""What a running program costs, as Linux counts it.

https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

__all__ = ["cost"]


async def cost(pid: int, seconds: float) -> tuple[float, float]:
    """Return the share of a core that it takes in the next *seconds*, and its resident memory in MB after them."""
    before = _processor_s(pid)
    await asyncio.sleep(seconds)
    return (_processor_s(pid) - before) / seconds, _resident_mb(pid)


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
