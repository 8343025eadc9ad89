"""The invented « Exemple T1 » thermometer: a plugin that adds a device to Téléborne, for you to copy.

It speaks a service of its own. A value is four octets: tenths of a degree Celsius (two, little-endian), the battery in
percent, and one octet whose bit 0 says that the thermometer moved.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final

from gateway.devices.layout import U8, Field, Layout, Plain, scaled
from gateway.devices.packet import bits, measure, qualities
from gateway.devices.reading import Kind, Name, Quality, Reading, Unit
from gateway.devices.vendor import Model, Profile, Vendor, Verified

__all__ = ["VENDOR", "ExampleTemperature"]

_CHARACTERISTIC: Final = "6E0F0002-5C5A-4D7B-9D0E-7E1E0B0E0001"
_MOVED: Final = bits({0: Quality.BODY_MOVEMENT})


class ExampleTemperature(Plain, frozen=True, kw_only=True):
    """One temperature in degrees Celsius."""

    layout: ClassVar[Layout] = Layout(
        "Example temperature",
        Field(name="temperature", codec=scaled("0.1")),
        Field(name="battery", codec=U8),
        Field(name="status", codec=U8),
        flags=None,
    )

    temperature: Decimal
    battery: int
    status: int

    def readings(self) -> tuple[Reading, ...]:
        """Return the body temperature; nothing for a zero-filled value."""
        measures = measure(Name.TEMPERATURE, self.temperature, Unit.CELSIUS)
        said = qualities(self.status, _MOVED)
        return (Reading(kind=Kind.BODY_TEMPERATURE, measures=measures, qualities=said),) if measures else ()


VENDOR: Final = Vendor(
    name="Exemple",
    models=(Model(name="T1", speaks="Exemple temperature", verified=Verified.NONE, source="invented"),),
    profiles=(
        Profile(
            name="Exemple temperature",
            service="6E0F0001-5C5A-4D7B-9D0E-7E1E0B0E0001",
            measurement=(_CHARACTERISTIC,),
        ),
    ),
    decoders={_CHARACTERISTIC: ExampleTemperature},
)
