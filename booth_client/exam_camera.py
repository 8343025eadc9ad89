"""The exam camera: seen live in small, and each still at the device's full resolution.

From a video device (V4L2), a picture or a film in a file, or a synthetic picture of skin for the demo and tests.
https://docs.kernel.org/userspace-api/media/v4l/v4l2.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Final

import av
from av import CodecContext, VideoFrame
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter

from booth_client.instruments import Instrument, InstrumentError
from booth_client.source import Given

__all__ = ["ExamCamera"]

LIVE: Final = (640, 480)
"""The most pixels of the live picture, across and down."""

FPS: Final = 10
_CLOCK: Final = 90_000
_QUALITY: Final = 3
_DEVICE: Final = {"framerate": "15", "video_size": "1920x1080", "input_format": "mjpeg"}
_SYNTHETIC: Final = (1600, 1200)


class ExamCamera(Instrument):
    """The camera at *device*: `synthetic`, `/dev/video…`, or a file, shown in a circle."""

    def __init__(self, device: str) -> None:
        super().__init__("video", self._open)
        self._device = device
        self._newest: VideoFrame | None = None

    def still(self) -> bytes | None:
        """Return what the camera sees as a JPEG at full resolution; None while it is not looked at. It blocks."""
        frame = self._newest
        return None if frame is None else _jpeg(frame)

    def picture(self, frame: Given) -> bytes:
        """Return what a source gave as a JPEG. It blocks."""
        if not isinstance(frame, VideoFrame):
            raise TypeError("a camera gives pictures")
        return _jpeg(frame)

    @contextmanager
    def _open(self) -> Iterator[Iterator[VideoFrame]]:
        try:
            yield self._small(self._paced(self._frames()))
        finally:
            self._newest = None

    def _frames(self) -> Iterator[VideoFrame]:
        if self._device == "synthetic":
            yield from repeat(_skin())
        live = Path(self._device).is_char_device()
        while True:
            try:
                opened = av.open(self._device, format="v4l2", options=_DEVICE) if live else av.open(self._device)
                with opened as container:
                    yield from container.decode(video=0)
            except (av.FFmpegError, IndexError) as error:
                raise InstrumentError(f"instruments.camera: {self._device} gives no picture: {error}") from error

    def _paced(self, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        """Keep the newest whole; let no more than FPS out."""
        due = time.monotonic()
        for frame in frames:
            self._newest = frame
            if (now := time.monotonic()) < due and Path(self._device).is_char_device():
                continue
            time.sleep(max(0.0, due - now))
            yield frame
            due = max(due, now) + 1 / FPS

    def _small(self, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        scaler = VideoReformatter()
        for frame in frames:
            ratio = min(1.0, LIVE[0] / frame.width, LIVE[1] / frame.height)
            width, height = (round(side * ratio) // 2 * 2 for side in (frame.width, frame.height))
            small = scaler.reformat(frame, width, height, "yuv420p")
            small.pts, small.time_base = round(time.monotonic() * _CLOCK), Fraction(1, _CLOCK)
            yield small


def _jpeg(frame: VideoFrame) -> bytes:
    coder: VideoCodecContext = CodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
    coder.time_base, coder.qmin, coder.qmax = Fraction(1, FPS), _QUALITY, _QUALITY
    # Not the frame's own scaler: another thread makes the live picture of the same frame just now.
    whole = VideoReformatter().reformat(frame, format="yuvj420p", dst_color_range="JPEG")
    whole.pts = 0
    return b"".join(bytes(packet) for packet in (*coder.encode(whole), *coder.encode(None)))


@cache
def _skin() -> VideoFrame:
    """Return skin with a round spot in its middle: 1600 x 1200, nobody's."""
    width, height = _SYNTHETIC
    frame = VideoFrame(width, height, "yuv420p")
    luma, blue, red = frame.planes
    luma.update(_disc(width, height, luma.line_size, ground=170, spot=70))
    blue.update(_disc(width // 2, height // 2, blue.line_size, ground=112, spot=116))
    red.update(_disc(width // 2, height // 2, red.line_size, ground=150, spot=142))
    return frame


def _disc(width: int, height: int, stride: int, *, ground: int, spot: int) -> bytes:
    radius, rows = height // 6, []
    for row in range(height):
        reach = radius**2 - (row - height // 2) ** 2
        half = round(reach**0.5) if reach > 0 else 0
        left, middle = bytes([ground]) * (width // 2 - half), bytes([spot]) * (2 * half)
        rows.append(left + middle + left + bytes(stride - 2 * len(left) - len(middle)))
    return b"".join(rows)
