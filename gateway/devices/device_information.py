"""The Device Information service: System ID (0x2A23) and the texts about make and model.

https://www.bluetooth.com/specifications/specs/device-information-service-1-1/
"""

from __future__ import annotations

import re
from typing import Final, Self

import msgspec

from gateway.devices.errors import NotRepresentable
from gateway.devices.layout import Codec, Field, Layout, Leftovers
from gateway.devices.reading import Reading

__all__ = ["TEXTS", "DeviceText", "SystemId"]

TEXTS: Final = {
    "2A24": "model",
    "2A25": "serial",
    "2A26": "firmware",
    "2A27": "hardware",
    "2A28": "software",
    "2A29": "manufacturer",
}
"""The text characteristics, and the attribute of a DeviceIdentity that each fills."""


_EUI64: Final = re.compile("[0-9A-Fa-f]{16}")


def _encode_eui64(eui64: str) -> int:
    if not _EUI64.fullmatch(eui64):
        raise NotRepresentable("an EUI-64 is 16 hex digits")
    return int(eui64, 16)


_SYSTEM_ID: Final = Layout(
    "System ID",
    Field(name="eui64", codec=Codec(format="Q", decode="{:016X}".format, encode=_encode_eui64)),
    flags=None,
)


class SystemId(Leftovers, frozen=True, kw_only=True):
    """System ID (0x2A23): an EUI-64 as 16 upper-case hex digits, most significant octet first (sent last)."""

    eui64: str

    @property
    def oui(self) -> str:
        """Return the six hex digits that say who made the device (its first three octets)."""
        return self.eui64[:6]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read eight octets; raise MalformedPacket where there are fewer."""
        _, values = _SYSTEM_ID.read(data)
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets, least significant first; raise NotRepresentable where `eui64` is no EUI-64."""
        return _SYSTEM_ID.write(self)

    def to_json(self) -> dict[str, object]:
        """Return `eui64` and `oui`."""
        return {"oui": self.oui, **_SYSTEM_ID.to_json(self)}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a name is no measurement."""
        return ()


class DeviceText(msgspec.Struct, frozen=True, kw_only=True):
    """One of the texts of the service (0x2A24 to 0x2A29).

    Octets that are no UTF-8 become U+FFFD, and the zeros and spaces that fixed-size memories leave at the end are
    dropped: a badly written name must not cost the device its readings.
    """

    text: str

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the text; every octet string is one, the empty one too."""
        return cls(text=bytes(data).decode("utf-8", errors="replace").rstrip("\0 "))

    def encode(self) -> bytes:
        """Return the text in UTF-8; raise NotRepresentable where it has none."""
        try:
            return self.text.encode()
        except UnicodeEncodeError as error:
            raise NotRepresentable(f"device text: {error}") from None

    def to_json(self) -> dict[str, object]:
        """Return `text`."""
        return {"text": self.text}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a name is no measurement."""
        return ()
