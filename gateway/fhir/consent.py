"""What a person agreed to, word for word, and when.

https://hl7.org/fhir/R4/consent.html. A refusal is kept too: status rejected, provision deny; a yes that was taken back
is inactive, provision deny. Who spoke for the person is a contained RelatedPerson. The second category says what it is
about, in our own words; `provision.data` names the visit in which it was said, `provision.actor` the one whom it is
about where that is somebody in particular.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from gateway.fhir.codes import Code, System, coding
from gateway.fhir.observation import instant

__all__ = ["ABOUT", "SHARE", "Actor", "Scope", "consent"]

Scope = Literal["patient-privacy", "treatment", "research", "adr"]

_SCOPES: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_RELATION: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_RELATIONS: Final = {
    "parent": Code("PRN", "parent"),
    "relative": Code("FAMMEMB", "family member"),
}
ABOUT: Final = "urn:teleborne:consent"
"""The system of what a consent is about."""

SHARE: Final = "share"
"""About: the patient's own doctor may read the report and the readings."""

_PARTS: Final = "urn:teleborne:part"
_RPPS: Final = "https://rpps.esante.gouv.fr"
_CONSENT_DOCUMENT: Final = Code("59284-0", "Consent Document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whom a consent is about: as what they take part, what they are called, their national number if they have one."""

    part: str
    name: str
    rpps: str | None = None


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
    about: str | None = None,
    encounter: str | None = None,
    actor: Actor | None = None,
) -> dict[str, Any]:
    """Return the Consent of *patient* ("Patient/…") given or refused *at* (with a zone).

    *text* is what was shown and read out, in *lang*; *version* names that text, so that a later wording is another one.
    *withdrawn*: it had been given before. *by* is what whoever spoke for the patient is to them, "parent" for example.
    *about* names what was asked, *encounter* ("Encounter/…") when, *actor* whom it is about.
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
        "category": [
            {"coding": [coding(System.LOINC, _CONSENT_DOCUMENT)]},
            *([{"coding": [coding(ABOUT, Code(about))]}] if about else []),
        ],
        "patient": {"reference": patient},
        "dateTime": instant(at),
        "performer": [{"reference": "#spoke" if spoken else patient}],
        "sourceAttachment": {
            "contentType": "text/plain; charset=utf-8",
            "language": lang,
            "data": base64.b64encode(text.encode()).decode(),
            "title": version,
        },
        "policyRule": {"coding": [coding(System.ACT_CODE, rule)]},
        "provision": {
            "type": "permit" if permit else "deny",
            **({"actor": [_actor(actor)]} if actor else {}),
            **({"data": [{"meaning": "related", "reference": {"reference": encounter}}]} if encounter else {}),
        },
    }


def _actor(actor: Actor) -> dict[str, Any]:
    number = {"type": "Practitioner", "identifier": {"system": _RPPS, "value": actor.rpps}} if actor.rpps else {}
    return {
        "role": {"coding": [coding(_PARTS, Code(actor.part))], "text": actor.part},
        "reference": {**number, "display": actor.name},
    }


def _relation(by: str) -> dict[str, Any]:
    known = _RELATIONS.get(by)
    return {**({"coding": [coding(_RELATION, known)]} if known else {}), "text": by}
