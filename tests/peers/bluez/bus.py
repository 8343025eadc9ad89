"""A private D-Bus: a real dbus-daemon that only this test talks to, and that dies with it."""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.peers.patience import PATIENCE

__all__ = ["private_bus"]

_ADDRESS = "DBUS_SYSTEM_BUS_ADDRESS"
_PR_SET_PDEATHSIG = 1
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true"/><allow receive_requested_reply="true"/>
    <allow receive_type="signal"/><allow receive_type="method_call"/><allow send_destination="*" eavesdrop="true"/>
  </policy>
</busconfig>
"""


@asynccontextmanager
async def private_bus() -> AsyncIterator[str]:
    """Start a bus, make it the one that programs take for the system's, and yield its address."""
    program = shutil.which("dbus-daemon") or pytest.fail("dbus-daemon is missing: `make setup-test` (package dbus)")
    with tempfile.TemporaryDirectory(prefix="bus-") as name:
        folder = Path(name)
        (folder / "bus.conf").write_text(_CONFIGURATION.format(socket=folder / "socket"), "utf-8")
        with (folder / "log").open("wb") as log:
            daemon = await _start(program, folder, log)
        assert daemon.stdout is not None
        async with asyncio.timeout(PATIENCE):
            address = (await daemon.stdout.readline()).decode().strip()
        before = os.environ.get(_ADDRESS)
        os.environ[_ADDRESS] = address
        try:
            yield address
        finally:
            if before is None:
                del os.environ[_ADDRESS]
            else:
                os.environ[_ADDRESS] = before
            daemon.terminate()
            async with asyncio.timeout(PATIENCE):
                await daemon.wait()


async def _start(program: str, folder: Path, log: BinaryIO) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        program,
        f"--config-file={folder / 'bus.conf'}",
        "--nofork",
        "--nopidfile",
        "--print-address",
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        preexec_fn=_die_with_parent,
    )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
