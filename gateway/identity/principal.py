"""Who is asking: one value for a signed-in person, a program with a token and a booth with a certificate.

Authorisation is decided from this value alone, on the server (OWASP ASVS 5.0, V8):
https://owasp.org/www-project-application-security-verification-standard/
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.identity.scopes import Scopes

__all__ = ["RECIPIENT_SCOPES", "ROLE_SCOPES", "Actor", "Principal", "Role", "booth", "person", "program"]


class Actor(StrEnum):
    """What sort of caller it is; the way it proved itself follows from it."""

    PERSON = "person"
    PROGRAM = "program"
    RECIPIENT = "recipient"
    BOOTH = "booth"


class Role(StrEnum):
    """What a person is to the system."""

    PHYSICIAN = "physician"
    CITIZEN = "citizen"
    OPERATOR = "operator"


ROLE_SCOPES: Final = {
    Role.PHYSICIAN: Scopes.parse(
        "user/Patient.rs user/Observation.rs user/Device.rs user/Encounter.rs user/Consent.rs user/Practitioner.rs"
        " user/Composition.rs user/DocumentReference.rs user/Provenance.rs user/Task.rs user/QuestionnaireResponse.rs"
    ),
    Role.CITIZEN: Scopes.parse(
        "patient/Patient.rs patient/Observation.crs patient/Device.rs patient/Encounter.rs patient/Consent.rs"
        " patient/Composition.rs patient/DocumentReference.rs patient/QuestionnaireResponse.rs"
    ),
    Role.OPERATOR: Scopes(),
}
"""What each role may do; nothing else. Everything of a citizen's is inside their own compartment; an operator sees
machines and nobody's record."""

RECIPIENT_SCOPES: Final = Scopes.parse(
    "system/Patient.rs system/Observation.rs system/Encounter.rs system/Composition.rs system/DocumentReference.rs"
    " system/Consent.rs system/Provenance.rs system/Practitioner.rs system/Organization.rs system/Device.r"
)
"""The most that a program may do which passes on what patients share: the report, the readings, and what they name."""

_BOOTH_SCOPES: Final = Scopes.parse(
    "system/Patient.cu system/Observation.cu system/Device.cu system/Encounter.cu system/Consent.cu system/Task.cu"
    " system/QuestionnaireResponse.cu"
)
"""A booth delivers; it never reads: a stolen one learns nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller that proved who it is. `subject` is its stable key, `name` is for screens and never for decisions.

    `patient` is the id of the Patient whose compartment `patient/…` scopes open, and whom a hub at home serves; None
    opens none.
    """

    kind: Actor
    subject: str
    name: str
    roles: frozenset[Role]
    scopes: Scopes
    patient: str | None = None


def person(*, subject: str, name: str, role: Role, patient: str | None = None) -> Principal:
    """Return the principal of a signed-in person."""
    return Principal(
        kind=Actor.PERSON,
        subject=subject,
        name=name,
        roles=frozenset({role}),
        scopes=ROLE_SCOPES[role],
        patient=patient,
    )


def program(*, client_id: str, name: str, scopes: Scopes, recipient: bool = False) -> Principal:
    """Return the principal of a registered program that was granted *scopes*.

    *recipient*: of a record it sees what the patient shares with their own doctor, and only if they do.
    """
    kind = Actor.RECIPIENT if recipient else Actor.PROGRAM
    return Principal(kind=kind, subject=client_id, name=name, roles=frozenset(), scopes=scopes)


def booth(name: str) -> Principal:
    """Return the principal of the booth called *name* in its certificate."""
    return Principal(
        kind=Actor.BOOTH,
        subject=f"urn:teleborne:booth:{name}",
        name=name,
        roles=frozenset(),
        scopes=_BOOTH_SCOPES,
    )
