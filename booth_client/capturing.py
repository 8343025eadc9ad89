"""`teleborne booth --capture FILE`: sessions with devices written down as they go, without the person.

What is written is in `gateway/devices/capture.py`. A new file, for the owner alone (0600): one that exists is not
written to. A disk that takes no more ends the capture and not the booth: what patients came for goes on.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path

import structlog

from gateway.devices.ble import Deliver
from gateway.devices.capture import Capture
from gateway.devices.events import DeviceEvent
from gateway.errors import SettingsError

__all__ = ["capturing", "in_turn"]

_log = structlog.get_logger("capture")


@asynccontextmanager
async def capturing(path: Path | None) -> AsyncIterator[Deliver | None]:
    """Give what writes events into *path*; None without a path. Raise SettingsError where it cannot be made."""
    if path is None:
        yield None
        return
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"--capture {path}: {error.strerror}; name a new file") from None
    with os.fdopen(opened, "wb", buffering=0) as out:
        writer = _Writer(out)
        await writer.write(writer.capture.header())
        yield writer.take


def in_turn(*receivers: Deliver | None) -> Deliver:
    """Return what gives every event to each of *receivers*, one after the other; a None is left out."""
    present = [receive for receive in receivers if receive is not None]

    async def deliver(event: DeviceEvent) -> None:
        for receive in present:
            await receive(event)

    return deliver


class _Writer:
    def __init__(self, out: FileIO) -> None:
        self.capture = Capture()
        self._out: FileIO | None = out

    async def take(self, event: DeviceEvent) -> None:
        """Take in one event, and write the session that it ends."""
        line = self.capture.take(event)
        if line is not None:
            await self.write(line)

    async def write(self, line: str) -> None:
        if self._out is None:
            return
        try:
            await asyncio.to_thread(_write_all, self._out, line.encode() + b"\n")
        except OSError as error:
            _log.error("the capture ends here", reason=error.strerror)
            self._out = None


def _write_all(out: FileIO, octets: bytes) -> None:
    while octets:
        octets = octets[out.write(octets) or 0 :]
