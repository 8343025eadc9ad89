"""The booth program: everything is opened, runs under one TaskGroup, and is closed in the opposite order.

A worker that dies takes the program with it, loudly; at the next start the outbox goes on and an interrupted visit is
taken up or closed.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from booth_client.config import BoothSettings
from booth_client.hub import hub
from booth_client.kiosk.server import Kiosk
from booth_client.notify import notified
from booth_client.parts import open_parts
from booth_client.status import write_status
from booth_client.walk_in import walk_in
from gateway.config import LogFormat
from gateway.log import configure_log

__all__ = ["open_booth", "run_booth"]

_log = structlog.get_logger("booth")


async def run_booth(settings: BoothSettings, *, capture: Path | None = None) -> None:
    """Run the booth until SIGINT or SIGTERM. Raises SettingsError for what the operator can repair."""
    configure_log(json=settings.log is LogFormat.JSON)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    async with open_booth(settings, capture=capture), notified():
        await stop.wait()
        _log.info("stopping", booth=settings.name)


@asynccontextmanager
async def open_booth(settings: BoothSettings, *, capture: Path | None = None) -> AsyncIterator[Kiosk | None]:
    """Run the booth for as long as the context lasts; gives its kiosk where it has one."""
    async with AsyncExitStack() as closing:
        parts = await open_parts(settings, capture, closing)
        kiosk, workers = (None, await hub(parts)) if settings.home is not None else await walk_in(parts, closing)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(work) for work in workers]
                if settings.status_file is not None:
                    write_status(settings.status_file, name=settings.name, kiosk=kiosk.url if kiosk else None)
                _log.info("ready", booth=settings.name, kiosk=kiosk is not None)
                yield kiosk
                for task in running:
                    task.cancel()
        finally:
            if settings.status_file is not None:
                settings.status_file.unlink(missing_ok=True)
