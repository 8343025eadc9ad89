"""What somebody left in the program's memory is freed as soon as they have gone, not when the collector comes by.

Connections and what they carried refer to one another in circles, which only a search frees. Under the booth's unit
what is freed is written over at once (deploy/booth/teleborne-booth.service), so that nothing of it can be read then.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import Final

import structlog

from booth_client.guide import Guide
from booth_client.journey import Journey, State

__all__ = ["forget"]

_AFTER_S: Final = (1.0, 4.0, 25.0)
"""Seconds after the idle screen is shown, and again: by then the browser and the talk have let go of their ends.

The last is for who left in the middle of a talk, whose other end may take its time.
"""

_log: Final = structlog.get_logger("booth")


async def forget(guide: Guide) -> None:
    """Search the memory whenever somebody has left, for ever."""
    left = asyncio.Event()
    before = guide.journey.state

    def moved(journey: Journey) -> None:
        nonlocal before
        if journey.state is State.IDLE and before is not State.IDLE:
            left.set()
        before = journey.state

    guide.listen(moved)
    while True:
        await left.wait()
        for number, pause_s in enumerate(_AFTER_S, 1):
            left.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await left.wait()
                break  # somebody else has come and gone: begin anew
            _log.info("memory was searched for what somebody left", time=number, freed=gc.collect())
