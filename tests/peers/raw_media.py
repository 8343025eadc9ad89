"""A picture and a sound that are known again uncompressed: the same octets in every row, and in every few samples.

The files hold them as they are (YUV4MPEG2, RIFF WAVE), so that a program that shows or plays them has just these octets
in its memory: as planes of YUV 4:2:0 and as samples of 16 bits.
"""

from __future__ import annotations

import random
import wave
from pathlib import Path
from typing import Final

from av import VideoFrame
from av.video.reformatter import VideoReformatter

__all__ = ["HEIGHT", "WIDTH", "full_range", "picture_file", "run_of", "sound_file"]

WIDTH: Final = 640
HEIGHT: Final = 480
_RUN: Final = 32
_RATE: Final = 48_000


def run_of(seed: int) -> bytes:
    """Return octets that no other picture or sound has; none of them ends a line, all are within video's range."""
    return bytes(random.Random(seed).choices(range(32, 224), k=_RUN))


def picture_file(file: Path, run: bytes, *, pictures: int = 5) -> Path:
    """Write a film of one picture whose rows are *run* after *run*."""
    plane = run * (WIDTH * HEIGHT // len(run)) + bytes([118]) * (WIDTH * HEIGHT // 2)
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(header + (b"FRAME\n" + plane) * pictures)
    return file


def sound_file(file: Path, run: bytes, *, seconds: int = 1) -> Path:
    """Write a sound whose samples are *run* after *run*."""
    with wave.open(str(file), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(_RATE)
        written.writeframes(run * (_RATE * 2 * seconds // len(run)))
    return file


def full_range(run: bytes) -> bytes:
    """Return *run* as it is in a picture that is made ready to become a JPEG."""
    frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
    plane = frame.planes[0]
    plane.update(run * (plane.buffer_size // len(run)))
    whole = VideoReformatter().reformat(frame, format="yuvj420p", dst_color_range="JPEG")
    return bytes(whole.planes[0])[: len(run)]
