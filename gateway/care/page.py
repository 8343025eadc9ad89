"""The report and the ordonnance as one HTML page each: words and order only, how they look is page.css.

Everything that was typed is escaped; nothing here is fetched from anywhere. The words are French: this is the legal
document of a French visit.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import Final

import segno

from gateway.care.french import NBSP, moment, partial_day, time, within
from gateway.care.report import Finding, Gender, Identity, Medicine, Physician, Report

__all__ = ["PRESCRIPTION_TITLE", "REPORT_TITLE", "prescription_page", "report_page"]

REPORT_TITLE: Final = "Compte rendu de téléconsultation"
PRESCRIPTION_TITLE: Final = "Ordonnance"

_BORN: Final[dict[Gender, str]] = {"female": "née le", "male": "né le", "other": "né(e) le", "unknown": "né(e) le"}
_SEX: Final[dict[Gender, str]] = {"female": "Femme", "male": "Homme", "other": "Autre", "unknown": ""}
_NOBODY: Final = "Identité non vérifiée"
_PROVISIONAL: Final = "Identité déclarée, non vérifiée par une pièce"
_CODE: Final = "Code pour vérifier ce papier"
_CHECK: Final = "Photographiez le code pour vérifier ce papier et sa signature."
_CHECK_IN_THE_RECORD: Final = "La signature se vérifie dans le dossier du patient."
_NO_INCIDENT: Final = "Aucun incident technique."

_PAGE: Final = """<!doctype html>
<html lang="fr-FR">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="author" content="{author}">
<meta name="generator" content="Téléborne">
<meta name="dcterms.created" content="{written}">
</head>
<body>
{body}
</body>
</html>
"""


def report_page(report: Report, code: str = "") -> str:
    """Return the report as HTML; *code* is the link that its code of squares stands for, empty: none."""
    draft = report.draft
    sections = (
        ("Motif", _paragraph(draft.reason)),
        ("Antécédents et allergies", _paragraph(draft.history)),
        ("Examen", _paragraph(draft.examination) + _readings(report.findings)),
        ("Conclusion", _paragraph(draft.conclusion)),
        ("Conduite à tenir", _paragraph(draft.plan)),
        ("Ordonnance", _listed(_line(each) for each in draft.prescription)),
        ("Suivi", _paragraph(draft.follow_up)),
        ("Conditions de la téléconsultation", _conditions(report)),
    )
    body = [
        _head(report, REPORT_TITLE),
        f'<p class="when">{_when(report)}</p>',
        _facts(report),
        *(f"<section><h2>{title}</h2>{text}</section>" for title, text in sections if text),
        _signed(report, code),
    ]
    return _page(report, REPORT_TITLE, "\n".join(body))


def prescription_page(report: Report, code: str = "") -> str:
    """Return the ordonnance as HTML, apart from the report: a pharmacist reads no more than they need."""
    medicines = "\n".join(
        f'<li><p class="name">{_safe(each.name)}</p><p>{_safe(each.dose)}, {_safe(each.frequency)}</p>'
        f"<p>{_duration(each)}</p></li>"
        for each in report.draft.prescription
    )
    count = len(report.draft.prescription)
    body = [
        _head(report, PRESCRIPTION_TITLE),
        f'<p class="when">Le {moment(report.written)}</p>',
        f'<div class="parties"><div>{_prescriber(report.physician)}</div><div>{_patient(report.patient)}</div></div>',
        f'<h2>{"Médicament" if count == 1 else "Médicaments"}</h2><ol class="medicines">{medicines}</ol>',
        f'<p class="end">— Fin de l\'ordonnance{NBSP}: {count} ligne{"s" if count > 1 else ""} —</p>',
        _signed(report, code),
    ]
    return _page(report, PRESCRIPTION_TITLE, "\n".join(body))


def _page(report: Report, title: str, body: str) -> str:
    whole = f"{title} du {moment(report.visit.started)}"
    written = report.written.isoformat(timespec="seconds")
    return _PAGE.format(title=_safe(whole), author=_safe(report.physician.name), written=written, body=body)


def _head(report: Report, title: str) -> str:
    foot = f"{title} — {_called(report.patient)}"
    return (
        f'<div class="house"><div>{_safe(report.visit.organisation)}</div><div>Téléborne</div></div>'
        f'<h1 data-foot="{_safe(foot)}">{title}</h1>'
    )


def _when(report: Report) -> str:
    return f"Le {moment(report.visit.started)}, jusqu'à {time(report.visit.ended)}, par vidéo"


def _facts(report: Report) -> str:
    patient, physician = report.patient, report.physician
    rows = (
        ("Patient", _bold(_called(patient)) + _rest(_born(patient), _PROVISIONAL if report.provisional else "")),
        ("Médecin", _bold(physician.name) + _rest(physician.title, f"RPPS{NBSP}{physician.rpps}")),
        ("Lieu du patient", _safe(report.draft.place)),
        ("Présents", _safe(", ".join(report.draft.present))),
    )
    cells = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows)
    return f'<table class="facts"><tbody>{cells}</tbody></table>'


def _readings(findings: Iterable[Finding]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_safe(each.what)}</th><td class="value">{_safe(each.value)}</td>'
        f"<td>{within(each.at, each.until) if each.until else time(each.at)}</td><td>{_safe(each.source)}</td></tr>"
        for each in findings
    )
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Mesure", "Valeur", "Heure", "Appareil"))
    return f'<table class="readings"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _conditions(report: Report) -> str:
    draft = report.draft
    return _listed(
        f"<b>{name}{NBSP}:</b> {_safe(text)}"
        for name, text in (
            ("À distance parce que", draft.remote_because),
            ("Limites de l'examen", draft.limits),
            ("Incidents", draft.incidents.strip() or _NO_INCIDENT),
            ("Rappel au", draft.phone),
        )
        if text.strip()
    )


def _signed(report: Report, code: str) -> str:
    said = (
        f"<div><p>{_bold(report.physician.name)}</p>"
        f'<p class="small">Signé électroniquement le {moment(report.written)}. '
        f"{_CHECK if code else _CHECK_IN_THE_RECORD}</p></div>"
    )
    return f'<div class="signed">{said}{_drawn(code) if code else ""}</div>'


def _drawn(code: str) -> str:
    """Return the code of squares (ISO/IEC 18004) for a link."""
    svg = io.BytesIO()
    segno.make_qr(code, error="m").save(svg, kind="svg", xmldecl=False)
    return f'<img class="code" alt="{_CODE}" src="data:image/svg+xml;base64,{b64encode(svg.getvalue()).decode()}">'


def _prescriber(physician: Physician) -> str:
    contact = f"France{NBSP}· {physician.phone}" + (f"\n{physician.email}" if physician.email else "")
    lines = (physician.title, f"RPPS{NBSP}{physician.rpps}", physician.address, contact)
    text = "\n".join(_safe(line) for line in lines if line)
    return f'<p class="who">{_safe(physician.name)}</p><p>{text}</p>'


def _patient(patient: Identity) -> str:
    return f'<p class="who">{_safe(_called(patient))}</p><p>{_safe(_SEX[patient.gender])}\n{_safe(_born(patient))}</p>'


def _called(patient: Identity) -> str:
    return patient.name or _NOBODY


def _born(patient: Identity) -> str:
    born = patient.birth_date
    return f"{_BORN[patient.gender]} {partial_day(born)}" if born else ""


def _line(medicine: Medicine) -> str:
    return f"{_bold(medicine.name)}, {_safe(medicine.dose)}, {_safe(medicine.frequency)}, {_safe(medicine.duration)}"


def _duration(medicine: Medicine) -> str:
    return f"Durée ou quantité{NBSP}: {_safe(medicine.duration)}"


def _paragraph(text: str) -> str:
    return f"<p>{_safe(text.strip())}</p>" if text.strip() else ""


def _listed(items: Iterable[str]) -> str:
    inside = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{inside}</ul>" if inside else ""


def _rest(*parts: str) -> str:
    return "".join(f"<br>{_safe(part)}" for part in parts if part)


def _bold(text: str) -> str:
    return f"<b>{_safe(text)}</b>"


def _safe(text: str) -> str:
    return escape(text)
