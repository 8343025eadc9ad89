"""A signed report as the resources that are stored, and their writing in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.care.report import Report
from gateway.fhir.json import loads
from gateway.fhir.provenance import provenance, signature
from gateway.fhir.report import Paper, attended, composition, document, ids, practitioner
from gateway.fhir.repository import Repository
from gateway.fhir.validation import check
from gateway.fhir.version import same
from gateway.reporting.record import read_record

__all__ = ["Prepared", "Signed", "keep", "resources", "store", "stored_with"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What waits for its signature; `to_sign` is the statement, octet for octet."""

    report: Report
    security: list[dict[str, Any]]
    papers: tuple[Paper, ...]
    to_sign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """References to what was stored."""

    encounter: str
    composition: str
    provenance: str
    documents: tuple[str, ...]


def resources(prepared: Prepared, jws: str, now: datetime) -> tuple[list[dict[str, Any]], Signed]:
    """Return all that is stored with the signature but for the Encounter, which is changed where it stands."""
    report, made = prepared.report, ids(prepared.report.visit.encounter)
    documents = [document(report, each, security=prepared.security) for each in prepared.papers]
    signed = Signed(
        encounter=f"Encounter/{report.visit.encounter}",
        composition=f"Composition/{made.composition}",
        provenance=f"Provenance/{made.provenance}",
        documents=tuple(f"DocumentReference/{each['id']}" for each in documents),
    )
    proof = provenance(
        id=made.provenance,
        targets=(signed.composition, *signed.documents),
        physician=report.physician,
        written=report.written,
        recorded=now,
        jws=jws,
    )
    return [
        practitioner(report.physician),
        composition(report, security=prepared.security),
        *documents,
        proof,
    ], signed


def store(repository: Repository, made: Sequence[dict[str, Any]], report: Report) -> None:
    """Write all of it, or raise Conflict where the visit has a signed report already."""
    encounter = report.visit.encounter
    for place in sorted([f"Encounter/{encounter}", *(f"{each['resourceType']}/{each['id']}" for each in made)]):
        repository.lock(place)  # always in the same order, so that two acts cannot wait for each other
    visit = read_record(repository, encounter, ()).encounter
    for resource in (attended(visit, report), *made):
        check(resource)
        stored = repository.read(resource["resourceType"], resource["id"])
        if stored is None or stored.body is None or not same(resource, stored.body):
            repository.update(resource, stored)


def keep(repository: Repository, made: dict[str, Any]) -> None:
    """Write one resource, unless it is stored already."""
    repository.lock(f"{made['resourceType']}/{made['id']}")
    check(made)
    stored = repository.read(made["resourceType"], made["id"])
    if stored is None:
        repository.update(made, stored)


def stored_with(repository: Repository, encounter: str, jws: str) -> Signed | None:
    """Return the report of a visit if it was stored with exactly this signature, else None."""
    made = ids(encounter)
    stored = repository.read("Provenance", made.provenance)
    proof = None if stored is None or stored.body is None else loads(stored.body, own=True)
    if proof is None or signature(proof) != jws:
        return None
    composition_, *documents = (str(each["reference"]) for each in proof["target"])
    return Signed(
        encounter=f"Encounter/{encounter}",
        composition=composition_,
        provenance=f"Provenance/{made.provenance}",
        documents=tuple(documents),
    )
