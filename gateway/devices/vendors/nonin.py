"""Nonin 3230 finger oximeter: the standard profile, and Nonin's own oximetry once a second beside it.

Numbers are sent most significant octet first. Facts: Nonin's document 113142-000-02 as the published programs
maurovm/swift-async_pulse_ox and andreasdri/nonin-3230-ble read it; not tried on a device of ours.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Self

from gateway.devices.layout import U8, Codec, Field, Layout, Leftovers
from gateway.devices.packet import bits, measure, qualities
from gateway.devices.reading import Kind, Name, Number, Quality, Reading, Special, Unit
from gateway.devices.vendor import Model, Profile, Vendor, Verified

__all__ = ["VENDOR", "NoninOximetry"]

_CHARACTERISTIC: Final = "0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51B"

_BIG: Final = Codec(
    format="2s",
    decode=lambda octets: int.from_bytes(octets, "big"),
    encode=lambda number: number.to_bytes(2, "big"),
)
_LAYOUT: Final = Layout(
    "Nonin oximetry",
    Field(name="length", codec=U8),
    Field(name="status", codec=U8),
    Field(name="battery_raw", codec=U8),
    Field(name="pai_raw", codec=_BIG),
    Field(name="counter", codec=_BIG),
    Field(name="spo2", codec=U8),
    Field(name="pulse", codec=_BIG),
    flags=None,
)
_OCTETS: Final = 10
_STATUS: Final = bits(
    {
        1: Quality.POOR_SIGNAL,
        2: Quality.VALIDATED,  # "SmartPoint": the algorithm calls the measurement good
        3: Quality.ONGOING,  # searching for the pulse
        5: Quality.BATTERY_LOW,
    }
)
_ON_FINGER: Final = 1 << 4
_NO_SPO2: Final = 127
_NO_PULSE: Final = 511


class NoninOximetry(Leftovers, frozen=True, kw_only=True):
    """One second of oximetry: `spo2` percent (127 none), `pulse` per minute (511 none), `status` as sent.

    `pai_raw` is the pulse amplitude index in hundredths of a percent, `battery_raw` the battery's tenths of a volt,
    `counter` counts the seconds since the device was switched on.
    """

    length: int = _OCTETS
    status: int
    battery_raw: int
    pai_raw: int
    counter: int
    spo2: int
    pulse: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than ten octets."""
        _, values = _LAYOUT.read(data)
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _LAYOUT.write(self)

    def to_json(self) -> dict[str, object]:
        """Return the fields by name."""
        return _LAYOUT.to_json(self)

    def readings(self) -> tuple[Reading, ...]:
        """Return the oxygen saturation and the pulse rate as live values; the spot check comes by the profile."""
        said = qualities(self.status, _STATUS)
        if not self.status & _ON_FINGER:
            said |= {Quality.SENSOR_UNCONNECTED_TO_USER}
        saturation = measure(Name.SPO2, _number(self.spo2, none=_NO_SPO2), Unit.PERCENT)
        perfusion = measure(Name.PERFUSION, Decimal(self.pai_raw).scaleb(-2), Unit.PERCENT) if saturation else ()
        pulse = measure(Name.PULSE, _number(self.pulse, none=_NO_PULSE), Unit.PER_MINUTE)
        kinds = ((Kind.OXYGEN_SATURATION, saturation + perfusion), (Kind.PULSE_RATE, pulse))
        return tuple(
            Reading(kind=kind, measures=measures, qualities=said, stored=False) for kind, measures in kinds if measures
        )


def _number(count: int, *, none: int) -> Number:
    return Special.NAN if count == none else Decimal(count)


VENDOR: Final = Vendor(
    name="Nonin",
    models=(
        Model(
            name="3230",
            speaks="pulse oximeter, Nonin oximetry",
            verified=Verified.PUBLIC_CODE,
            source="maurovm/swift-async_pulse_ox, andreasdri/nonin-3230-ble",
            oddities="its own service beside the standard one, most significant octet first",
        ),
    ),
    profiles=(
        Profile(
            name="Nonin oximetry",
            service="46A970E0-0D5F-11E2-8B5E-0002A5D5C51B",
            measurement=(),
            live=(_CHARACTERISTIC,),
        ),
    ),
    decoders={_CHARACTERISTIC: NoninOximetry},
)
