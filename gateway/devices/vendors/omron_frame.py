"""One frame of an Omron's memory protocol: a question by address, or its answer; its octets XOR to zero.

The same protocol writes, and what it would write lies beside calibration data: there is no way here to make a frame
that does. Facts: the frames that userx14/omblepy describes, re-expressed; no device of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import xor
from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.reading import Reading

__all__ = ["READS", "OmronFrame"]

READS: Final[Mapping[str, int]] = {
    "start": 0x0000,
    "read": 0x0100,
    "end": 0x0F00,
    "started": 0x8000,
    "was-read": 0x8100,
    "ended": 0x8F00,
}
"""The kinds of frames that read, and their answers. The kinds that write have no row, so that nothing can make one."""

_KINDS: Final = {number: kind for kind, number in READS.items()}
_HEAD_OCTETS: Final = 6
_LEAST_OCTETS: Final = 8


class OmronFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of the memory protocol: `kind` (a key of READS), `address`, `size` asked for or sent, the `data`."""

    kind: str
    address: int = 0
    size: int = 0
    data: bytes = b"\0"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one frame; raise MalformedPacket where its length or its XOR is wrong, or it does something but read."""
        if len(data) < _LEAST_OCTETS or data[0] != len(data):
            raise MalformedPacket(f"Omron frame: {len(data)} octets, and it says {data[0] if data else 'nothing'}")
        if reduce(xor, data):
            raise MalformedPacket("Omron frame: its octets do not XOR to zero")
        kind = _KINDS.get(int.from_bytes(data[1:3], "big"))
        if kind is None:
            raise MalformedPacket(f"Omron frame: kind {data[1:3].hex()} is none that reads")
        address = int.from_bytes(data[3:5], "big")
        return cls(kind=kind, address=address, size=data[5], data=bytes(data[_HEAD_OCTETS:-1]))

    def encode(self) -> bytes:
        """Return the octets of this frame; raise NotRepresentable where it does not fit, or does anything but read."""
        if self.kind not in READS or not self.data:
            raise NotRepresentable(f"Omron frame: {self.kind!r} does not read; nothing is written to a cuff's memory")
        try:
            frame = bytes([_HEAD_OCTETS + len(self.data) + 1]) + READS[self.kind].to_bytes(2, "big")
            frame += self.address.to_bytes(2, "big") + bytes([self.size]) + self.data
        except (ValueError, OverflowError) as error:
            raise NotRepresentable(f"Omron frame: {self}: {error}") from None
        return frame + bytes([reduce(xor, frame)])

    def to_json(self) -> dict[str, object]:
        """Return `kind`, `address`, `size` and `data` in hex."""
        return {"kind": self.kind, "address": self.address, "size": self.size, "data": self.data.hex()}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a frame holds a piece of the memory, and no piece need be a whole record."""
        return ()
