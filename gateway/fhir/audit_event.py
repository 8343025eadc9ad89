"""The AuditEvent that says what a row of our audit says: who did what to what, when, and how it was answered.

It is made when it is asked for, and never stored. The basic profile for REST is followed where our rows have the words.
What was stopped because a proof did not hold is a security alert.
https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.fhir.version import instant

__all__ = [
    "ACTIONS",
    "ALERT",
    "OTHER_ACTION",
    "OUTCOMES",
    "REST",
    "STOPPED",
    "TYPE_SYSTEM",
    "Looked",
    "audit_event",
    "subtype",
]

TYPE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
REST: Final = "rest"
"""The type of all that is asked of the FHIR endpoint, or done in its words."""

ALERT: Final = ("http://dicom.nema.org/resources/ontology/DCM", "110113")
"""The type, with its system, of a visit that was stopped: DICOM's “Security Alert”."""

STOPPED: Final = "stopped:"
"""How the interaction of a stopped visit's row begins; its flaw follows."""

ACTIONS: Final = {
    "create": "C",
    "read": "R",
    "vread": "R",
    "history-instance": "R",
    "update": "U",
    "patch": "U",
    "delete": "D",
}
"""The kind of action by FHIR's code of the interaction: https://hl7.org/fhir/R4/valueset-audit-event-action.html."""

OTHER_ACTION: Final = "E"
"""That of all others: searches, operations, transactions."""

OUTCOMES: Final = {"0": (0, 400), "4": (400, 500), "8": (500, 1000)}
"""The outcome by the status of the answer, up to but not including the second number."""

_INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
_REFUSED: Final = "refused"
_REST: Final = {"system": TYPE_SYSTEM, "code": REST, "display": "RESTful Operation"}
_ALERT: Final = {"system": ALERT[0], "code": ALERT[1], "display": "Security Alert"}
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_SOURCE: Final = "http://terminology.hl7.org/CodeSystem/security-source-type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a row says; `patient` is in whose record the resource stands, `version` 0 where none was written."""

    id: str
    at: datetime
    who: str
    interaction: str
    type: str
    resource: str
    version: int
    status: int
    patient: str | None = None


def audit_event(row: Looked) -> dict[str, Any]:
    """Return the AuditEvent of a row."""
    kind = subtype(row.interaction)
    flaw = row.interaction.removeprefix(STOPPED) if row.interaction.startswith(STOPPED) else None
    why = f"HTTP {row.status}" if row.interaction == _REFUSED else flaw and f"Stopped: {flaw}"
    return {
        "resourceType": "AuditEvent",
        "id": row.id,
        "meta": {"versionId": "1", "lastUpdated": instant(row.at)},
        "type": _ALERT if flaw else _REST,
        **({"subtype": [{"system": _INTERACTION, "code": kind}]} if kind else {}),
        "action": ACTIONS.get(row.interaction, OTHER_ACTION),
        "recorded": instant(row.at),
        "outcome": next(code for code, (low, high) in OUTCOMES.items() if low <= row.status < high),
        **({"outcomeDesc": why} if why else {}),
        "agent": [{"who": {"identifier": {"value": row.who}}, "altId": row.who, "requestor": True}],
        "source": {
            "observer": {"display": "Téléborne"},
            "type": [{"system": _SOURCE, "code": "4", "display": "Application Server"}],
        },
        **({"entity": entities} if (entities := [*_entities(row)]) else {}),
    }


def subtype(interaction: str) -> str:
    """Return FHIR's code of what was done, empty for what was refused before that was known, or is not of FHIR."""
    if interaction == _REFUSED or interaction.startswith(STOPPED):
        return ""
    return "operation" if interaction.startswith("$") else interaction


def _entities(row: Looked) -> list[dict[str, Any]]:
    found = []
    if row.resource:
        version = f"/_history/{row.version}" if row.version else ""
        found.append(_entity(f"{row.type}/{row.resource}{version}", "1" if row.type == "Patient" else "4"))
    elif row.type:
        found.append({"role": {"system": _ROLE, "code": "24", "display": "Query"}, "name": row.type})
    if row.patient and row.type != "Patient":
        found.append(_entity(f"Patient/{row.patient}", "1"))
    return found


def _entity(reference: str, role: str) -> dict[str, Any]:
    display = {"1": "Patient", "4": "Domain Resource"}[role]
    return {"what": {"reference": reference}, "role": {"system": _ROLE, "code": role, "display": display}}
