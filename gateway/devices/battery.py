"""The Battery service: Battery Level (0x2A19).

https://www.bluetooth.com/specifications/specs/battery-service-1-1/
"""

from __future__ import annotations

from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.reading import Reading

__all__ = ["BatteryLevel"]

_FULL: Final = 100
_OCTET: Final = 0xFF


class BatteryLevel(msgspec.Struct, frozen=True, kw_only=True):
    """Battery Level (0x2A19): `level` in percent; above 100 the octet is reserved and says nothing."""

    level: int

    @property
    def valid(self) -> bool:
        """Return whether `level` is a percentage."""
        return self.level <= _FULL

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the one octet of a level; raise MalformedPacket for none or more, which are another characteristic's."""
        if len(data) != 1:
            raise MalformedPacket(f"Battery Level: {len(data)} octets where there is one")
        return cls(level=data[0])

    def encode(self) -> bytes:
        """Return the octet; raise NotRepresentable where `level` is none."""
        if not 0 <= self.level <= _OCTET:
            raise NotRepresentable(f"Battery Level: {self.level} does not fit an octet")
        return bytes([self.level])

    def to_json(self) -> dict[str, object]:
        """Return `level`, and `valid`: whether it is a percentage."""
        return {"level": self.level, "valid": self.valid}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a battery is no patient."""
        return ()
