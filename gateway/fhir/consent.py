"""What a person agreed to, word for word, and when.

https://hl7.org/fhir/R4/consent.html. A refusal is kept too: status rejected, provision deny.
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
) -> dict[str, Any]:
    """Return the Consent of *patient* ("Patient/…") given or refused *at* (with a zone).

    *text* is what was shown and read out, in *lang*; *version* names that text, so that a later wording is another one.
    """
    rule = Code("OPTIN", "opt-in") if permit else Code("OPTOUT", "opt-out")
    return {
        "resourceType": "Consent",
        "id": id,
        "status": "active" if permit else "rejected",
        "scope": {"coding": [{"system": _SCOPES, "code": scope}]},
        "category": [{"coding": [coding(System.LOINC, _CONSENT_DOCUMENT)]}],
        "patient": {"reference": patient},
        "dateTime": instant(at),
        "sourceAttachment": {
            "contentType": "text/plain; charset=utf-8",
            "language": lang,
            "data": base64.b64encode(text.encode()).decode(),
            "title": version,
        },
        "policyRule": {"coding": [coding(System.ACT_CODE, rule)]},
        "provision": {"type": "permit" if permit else "deny"},
    }
