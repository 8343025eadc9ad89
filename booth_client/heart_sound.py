"""A heart that is not there: the two sounds of a valve closing, 72 times a minute, for the demo, training and tests.

Made here, after how such sounds are described: the first near 45 Hz and longer, the second near 60 Hz and shorter, a
third of a second later. Nobody was recorded.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from typing import Final

from av import AudioFrame

__all__ = ["heart_sound"]

_RATE: Final = 48_000
_SAMPLES: Final = 960
_BEAT_S: Final = 60 / 72
_SOUNDS: Final = ((0.05, 45.0, 0.045, 12_000.0), (0.37, 60.0, 0.028, 8_000.0))
"""Each sound: when in the beat (s), its tone (Hz), how long it fades (s), how loud."""


def heart_sound() -> Iterator[AudioFrame]:
    """Return 20 ms frames, mono, for ever."""
    for octets in cycle(_beat()):
        frame = AudioFrame(format="s16", layout="mono", samples=_SAMPLES)
        frame.planes[0].update(octets)
        frame.sample_rate = _RATE
        yield frame


@cache
def _beat() -> tuple[bytes, ...]:
    frames = round(_BEAT_S * _RATE / _SAMPLES)
    samples = array("h", (_sample(index / _RATE) for index in range(frames * _SAMPLES)))
    octets = samples.tobytes()
    return tuple(octets[start : start + 2 * _SAMPLES] for start in range(0, len(octets), 2 * _SAMPLES))


def _sample(at_s: float) -> int:
    return round(sum(_ring(at_s - begins, tone, fades) * loud for begins, tone, fades, loud in _SOUNDS))


def _ring(since_s: float, tone: float, fades_s: float) -> float:
    """Return a tone that is struck and dies away."""
    if since_s < 0:
        return 0.0
    return math.sin(2 * math.pi * tone * since_s) * math.exp(-since_s / fades_s) * min(1.0, since_s / 0.008)
