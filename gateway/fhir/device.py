"""Health objects and gateways as FHIR Devices: profiles PhdDevice and PhgDevice of the Personal Health Devices guide.

https://build.fhir.org/ig/HL7/phd/StructureDefinition-PhdDevice.html

A PhdDevice must name its maker, its model and a version; what an object does not tell is marked data-absent-reason
unknown, never made up.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from gateway.devices.reading import DeviceIdentity, DeviceUdi, Kind
from gateway.fhir.codes import SPECIALIZATIONS, Code, System, coding

__all__ = ["device_id", "gateway_device", "phd_device"]

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, System.EUI64)
_UNKNOWN: Final = {
    "extension": [{"url": System.R4_PROFILE + "data-absent-reason", "valueCode": "unknown"}],
}
_GENERIC: Final = (Code("528457", "MDC_DEV_SPEC_PROFILE_GENERIC"), "Objet de santé connecté")
_FIRMWARE: Final = Code("531976", "MDC_ID_PROD_SPEC_FW")
_SOFTWARE: Final = Code("531975", "MDC_ID_PROD_SPEC_SW")
_HARDWARE: Final = Code("531974", "MDC_ID_PROD_SPEC_HW")


@lru_cache(maxsize=256)
def device_id(identity: DeviceIdentity) -> str:
    """Return the object's resource id, always the same for the same object: the UUIDv5 of its key."""
    return str(uuid.uuid5(_NAMESPACE, identity.key))


def phd_device(identity: DeviceIdentity, *, id: str | None = None, kinds: Collection[Kind] = ()) -> dict[str, Any]:  # noqa: A002 - FHIR's own word
    """Return *identity* as a PhdDevice that measures *kinds*; *id* is `device_id(identity)` unless given."""
    device = {
        "resourceType": "Device",
        "id": id or device_id(identity),
        "meta": {"profile": [System.PHD_PROFILE + "PhdDevice"]},
        "identifier": _system_id(identity.system_id) + _address(identity.address) or _own_id(identity),
        "udiCarrier": _udi(identity.udi),
        "status": "active",
        **_told("manufacturer", identity.manufacturer),
        "serialNumber": _text(identity.serial),
        "deviceName": _names(identity.name),
        **_told("modelNumber", identity.model),
        "type": {
            "coding": [coding(System.MDC, Code("65573", "MDC_MOC_VMS_MDS_SIMP"))],
            "text": "Objet de santé connecté",
        },
        "specialization": [_specialization(code, text, version="1") for code, text in _specialities(kinds)],
        "version": _versions(identity),
    }
    return {name: element for name, element in device.items() if element}


def gateway_device(*, id: str, name: str, software_version: str, system_id: str) -> dict[str, Any]:  # noqa: A002 - FHIR's own word
    """Return a booth or a home hub as a PhgDevice.

    *system_id* is an EUI-64, 16 hex digits; raises ValueError where it is not.
    """
    identifiers = _system_id(system_id)
    if not identifiers:
        raise ValueError(f"{system_id!r} is no EUI-64; give 16 hex digits")
    return {
        "resourceType": "Device",
        "id": id,
        "meta": {"profile": [System.PHD_PROFILE + "PhgDevice"]},
        "identifier": identifiers,
        "status": "active",
        "deviceName": _names(name),
        "type": {"coding": [coding(System.MDC, Code("531981", "MDC_MOC_VMS_MDS_AHD"))], "text": "Passerelle de santé"},
        "specialization": [_specialization(*_GENERIC, version=None)],
        "version": [_version(_SOFTWARE, software_version)],
    }


def _text(said: str | None) -> str | None:
    """Return what an object says of itself as FHIR text: no control characters, no spaces around; None when empty."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", said or "").strip() or None


def _told(name: str, said: str | None) -> dict[str, Any]:
    text = _text(said)
    return {name: text} if text else {f"_{name}": _UNKNOWN}


def _names(name: str | None) -> list[dict[str, Any]]:
    text = _text(name)
    return [{"name": text, "type": "user-friendly-name"}] if text else []


def _system_id(system_id: str | None) -> list[dict[str, Any]]:
    digits = re.sub("[^0-9A-F]", "", (system_id or "").upper())
    if len(digits) != 16:  # noqa: PLR2004 - an EUI-64
        return []
    return [_identifier(Code("SYSID", "IEEE 11073 System Identifier"), System.EUI64, digits)]


def _udi(udi: DeviceUdi | None) -> list[dict[str, Any]]:
    """Return what a device says regulators know it by; an issuer or authority that is no OID is left out."""
    if udi is None:
        return []
    carrier = {
        "deviceIdentifier": _text(udi.di),
        "issuer": _oid(udi.issuer),
        "jurisdiction": _oid(udi.authority),
        "carrierHRF": _text(udi.label),
    }
    told = {name: value for name, value in carrier.items() if value}
    return [told] if told else []


def _oid(text: str | None) -> str | None:
    return f"urn:oid:{text}" if re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", text or "") else None


def _address(address: str) -> list[dict[str, Any]]:
    """Return the Bluetooth address as an identifier; some systems hide it behind a UUID, which is none."""
    digits = re.sub("[:-]", "", address.upper())
    if not re.fullmatch("[0-9A-F]{12}", digits):
        return []
    return [_identifier(Code("BTMAC", "Bluetooth MAC address"), System.BLUETOOTH_ADDRESS, digits)]


def _own_id(identity: DeviceIdentity) -> list[dict[str, Any]]:
    return [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{device_id(identity)}"}]


def _identifier(kind: Code, system: str, digits: str) -> dict[str, Any]:
    value = "-".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return {"type": {"coding": [coding(System.DEVICE_IDENTIFIERS, kind)]}, "system": system, "value": value}


def _specialities(kinds: Collection[Kind]) -> list[tuple[Code, str]]:
    return [row for kind, row in SPECIALIZATIONS.items() if kind in kinds] or [_GENERIC]


def _specialization(code: Code, text: str, *, version: str | None) -> dict[str, Any]:
    kind = {"systemType": {"coding": [coding(System.MDC, code)], "text": text}}
    return {**kind, "version": version} if version else kind


def _versions(identity: DeviceIdentity) -> list[dict[str, Any]]:
    parts = {_FIRMWARE: identity.firmware, _SOFTWARE: identity.software, _HARDWARE: identity.hardware}
    told = [_version(code, said) for code, said in parts.items() if _text(said)]
    return told or [_version(_FIRMWARE, None)]


def _version(code: Code, said: str | None) -> dict[str, Any]:
    return {"type": {"coding": [coding(System.MDC, code)]}, **_told("value", said)}
