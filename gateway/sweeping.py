"""What has expired is forgotten, and booths that have fallen silent are noted, once a minute."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.errors import Unavailable
from gateway.store.credentials import Credentials
from gateway.store.fleet import Fleet

__all__ = ["sweep"]

_EVERY_S: Final = 60.0


async def sweep(credentials: Credentials, fleet: Fleet, *, now: Callable[[], datetime]) -> None:
    """Sweep for ever; that the database is full for the moment is no reason to stop."""
    while True:
        with contextlib.suppress(Unavailable):
            await credentials.sweep()
            await fleet.note_silence(now=now())
        await asyncio.sleep(_EVERY_S)
