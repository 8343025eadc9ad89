"""Jumper JPD-500F finger oximeter ("My Oximeter"), also sold under other names: a service of its own.

Of its frames only the one that begins with 0x81 is known: pulse, SpO2, perfusion. Jumper's thermometers use the same
service with other frames. Facts: a published frame (a comment in a program of its user) and two published programs
that read it (obniz: PLS_01BT; an iOS example), which agree on what is none and on tenths of a percent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.packet import measure
from gateway.devices.reading import Kind, Name, Number, Reading, Special, Unit
from gateway.devices.vendor import Model, Profile, Vendor, Verified

__all__ = ["RESULT", "VENDOR", "JumperFrame"]

RESULT: Final = 0x81
"""The first octet of a frame with a result."""

_CHARACTERISTIC: Final = "CDEACB81-5235-4C07-8846-93A37EE6B86D"
_RESULT_OCTETS: Final = 4
_NO_PULSE: Final = 0xFF
_NO_SPO2: Final = 0x7F


class JumperFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame: its first octet `frame`, then for a RESULT the `octets` pulse, SpO2, perfusion, and what follows."""

    frame: int = RESULT
    octets: bytes

    @classmethod
    def result(cls, *, pulse: int, spo2: int, pi_raw: int) -> Self:
        """Return the frame of a result: *pulse* per minute, *spo2* percent, *pi_raw* tenths of a percent."""
        try:
            return cls(octets=bytes([pulse, spo2, pi_raw]))
        except ValueError as error:
            raise NotRepresentable(f"Jumper frame: {pulse}, {spo2}, {pi_raw}: {error}") from None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one frame; raise MalformedPacket where it is empty, or a result that is cut."""
        if not data or (data[0] == RESULT and len(data) < _RESULT_OCTETS):
            raise MalformedPacket(f"Jumper frame: {len(data)} octets where a result has {_RESULT_OCTETS}")
        return cls(frame=data[0], octets=bytes(data[1:]))

    def encode(self) -> bytes:
        """Return the octets of this frame; raise NotRepresentable where its first octet is none."""
        try:
            return bytes([self.frame]) + self.octets
        except ValueError as error:
            raise NotRepresentable(f"Jumper frame: {self.frame}: {error}") from None

    def to_json(self) -> dict[str, object]:
        """Return `pulse`, `spo2` and `pi_raw` of a result, else `frame` and `octets` in hex."""
        if self.frame != RESULT:
            return {"frame": self.frame, "octets": self.octets.hex()}
        pulse, spo2, pi_raw, *rest = self.octets
        shown: dict[str, object] = {"pulse": pulse, "spo2": spo2, "pi_raw": pi_raw}
        return shown | ({"trailing": len(rest)} if rest else {})

    def readings(self) -> tuple[Reading, ...]:
        """Return the oxygen saturation and the pulse rate as live values; nothing for another frame."""
        if self.frame != RESULT:
            return ()
        pulse, spo2, pi_raw = self.octets[:3]
        saturation = measure(Name.SPO2, _number(spo2, none=_NO_SPO2), Unit.PERCENT)
        perfusion = measure(Name.PERFUSION, Decimal(pi_raw).scaleb(-1), Unit.PERCENT) if saturation else ()
        rate = measure(Name.PULSE, _number(pulse, none=_NO_PULSE), Unit.PER_MINUTE)
        kinds = ((Kind.OXYGEN_SATURATION, saturation + perfusion), (Kind.PULSE_RATE, rate))
        return tuple(Reading(kind=kind, measures=measures, stored=False) for kind, measures in kinds if measures)


def _number(count: int, *, none: int) -> Number:
    return Special.NAN if count == none else Decimal(count)


VENDOR: Final = Vendor(
    name="Jumper",
    models=(
        Model(
            name="JPD-500F",
            speaks="Jumper oximetry",
            verified=Verified.CAPTURE,
            source="one frame published by a user; obniz PLS_01BT",
            oddities="no clock, no spot check: a stream of results without an end",
        ),
    ),
    profiles=(
        Profile(
            name="Jumper oximetry",
            service="CDEACB80-5235-4C07-8846-93A37EE6B86D",
            measurement=(),
            live=(_CHARACTERISTIC,),
        ),
    ),
    decoders={_CHARACTERISTIC: JumperFrame},
)
