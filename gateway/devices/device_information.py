"""The Device Information service: System ID (0x2A23), the texts about make and model, and the UDI (0x2BFF).

https://www.bluetooth.com/specifications/specs/device-information-service-1-1/
"""

from __future__ import annotations

import re
from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.layout import Codec, Field, Layout, Leftovers
from gateway.devices.reading import DeviceUdi, Reading

__all__ = ["TEXTS", "DeviceText", "SystemId", "Udi"]

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


_UDI_PARTS: Final = ("label", "di", "issuer", "authority")
"""By the flag that announces each."""


class Udi(msgspec.Struct, frozen=True, kw_only=True):
    """UDI for Medical Devices (0x2BFF): what regulators know the device by.

    `label` is the whole UDI as printed on it, `di` the part that names the model, `issuer` and `authority` the OIDs of
    who issued it and under whose law. Octets that are no UTF-8 become U+FFFD.
    """

    label: str | None = None
    di: str | None = None
    issuer: str | None = None
    authority: str | None = None
    reserved_flags: int = 0
    trailing: bytes = b""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the announced texts; raise MalformedPacket where one is missing or does not end."""
        if not data:
            raise MalformedPacket("UDI for Medical Devices: no octets")
        flags, rest = data[0], bytes(data[1:])
        parts: dict[str, str] = {}
        for bit, part in enumerate(_UDI_PARTS):
            if flags >> bit & 1:
                text, end, rest = rest.partition(b"\0")
                if not end:
                    raise MalformedPacket(f"UDI for Medical Devices: {part} does not end with a zero")
                parts[part] = text.decode("utf-8", errors="replace")
        return cls(reserved_flags=flags >> len(_UDI_PARTS) << len(_UDI_PARTS), trailing=rest, **parts)

    @property
    def carrier(self) -> DeviceUdi | None:
        """Return the texts as part of a device's identity, None where there is none."""
        texts = {part: getattr(self, part) or None for part in _UDI_PARTS}
        return DeviceUdi(**texts) if any(texts.values()) else None

    def encode(self) -> bytes:
        """Return the octets; raise NotRepresentable where a text has a zero in it or is no Unicode."""
        flags, octets = self.reserved_flags, b""
        for bit, part in enumerate(_UDI_PARTS):
            text = getattr(self, part)
            if text is None:
                continue
            flags |= 1 << bit
            try:
                octets += text.encode() + b"\0"
            except UnicodeEncodeError as error:
                raise NotRepresentable(f"UDI for Medical Devices, {part}: {error}") from None
            if "\0" in text:
                raise NotRepresentable(f"UDI for Medical Devices, {part}: a zero ends the text")
        return bytes([flags]) + octets + self.trailing

    def to_json(self) -> dict[str, object]:
        """Return the texts by name, absent ones left out."""
        shown: dict[str, object] = {part: getattr(self, part) for part in _UDI_PARTS}
        shown |= {"reserved_flags": self.reserved_flags or None, "trailing": len(self.trailing) or None}
        return {name: value for name, value in shown.items() if value is not None}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a name is no measurement."""
        return ()
