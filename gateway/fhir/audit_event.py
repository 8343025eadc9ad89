"""The AuditEvent that says what a row of our audit says: who did what to what, when, and how it was answered.

It is made when it is asked for, and never stored. The basic profile for REST is followed where our rows have the words.
What was stopped because a proof did not hold, and a talk that never came about, is a security alert.
https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/BALP/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.fhir.version import instant

__all__ = [
    "ACTIONS",
    "ACTIVITY",
    "ALERT",
    "OPERATED",
    "OTHER_ACTION",
    "OUTCOMES",
    "REST",
    "STOPPED",
    "TYPE_SYSTEM",
    "UNMET",
    "Looked",
    "audit_event",
    "subtype",
]

TYPE_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
REST: Final = "rest"
"""The type of all that is asked of the FHIR endpoint, or done in its words."""

ALERT: Final = ("http://dicom.nema.org/resources/ontology/DCM", "110113")
"""The type, with its system, of a visit that was stopped or never came about: DICOM's “Security Alert”."""

STOPPED: Final = "stopped:"
"""How the interaction of a stopped visit's row begins; its flaw follows."""

UNMET: Final = "unmet:"
"""How that of a visit begins whose two sides never met; how often they tried to connect follows."""

ACTIVITY: Final = ("http://dicom.nema.org/resources/ontology/DCM", "110100")
"""The type of what an operator or a helper did with a booth: DICOM's “Application Activity”."""

OPERATED: Final = {"fleet:": "urn:teleborne:operator-act", "help:": "urn:teleborne:helper-deed"}
"""How the interactions of such rows begin, and the code system of what follows."""

_ALERTED: Final = {STOPPED: "Stopped: ", UNMET: "Never connected, tries: "}

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
_ACTIVITY: Final = {"system": ACTIVITY[0], "code": ACTIVITY[1], "display": "Application Activity"}
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_BOOTH: Final = "Booth"
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
    kind, alert = subtype(row.interaction), _alert(row.interaction)
    who = row.who or "-"  # a helper whom nobody let in has no name
    operated = next((of for of in OPERATED if row.interaction.startswith(of)), None)
    why = f"HTTP {row.status}" if row.interaction == _REFUSED else alert
    return {
        "resourceType": "AuditEvent",
        "id": row.id,
        "meta": {"versionId": "1", "lastUpdated": instant(row.at)},
        "type": _ALERT if alert else _ACTIVITY if operated else _REST,
        **({"subtype": [{"system": OPERATED.get(operated or "", _INTERACTION), "code": kind}]} if kind else {}),
        "action": ACTIONS.get(row.interaction, OTHER_ACTION),
        "recorded": instant(row.at),
        "outcome": next(code for code, (low, high) in OUTCOMES.items() if low <= row.status < high),
        **({"outcomeDesc": why} if why else {}),
        "agent": [{"who": {"identifier": {"value": who}}, "altId": who, "requestor": True}],
        "source": {
            "observer": {"display": "Téléborne"},
            "type": [{"system": _SOURCE, "code": "4", "display": "Application Server"}],
        },
        **({"entity": entities} if (entities := [*_entities(row)]) else {}),
    }


def subtype(interaction: str) -> str:
    """Return FHIR's code of what was done, empty for what was refused before that was known, or is not of FHIR."""
    if interaction == _REFUSED or _alert(interaction):
        return ""
    if interaction.startswith(tuple(OPERATED)):
        return interaction.partition(":")[2]
    return "operation" if interaction.startswith("$") else interaction


def _alert(interaction: str) -> str | None:
    """Return the words of a security alert, None for all else."""
    return next(
        (f"{w}{interaction.removeprefix(of)}" for of, w in _ALERTED.items() if interaction.startswith(of)), None
    )


def _entities(row: Looked) -> list[dict[str, Any]]:
    found = []
    if row.type == _BOOTH:
        booth = {"system": "urn:ietf:rfc:3986", "value": f"urn:teleborne:booth:{row.resource}"}
        return [{"what": {"identifier": booth}, "name": row.resource}]
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
