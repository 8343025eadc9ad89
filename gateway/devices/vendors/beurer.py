"""Beurer: cuffs and scales of the standard profiles, and the BM85 cuff, which takes liberties with its own.

The BM85 sends pulse and status most significant octet first, a user id without the flag that announces it, a mean
pressure of zero, and sets a reserved flag. Read by the standard, its pulse comes out below zero and one octet is left
over.
Facts: frames of a real BM85 published with the tests of the app "blood pressure monitor"
(derdilla/blood-pressure-monitor-fl).
"""

from __future__ import annotations

from typing import Final, Self

from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.date_time import DATE_TIME
from gateway.devices.ieee11073 import decode_sfloat, encode_sfloat
from gateway.devices.layout import SFLOAT, U8, Codec, Field, Layout, Leftovers
from gateway.devices.reading import DeviceTime, Number, Reading, Unit
from gateway.devices.vendor import Model, Quirk, Vendor, Verified

__all__ = ["VENDOR", "Bm85Measurement"]


def _decode_pulse(octets: bytes) -> Number:
    return decode_sfloat(int.from_bytes(octets, "big"))


def _encode_pulse(pulse: Number) -> bytes:
    return encode_sfloat(pulse).to_bytes(2, "big")


def _decode_status(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _encode_status(status: int) -> bytes:
    return status.to_bytes(2, "big")


_UNITS: Final = (Unit.MMHG, Unit.KPA)
_LAYOUT: Final = Layout(
    "Blood Pressure Measurement of a BM85",
    Field(name="systolic", codec=SFLOAT),
    Field(name="diastolic", codec=SFLOAT),
    Field(name="map_not_measured", codec=SFLOAT),
    Field(name="timestamp", codec=DATE_TIME, bit=1),
    Field(name="pulse", codec=Codec(format="2s", decode=_decode_pulse, encode=_encode_pulse), bit=2),
    Field(name="user_id", codec=U8),
    Field(name="status", codec=Codec(format="2s", decode=_decode_status, encode=_encode_status), bit=4),
    flags=0b10111,
)


class Bm85Measurement(Leftovers, frozen=True, kw_only=True):
    """A BM85's value of 0x2A35: as BloodPressureMeasurement, but for `map_not_measured`, which carries nothing."""

    unit: Unit = Unit.MMHG
    systolic: Number
    diastolic: Number
    map_not_measured: Number
    timestamp: DeviceTime | None = None
    pulse: Number | None = None
    user_id: int
    status: int | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than this model's layout."""
        flags, values = _LAYOUT.read(data)
        return cls(unit=_UNITS[flags & 1], **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _LAYOUT.write(self, flags=_UNITS.index(self.unit))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out."""
        return {"unit": self.unit, **_LAYOUT.to_json(self)}

    def readings(self) -> tuple[Reading, ...]:
        """Return the blood pressure without a mean, and the pulse rate; nothing for a zero-filled stub."""
        return BloodPressureMeasurement(
            unit=self.unit,
            systolic=self.systolic,
            diastolic=self.diastolic,
            map=self.map_not_measured,
            timestamp=self.timestamp,
            pulse=self.pulse,
            user_id=self.user_id,
            status=self.status,
        ).readings()


_BPM_FL: Final = "derdilla/blood-pressure-monitor-fl: published frames and its docs/bluetooth.md"
_SCALE_SYNC: Final = "KristianP26/ble-scale-sync: published frames"
_CONSENT: Final = "sends nothing before a bond, its time being set and a user's consent"

VENDOR: Final = Vendor(
    name="Beurer",
    models=(
        Model(
            name="BM85",
            speaks="blood pressure",
            verified=Verified.CAPTURE,
            source=_BPM_FL,
            oddities="pulse and status octets swapped, user id without its flag, no mean, sends all it remembers",
        ),
        Model(
            name="BC87",
            speaks="blood pressure",
            verified=Verified.PUBLIC_CODE,
            source=_BPM_FL,
            oddities="no mean, no answer after its records, no battery level, sends all it remembers",
        ),
        Model(
            name="BF720",
            speaks="weight scale, body composition, user data",
            verified=Verified.CAPTURE,
            source=_SCALE_SYNC,
            oddities=_CONSENT,
        ),
        Model(
            name="BF788",
            speaks="weight scale, body composition, user data",
            verified=Verified.CAPTURE,
            source=_SCALE_SYNC,
            oddities=f"{_CONSENT}; zero-filled stubs for old records",
        ),
    ),
    quirks=(Quirk(name="beurer_bm85", model="BM85", characteristic="2A35", decoder=Bm85Measurement),),
)
