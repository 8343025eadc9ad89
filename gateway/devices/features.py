"""What a device of each profile says it can do: the Feature characteristics, read once in a session.

https://www.bluetooth.com/specifications/gss/ (… Feature), https://www.bluetooth.com/specifications/specs/plxs-html/ 3.3
"""

from __future__ import annotations

from typing import ClassVar, Final, Self

from gateway.devices.errors import NotRepresentable
from gateway.devices.layout import U16, U24, U32, Codec, Field, Layout, Leftovers, Plain
from gateway.devices.reading import Reading

__all__ = ["BloodPressureFeature", "BodyCompositionFeature", "GlucoseFeature", "PlxFeatures", "WeightScaleFeature"]


def _layout(name: str, codec: Codec) -> Layout:
    return Layout(name, Field(name="features", codec=codec), flags=None)


class _Feature(Plain, frozen=True, kw_only=True):
    """A bit for each ability: `features` as sent, their names in `names` from bit 0 on."""

    names: ClassVar[tuple[str, ...]]

    features: int

    @property
    def supported(self) -> tuple[str, ...]:
        """Return the names of the bits that are set."""
        return tuple(name for bit, name in enumerate(self.names) if self.features >> bit & 1)

    def to_json(self) -> dict[str, object]:
        """Return `features` as the number sent, and `supported`: the bits that have names."""
        return self.layout.to_json(self) | {"supported": list(self.supported)}


class BloodPressureFeature(_Feature, frozen=True, kw_only=True):
    """Blood Pressure Feature (0x2A49)."""

    layout: ClassVar[Layout] = _layout("Blood Pressure Feature", U16)
    names: ClassVar[tuple[str, ...]] = (
        "body-movement",
        "cuff-fit",
        "irregular-pulse",
        "pulse-range",
        "position",
        "multiple-bonds",
        "e2e-crc",
        "user-data-service",
        "user-facing-time",
    )


class GlucoseFeature(_Feature, frozen=True, kw_only=True):
    """Glucose Feature (0x2A51)."""

    layout: ClassVar[Layout] = _layout("Glucose Feature", U16)
    names: ClassVar[tuple[str, ...]] = (
        "low-battery",
        "sensor-malfunction",
        "sample-size",
        "strip-insertion",
        "strip-type",
        "result-high-low",
        "temperature-high-low",
        "read-interrupt",
        "device-fault",
        "time-fault",
        "multiple-bonds",
    )


class WeightScaleFeature(_Feature, frozen=True, kw_only=True):
    """Weight Scale Feature (0x2A9E); above the named bits it says how finely weight and height are measured."""

    layout: ClassVar[Layout] = _layout("Weight Scale Feature", U32)
    names: ClassVar[tuple[str, ...]] = ("timestamp", "multiple-users", "bmi")


class BodyCompositionFeature(_Feature, frozen=True, kw_only=True):
    """Body Composition Feature (0x2A9B); above the named bits it says how finely mass and height are measured."""

    layout: ClassVar[Layout] = _layout("Body Composition Feature", U32)
    names: ClassVar[tuple[str, ...]] = (
        "timestamp",
        "multiple-users",
        "basal-metabolism",
        "muscle-percentage",
        "muscle-mass",
        "fat-free-mass",
        "soft-lean-mass",
        "body-water-mass",
        "impedance",
        "weight",
        "height",
    )


_PLX: Final = Layout(
    "PLX Features",
    Field(name="status_support", codec=U16, bit=0),
    Field(name="sensor_status_support", codec=U24, bit=1),
    flags=0xFFFF,
    flags_octets=2,
)
_PLX_NAMES: Final = (
    "measurement-status",
    "sensor-status",
    "storage",
    "timestamp",
    "fast",
    "slow",
    "pulse-amplitude-index",
    "multiple-bonds",
)
_SAID_BY_FIELDS: Final = 0b11


class PlxFeatures(Leftovers, frozen=True, kw_only=True):
    """PLX Features (0x2A60): `features`, and which bits of the two statuses of a measurement the device ever sets."""

    features: int
    status_support: int | None = None
    sensor_status_support: int | None = None

    @property
    def supported(self) -> tuple[str, ...]:
        """Return the names of the bits of `features` that are set."""
        return tuple(name for bit, name in enumerate(_PLX_NAMES) if self.features >> bit & 1)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its bits say."""
        features, values = _PLX.read(data)
        return cls(features=features, **values)

    def encode(self) -> bytes:
        """Return the octets; raise NotRepresentable where `features` says otherwise than the fields that are there."""
        there = (self.status_support is not None) | (self.sensor_status_support is not None) << 1
        if self.features & _SAID_BY_FIELDS != there:
            raise NotRepresentable(f"PLX Features: features 0x{self.features:04X} with other fields than it announces")
        return _PLX.write(self, flags=self.features)

    def to_json(self) -> dict[str, object]:
        """Return `features`, `status_support` and `sensor_status_support` where there, and the `supported` names."""
        return {"features": self.features, **_PLX.to_json(self), "supported": list(self.supported)}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: an ability is no measurement."""
        return ()
