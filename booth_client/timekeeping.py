"""What keeps the booth's clock: NTP is looked at, what is heard is written down, and it is set when nobody is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final

import structlog

from booth_client.clock import Clock
from booth_client.ledger import DESTINATION
from booth_client.machine.clock import clock_is_kept
from gateway import outbox
from gateway.database import Database
from gateway.errors import Unavailable

__all__ = ["keep_time"]

_KEEP_EVERY_S: Final = 300.0
_log: Final = structlog.get_logger("clock")


async def keep_time(
    clock: Clock,
    database: Database,
    *,
    set_clock: Callable[[], Awaitable[None]],
    kept_by_others: Callable[[], bool | None] = clock_is_kept,
    look_s: float = 10.0,
) -> None:
    """Keep *clock*, for ever; *set_clock* lets it show the right time as soon as nobody is there.

    Then every letter is due: one that was put off until a moment of the other clock would wait for it.
    *kept_by_others* says whether NTP keeps the machine's. What the disk does not take is kept at the next look: until
    then only a power cut forgets it.
    """
    loop = asyncio.get_running_loop()
    keep_at, moved = 0.0, False
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(look_s):
                await clock.news.wait()
        if kept_by_others():
            clock.trust()
        was = clock.mark
        if clock.wrong:
            await set_clock()
        if clock.mark != was:
            moved = True
            _log.warning("the booth's clock was set", to=clock().isoformat(timespec="seconds"))
        if clock.news.is_set():
            keep_at = 0.0
        clock.news.clear()
        if loop.time() < keep_at:
            continue
        with suppress(Unavailable):
            await clock.keep(database)
            if moved:
                await database.act(partial(outbox.recall, destination=DESTINATION, now=clock()))
            keep_at, moved = loop.time() + _KEEP_EVERY_S, False
