"""The stethoscope: 48 kHz, mono, as it comes from the device, as Opus packets over the whole band.

No echo cancellation, no noise suppression, no automatic gain, and the encoder's « audio » mode: its « voip » mode,
which the WebRTC library would use, filters away exactly the low tones of a heart. RFC 6716, RFC 7587.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av import AudioFrame, AudioResampler, CodecContext
from av.audio.codeccontext import AudioCodecContext

from booth_client.heart_sound import heart_sound
from booth_client.instruments import Instrument, InstrumentError
from booth_client.source import Given

__all__ = ["RATE", "encoder", "stethoscope"]

RATE: Final = 48_000
SAMPLES: Final = 960
"""20 ms."""

BITS_PER_S: Final = 96_000
_BASE: Final = Fraction(1, RATE)


def stethoscope(device: str) -> Instrument:
    """Return the stethoscope at *device*: `synthetic`, an ALSA device (`hw:1`), or a sound file, played in a circle."""
    return Instrument("audio", lambda: _open(device))


@contextmanager
def _open(device: str) -> Iterator[Iterator[Given]]:
    opus = encoder()
    if device == "synthetic":
        yield _packets(opus, _paced(heart_sound()))
    elif Path(device).suffix:
        yield _packets(opus, _paced(_endless(device)))
    else:
        with closing(_device(device)) as container:
            yield _packets(opus, container.decode(audio=0))


def encoder() -> AudioCodecContext:
    """Return an encoder that keeps the whole band."""
    opus = CodecContext.create("libopus", "w")
    opus.bit_rate, opus.format, opus.layout = BITS_PER_S, "s16", "mono"
    opus.sample_rate, opus.time_base = RATE, _BASE
    opus.options = {"application": "audio", "frame_duration": "20", "vbr": "constrained", "cutoff": "20000"}
    return opus


def _packets(opus: AudioCodecContext, frames: Iterator[AudioFrame]) -> Iterator[Given]:
    """Encode; the first packet's time is that of our clock, so that a pause is one to the listener as well."""
    at = round(time.monotonic() * RATE)
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=SAMPLES)
    for frame in frames:
        frame.pts = None
        for part in resampler.resample(frame):
            part.pts = None
            for packet in opus.encode(part):
                packet.pts, packet.time_base = at, _BASE
                at += SAMPLES
                yield packet


def _paced(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """Let each frame out when its time has come: a file does not wait by itself."""
    due = time.monotonic()
    for frame in frames:
        time.sleep(max(0.0, due - time.monotonic()))
        yield frame
        due += frame.samples / frame.sample_rate


def _endless(file: str) -> Iterator[AudioFrame]:
    while True:
        try:
            with av.open(file) as container:
                yield from container.decode(audio=0)
        except (av.FFmpegError, IndexError) as error:
            raise InstrumentError(f"instruments.stethoscope: {file} is no sound that can be read: {error}") from error


def _device(name: str) -> av.container.InputContainer:
    try:
        return av.open(name, format="alsa", options={"channels": "1", "sample_rate": str(RATE)})
    except av.FFmpegError as error:
        raise InstrumentError(f"instruments.stethoscope: {name} cannot be opened: {error}; see arecord -L") from error
