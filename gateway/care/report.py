"""The report of a visit: what the physician writes, what the house adds, and what is still missing.

The fields are those that French law and the Haute Autorité de santé ask of a teleconsultation:
https://www.legifrance.gouv.fr/codes/texte_lc/LEGITEXT000006072665/ (articles R6316-4, and R5132-3 for the ordonnance).

A `Draft` is the physician's words, as typed; a `Report` is the draft with what the records say of the people, the visit
and the readings. What identifies people and readings is never taken from the page that types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

__all__ = [
    "REQUIRED",
    "Draft",
    "Finding",
    "Flaw",
    "Gap",
    "Gender",
    "Identity",
    "Medicine",
    "Physician",
    "Report",
    "Visit",
    "gaps",
]

Gender = Literal["male", "female", "other", "unknown"]

LONGEST: Final = 4000
"""The most characters of one text."""

MOST_MEDICINES: Final = 20
MOST_READINGS: Final = 60
MOST_PRESENT: Final = 6

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_RPPS: Final = re.compile(r"[0-9]{11}", re.ASCII)
_OLDEST_YEARS: Final = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """One line of the ordonnance, in the physician's words: medicine or INN, dose, how often, how long or how many."""

    name: str = ""
    dose: str = ""
    frequency: str = ""
    duration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the patient is: from the record, or as said to the physician where the record knows nobody yet.

    `birth_date` is ISO text, perhaps only a year or a month.
    """

    family: str = ""
    given: str = ""
    birth_date: str = ""
    gender: Gender = "unknown"

    @property
    def name(self) -> str:
        """Return the name as it is printed; empty where nobody is named."""
        return " ".join(part for part in (self.given, self.family.upper()) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the physician types. `readings` are references to the Observations that they used ("Observation/…").

    `identity` counts only for a visit whose patient the record does not know.
    """

    reason: str = ""
    history: str = ""
    examination: str = ""
    readings: tuple[str, ...] = ()
    conclusion: str = ""
    plan: str = ""
    prescription: tuple[Medicine, ...] = ()
    follow_up: str = ""
    present: tuple[str, ...] = ()
    place: str = ""
    phone: str = ""
    remote_because: str = ""
    limits: str = ""
    incidents: str = ""
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Physician:
    """Who writes and signs; `id` is that of the Practitioner, `title` the qualification as printed."""

    id: str
    name: str
    rpps: str
    title: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The visit: the ids of its Encounter and Patient, and when it took place (with zones)."""

    encounter: str
    patient: str
    started: datetime
    ended: datetime
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A reading that was used: its Observation, what it is, its value in words, when it was true, what measured it.

    `until` is the later bound where only a stretch of time is known, or where it took one; `at` is then the earlier.
    """

    reference: str
    what: str
    value: str
    at: datetime
    source: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report, written at an aware moment; make it only of a draft without gaps."""

    draft: Draft
    physician: Physician
    patient: Identity
    provisional: bool
    visit: Visit
    findings: tuple[Finding, ...]
    written: datetime


class Flaw(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing to mend before a report can be signed; `field` is a path such as `prescription[1].dose`."""

    field: str
    flaw: Flaw


REQUIRED: Final = ("reason", "history", "conclusion", "plan", "place", "remote_because", "limits")
"""Texts that a report cannot do without; the examination is the text or the readings, one is enough."""

_TEXTS: Final = (*REQUIRED, "examination", "follow_up", "phone", "incidents")
_LINE: Final = ("name", "dose", "frequency", "duration")
_PHYSICIAN: Final = ("name", "title", "address", "phone")


def gaps(draft: Draft, *, physician: Physician, patient: Identity, today: date) -> tuple[Gap, ...]:
    """Return all that keeps the draft from being signed, in the order of the form; empty: it can be.

    *patient* is whom the report is about: the record's, or the draft's own where the record knows nobody.
    """
    return (
        *_text_gaps(draft),
        *_list_gaps(draft),
        *_prescription_gaps(draft, physician, patient),
        *_identity_gaps(draft, today),
        *_signer_gaps(physician),
    )


def _text_gaps(draft: Draft) -> Iterator[Gap]:
    for field in _TEXTS:
        yield from _text(field, getattr(draft, field), required=field in REQUIRED)
    if not draft.examination.strip() and not draft.readings:
        yield Gap(field="examination", flaw=Flaw.MISSING)


def _list_gaps(draft: Draft) -> Iterator[Gap]:
    if len(draft.readings) > MOST_READINGS:
        yield Gap(field="readings", flaw=Flaw.TOO_MANY)
    if not draft.present:
        yield Gap(field="present", flaw=Flaw.MISSING)
    if len(draft.present) > MOST_PRESENT:
        yield Gap(field="present", flaw=Flaw.TOO_MANY)
    for number, person in enumerate(draft.present[:MOST_PRESENT]):
        yield from _text(f"present[{number}]", person, required=True)


def _prescription_gaps(draft: Draft, physician: Physician, patient: Identity) -> Iterator[Gap]:
    if len(draft.prescription) > MOST_MEDICINES:
        yield Gap(field="prescription", flaw=Flaw.TOO_MANY)
    for number, medicine in enumerate(draft.prescription[:MOST_MEDICINES]):
        for part in _LINE:
            yield from _text(f"prescription[{number}].{part}", getattr(medicine, part), required=True)
    if not draft.prescription:
        return
    # R5132-3: an ordonnance names the patient, their sex and birth date, the prescriber's qualification and address.
    for part in ("family", "given", "birth_date"):
        if not getattr(patient, part).strip():
            yield Gap(field=f"identity.{part}", flaw=Flaw.MISSING)
    if patient.gender == "unknown":
        yield Gap(field="identity.gender", flaw=Flaw.MISSING)
    for part in _PHYSICIAN:
        if not getattr(physician, part).strip():
            yield Gap(field=f"physician.{part}", flaw=Flaw.MISSING)


def _identity_gaps(draft: Draft, today: date) -> Iterator[Gap]:
    if draft.identity is None:
        return
    yield from _text("identity.family", draft.identity.family, required=False)
    yield from _text("identity.given", draft.identity.given, required=False)
    born = draft.identity.birth_date
    if born and not _plausible(born, today):
        yield Gap(field="identity.birth_date", flaw=Flaw.UNREADABLE)


def _signer_gaps(physician: Physician) -> Iterator[Gap]:
    if not _RPPS.fullmatch(physician.rpps):
        yield Gap(field="physician.rpps", flaw=Flaw.MISSING)


def _text(field: str, text: str, *, required: bool) -> Iterator[Gap]:
    if required and not text.strip():
        yield Gap(field=field, flaw=Flaw.MISSING)
    if len(text) > LONGEST:
        yield Gap(field=field, flaw=Flaw.TOO_LONG)
    if _CONTROL.search(text):
        yield Gap(field=field, flaw=Flaw.UNREADABLE)


def _plausible(born: str, today: date) -> bool:
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return False
    return day <= today and today.year - day.year <= _OLDEST_YEARS
