"""Somebody whom the booth knows for one visit: their traits, how far these are trusted, a number if one was shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import uuid4

from booth_client.identity.matricule import Authority, Matricule
from booth_client.identity.status import Proof, Status, Step, advance
from booth_client.identity.traits import Traits, age
from booth_client.whereabouts import Known
from gateway.fhir.patient import Identifier, identified_patient

__all__ = ["Person"]

_TYPES = {
    Authority.NIR: "INS-NIR",
    Authority.NIA: "INS-NIA",
    Authority.TEST: "INS-NIR-TEST",
    Authority.DEMO: "INS-NIR-DEMO",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, under an `id` of this booth's memory only: two of the same traits are never made one here.

    `invented`: nobody real, for tests and demonstrations; all that is stored of them is marked so.
    """

    traits: Traits
    matricule: Matricule | None = None
    status: Status = Status.PROVISIONAL
    proof: Proof | None = None
    invented: bool = False
    id: str = field(default_factory=lambda: str(uuid4()))

    def proved(self, proof: Proof) -> Person:
        """Return the person once a human has seen a proof of high trust. Raises ForbiddenStep."""
        return replace(self, status=advance(self.status, Step.PROVED), proof=proof)

    def known(self, today: date) -> Known:
        """Return what the screen asks: given name, initial, age; no more, for whoever stands behind."""
        name = f"{self.traits.given_names[0].title()} {self.traits.birth_name[0]}."
        return Known(id=self.id, name=name, age=self.age(today))

    @property
    def initials(self) -> str:
        """Return what a physician's queue shows."""
        return f"{self.traits.given_names[0][0]}. {self.traits.birth_name[0]}."

    def age(self, today: date) -> int:
        """Return their age in years."""
        return age(self.traits.born, today)

    def resource(self, id_: str) -> dict[str, Any]:
        """Return the Patient with that id. The matricule is in it only once the identity is qualified."""
        number = self.matricule if self.status is Status.QUALIFIED else None
        return identified_patient(
            id=id_,
            family=self.traits.birth_name,
            given=self.traits.given_names,
            birth_date=self.traits.born,
            gender=self.traits.sex.value,
            birth_place=self.traits.birth_place,
            status=self.status.value,
            number=Identifier(oid=number.authority, type=_TYPES[number.authority], value=number.value)
            if number
            else None,
            test=self.invented,
        )
