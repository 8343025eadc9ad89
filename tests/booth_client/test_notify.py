"""systemd hears that a program is ready, lives and stops; outside of it nobody is spoken to."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from booth_client.notify import notified, notify


async def test_a_program_says_that_it_is_ready_lives_and_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        environ = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "40000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        async with notified(environ=environ):
            await asyncio.sleep(0.1)
        said = [manager.recv(100)]
        while said[-1] != b"STOPPING=1":
            said.append(manager.recv(100))
    assert said[0] == b"READY=1"
    assert said.count(b"WATCHDOG=1") > 2


def test_without_systemd_nobody_is_told() -> None:
    assert not notify("READY=1", environ={})
