"""What the queue says of somebody who waits for a physician."""

from __future__ import annotations

from dataclasses import dataclass

from booth_client.ledger import Visit
from signalling.messages import Enqueue

__all__ = ["Patient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is told beside why they come: the place, and initials and age where they are known."""

    place: str
    territory: str | None = None
    speciality: str | None = None
    initials: str = ""
    age: int | None = None

    def enqueue(self, visit: Visit, reason: str, language: str) -> Enqueue:
        """Return the message that asks for a physician."""
        return Enqueue(
            reason=reason,
            language=language,
            place=self.place,
            territory=self.territory,
            speciality=self.speciality,
            initials=visit.initials or self.initials,
            age=self.age if visit.age is None else visit.age,
            encounter=f"Encounter/{visit.encounter}",
            patient=f"Patient/{visit.patient_id}",
        )
