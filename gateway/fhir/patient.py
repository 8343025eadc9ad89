"""The person: a provisional Patient for a visit without identity, and a known one.

https://hl7.org/fhir/R4/patient.html. The reliability of the identity is the French core extension
https://hl7.fr/ig/fhir/core/StructureDefinition-fr-core-identity-reliability.html: PROV until a human has seen a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

from gateway.fhir.codes import HTEST

__all__ = ["Gender", "patient", "provisional_patient"]

Gender = Literal["male", "female", "other", "unknown"]

_RELIABILITY: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
_RELIABILITY_CODES: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445"


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
