"""A visit at a booth as an Encounter of class VR (virtual).

https://hl7.org/fhir/R4/encounter.html; the class is v3-ActCode VR, as the French teleconsultation report asks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from gateway.fhir.codes import Code, System, coding
from gateway.fhir.observation import instant

__all__ = ["EncounterStatus", "booth_encounter"]

EncounterStatus = Literal["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled"]


def booth_encounter(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    patient: str,
    status: EncounterStatus,
    start: datetime,
    end: datetime | None = None,
    location: str,
) -> dict[str, Any]:
    """Return the visit of *patient* ("Patient/…") from *start* to *end*, both with a zone.

    *location* is the place in words ("Mairie de Caudry").
    """
    period = {"start": instant(start), **({"end": instant(end)} if end else {})}
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": status,
        "class": coding(System.ACT_CODE, Code("VR", "virtual")),
        "subject": {"reference": patient},
        "period": period,
        "location": [{"location": {"display": location}}],
    }
