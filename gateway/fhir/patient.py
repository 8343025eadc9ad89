"""The person: a provisional Patient for a visit without identity, and a known one.

https://hl7.org/fhir/R4/patient.html. The reliability of the identity is the French core extension
https://hl7.fr/ig/fhir/core/StructureDefinition-fr-core-identity-reliability.html: PROV until a human has seen a proof.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from gateway.fhir.codes import HTEST

__all__ = [
    "Gender",
    "Identifier",
    "as_trait",
    "birth_place_of",
    "given_names_of",
    "identified_patient",
    "patient",
    "provisional_patient",
]

Gender = Literal["male", "female", "other", "unknown"]

_RELIABILITY: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
_RELIABILITY_CODES: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445"
_TYPES: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
_GIVEN_NAMES: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name"
_BIRTH_PLACE: Final = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_INSEE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
_PLACES: Final = "https://mos.esante.gouv.fr/NOS/TRE_R13-Commune/FHIR/TRE-R13-Commune"
_STATES: Final[Mapping[str, str]] = {
    "PROV": "Identité provisoire",
    "RECUP": "Identité récupérée",
    "VALI": "Identité validée",
    "QUAL": "Identité qualifiée",
}
_WAITING: Final = "INS-NIA"
_LETTERS: Final = str.maketrans(
    {"Œ": "OE", "Æ": "AE", "ẞ": "SS", "’": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An INS matricule: the OID of its authority, FR Core's type, fifteen characters."""

    oid: str
    type: str
    value: str


def identified_patient(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    family: str,
    given: Sequence[str],
    birth_date: date,
    gender: Gender,
    birth_place: str,
    status: str,
    number: Identifier | None = None,
    test: bool = False,
) -> dict[str, Any]:
    """Return the Patient of somebody whose strict traits are known; *birth_place* is an INSEE code.

    *status* is one of PROV, RECUP, VALI, QUAL. A *number* needs QUAL: FR Core lets no other identity carry one.
    """
    if number is not None and status != "QUAL":
        raise ValueError("only a qualified identity carries an INS number")
    place = {"url": _INSEE, "valueCoding": {"system": _PLACES, "code": birth_place}}
    name = {
        "extension": [{"url": _GIVEN_NAMES, "valueString": " ".join(given)}],
        "use": "official",
        "text": f"{given[0]} {family}",
        "family": family,
        "given": [given[0]],
    }
    birth = {"url": _BIRTH_PLACE, "valueAddress": {"extension": [place]}}
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id,
        "meta": {"security": [dict(HTEST)]} if test else None,
        "extension": [_reliability(status, _STATES[status]), birth],
        "identifier": [_ins(number)] if number else None,
        "active": True,
        "name": [name],
        "gender": gender,
        "birthDate": birth_date.isoformat(),
    }
    return {name: element for name, element in person.items() if element}


def as_trait(name: str) -> str:
    """Return *name* as the INSi teleservice writes it: capitals without accents, hyphens and apostrophes kept."""
    plain = unicodedata.normalize("NFKD", name.strip().upper().translate(_LETTERS))
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())


def given_names_of(name: Mapping[str, Any]) -> list[str]:
    """Return all birth given names in a HumanName, as traits; only those it has where there is no list of them."""
    listed = (each.get("valueString", "") for each in name.get("extension", ()) if each.get("url") == _GIVEN_NAMES)
    return as_trait(next(listed, " ".join(map(str, name.get("given", ()))))).split()


def birth_place_of(patient: Mapping[str, Any]) -> str | None:
    """Return the INSEE code of a Patient's birth place; None: it is not known."""
    births = (each.get("valueAddress", {}) for each in patient.get("extension", ()) if each.get("url") == _BIRTH_PLACE)
    places = (place for birth in births for place in birth.get("extension", ()) if place.get("url") == _INSEE)
    return next((place["valueCoding"]["code"] for place in places), None)


def _ins(number: Identifier) -> dict[str, Any]:
    return {
        "use": "temp" if number.type == _WAITING else "official",
        "type": {"coding": [{"system": _TYPES, "code": number.type}]},
        "system": f"urn:oid:{number.oid}",
        "value": number.value,
    }


def provisional_patient(*, id: str, label: str = "Identité provisoire") -> dict[str, Any]:  # noqa: A002 - FHIR's own word
    """Return the Patient of one visit of somebody unidentified; *label* is what a physician's list shows."""
    return {
        "resourceType": "Patient",
        "id": id,
        "extension": [_reliability("PROV", "Identité provisoire")],
        "active": True,
        "name": [{"use": "temp", "text": label}],
    }


def patient(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    family: str,
    given: Sequence[str],
    birth_date: date | str,
    gender: Gender,
    identifiers: Sequence[Mapping[str, Any]] = (),
    test: bool = False,
) -> dict[str, Any]:
    """Return a known person as a Patient.

    *birth_date* is a date, or text where only the year or the month is known ("1956-03"). *identifiers* are FHIR
    Identifiers. *test* marks an invented person: meta.security HTEST.
    """
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id,
        "meta": {"security": [dict(HTEST)]} if test else None,
        "identifier": [dict(identifier) for identifier in identifiers],
        "active": True,
        "name": [{"use": "official", "family": family, "given": list(given), "text": f"{' '.join(given)} {family}"}],
        "gender": gender,
        "birthDate": birth_date.isoformat() if isinstance(birth_date, date) else birth_date,
    }
    return {name: element for name, element in person.items() if element}


def _reliability(code: str, display: str) -> dict[str, Any]:
    status = {"system": _RELIABILITY_CODES, "code": code, "display": display}
    return {"url": _RELIABILITY, "extension": [{"url": "identityStatus", "valueCoding": status}]}
