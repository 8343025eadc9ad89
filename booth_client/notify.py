"""What systemd is told of a program of ours: that it is ready, that it is alive, that it stops.

Outside systemd nothing is said to nobody. https://www.freedesktop.org/software/systemd/man/252/sd_notify.html
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

__all__ = ["notified", "notify"]

_ABSTRACT: Final = "@"


def notify(*said: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell systemd the lines *said*, such as READY=1; return whether there is somebody to tell."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith(_ABSTRACT):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
        speaking.settimeout(0)
        with suppress(BlockingIOError):  # a manager that is too busy to read this one reads the next
            speaking.sendto("\n".join(said).encode(), address)
    return True


@asynccontextmanager
async def notified(*, environ: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Say READY now, then WATCHDOG twice in each of the unit's WatchdogSec, and STOPPING when the block is left.

    A loop that is stuck says nothing, and systemd starts the program anew.
    """
    notify("READY=1", environ=environ)
    async with asyncio.TaskGroup() as tasks:
        alive = tasks.create_task(_stay_alive(environ), name="watchdog")
        try:
            yield
        finally:
            notify("STOPPING=1", environ=environ)
            alive.cancel()


async def _stay_alive(environ: Mapping[str, str]) -> None:
    mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    every_s = int(environ.get("WATCHDOG_USEC", "0")) / 2_000_000
    while mine and every_s > 0 and notify("WATCHDOG=1", environ=environ):  # noqa: ASYNC110  a clock has no event
        await asyncio.sleep(every_s)
