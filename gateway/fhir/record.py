"""What a record says of a visit, as the report needs it: who the patient is, when and where it took place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast, get_args

from gateway.care.report import Gender, Identity
from gateway.errors import Invalid

__all__ = ["identity_of", "is_provisional", "patient_of", "period_of", "phone_of", "place_of", "security_of"]

_GENDERS: Final = get_args(Gender)
_UNPROVED: Final = {"PROV", "RECUP"}


def patient_of(encounter: Mapping[str, Any]) -> str:
    """Return the id of the patient who came; raises Invalid where the visit names none."""
    type_, _, id_ = str(encounter.get("subject", {}).get("reference", "")).partition("/")
    if type_ != "Patient" or not id_:
        raise Invalid("The visit names no patient.", where="Encounter.subject")
    return id_


def identity_of(patient: Mapping[str, Any]) -> Identity:
    """Return whom a Patient names; a name that is only a text for lists identifies nobody."""
    names = sorted(patient.get("name", ()), key=lambda name: name.get("use") != "official")
    name: Mapping[str, Any] = next((each for each in names if "family" in each), {})
    gender = patient.get("gender", "unknown")
    return Identity(
        family=str(name.get("family", "")),
        given=" ".join(map(str, name.get("given", ()))),
        birth_date=str(patient.get("birthDate", "")),
        gender=cast("Gender", gender) if gender in _GENDERS else "unknown",
    )


def is_provisional(patient: Mapping[str, Any]) -> bool:
    """Tell whether no human has seen a proof of who this is: nobody is named, or only by what was shown or said."""
    return not identity_of(patient).family or bool(_states(patient) & _UNPROVED)


def _states(patient: Mapping[str, Any]) -> set[str]:
    parts = (part for each in patient.get("extension", ()) for part in each.get("extension", ()))
    return {part["valueCoding"].get("code", "") for part in parts if part.get("url") == "identityStatus"}


def period_of(encounter: Mapping[str, Any], *, now: datetime) -> tuple[datetime, datetime]:
    """Return when the visit began and ended, *now* for one that still goes on; raises Invalid without a beginning."""
    period = encounter.get("period", {})
    if "start" not in period:
        raise Invalid("The visit has no beginning.", where="Encounter.period.start")
    started = _moment(period["start"])
    ended = _moment(period["end"]) if "end" in period else now
    return started, max(started, ended)


def place_of(encounter: Mapping[str, Any]) -> str:
    """Return where the patient was, in words; empty where the visit does not say."""
    places = (each.get("location", {}).get("display", "") for each in encounter.get("location", ()))
    return next((str(place) for place in places if place), "")


def phone_of(encounter: Mapping[str, Any]) -> str | None:
    """Return the telephone of the place where the patient was, None where the visit does not say."""
    phones = (phone for place in encounter.get("contained", ()) for phone in place.get("telecom", ()))
    return next((str(each["value"]) for each in phones if each.get("system") == "phone" and "value" in each), None)


def security_of(patient: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the labels of the record, which all that is written into it carries on: test data stays marked."""
    return list(patient.get("meta", {}).get("security", ()))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise Invalid(f"{text} is no moment: it has no time with a zone.", where="Encounter.period")
    return moment
