"""Where pictures and sound come from, and what a frame is: a camera, a stethoscope, a simulated patient."""

from __future__ import annotations

from typing import Protocol

from av import AudioFrame, Packet, VideoFrame

__all__ = ["Frame", "Given", "Source"]

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
