"""The invented people and the program of the demo.

Names and ids are nobody's; the physician's and the citizen's are those the tour and the tests meet again. The colleague
is there to be called into a visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CITIZEN", "COLLEAGUE", "HELPER", "HELPER_CODE", "OPERATOR", "PATIENT_ID", "PEOPLE", "PHYSICIAN"]
__all__ += ["SMART_CLIENT", "SMART_SCOPES", "Person"]

PATIENT_ID: Final = "5f0c1d9e-6a34-4b0e-9d55-0d0a4c2f7b11"
"""The Patient that the citizen's notebook and the simulated home belong to."""

HELPER: Final = "Marie"
HELPER_CODE: Final = "314159"
"""Who comes when somebody is called at the demo's kiosk, and the code that opens their mode there."""

SMART_CLIENT: Final = "demo-integrator"
SMART_SCOPES: Final = "system/*.cruds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in to the demo."""

    id: str
    name: str
    role: str
    patient: str | None = None
    rpps: str = ""
    title: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""


PHYSICIAN: Final = Person(
    id="claire-martin",
    name="Dr Claire Martin",
    role="physician",
    rpps="10001234567",
    title="Médecine générale",
    address="12 rue du Moulin\n59540 Caudry",
    phone="+33 3 27 00 00 01",
    email="claire.martin@exemple.mssante.fr",
)
COLLEAGUE: Final = Person(
    id="helene-roy",
    name="Dr Hélène Roy",
    role="physician",
    rpps="10007654321",
    title="Dermatologie",
    address="3 place de la République\n59400 Cambrai",
    phone="+33 3 27 00 00 02",
    email="helene.roy@exemple.mssante.fr",
)
CITIZEN: Final = Person(id="marcelle-dubois", name="Marcelle Dubois", role="citizen", patient=PATIENT_ID)
OPERATOR: Final = Person(id="odile-renard", name="Odile Renard", role="operator")
PEOPLE: Final = (PHYSICIAN, COLLEAGUE, CITIZEN, OPERATOR)
