"""The R4 vital-signs profiles: who must keep them, and what they ask.

https://hl7.org/fhir/R4/observation-vitalsigns.html. An Observation must keep a profile that it claims in meta.profile,
and the one that its LOINC code stands for: the official validator applies the profile of a "magic" code as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from gateway.errors import Invalid
from gateway.fhir.bindings import COMMON_UNITS
from gateway.fhir.codes import System
from gateway.fhir.invariants import has_value

__all__ = ["PROFILES", "VitalSign", "check_vital_signs"]

_LENGTHS: Final = frozenset({"cm", "[in_i]"})

_YEAR_MONTH_DAY: Final = 8
"""The characters that vs-1 counts: a date to the day has at least these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSign:
    """One profile: the LOINC code it fixes and the units it binds.

    `components` are LOINC codes of components that must be there exactly once, in these units instead of a value.
    `members` asks for hasMember. `value` says that a value is required even when there is a reason for its absence.
    """

    code: str
    units: frozenset[str] = frozenset()
    components: tuple[str, ...] = ()
    members: bool = False
    value: bool = False


PROFILES: Final[dict[str, VitalSign]] = {
    "bp": VitalSign(code="85354-9", units=frozenset({"mm[Hg]"}), components=("8480-6", "8462-4")),
    "oxygensat": VitalSign(code="2708-6", units=frozenset({"%"})),
    "heartrate": VitalSign(code="8867-4", units=frozenset({"/min"})),
    "resprate": VitalSign(code="9279-1", units=frozenset({"/min"})),
    "bodytemp": VitalSign(code="8310-5", units=frozenset({"Cel", "[degF]"})),
    "bodyweight": VitalSign(code="29463-7", units=frozenset({"kg", "g", "[lb_av]"})),
    "bodyheight": VitalSign(code="8302-2", units=_LENGTHS),
    "headcircum": VitalSign(code="9843-4", units=_LENGTHS),
    "bmi": VitalSign(code="39156-5", units=frozenset({"kg/m2"}), value=True),
    "vitalspanel": VitalSign(code="85353-1", members=True),
}

_BY_CODE: Final = {row.code: name for name, row in PROFILES.items()}


def check_vital_signs(observation: dict[str, Any]) -> None:
    """Raise Invalid unless *observation*, whose structure is right, keeps every vital-signs profile that applies."""
    names = _profiles(observation)
    if not names:
        return
    _check_common(observation)
    for name in names - {"vitalsigns"}:
        _check_one(observation, name, PROFILES[name])


def _profiles(observation: dict[str, Any]) -> set[str]:
    claimed = {
        url.removeprefix(System.R4_PROFILE).partition("|")[0]
        for url in observation.get("meta", {}).get("profile", [])
        if isinstance(url, str) and url.startswith(System.R4_PROFILE)
    }
    # The category says that the sender means a vital sign; a bare code may be anything from a survey to a goal.
    means = any("vital-signs" in _codes(each, System.CATEGORY) for each in observation.get("category", []))
    codes = _codes(observation["code"], System.LOINC) if means else ()
    implied = {_BY_CODE[code] for code in codes if code in _BY_CODE}
    return implied | claimed & {"vitalsigns", *PROFILES}


def _codes(concept: dict[str, Any], system: str) -> Iterator[str]:
    return (coding.get("code", "") for coding in concept.get("coding", []) if coding.get("system") == system)


def _check_common(observation: dict[str, Any]) -> None:
    category = [code for each in observation.get("category", []) for code in set(_codes(each, System.CATEGORY))]
    if category.count("vital-signs") != 1:
        _refuse("has the category vital-signs once", "Observation.category")
    if "subject" not in observation:
        _refuse("says whose it is", "Observation.subject")
    _check_subject(observation["subject"])
    _check_effective(observation)
    parts = observation.get("component", [])
    if not parts and "hasMember" not in observation and not _has_value_or_reason(observation):
        _refuse("has a value or a dataAbsentReason", "Observation", key="vs-2")
    for at, part in enumerate(parts):
        where = f"Observation.component[{at}]"
        if not _has_value_or_reason(part):
            _refuse("has a value or a dataAbsentReason in each component", where, key="vs-3")
        if part.get("valueQuantity", {}).get("code", "%") not in COMMON_UNITS:
            _refuse(f"has components in one of {', '.join(sorted(COMMON_UNITS))}", f"{where}.value.code")


def _has_value_or_reason(element: dict[str, Any]) -> bool:
    return has_value(element) or "dataAbsentReason" in element


def _check_subject(subject: dict[str, Any]) -> None:
    reference = subject.get("reference", "")
    if "/" in reference and "://" not in reference and not reference.startswith("Patient/"):
        _refuse("is about a Patient", "Observation.subject.reference")


def _check_effective(observation: dict[str, Any]) -> None:
    if not {"effectiveDateTime", "effectivePeriod", "_effectiveDateTime"} & observation.keys():
        _refuse("says when it was measured: effectiveDateTime or effectivePeriod", "Observation.effective")
    if len(observation.get("effectiveDateTime", "2000-01-01")) < _YEAR_MONTH_DAY:
        _refuse("says when it was measured to the day at least", "Observation.effective", key="vs-1")


def _check_one(observation: dict[str, Any], name: str, row: VitalSign) -> None:
    if list(_codes(observation["code"], System.LOINC)).count(row.code) != 1:
        _refuse(f"has the LOINC code {row.code} once", "Observation.code", profile=name)
    if row.members and "hasMember" not in observation:
        _refuse("has members", "Observation.hasMember", profile=name)
    if row.components:
        _check_components(observation, name, row)
    elif row.units:
        _check_value(observation, name, row)


def _check_value(observation: dict[str, Any], name: str, row: VitalSign) -> None:
    quantity = observation.get("valueQuantity")
    if quantity is not None:
        _check_quantity(quantity, name, row, "Observation.value")
    elif has_value(observation):
        _refuse("has a Quantity as its value", "Observation.value", profile=name)
    elif row.value:
        _refuse("has a value", "Observation.value", profile=name)


def _check_components(observation: dict[str, Any], name: str, row: VitalSign) -> None:
    if has_value(observation):
        _refuse("has components instead of a value", "Observation.value", profile=name)
    parts = observation.get("component", [])
    for code in row.components:
        found = [at for at, part in enumerate(parts) if code in _codes(part["code"], System.LOINC)]
        if len(found) != 1:
            _refuse(f"has one component with the LOINC code {code}", "Observation.component", profile=name)
        where = f"Observation.component[{found[0]}].value"
        quantity = parts[found[0]].get("valueQuantity")
        if quantity is not None:
            _check_quantity(quantity, name, row, where)
        elif has_value(parts[found[0]]):
            _refuse("has a Quantity as its value", where, profile=name)


def _check_quantity(quantity: dict[str, Any], name: str, row: VitalSign, where: str) -> None:
    for element in ("value", "unit", "system", "code"):
        if element not in quantity and f"_{element}" not in quantity:
            _refuse(f"has the {element} of its quantity", f"{where}.{element}", profile=name)
    if quantity.get("system") != System.UCUM:
        _refuse(f"has a unit of {System.UCUM}", f"{where}.system", profile=name)
    if quantity.get("code") not in row.units:
        _refuse(f"has the unit {' or '.join(sorted(row.units))}", f"{where}.code", profile=name)


def _refuse(asks: str, where: str, *, profile: str = "vitalsigns", key: str = "") -> None:
    label = f"{key}: " if key else ""
    raise Invalid(
        f"{label}A vital sign of profile {profile} {asks}.",
        where=where,
        remedy=f"See {System.R4_PROFILE}{profile}.",
    )
