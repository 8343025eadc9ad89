"""A visit at a booth as an Encounter of class VR (virtual).

https://hl7.org/fhir/R4/encounter.html; the class is v3-ActCode VR, as the French teleconsultation report asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from gateway.fhir.codes import Code, System, coding
from gateway.fhir.observation import instant

__all__ = ["EncounterStatus", "Talk", "booth_encounter", "told_by_a_booth", "with_talk"]

EncounterStatus = Literal["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled"]


def booth_encounter(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    patient: str,
    status: EncounterStatus,
    start: datetime,
    end: datetime | None = None,
    location: str,
    phone: str | None = None,
    part_of: str | None = None,
) -> dict[str, Any]:
    """Return the visit of *patient* ("Patient/…") from *start* to *end*, both with a zone.

    *part_of* ("Encounter/…") is the stay at the booth of which this is a later call.
    *location* is the place in words ("Mairie de Caudry"), *phone* who can be called there while a call is cut.
    """
    period = {"start": instant(start), **({"end": instant(end)} if end else {})}
    telecom = [{"system": "phone", "value": phone}]
    place = {"resourceType": "Location", "id": "place", "name": location, "telecom": telecom}
    return {
        "resourceType": "Encounter",
        "id": id,
        **({"contained": [place]} if phone else {}),
        "status": status,
        "class": coding(System.ACT_CODE, Code("VR", "virtual")),
        "subject": {"reference": patient},
        "period": period,
        **({"partOf": {"reference": part_of}} if part_of else {}),
        "location": [{"location": {**({"reference": "#place"} if phone else {}), "display": location}}],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the gateway knows of a visit that its booth does not.

    `physician` and `name` are a Practitioner's reference and name. The patient waited from `queued`, was `admitted`,
    talked until `hung_up`; `ended` once nothing is owed any more.
    """

    queued: datetime
    physician: str | None = None
    name: str = ""
    admitted: datetime | None = None
    hung_up: datetime | None = None
    ended: datetime | None = None


_FINISHED: Final = "finished"
_CANCELLED: Final = "cancelled"
_OURS: Final = ("identifier", "statusHistory", "participant", "reasonCode")
"""What the gateway writes into a booth's Encounter and no booth knows."""


def with_talk(encounter: Mapping[str, Any], talk: Talk) -> dict[str, Any]:
    """Return the visit with who talked with the patient, since when and until when; finished once nothing is owed.

    A visit that nobody talked in is the booth's to finish; a later call of the same stay ends with itself.
    """
    whole = {**encounter, "statusHistory": _history(talk)}
    if talk.physician is None or talk.admitted is None:
        whole.pop("participant", None)
    else:
        who = {"reference": talk.physician, "display": talk.name}
        whole["participant"] = [{"individual": who, "period": _period(talk.admitted, talk.hung_up)}]
    if talk.admitted is not None and talk.hung_up is not None:
        whole["period"] = _until(talk.hung_up, encounter.get("period", {}))
    if talk.admitted is not None and talk.ended is not None:
        whole["status"] = _FINISHED
    elif "partOf" in whole and talk.ended is not None:
        whole |= {"status": _CANCELLED, "period": _until(talk.ended, encounter.get("period", {}))}
    return whole


def told_by_a_booth(said: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a booth says of its visit without what only we know being lost: what is over stays over."""
    whole = {**said, **{name: stored[name] for name in _OURS if name in stored}}
    if stored.get("status") == _FINISHED:
        whole["status"] = _FINISHED
    if "end" in stored.get("period", {}):
        whole["period"] = stored["period"]
    return whole


def _until(end: datetime, period: Mapping[str, str]) -> dict[str, str]:
    # The beginning is by the booth's clock, the end by ours: a booth that is ahead must not end before it began.
    began = period.get("start", "")
    later = "T" in began and datetime.fromisoformat(began) > end
    return {**period, "end": began if later else instant(end)}


def _history(talk: Talk) -> list[dict[str, Any]]:
    waited = {"status": "arrived", "period": _period(talk.queued, talk.admitted)}
    if talk.admitted is None:
        return [waited]
    return [waited, {"status": "in-progress", "period": _period(talk.admitted, talk.ended)}]


def _period(start: datetime, end: datetime | None) -> dict[str, str]:
    return {"start": instant(start), **({"end": instant(end)} if end else {})}
