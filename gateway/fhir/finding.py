"""A stored Observation as a line of the report: what, its value in words, when, and what measured it.

https://hl7.org/fhir/R4/observation.html. Values keep the digits that the device sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from gateway.care.french import NBSP, number
from gateway.care.report import Finding
from gateway.devices.reading import Name
from gateway.errors import Invalid
from gateway.fhir.codes import NAMES, System

__all__ = ["finding"]

_SYSTOLIC: Final = NAMES[Name.SYSTOLIC].loinc[0].code
_DIASTOLIC: Final = NAMES[Name.DIASTOLIC].loinc[0].code
_ABSENT: Final = "—"
_BY_HAND: Final = "saisie à la main"


def finding(observation: Mapping[str, Any], device: Mapping[str, Any] | None) -> Finding:
    """Return the line of an Observation measured by *device* (None: typed by somebody, or the device is unknown).

    Raises Invalid for an Observation that does not say when it was true: a report names the time of each reading.
    """
    reference = f"Observation/{observation['id']}"
    stretch = observation.get("effectivePeriod", {})
    at = observation.get("effectiveDateTime") or observation.get("effectiveInstant") or stretch.get("start")
    if at is None or len(at) <= len("2026-11-22"):
        raise Invalid(f"{reference} has no time.", where="readings", remedy="Use a reading that has one.")
    return Finding(
        reference=reference,
        what=_words(observation["code"]),
        value=_value(observation),
        at=datetime.fromisoformat(at),
        source=_source(device),
        until=datetime.fromisoformat(stretch["end"]) if "end" in stretch else None,
    )


def _words(concept: Mapping[str, Any]) -> str:
    if "text" in concept:
        return str(concept["text"])
    return next((str(each["display"]) for each in concept.get("coding", ()) if "display" in each), _ABSENT)


def _value(observation: Mapping[str, Any]) -> str:
    """Return 132/81 mmHg for a blood pressure, else the value with its unit; what was not measured is a dash."""
    components = list(_components(observation))
    pressure = [quantity for code in (_SYSTOLIC, _DIASTOLIC) for name, quantity in components if name == code]
    if len(pressure) == 2:  # noqa: PLR2004 - systolic and diastolic
        first, second = (number(_exact(each["value"])) for each in pressure)
        return f"{first}/{second}{_unit(pressure[0])}"
    quantity = observation.get("valueQuantity", {})
    if "value" in quantity:
        return f"{quantity.get('comparator', '')}{number(_exact(quantity['value']))}{_unit(quantity)}"
    return str(observation.get("valueString", _ABSENT))


def _components(observation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for component in observation.get("component", ()):
        quantity = component.get("valueQuantity", {})
        if "value" in quantity:
            for each in component["code"].get("coding", ()):
                if each.get("system") == System.LOINC:
                    yield each.get("code", ""), quantity


def _exact(value: Any) -> Decimal | int:
    assert isinstance(value, Decimal | int), "gateway.fhir.json reads no floats"
    return value


def _unit(quantity: Mapping[str, Any]) -> str:
    unit = quantity.get("unit") or quantity.get("code", "")
    return f"{NBSP}{unit}" if unit else ""


def _source(device: Mapping[str, Any] | None) -> str:
    if device is None:
        return _BY_HAND
    named = " ".join(str(device[each]) for each in ("manufacturer", "modelNumber") if each in device)
    names = (str(each["name"]) for each in device.get("deviceName", ()))
    return named or next(names, str(device.get("type", {}).get("text", _ABSENT)))
