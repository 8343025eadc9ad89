"""The Heart Rate profile: the measurement (0x2A37), a live stream from straps and watches.

https://www.bluetooth.com/specifications/specs/heart-rate-service-1-0/
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Final, Self

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.layout import U8, U16, Field, Layout, Leftovers
from gateway.devices.packet import measure
from gateway.devices.reading import Kind, Name, Quality, Reading, Unit

__all__ = ["HeartRateMeasurement"]

_WIDE: Final = 1 << 0
_CONTACT: Final = 1 << 1
_CONTACT_SUPPORTED: Final = 1 << 2
_RR: Final = 1 << 4
_RR_OCTETS: Final = 2

# The R-R intervals, as many as fit, take what is left of the packet: the layout hands them over as trailing octets.
_LAYOUT: Final = Layout(
    "Heart Rate Measurement",
    Field(name="hr", codec=U8, alternative=U16),
    Field(name="energy_kj", codec=U16, bit=3),
    flags=0b11111,
)


class HeartRateMeasurement(Leftovers, frozen=True, kw_only=True):
    """Heart Rate Measurement (0x2A37): `hr` in beats per minute, `energy_kj` spent since the last reset.

    `contact` says whether the sensor touches the skin, None where it cannot tell. `rr` are the intervals between
    beats in 1/1024 s, oldest first.
    """

    hr: int
    contact: bool | None = None
    energy_kj: int | None = None
    rr: tuple[int, ...] | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say or ends in half an interval."""
        flags, values = _LAYOUT.read(data)
        if flags & _RR:
            values["rr"] = _decode_rr(values.pop("trailing", b""))
        contact = bool(flags & _CONTACT) if flags & _CONTACT_SUPPORTED else None
        return cls(contact=contact, **values)

    def encode(self) -> bytes:
        """Return the octets of this value, `hr` in one if it fits; raise NotRepresentable for what does not fit."""
        flags = _WIDE if self.hr > 0xFF else 0  # noqa: PLR2004 - the largest octet
        if self.contact is not None:
            flags |= _CONTACT_SUPPORTED | (_CONTACT if self.contact else 0)
        if self.rr is None:
            return _LAYOUT.write(self, flags=flags)
        if self.trailing or not self.rr:
            raise NotRepresentable("Heart Rate Measurement: R-R intervals are at least one and end the packet")
        return _LAYOUT.write(self, flags=flags | _RR) + _encode_rr(self.rr)

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out except `contact`, which is null where it is not supported."""
        rr: dict[str, object] = {} if self.rr is None else {"rr": list(self.rr)}
        return {"contact": self.contact, **rr, **_LAYOUT.to_json(self)}

    def readings(self) -> tuple[Reading, ...]:
        """Return the heart rate as a live value, not to be stored; nothing for a rate of zero."""
        rate = measure(Name.PULSE, Decimal(self.hr), Unit.PER_MINUTE)
        if not rate:
            return ()
        energy = measure(Name.ENERGY, None if self.energy_kj is None else Decimal(self.energy_kj), Unit.KILOJOULE)
        off = frozenset({Quality.NO_CONTACT} if self.contact is False else ())
        return (Reading(kind=Kind.HEART_RATE, measures=rate + energy, qualities=off, stored=False),)


def _decode_rr(octets: bytes) -> tuple[int, ...]:
    if not octets or len(octets) % _RR_OCTETS:
        raise MalformedPacket(f"Heart Rate Measurement: {len(octets)} octets of R-R intervals, two each")
    return struct.unpack(f"<{len(octets) // _RR_OCTETS}H", octets)


def _encode_rr(intervals: tuple[int, ...]) -> bytes:
    try:
        return struct.pack(f"<{len(intervals)}H", *intervals)
    except struct.error as error:
        raise NotRepresentable(f"Heart Rate Measurement: R-R intervals {intervals}: {error}") from None
