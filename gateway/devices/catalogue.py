"""What health objects speak: the profiles, the vendors, and the decoder of every characteristic.

A row in PROFILES makes the booth connect to a kind of device; a row in DECODERS makes one of its characteristics
readable; a row in VENDORS brings all that a maker's file says. Installed distributions add vendors by the entry-point
group `teleborne.devices`. Assigned numbers: https://www.bluetooth.com/specifications/assigned-numbers/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gateway.devices.battery import BatteryLevel
from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.cgm_session import CgmFeature, CgmSessionRunTime, CgmSessionStart, CgmStatus
from gateway.devices.continuous_glucose import CgmMeasurement
from gateway.devices.date_time import CurrentTime, DateTime
from gateway.devices.device_information import TEXTS, DeviceText, SystemId, Udi
from gateway.devices.dialogue import MakeDialogue
from gateway.devices.enhanced_blood_pressure import BloodPressureRecord, EnhancedBloodPressure, EnhancedCuffPressure
from gateway.devices.errors import UnknownCharacteristic, UnusablePlugin
from gateway.devices.features import (
    BloodPressureFeature,
    BodyCompositionFeature,
    GlucoseFeature,
    PlxFeatures,
    WeightScaleFeature,
)
from gateway.devices.generic_health_sensor import CurrentElapsedTime, LiveHealthObservation, StoredHealthObservation
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.packet import Packet
from gateway.devices.pulse_oximeter import PlxContinuous, PlxSpotCheck
from gateway.devices.record_access import RecordAccess
from gateway.devices.thermometer import IntermediateTemperature, TemperatureMeasurement
from gateway.devices.user_data import DatabaseChange, DateOfBirth, Gender, Height, UserControl, UserIndex
from gateway.devices.vendor import Profile, Quirk, Vendor, plugins
from gateway.devices.vendors import beurer, jumper, nonin, omron, viatom, yonker
from gateway.devices.weight_scale import WeightMeasurement

__all__ = [
    "DECODERS",
    "MEMORIES",
    "PROFILES",
    "QUIRKS",
    "VENDORS",
    "Packet",
    "Profile",
    "Quirk",
    "decode",
    "long_uuid",
    "short_uuid",
    "united",
]

_BASE_UUID: Final = "-0000-1000-8000-00805F9B34FB"
_SHORT: Final = 4

_BUILT_IN: Final[tuple[Vendor, ...]] = (
    beurer.VENDOR,
    jumper.VENDOR,
    nonin.VENDOR,
    omron.VENDOR,
    viatom.VENDOR,
    yonker.VENDOR,
)

VENDORS: Final[tuple[Vendor, ...]] = (*_BUILT_IN, *plugins())
"""The makers with a file of their own, then those of installed distributions."""

_STANDARD_PROFILES: Final[tuple[Profile, ...]] = (
    Profile(
        name="blood pressure",
        service="1810",
        measurement=("2A35", "2B34", "2B36"),
        live=("2A36", "2B35"),
        feature="2A49",
        clock="2A08",
    ),
    Profile(name="pulse oximeter", service="1822", measurement=("2A5E",), live=("2A5F",), feature="2A60"),
    Profile(name="health thermometer", service="1809", measurement=("2A1C",), live=("2A1E",), clock="2A08"),
    Profile(name="weight scale", service="181D", measurement=("2A9D",), feature="2A9E"),
    Profile(name="body composition", service="181B", measurement=("2A9C",), feature="2A9B"),
    Profile(name="glucose", service="1808", measurement=("2A18", "2A34"), feature="2A51"),
    Profile(name="continuous glucose monitoring", service="181F", measurement=("2AA7",), feature="2AA8"),
    Profile(name="heart rate", service="180D", measurement=(), live=("2A37",)),
    Profile(name="generic health sensor", service="1840", measurement=("2B8B", "2BDD")),
)

PROFILES: Final[tuple[Profile, ...]] = (
    *_STANDARD_PROFILES,
    *(profile for vendor in VENDORS for profile in vendor.profiles),
)
"""The standard's, then the makers' own."""

_STANDARD_DECODERS: Final[Mapping[str, type[Packet]]] = {
    "2A08": DateTime,
    "2A18": GlucoseMeasurement,
    "2A19": BatteryLevel,
    "2A1C": TemperatureMeasurement,
    "2A1E": IntermediateTemperature,
    "2A23": SystemId,
    "2A2B": CurrentTime,
    "2A34": GlucoseContext,
    "2A35": BloodPressureMeasurement,
    "2A36": IntermediateCuffPressure,
    "2A37": HeartRateMeasurement,
    "2A49": BloodPressureFeature,
    "2A51": GlucoseFeature,
    "2A52": RecordAccess,
    "2A5E": PlxSpotCheck,
    "2A5F": PlxContinuous,
    "2A60": PlxFeatures,
    "2A85": DateOfBirth,
    "2A8C": Gender,
    "2A8E": Height,
    "2A99": DatabaseChange,
    "2A9A": UserIndex,
    "2A9B": BodyCompositionFeature,
    "2A9C": BodyCompositionMeasurement,
    "2A9D": WeightMeasurement,
    "2A9E": WeightScaleFeature,
    "2A9F": UserControl,
    "2A9F-WRITE": UserControl,
    "2A9F-RESPONSE": UserControl,
    "2AA7": CgmMeasurement,
    "2AA8": CgmFeature,
    "2AA9": CgmStatus,
    "2AAA": CgmSessionStart,
    "2AAB": CgmSessionRunTime,
    "2B34": EnhancedBloodPressure,
    "2B35": EnhancedCuffPressure,
    "2B36": BloodPressureRecord,
    "2B8B": LiveHealthObservation,
    "2BDD": StoredHealthObservation,
    "2BF2": CurrentElapsedTime,
    "2BFF": Udi,
    **dict.fromkeys(TEXTS, DeviceText),
}


def united(standard: Mapping[str, type[Packet]], vendors: Iterable[Vendor]) -> dict[str, type[Packet]]:
    """Return *standard* with the decoders of *vendors*; raise UnusablePlugin where two claim one characteristic."""
    decoders = dict(standard)
    for vendor in vendors:
        for characteristic, decoder in vendor.decoders.items():
            if characteristic.upper() in decoders:
                raise UnusablePlugin(f"{vendor.name} decodes {characteristic}, which already has a decoder")
            decoders[characteristic.upper()] = decoder
    return decoders


DECODERS: Final[Mapping[str, type[Packet]]] = MappingProxyType(united(_STANDARD_DECODERS, VENDORS))

QUIRKS: Final[tuple[Quirk, ...]] = tuple(quirk for vendor in VENDORS for quirk in vendor.quirks)

MEMORIES: Final[Mapping[str, MakeDialogue]] = MappingProxyType(
    {layout: make for vendor in VENDORS for layout, make in vendor.memories.items()}
)
"""What reads the memory of a device that is asked in its maker's own words, by the name that the operator sets."""

_BENT: Final = {f"{quirk.characteristic}+quirk:{quirk.name}".upper(): quirk.decoder for quirk in QUIRKS}


def short_uuid(uuid: str) -> str:
    """Return the 16-bit form ("2A35") of an assigned UUID in any spelling; any other UUID in upper case."""
    upper = uuid.strip().upper().removeprefix("0X")
    return upper[4:8] if upper.startswith("0000") and upper[8:] == _BASE_UUID else upper


def long_uuid(short: str) -> str:
    """Return the 128-bit form in lower case of a UUID in the form of `short_uuid`."""
    return (f"0000{short}{_BASE_UUID}" if len(short) == _SHORT else short).lower()


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
