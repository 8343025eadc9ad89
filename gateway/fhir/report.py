"""The report of a visit as FHIR: what the physician signs, the papers made of it, and the visit it ends.

    Encounter            class VR, with its number (VN), its physician and its end
    Composition          LOINC 85208-7, the report word for word, attested (legal) by the physician
    DocumentReference    each PDF, inside; size, SHA-1 and labels as France's document sharing asks (PDSm)
    Practitioner         who signs, by RPPS
    Provenance           the signature over the Composition and the PDFs; see gateway.fhir.provenance

https://hl7.org/fhir/R4/composition.html, https://interop.esante.gouv.fr/ig/fhir/pdsm/. Ids follow from that of the
visit, so that a report signed twice is the same resources and not two reports.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any, Final
from uuid import UUID, uuid5

from gateway.care.page import PRESCRIPTION_TITLE, REPORT_TITLE
from gateway.care.report import Finding, Physician, Report, Visit
from gateway.fhir.codes import Code, System, coding
from gateway.fhir.observation import instant

__all__ = ["Paper", "PaperKind", "attended", "composition", "document", "ids", "practitioner", "practitioner_id"]

_NAMESPACE: Final = UUID("6f3b6f0e-9a53-5a0b-8f57-4d7d1f0c52c7")
_CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_CLASSES: Final = "https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument"
_IDENTIFIER_TYPES: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
_FRENCH_TYPES: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
_RPPS: Final = "https://rpps.esante.gouv.fr"
_URI: Final = "urn:ietf:rfc:3986"
_NORMAL: Final = coding(_CONFIDENTIALITY, Code("N", "normal"))


class PaperKind(StrEnum):
    """What is printed: the report, and apart from it the ordonnance."""

    REPORT = "report"
    PRESCRIPTION = "prescription"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One PDF of the report."""

    kind: PaperKind
    pdf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    title: str
    type: Code
    text: str
    category: Code


_PAPERS: Final = {
    PaperKind.REPORT: _Row(
        title=REPORT_TITLE, type=Code("85208-7"), text="CR de télémédecine", category=Code("10", "Compte rendu")
    ),
    PaperKind.PRESCRIPTION: _Row(
        title=PRESCRIPTION_TITLE,
        type=Code("57833-6"),
        text="Prescription de médicaments",
        category=Code("42", "Prescription"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids of all that a visit's report consists of."""

    composition: str
    provenance: str
    papers: Mapping[PaperKind, str]


def ids(encounter: str) -> Ids:
    """Return the ids for the visit with this Encounter id."""

    def made(name: str) -> str:
        return str(uuid5(_NAMESPACE, f"{encounter}/{name}"))

    return Ids(
        composition=made("composition"),
        provenance=made("provenance"),
        papers={kind: made(kind.value) for kind in PaperKind},
    )


def practitioner_id(rpps: str) -> str:
    """Return the id of the Practitioner with this national number."""
    return str(uuid5(_NAMESPACE, f"rpps/{rpps}"))


def practitioner(physician: Physician) -> dict[str, Any]:
    """Return who writes and signs."""
    type_ = {"coding": [coding(_FRENCH_TYPES, Code("RPPS", "N° RPPS"))]}
    telecom = [
        {"system": system, "value": value, "use": "work"}
        for system, value in (("phone", physician.phone), ("email", physician.email))
        if value
    ]
    whole = {
        "resourceType": "Practitioner",
        "id": physician.id,
        "identifier": [{"use": "official", "type": type_, "system": _RPPS, "value": physician.rpps}],
        "active": True,
        "name": [{"text": physician.name}],
        "telecom": telecom,
        "address": [{"use": "work", "text": physician.address, "country": "FR"}] if physician.address else [],
        "qualification": [{"code": {"text": physician.title}}] if physician.title else [],
    }
    return {name: element for name, element in whole.items() if element}


def attended(encounter: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the visit as it stands once the report is signed: finished, numbered, with its physician and reason.

    What the booth wrote otherwise stays as it is.
    """
    visit = report.visit
    number = {
        "use": "official",
        "type": {"coding": [coding(_IDENTIFIER_TYPES, Code("VN", "Visit number"))]},
        **_urn(visit.encounter),
    }
    others = [each for each in encounter.get("identifier", ()) if each.get("value") != number["value"]]
    return {
        **encounter,
        "identifier": [*others, number],
        "status": "finished",
        "class": coding(System.ACT_CODE, Code("VR", "virtual")),
        "participant": [{"individual": _signer(report.physician)}],
        "reasonCode": [{"text": report.draft.reason}],
        "period": _period(visit),
    }


def composition(report: Report, *, security: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the report itself; *security* labels are those of the patient's record (test data stays marked)."""
    row, id_ = _PAPERS[PaperKind.REPORT], ids(report.visit.encounter).composition
    signer, at = _signer(report.physician), instant(report.written)
    return {
        "resourceType": "Composition",
        "id": id_,
        **_meta(security),
        "language": "fr-FR",
        "identifier": _urn(id_),
        "status": "final",
        "type": _concept(System.LOINC, row.type, row.text),
        "category": [_concept(_CLASSES, row.category)],
        "subject": _patient(report.visit),
        "encounter": {"reference": f"Encounter/{report.visit.encounter}"},
        "date": at,
        "author": [signer],
        "title": row.title,
        "confidentiality": "N",
        "attester": [{"mode": "legal", "time": at, "party": signer}],
        "custodian": {"display": report.visit.organisation},
        "event": [{"period": _period(report.visit)}],
        "section": list(_sections(report)),
    }


def document(report: Report, paper: Paper, *, security: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return one PDF as a DocumentReference that carries it inside."""
    row, id_ = _PAPERS[paper.kind], ids(report.visit.encounter).papers[paper.kind]
    at, signer = instant(report.written), {"reference": f"#{report.physician.id}"}
    # FHIR's hash of an attachment is SHA-1 and proves nothing; what proves is the signature over SHA-256.
    sha1 = hashlib.sha1(paper.pdf, usedforsecurity=False).digest()
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        **_meta(security),
        "contained": [practitioner(report.physician)],
        "masterIdentifier": _urn(id_),
        "status": "current",
        "docStatus": "final",
        "type": _concept(System.LOINC, row.type, row.text),
        "category": [_concept(_CLASSES, row.category)],
        "subject": _patient(report.visit),
        "date": at,
        "author": [signer],
        "authenticator": signer,
        "custodian": {"display": report.visit.organisation},
        "securityLabel": [{"coding": [_NORMAL]}],
        "content": [
            {
                "attachment": {
                    "contentType": "application/pdf",
                    "language": "fr-FR",
                    "data": _base64(paper.pdf),
                    "size": len(paper.pdf),
                    "hash": _base64(sha1),
                    "title": row.title,
                    "creation": at,
                }
            }
        ],
        "context": {
            "encounter": [{"reference": f"Encounter/{report.visit.encounter}"}],
            "period": _period(report.visit),
            "related": [{"reference": f"Composition/{ids(report.visit.encounter).composition}"}],
        },
    }


def _when(finding: Finding) -> str:
    return f"{instant(finding.at)} – {instant(finding.until)}" if finding.until else instant(finding.at)


def _sections(report: Report) -> Iterator[dict[str, Any]]:
    draft = report.draft
    readings = [f"{each.what} : {each.value}, {_when(each)}, {each.source}" for each in report.findings]
    conditions = (
        ("Lieu du patient", draft.place),
        ("Présents", ", ".join(draft.present)),
        ("À distance parce que", draft.remote_because),
        ("Limites de l'examen", draft.limits),
        ("Incidents techniques", draft.incidents or "Aucun incident technique."),
        ("Rappel au", draft.phone),
    )
    medicines = [f"{m.name}, {m.dose}, {m.frequency}, {m.duration}" for m in draft.prescription]
    rows: tuple[tuple[str, str | None, list[str]], ...] = (
        ("Motif", "29299-5", [draft.reason]),
        ("Antécédents et allergies", "11348-0", [draft.history]),
        ("Examen", "29545-1", [draft.examination, *readings]),
        ("Conclusion", "51848-0", [draft.conclusion]),
        ("Conduite à tenir", "18776-5", [draft.plan]),
        ("Ordonnance", "57828-6", medicines),
        ("Suivi", None, [draft.follow_up]),
        ("Conditions de la téléconsultation", None, [f"{name} : {text}" for name, text in conditions if text.strip()]),
    )
    for title, code, lines in rows:
        told = [line for line in lines if line.strip()]
        if told:
            entries = [{"reference": each.reference} for each in report.findings] if title == "Examen" else []
            yield _section(title, code, told, entries)


def _section(title: str, code: str | None, lines: list[str], entries: list[dict[str, str]]) -> dict[str, Any]:
    inside = "".join(f"<p>{escape(line.strip()).replace(chr(10), '<br/>')}</p>" for line in lines)
    section = {
        "title": title,
        "code": _concept(System.LOINC, Code(code)) if code else None,
        "text": {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'},
        "entry": entries,
    }
    return {name: element for name, element in section.items() if element}


def _signer(physician: Physician) -> dict[str, str]:
    return {"reference": f"Practitioner/{physician.id}", "display": physician.name}


def _patient(visit: Visit) -> dict[str, str]:
    return {"reference": f"Patient/{visit.patient}"}


def _period(visit: Visit) -> dict[str, str]:
    return {"start": instant(visit.started), "end": instant(visit.ended)}


def _meta(security: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"meta": {"security": [dict(each) for each in security]}} if security else {}


def _urn(id_: str) -> dict[str, str]:
    return {"system": _URI, "value": f"urn:uuid:{id_}"}


def _concept(system: str, code: Code, text: str | None = None) -> dict[str, Any]:
    return {"coding": [coding(system, code)], **({"text": text} if text else {})}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
