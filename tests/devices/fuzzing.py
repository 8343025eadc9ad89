"""Octets that no device should send, in numbers, and what must hold of every one of them.

Half are random, half are real values of `vectors.jsonl` with octets changed, lost and added: those reach further. Of
each the decoder either says MalformedPacket, or returns a value that prints, has readings, and encodes to what decodes
to itself; the joiner of a session that never ends takes them all.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

from gateway.devices.catalogue import DECODERS, QUIRKS, decode, short_uuid
from gateway.devices.decode import decode_line
from gateway.devices.errors import MalformedPacket
from gateway.devices.joining import Joiner

__all__ = ["Figures", "fuzz"]

_FILE: Final = Path(__file__).parent.parent / "data" / "ble" / "vectors.jsonl"
_CHARACTERISTICS: Final = (*sorted(DECODERS), *(f"{quirk.characteristic}+quirk:{quirk.name}" for quirk in QUIRKS))
_LONGEST: Final = 40
_SESSION: Final = 50


@dataclass(slots=True, kw_only=True)
class Figures:
    """What came of it: inputs, how many were refused, how many readings there were, by characteristic; seconds."""

    inputs: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    readings: int = 0
    wholes: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        """Return one line."""
        total = self.inputs.total()
        return (
            f"{total:,} inputs over {len(self.inputs)} characteristics, {self.refused:,} refused, "
            f"{self.readings:,} readings, {self.wholes:,} measurements given out, 0 crashes, {self.seconds:.0f} s "
            f"({self.seconds / max(total, 1) * 1e6:.0f} us each)"
        )


def fuzz(count: int, *, seed: int) -> Iterator[Figures]:
    """Try *count* inputs; yield the figures now and then and at the end. Raises what a decoder should not have."""
    chance, figures, started = random.Random(seed), Figures(), perf_counter()
    lines = map(json.loads, _FILE.read_text().splitlines())
    real = [(line["characteristic"], bytes.fromhex(line["hex"])) for line in lines]
    real = [(name, data) for name, data in real if data and name not in {"SFLOAT", "FLOAT"}]
    joiner = Joiner()
    for number in range(count):
        if chance.random() < 0.5:
            characteristic, data = chance.choice(_CHARACTERISTICS), chance.randbytes(chance.randrange(_LONGEST))
        else:
            characteristic, data = chance.choice(real)
            data = _changed(data, chance)
        figures.inputs[short_uuid(characteristic)] += 1
        _try(characteristic, data, joiner, figures)
        if number % _SESSION == 0:
            figures.wholes += len(joiner.rest())
        if number % 100_000 == 99_999:
            figures.seconds = perf_counter() - started
            yield figures
    figures.seconds = perf_counter() - started
    yield figures


def _changed(data: bytes, chance: random.Random) -> bytes:
    octets = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(octets) + 1)
        match chance.randrange(3):
            case 0 if at < len(octets):
                octets[at] ^= 1 << chance.randrange(8)
            case 1:
                del octets[at : at + chance.randrange(1, 4)]
            case _:
                octets[at:at] = chance.randbytes(chance.randrange(1, 4))
    return bytes(octets)


def _try(characteristic: str, data: bytes, joiner: Joiner, figures: Figures) -> None:
    try:
        packet = decode(characteristic, data)
    except MalformedPacket:
        figures.refused += 1
        assert '"error":"malformed"' in decode_line(characteristic, data.hex())
        return
    figures.readings += len(packet.readings())
    json.loads(decode_line(characteristic, data.hex()))
    assert type(packet).decode(packet.encode()) == packet, (characteristic, data.hex())
    try:
        figures.wholes += len(joiner.take(characteristic, data))
    except MalformedPacket:
        figures.refused += 1  # segments that came one by one, and together are no observation
