"""The Health Thermometer profile: the measurement (0x2A1C) and the live one (0x2A1E), which share a layout.

https://www.bluetooth.com/specifications/specs/health-thermometer-service-1-0/
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Self

from gateway.devices.date_time import DATE_TIME
from gateway.devices.layout import FLOAT, U8, Field, Layout, Leftovers
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Name, Number, Reading, Unit

__all__ = ["SITES", "IntermediateTemperature", "TemperatureMeasurement"]

SITES: Final = {
    1: "armpit",
    2: "body",
    3: "ear",
    4: "finger",
    5: "gastro-intestinal tract",
    6: "mouth",
    7: "rectum",
    8: "toe",
    9: "tympanum",
}
"""The Temperature Type octet (0x2A1D) in words."""

_UNITS: Final = (Unit.CELSIUS, Unit.FAHRENHEIT)
_LAYOUT: Final = Layout(
    "Temperature Measurement",
    Field(name="temperature", codec=FLOAT),
    Field(name="timestamp", codec=DATE_TIME, bit=1),
    Field(name="type", codec=U8, bit=2),
    flags=0b111,
)


class TemperatureMeasurement(Leftovers, frozen=True, kw_only=True):
    """Temperature Measurement (0x2A1C): `temperature` in `unit` (C or F), measured at site `type` (a key of SITES)."""

    unit: Unit = Unit.CELSIUS
    temperature: Number
    timestamp: DeviceTime | None = None
    type: int | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _LAYOUT.read(data)
        return cls(unit=_UNITS[flags & 1], **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _LAYOUT.write(self, flags=_UNITS.index(self.unit))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out, and `site` in words where the standard has one."""
        shown: dict[str, object] = {"unit": self.unit, **_LAYOUT.to_json(self)}
        return shown | ({"site": SITES[self.type]} if self.type in SITES else {})

    def readings(self) -> tuple[Reading, ...]:
        """Return the body temperature; nothing for a zero-filled stub."""
        measures = measure(Name.TEMPERATURE, self.temperature, self.unit)
        if not measures:
            return ()
        site = None if self.type is None else SITES.get(self.type)
        return (Reading(kind=Kind.BODY_TEMPERATURE, measures=measures, device_time=self.timestamp, body_site=site),)


class IntermediateTemperature(TemperatureMeasurement, frozen=True, kw_only=True):
    """Intermediate Temperature (0x2A1E): what the thermometer shows while it measures; never kept."""

    def readings(self) -> tuple[Reading, ...]:
        """Return the temperature as a live value, not to be stored."""
        # The dataclass decorator makes a second class for the slots, which super() without arguments would not find.
        return tuple(replace(reading, stored=False) for reading in TemperatureMeasurement.readings(self))
