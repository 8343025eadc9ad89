"""What a person agrees to at the booth, word for word, under a version that changes with any word.

The kiosk page shows the same words; a test compares the two.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from booth_client.ledger import Agreement

__all__ = ["TEXTS", "VERSION", "agreement"]

VERSION: Final = "borne-1"

TEXTS: Final[dict[Literal["fr", "en"], str]] = {
    "fr": (
        "Le médecin peut voir vos mesures\u00a0? Vous pouvez dire non. "
        "Qui\u00a0? Le médecin de la téléconsultation. "
        "Quoi\u00a0? Poids, température, oxygène, tension. "
        "Combien de temps\u00a0? Le temps de vous soigner. Ici, tout est effacé."
    ),
    "en": (
        "May the doctor see your readings? You may say no. "
        "Who? The doctor of the remote consultation. "
        "What? Weight, temperature, oxygen, blood pressure. "
        "How long? As long as your care needs. Here, all is erased."
    ),
}


def agreement(language: str, *, at: datetime) -> Agreement:
    """Return the yes that somebody gave at *at* to the words in *language*."""
    lang: Literal["fr", "en"] = "en" if language == "en" else "fr"
    return Agreement(at=at, version=VERSION, text=TEXTS[lang], permit=True, lang=lang)
