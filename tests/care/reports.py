"""One visit's report as a value: a short one that fits a page, with every field filled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.care.report import Draft, Finding, Identity, Medicine, Physician, Report, Visit

__all__ = ["DRAFT", "MARCELLE", "MARTIN", "NOW", "VISIT", "report"]

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
MARTIN = Physician(
    id="0b8f1e0e-5a3c-5d7e-9d65-6b7a4d2f1a10",
    name="Dr Claire Martin",
    rpps="10001234567",
    title="Médecine générale",
    address="12 rue du Moulin\n59540 Caudry",
    phone="+33 3 27 00 00 01",
    email="claire.martin@exemple.mssante.fr",
)
MARCELLE = Identity(family="Dubois", given="Marcelle", birth_date="1942-01-05", gender="female")
VISIT = Visit(
    encounter="8d0f2b9e-1c44-4d0a-b5a1-3f6a1f9c0d21",
    patient="5f0c1d9e-6a34-4b0e-9d55-0d0a4c2f7b11",
    started=datetime(2026, 11, 22, 12, 48, tzinfo=UTC),
    ended=datetime(2026, 11, 22, 13, 2, tzinfo=UTC),
    organisation="Centre de téléconsultation du Cambrésis",
)
FINDINGS = tuple(
    Finding(
        reference=f"Observation/{number}",
        what=what,
        value=value,
        at=datetime(2026, 11, 22, 12, 40 + number, tzinfo=UTC),
        source=source,
    )
    for number, (what, value, source) in enumerate(
        (
            ("Pression artérielle", "148/93\u00a0mmHg", "A&D UA-651BLE"),
            ("Fréquence cardiaque (pouls)", "78\u00a0/min", "A&D UA-651BLE"),
            ("Saturation en oxygène (SpO2)", "97\u00a0%", "Nonin 3230"),
            ("Température", "37,2\u00a0°C", "Thermomètre"),
        )
    )
)
DRAFT = Draft(
    reason="Maux de tête depuis trois jours, tension élevée à la maison.",
    history="Hypertension traitée depuis 2019 (amlodipine 5 mg). Pas d'allergie connue.",
    examination="Consciente, parle normalement, pas de gêne respiratoire visible. Pas de déficit moteur à la vidéo.",
    readings=tuple(each.reference for each in FINDINGS),
    conclusion="Hypertension artérielle insuffisamment contrôlée, sans signe de gravité.",
    plan="Automesure pendant trois jours, règle des 3. Appeler le 15 en cas de trouble de la parole ou de la vue.",
    prescription=(
        Medicine(name="Amlodipine", dose="10 mg, 1 gélule", frequency="le matin", duration="3 mois"),
        Medicine(
            name="Paracétamol",
            dose="1 g, 1 comprimé",
            frequency="si douleur, au plus 3 fois par jour",
            duration="5 jours",
        ),
    ),
    follow_up="Téléconsultation dans trois semaines, avec le relevé d'automesure.",
    present=("la patiente", "Marie, aide à la borne"),
    place="Borne de la mairie de Caudry, place du Général-de-Gaulle, 59540 Caudry",
    phone="06 00 00 00 00",
    remote_because="pas de rendez-vous au cabinet avant dix jours",
    limits="pas d'auscultation ni de palpation",
    incidents="",
)


def report(**changed: Any) -> Report:
    """Return the report, some of its fields changed."""
    usual: dict[str, Any] = {
        "draft": DRAFT,
        "physician": MARTIN,
        "patient": MARCELLE,
        "provisional": False,
        "visit": VISIT,
        "findings": FINDINGS,
        "written": NOW,
    }
    return Report(**(usual | changed))
