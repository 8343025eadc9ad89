"""Where pictures and sound come from, and what a frame is: a camera, a stethoscope, a simulated patient."""

from __future__ import annotations

from typing import Protocol

from av import AudioFrame, VideoFrame

__all__ = ["Frame", "Source"]

Frame = VideoFrame | AudioFrame


class Source(Protocol):
    """A microphone or a camera, real or not; it is read by one connection at a time."""

    @property
    def kind(self) -> str:
        """Say "video" or "audio"."""

    async def frame(self) -> Frame:
        """Return the next frame when its time has come."""
