"""What health objects speak: the profiles, and the decoder of every characteristic.

A row in PROFILES makes the booth connect to a kind of device; a row in DECODERS makes one of its characteristics
readable. Assigned numbers: https://www.bluetooth.com/specifications/assigned-numbers/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.devices.battery import BatteryLevel
from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.date_time import CurrentTime, DateTime
from gateway.devices.device_information import TEXTS, DeviceText, SystemId
from gateway.devices.errors import UnknownCharacteristic
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.packet import Packet
from gateway.devices.pulse_oximeter import PlxContinuous, PlxSpotCheck
from gateway.devices.thermometer import IntermediateTemperature, TemperatureMeasurement
from gateway.devices.vendors.beurer import Bm85Measurement
from gateway.devices.weight_scale import WeightMeasurement

__all__ = ["DECODERS", "PROFILES", "QUIRKS", "Packet", "Profile", "Quirk", "decode", "long_uuid", "short_uuid"]

_BASE_UUID: Final = "-0000-1000-8000-00805F9B34FB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of health object: the service that it advertises, and the characteristics that carry its readings.

    All as 16-bit UUIDs in upper-case hex. `measurement` are kept, `live` are only shown; `clock` is the
    characteristic inside the service by which the time is read and set, where there may be one (else the Current Time
    service).
    """

    name: str
    service: str
    measurement: tuple[str, ...]
    live: tuple[str, ...] = ()
    feature: str | None = None
    clock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """One model that bends the layout of one characteristic, told by how its Model Number String begins."""

    name: str
    model: str
    characteristic: str
    decoder: type[Packet]


PROFILES: Final[tuple[Profile, ...]] = (
    Profile(
        name="blood pressure",
        service="1810",
        measurement=("2A35",),
        live=("2A36",),
        feature="2A49",
        clock="2A08",
    ),
    Profile(name="pulse oximeter", service="1822", measurement=("2A5E",), live=("2A5F",), feature="2A60"),
    Profile(name="health thermometer", service="1809", measurement=("2A1C",), live=("2A1E",), clock="2A08"),
    Profile(name="weight scale", service="181D", measurement=("2A9D",), feature="2A9E"),
    Profile(name="heart rate", service="180D", measurement=(), live=("2A37",)),
)

DECODERS: Final[Mapping[str, type[Packet]]] = MappingProxyType(
    {
        "2A08": DateTime,
        "2A19": BatteryLevel,
        "2A1C": TemperatureMeasurement,
        "2A1E": IntermediateTemperature,
        "2A23": SystemId,
        "2A2B": CurrentTime,
        "2A35": BloodPressureMeasurement,
        "2A36": IntermediateCuffPressure,
        "2A37": HeartRateMeasurement,
        "2A5E": PlxSpotCheck,
        "2A5F": PlxContinuous,
        "2A9D": WeightMeasurement,
        **dict.fromkeys(TEXTS, DeviceText),
    }
)


QUIRKS: Final[tuple[Quirk, ...]] = (
    Quirk(name="beurer_bm85", model="BM85", characteristic="2A35", decoder=Bm85Measurement),
)

_BENT: Final = {f"{quirk.characteristic}+quirk:{quirk.name}".upper(): quirk.decoder for quirk in QUIRKS}


def short_uuid(uuid: str) -> str:
    """Return the 16-bit form ("2A35") of an assigned UUID in any spelling; any other UUID in upper case."""
    upper = uuid.strip().upper().removeprefix("0X")
    return upper[4:8] if upper.startswith("0000") and upper[8:] == _BASE_UUID else upper


def long_uuid(short: str) -> str:
    """Return the 128-bit form in lower case of a 16-bit UUID."""
    return f"0000{short}{_BASE_UUID}".lower()


def decode(characteristic: str, data: bytes, *, model: str | None = None) -> Packet:
    """Return the value *data* of *characteristic*: a 16-bit or 128-bit UUID, or "2A35+quirk:beurer_bm85" for a quirk.

    *model* is the device's Model Number String: one in QUIRKS is read by its own layout. Raise UnknownCharacteristic
    where nothing decodes it, and MalformedPacket where the octets do not hold what they promise.
    """
    short = short_uuid(characteristic)
    decoder = _bent(short, model) or _BENT.get(short) or DECODERS.get(short)
    if decoder is None:
        known = ", ".join(sorted(DECODERS))
        raise UnknownCharacteristic(f"no decoder for characteristic {characteristic[:40]!a}; known are {known}")
    return decoder.decode(data)


def _bent(characteristic: str, model: str | None) -> type[Packet] | None:
    said = (model or "").upper()
    fitting = (quirk for quirk in QUIRKS if quirk.characteristic == characteristic and said.startswith(quirk.model))
    return next((quirk.decoder for quirk in fitting), None)
