"""Where pictures and sound come from, and what a frame is: a camera, a stethoscope, a simulated patient."""

from __future__ import annotations

import asyncio
from typing import Protocol

from av import AudioFrame, Packet, VideoFrame

__all__ = ["Frame", "Given", "Hidden", "Source"]

Frame = VideoFrame | AudioFrame

Given = Frame | Packet  # type: ignore[type-arg]  # its stream is of no use here, and at run time it takes no argument
"""What a source gives: a frame to be encoded, or a packet that is encoded already."""


class Source(Protocol):
    """A microphone or a camera, real or not; it is read by one connection at a time."""

    @property
    def kind(self) -> str:
        """Say "video" or "audio"."""

    async def frame(self) -> Given:
        """Return the next frame when its time has come."""


class Hidden:
    """A picture that is only given while somebody wants to see it."""

    def __init__(self, source: Source, seen: asyncio.Event) -> None:
        self.kind = source.kind
        self._source = source
        self._seen = seen

    async def frame(self) -> Given:
        """Return the next frame; waits until it is wanted."""
        await self._seen.wait()
        return await self._source.frame()
