"""What a report takes from the records: the visit, the patient, the readings that the physician used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.care.report import Draft, Finding, Identity
from gateway.errors import Conflict, Invalid, NotFound
from gateway.fhir.finding import finding
from gateway.fhir.json import loads
from gateway.fhir.record import identity_of, is_provisional, patient_of
from gateway.fhir.report import ids
from gateway.fhir.repository import Repository

__all__ = ["Record", "read_record", "whom"]

_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A visit, its patient, and the readings used, oldest first."""

    encounter: dict[str, Any]
    patient: dict[str, Any]
    findings: tuple[Finding, ...] = ()


def whom(patient: Mapping[str, Any], draft: Draft) -> Identity:
    """Return whom the report is about: the record's person, or as the physician typed where it knows nobody."""
    known = identity_of(patient)
    return (draft.identity or known) if is_provisional(patient) else known


def read_record(repository: Repository, encounter: str, readings: tuple[str, ...], *, signed: bool = False) -> Record:
    """Return what the store has of a visit whose report is *signed* or not, with the Observations named in *readings*.

    Raises NotFound, Conflict where that is not so, or Invalid for a reading that is not this patient's.
    """
    if (_found(repository, "Composition", ids(encounter).composition) is not None) is not signed:
        if signed:
            raise Conflict("The report of this visit is not signed yet.", remedy="Put it into the report.")
        raise Conflict("The report of this visit is signed already.", remedy="Write an addendum.")
    visit = _found(repository, "Encounter", encounter)
    patient = _found(repository, "Patient", patient_of(visit)) if visit else None
    if visit is None or patient is None:
        raise NotFound("There is no such visit.")
    findings = [_finding(repository, each, f"Patient/{patient['id']}", n) for n, each in enumerate(readings[:100])]
    return Record(
        encounter=visit, patient=patient, findings=tuple(sorted(findings, key=lambda each: (each.at, each.reference)))
    )


def _finding(repository: Repository, reference: str, patient: str, number: int) -> Finding:
    type_, _, id_ = reference.partition("/")
    observation = _found(repository, type_, id_) if type_ == "Observation" else None
    if observation is None or observation.get("subject", {}).get("reference") != patient:
        raise Invalid(f"{reference[:80]} is no reading of this patient.", where=f"readings[{number}]")
    type_, _, id_ = str(observation.get("device", {}).get("reference", "")).partition("/")
    return finding(observation, _found(repository, "Device", id_) if type_ == "Device" else None)


def _found(repository: Repository, type_: str, id_: str) -> dict[str, Any] | None:
    stored = repository.read(type_, id_)
    if stored is None or stored.deleted or stored.body is None:
        return None
    resource: dict[str, Any] = loads(stored.body, own=True)
    return resource
