"""A Reading as a FHIR R4 Observation: vital-signs profile and Personal Health Device profile at once.

https://hl7.org/fhir/R4/observation-vitalsigns.html, https://build.fhir.org/ig/HL7/phd/

Numbers keep the device's digits. A special value becomes a dataAbsentReason. A unit that the profile binds away (kPa)
is converted, and the number as the device said it stays beside it in the standard extension iso21090-PQ-translation.
What the device says about its own measurement becomes status, interpretation, dataAbsentReason, meta.security or, bit
by bit, components. The device's user slot is no patient and is not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from gateway.devices.reading import DeviceTime, Measure, Name, Quality, Reading
from gateway.devices.waveform import length
from gateway.fhir.circumstances import circumstance_components, exact_sample
from gateway.fhir.codes import (
    ABSENT,
    BITS,
    CHARACTERISTIC_MDC,
    CONVERSIONS,
    HTEST,
    KINDS,
    NAMES,
    SITES,
    STATUSES,
    UNITS,
    Code,
    Conversion,
    KindRow,
    Remark,
    System,
    Ucum,
    coding,
)
from gateway.fhir.sampled_data import sampled_data

__all__ = ["STATUS_RANK", "coincident_timestamp", "instant", "observation"]

STATUS_RANK: Final = ("final", "preliminary", "cancelled", "entered-in-error")

_GATEWAY_DEVICE: Final = System.R4_PROFILE + "observation-gatewayDevice"
_COINCIDENT: Final = System.PHD_PROFILE + "CoincidentTimeStampReference"
_TRANSLATION: Final = System.R4_PROFILE + "iso21090-PQ-translation"
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a device's clock has no zone
_WIDE: Final = Context(prec=60)


def observation(
    reading: Reading,
    *,
    id: str,  # noqa: A002 - FHIR's own word
    patient: str,
    device: str,
    gateway_device: str,
    effective: datetime,
    device_key: str,
    issued: datetime | None = None,
    encounter: str | None = None,
    patient_key: str | None = None,
    coincident: str | None = None,
    characteristic: str | None = None,
) -> dict[str, Any]:
    """Return *reading* as an Observation about *patient*.

    References are relative ("Patient/…"). *effective* is when it was measured, with a zone. *device_key* is
    `DeviceIdentity.key`; *patient_key* is `value-system` of the patient's identifier, else the logical id counts.
    *coincident* refers to the connection's coincident time stamp. *characteristic* ("2A35") tells a cuff's pulse from
    an oximeter's. Energy expended (kJ) has no place in a heart-rate Observation and is not written.
    Raises ValueError for a unit that the reading's profile has no room for, or a time without a zone.
    """
    row = KINDS[reading.kind]
    about_it = reading.qualities & STATUSES.keys()
    remarks = [STATUSES[quality] for quality in Quality if quality in about_it] if about_it else []
    value, components = _numbers(row, reading, remarks)
    if reading.series is not None:
        value = {"valueSampledData": sampled_data(reading.series)}
    valued = any("valueQuantity" in part for part in (value, *components))
    is_vital_sign = row.profile is not None and (valued or not row.profile_needs_value)
    sample = exact_sample(reading.circumstances)
    mdc = sample or CHARACTERISTIC_MDC.get((reading.kind, characteristic or ""), row.concept.mdc)
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": id,
        "meta": _meta(row, remarks, is_vital_sign=is_vital_sign, is_curve=reading.series is not None),
        "extension": _extensions(gateway_device, coincident),
        "identifier": _identifiers(device_key, patient_key or patient.rpartition("/")[2], mdc, reading.device_time),
        "status": max((remark.status for remark in remarks), key=STATUS_RANK.index, default="final"),
        "category": _categories(is_vital_sign=is_vital_sign),
        "code": row.concept.codeable(mdc, loinc=is_vital_sign or row.profile is None),
        "subject": {"reference": patient},
        "encounter": {"reference": encounter} if encounter else None,
        **_effective(reading, effective),
        "issued": instant(issued) if issued else None,
        **value,
        "interpretation": _interpretations(remarks) if valued else None,
        "bodySite": _body_site(reading.body_site),
        "device": {"reference": device},
        "component": [*components, *circumstance_components(reading.circumstances), *_bits(reading.qualities)],
    }
    return {name: element for name, element in found.items() if element}


def coincident_timestamp(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    device: str,
    gateway_device: str,
    device_time: DeviceTime | None,
    at: datetime,
) -> dict[str, Any]:
    """Return the PhdCoincidentTimeStampObservation: what the device's clock said when ours said *at* (with a zone).

    The device's clock is read as being in our zone; a clock that says no real date is a time fault (dataAbsentReason
    unknown).
    https://build.fhir.org/ig/HL7/phd/CoincidentTimeStamp.html
    """
    said = _civil(device_time)
    value: dict[str, Any] = (
        {"valueDateTime": instant(said.replace(tzinfo=at.tzinfo))} if said else {"dataAbsentReason": _absent("unknown")}
    )
    return {
        "resourceType": "Observation",
        "id": id,
        "meta": {"profile": [System.PHD_PROFILE + "PhdCoincidentTimeStampObservation"]},
        "status": "final",
        "code": {
            "coding": [coding(System.MDC, Code("67975", "MDC_ATTR_TIME_ABS"))],
            "text": "Heure de l'appareil",
        },
        "subject": {"reference": device},
        "effectiveDateTime": instant(at),
        **value,
        "device": {"reference": gateway_device},
    }


def instant(at: datetime) -> str:
    """Return *at* as a FHIR instant, milliseconds where there are any; raise ValueError when it has no zone."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError(f"{at.isoformat()} has no time zone; give an aware datetime")
    # FHIR writes offsets in whole minutes; old local mean times have seconds.
    whole = at if offset.total_seconds() % 60 == 0 else at.astimezone(UTC)
    return whole.isoformat(timespec="milliseconds" if whole.microsecond else "seconds")


def _effective(reading: Reading, start: datetime) -> dict[str, Any]:
    """Return when it was measured: a moment, or for a curve the time from its first sample to its last."""
    if reading.series is None:
        return {"effectiveDateTime": instant(start)}
    return {"effectivePeriod": {"start": instant(start), "end": instant(start + length(reading.series))}}


def _meta(row: KindRow, remarks: Iterable[Remark], *, is_vital_sign: bool, is_curve: bool) -> dict[str, Any]:
    phd = "PhdNumericObservation" if row.value else "PhdCompoundNumericObservation"
    phd = "PhdRtsaObservation" if is_curve else phd
    profiles = [System.R4_PROFILE + row.profile] if is_vital_sign and row.profile else []
    security = {"security": [dict(HTEST)]} if any(remark.test for remark in remarks) else {}
    return {"profile": [*profiles, System.PHD_PROFILE + phd], **security}


def _extensions(gateway_device: str, coincident: str | None) -> list[dict[str, Any]]:
    references = {_GATEWAY_DEVICE: gateway_device, _COINCIDENT: coincident}
    return [{"url": url, "valueReference": {"reference": to}} for url, to in references.items() if to]


def _identifiers(
    device_key: str, patient_key: str, mdc: Code | None, device_time: DeviceTime | None
) -> list[dict[str, Any]] | None:
    """Return the guide's conditional-create identifier; none where the device gave no real time.

    Its time stamp is the device's own clock in seconds since 2000-01-01:
    https://build.fhir.org/ig/HL7/phd/GeneratingtheTimeStampPartIdentifier.html
    """
    said = _civil(device_time)
    if said is None or mdc is None:
        return None
    seconds = int((said - _EPOCH).total_seconds())
    key = re.sub("[^0-9A-F]", "", device_key.upper())
    return [{"system": System.PHD_IDENTIFIER, "value": f"{key}-{patient_key}-{mdc.code}-{seconds}"}]


def _civil(time: DeviceTime | None) -> datetime | None:
    if time is None:
        return None
    try:
        return datetime(time.year, time.month, time.day, time.hour, time.minute, time.second)  # noqa: DTZ001 - no zone
    except ValueError:
        return None


def _categories(*, is_vital_sign: bool) -> list[dict[str, Any]]:
    vital = {"coding": [coding(System.CATEGORY, Code("vital-signs", "Vital Signs"))], "text": "Signes vitaux"}
    phd = {"coding": [coding(System.PHD_CATEGORY, Code("phd"))]}
    return [vital, phd] if is_vital_sign else [phd]


def _numbers(row: KindRow, reading: Reading, remarks: Iterable[Remark]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    absent = next((remark.absent for remark in remarks if remark.absent), None)
    measures = {measure.name: measure for measure in reading.measures}
    value = _number(row, measures.get(row.value), absent) if row.value else {}
    names = (name for name in row.components if name in measures or name in row.always)
    return value, [_component(row, name, measures.get(name), absent) for name in names]


def _component(row: KindRow, name: Name, measure: Measure | None, absent: str | None) -> dict[str, Any]:
    return {"code": NAMES[name].codeable(), **_number(row, measure, absent)}


def _number(row: KindRow, measure: Measure | None, absent: str | None) -> dict[str, Any]:
    if measure is None:
        return {"dataAbsentReason": _absent(absent or "unknown")}
    if absent or not isinstance(measure.value, Decimal):
        return {"dataAbsentReason": _absent(absent or ABSENT[measure.value])}  # type: ignore[index] # not a Decimal: a Special
    said = UNITS[measure.unit]
    if said.code in row.units:
        return {"valueQuantity": _quantity(measure.value, said)}
    conversion = CONVERSIONS.get(measure.unit)
    if conversion is None or conversion.to.code not in row.units:
        raise ValueError(f"a {row.profile or row.concept.text} Observation cannot hold {measure.name} in {said.code}")
    translation = {"url": _TRANSLATION, "valueQuantity": _quantity(measure.value, said)}
    converted = _quantity(_converted(measure.value, conversion), conversion.to)
    return {"valueQuantity": {"extension": [translation], **converted}}


def _quantity(value: Decimal, ucum: Ucum) -> dict[str, Any]:
    return {"value": value, "unit": ucum.unit, "system": System.UCUM, "code": ucum.code}


def _converted(value: Decimal, conversion: Conversion) -> Decimal:
    """Return *value* in the other unit, with as many digits as the device's resolution is worth there.

    The last digit is the power of ten nearest to the device's own step, and never coarser than 1: 16.0 kPa (steps of
    0.1 kPa, 0.75 mmHg) is 120 mm[Hg], 1.750 m (steps of 0.001 m, 0.1 cm) is 175.0 cm.
    """
    _, _, exponent = value.as_tuple()
    step = _WIDE.multiply(Decimal(1).scaleb(int(exponent)), conversion.factor)
    last = min(0, int(_WIDE.log10(step).to_integral_value(ROUND_HALF_EVEN)))
    exact = _WIDE.multiply(value, conversion.factor)
    return exact.quantize(Decimal(1).scaleb(last), rounding=ROUND_HALF_EVEN, context=_WIDE)


def _absent(reason: str) -> dict[str, Any]:
    return {"coding": [{"system": System.ABSENT_REASON, "code": reason}]}


def _interpretations(remarks: Iterable[Remark]) -> list[dict[str, Any]]:
    codes = dict.fromkeys(remark.interpretation for remark in remarks if remark.interpretation)
    return [{"coding": [coding(System.MEASUREMENT_STATUS, code)]} for code in codes]


def _body_site(site: str | None) -> dict[str, Any] | None:
    if not site:
        return None
    word = re.match("[a-z]*", site.lower())
    known = SITES.get(site) or SITES.get(word.group() if word else "")
    return {"coding": [coding(System.SNOMED, known[0])], "text": known[1]} if known else {"text": site}


def _bits(qualities: frozenset[Quality]) -> list[dict[str, Any]]:
    said = ((code, text) for quality, (code, text) in BITS.items() if quality in qualities)
    return [
        {
            "code": {"coding": [coding(System.ASN1, code)], "text": text} if code else {"text": text},
            "valueBoolean": True,
        }
        for code, text in said
    ]
