"""How far an identity can be trusted: the four states of France's identity rules, and what leads from one to another.

              a human has seen a proof
    PROV ─────────────────────────────► VALI
     │ INSi answers                       │ INSi answers
     ▼                                    ▼
    RECUP ────────────────────────────► QUAL     only here may the matricule leave
              a human has seen a proof

Traits that change lead back to PROV. A matricule that a card or a code shows is a hint and moves nothing: only the
INSi teleservice's answer does, and this booth does not ask it (docs/identity.md). RNIV; fr-core-cs-v2-0445.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gateway.errors import TeleborneError

__all__ = ["TRANSITIONS", "ForbiddenStep", "Proof", "Status", "Step", "advance"]


class Status(StrEnum):
    """Provisoire, récupérée, validée, qualifiée: the codes of FR Core."""

    PROVISIONAL = "PROV"
    RETRIEVED = "RECUP"
    VALIDATED = "VALI"
    QUALIFIED = "QUAL"


class Step(StrEnum):
    """What moves an identity."""

    PROVED = "proved"
    ANSWERED = "answered"
    CHANGED = "changed"


class Proof(StrEnum):
    """What a human has seen, of high trust (RNIV 1, 3.3.3); the carte Vitale proves nothing."""

    PASSPORT = "passport"
    IDENTITY_CARD = "identity-card"
    RESIDENCE_PERMIT = "residence-permit"
    FAMILY_BOOK = "family-book"
    """With the proof of a parent: for a child only."""


class ForbiddenStep(TeleborneError):
    """An identity was to become what it cannot from where it is."""


TRANSITIONS: Final[Mapping[tuple[Status, Step], Status]] = {
    (Status.PROVISIONAL, Step.PROVED): Status.VALIDATED,
    (Status.PROVISIONAL, Step.ANSWERED): Status.RETRIEVED,
    (Status.RETRIEVED, Step.PROVED): Status.QUALIFIED,
    (Status.VALIDATED, Step.ANSWERED): Status.QUALIFIED,
    **dict.fromkeys(((status, Step.CHANGED) for status in Status), Status.PROVISIONAL),
}


def advance(status: Status, step: Step) -> Status:
    """Return the state after *step*. Raises ForbiddenStep: nobody is proved twice to become more."""
    try:
        return TRANSITIONS[status, step]
    except KeyError:
        raise ForbiddenStep(f"an identity that is {status} cannot be {step}") from None
