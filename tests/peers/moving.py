"""Whether a picture on a page moves: as many new frames as it takes to be sure, whichever stream brings them."""

from __future__ import annotations

import asyncio
from typing import Final

from playwright.async_api import Page

from tests.peers.patience import PATIENCE

__all__ = ["moves", "shown_by"]

_SHOWN: Final = "(which) => document.querySelector(which)?.getVideoPlaybackQuality().totalVideoFrames ?? 0"


async def shown_by(page: Page, video: str) -> int:
    """Return how many frames the first such element has shown of its stream; 0 where there is none."""
    return int(await page.evaluate(_SHOWN, video))


async def moves(page: Page, video: str, *, frames: int = 5, seconds: float = PATIENCE) -> None:
    """Wait until so many new frames were shown; a stream that takes the place of another one is counted anew."""
    least = await shown_by(page, video)
    async with asyncio.timeout(seconds):
        while (now := await shown_by(page, video)) < least + frames:
            least = min(least, now)
            await asyncio.sleep(0.1)
