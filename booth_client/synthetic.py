"""A patient who is not there: moving picture and voice for simulated booths, training and tests.

The picture carries its own number in a barcode of 24 cells along its lower edge: white, black, 16 bits of the frame's
number and 4 bits of check, most significant first, black, white. Who sees the picture can tell which frame it is, so
that a test knows that what was decoded is what was sent, and when.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Final

from av import AudioFrame, VideoFrame

__all__ = ["Picture", "Voice", "read_number"]

WIDTH: Final = 640
HEIGHT: Final = 480
CELLS: Final = 24
STRIP: Final = 48
"""Rows of the barcode, at the lower edge."""

_BITS: Final = 16
_CHECK: Final = 16
_WHITE, _BLACK, _SKY, _SKIN = 235, 16, 120, 170
_CLOCK: Final = 90_000
_RATE: Final = 48_000
_SAMPLES: Final = 960
_BALL: Final = 80


class Picture:
    """A test card with a moving ball and a numbered barcode: 640 x 480, *fps* pictures a second."""

    kind: Final = "video"

    def __init__(self, *, fps: int = 15) -> None:
        self._fps = fps
        self._pace = _Pace(1 / fps)
        self.number = 0
        """The next picture's number."""
        self._card = b"".join(bytes([_SKY + (row * 60) // HEIGHT]) * WIDTH for row in range(HEIGHT))

    async def frame(self) -> VideoFrame:
        """Return the next picture when its time has come."""
        await self._pace.wait()
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        luma, blue, red = frame.planes
        luma.update(_padded(self._luma(), WIDTH, HEIGHT, luma.line_size))
        blue.update(bytes([118]) * blue.buffer_size)
        red.update(bytes([134]) * red.buffer_size)
        frame.pts = self.number * _CLOCK // self._fps
        frame.time_base = Fraction(1, _CLOCK)
        self.number += 1
        return frame

    def _luma(self) -> bytes:
        rows = bytearray(self._card)
        left = (self.number * 8) % (WIDTH - _BALL)
        for row in range(_BALL):
            half = math.isqrt(max(0, (_BALL // 2) ** 2 - (row - _BALL // 2) ** 2))
            start = (HEIGHT // 2 - _BALL // 2 + row) * WIDTH + left + _BALL // 2 - half
            rows[start : start + 2 * half] = bytes([_SKIN + 30]) * (2 * half)
        rows[(HEIGHT - STRIP) * WIDTH :] = _strip(self.number) * STRIP
        return bytes(rows)


class Voice:
    """A hum with the rhythm of speech, 48 kHz mono, 20 ms a frame."""

    kind: Final = "audio"

    def __init__(self) -> None:
        self._pace = _Pace(_SAMPLES / _RATE)
        self._frames = _speech()
        self.number = 0
        """The next frame's number."""

    async def frame(self) -> AudioFrame:
        """Return the next 20 ms when their time has come."""
        await self._pace.wait()
        frame = AudioFrame(format="s16", layout="mono", samples=_SAMPLES)
        frame.planes[0].update(self._frames[self.number % len(self._frames)])
        frame.sample_rate = _RATE
        frame.pts = self.number * _SAMPLES
        frame.time_base = Fraction(1, _RATE)
        self.number += 1
        return frame


def read_number(luma: bytes, *, width: int, height: int, stride: int) -> int | None:
    """Return the number in the barcode of a picture's luma plane, at any size; None where it cannot be read."""
    row = (height - height * STRIP // HEIGHT // 2) * stride
    values = [luma[row + (2 * cell + 1) * width // (2 * CELLS)] for cell in range(CELLS)]
    bright = [value > (_WHITE + _BLACK) // 2 for value in values]
    if (bright[:2], bright[-2:]) != ([True, False], [False, True]):
        return None
    code = int("".join("1" if bit else "0" for bit in bright[2:-2]), 2)
    number, check = divmod(code, _CHECK)
    return number if check == _check(number) else None


class _Pace:
    """Lets go once per period; after a pause it goes on from now instead of catching up."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._next: float | None = None

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        due = now if self._next is None or now - self._next > 1 else self._next
        self._next = due + self._period_s
        await asyncio.sleep(max(0.0, due - now))


def _strip(number: int) -> bytes:
    """Return one row of the barcode."""
    number %= 1 << _BITS
    code = number * _CHECK + _check(number)
    cells = f"10{code:0{_BITS + 4}b}01"
    edges = [cell * WIDTH // CELLS for cell in range(CELLS + 1)]
    shades = {"1": bytes([_WHITE]), "0": bytes([_BLACK])}
    return b"".join(shades[cell] * (end - start) for cell, (start, end) in zip(cells, pairwise(edges), strict=True))


def _check(number: int) -> int:
    return sum((number >> shift) % _CHECK for shift in range(0, _BITS, 4)) * 7 % _CHECK


def _padded(data: bytes, width: int, height: int, stride: int) -> bytes:
    """Return rows of *width* octets as the library wants them, *stride* apart."""
    if stride == width:
        return data
    gap = bytes(stride - width)
    return b"".join(data[row * width : (row + 1) * width] + gap for row in range(height))


@cache
def _speech() -> tuple[bytes, ...]:
    """Return one second of frames: harmonics of 140 Hz, loud four times a second."""
    samples = array("h", bytes(2 * _RATE))
    for index in range(_RATE):
        at = index / _RATE
        tone = sum(math.sin(2 * math.pi * 140 * harmonic * at) / harmonic for harmonic in range(1, 6))
        samples[index] = int(5000 * tone * math.sin(math.pi * 4 * at) ** 2)
    octets = samples.tobytes()
    return tuple(octets[start : start + 2 * _SAMPLES] for start in range(0, len(octets), 2 * _SAMPLES))
