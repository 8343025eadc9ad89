"""What a person agreed to, word for word, and when.

https://hl7.org/fhir/R4/consent.html. A refusal is kept too: status rejected, provision deny; a yes that was taken back
is inactive, provision deny. Who spoke for the person is a contained RelatedPerson.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, Final, Literal

from gateway.fhir.codes import Code, System, coding
from gateway.fhir.observation import instant

__all__ = ["Scope", "consent"]

Scope = Literal["patient-privacy", "treatment", "research", "adr"]

_SCOPES: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_RELATION: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_RELATIONS: Final = {
    "parent": Code("PRN", "parent"),
    "relative": Code("FAMMEMB", "family member"),
}
_CONSENT_DOCUMENT: Final = Code("59284-0", "Consent Document")


def consent(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    patient: str,
    at: datetime,
    version: str,
    permit: bool,
    text: str,
    scope: Scope = "patient-privacy",
    lang: Literal["fr", "en"] = "fr",
    withdrawn: bool = False,
    by: str | None = None,
) -> dict[str, Any]:
    """Return the Consent of *patient* ("Patient/…") given or refused *at* (with a zone).

    *text* is what was shown and read out, in *lang*; *version* names that text, so that a later wording is another one.
    *withdrawn*: it had been given before. *by* is what whoever spoke for the patient is to them, "parent" for example.
    """
    rule = Code("OPTIN", "opt-in") if permit else Code("OPTOUT", "opt-out")
    spoke = {"resourceType": "RelatedPerson", "id": "spoke", "patient": {"reference": patient}}
    spoken = spoke | {"relationship": [_relation(by)]} if by else None
    return {
        "resourceType": "Consent",
        "id": id,
        **({"contained": [spoken]} if spoken else {}),
        "status": "active" if permit else "inactive" if withdrawn else "rejected",
        "scope": {"coding": [{"system": _SCOPES, "code": scope}]},
        "category": [{"coding": [coding(System.LOINC, _CONSENT_DOCUMENT)]}],
        "patient": {"reference": patient},
        "dateTime": instant(at),
        **({"performer": [{"reference": "#spoke"}]} if spoken else {}),
        "sourceAttachment": {
            "contentType": "text/plain; charset=utf-8",
            "language": lang,
            "data": base64.b64encode(text.encode()).decode(),
            "title": version,
        },
        "policyRule": {"coding": [coding(System.ACT_CODE, rule)]},
        "provision": {"type": "permit" if permit else "deny"},
    }


def _relation(by: str) -> dict[str, Any]:
    known = _RELATIONS.get(by)
    return {**({"coding": [coding(_RELATION, known)]} if known else {}), "text": by}
