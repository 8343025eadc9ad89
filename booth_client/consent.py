"""The words that people agree to or refuse at the booth, as they are kept: a version names them.

They are the kiosk's own words (`kiosk/page/fr.js`, `en.js`): the question, what stands below it, and all that
« Expliquer » shows; a test holds the two together. Whoever changes them changes the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from booth_client.ledger import Agreement
from booth_client.words import Topic

__all__ = ["TEXTS", "VERSIONS", "agreement"]

Language = Literal["fr", "en"]

VERSIONS: Final[Mapping[Topic, str]] = {
    Topic.READINGS: "borne-1",
    Topic.VISIT: "borne-visite-1",
    Topic.PRESENT: "borne-presence-1",
    Topic.SHARE: "borne-partage-1",
}

TEXTS: Final[Mapping[Topic, Mapping[Language, str]]] = {
    Topic.READINGS: {
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
    },
    Topic.VISIT: {
        "fr": (
            "Voulez-vous voir un médecin par vidéo\u00a0? Vous pouvez dire non. "
            "Qui\u00a0? Un médecin. La borne vérifie qui il est. "
            "Quoi\u00a0? Il vous voit et vous entend. Personne ne filme. "
            "Combien de temps\u00a0? Son compte rendu reste dans votre dossier."
        ),
        "en": (
            "Do you want to see a doctor by video? You may say no. "
            "Who? A doctor. The booth checks who they are. "
            "What? They see and hear you. Nobody records. "
            "How long? Their report stays in your record."
        ),
    },
    Topic.PRESENT: {
        "fr": "Cette personne peut rester\u00a0? Elle entendra tout.",
        "en": "May this person stay? They will hear everything.",
    },
    Topic.SHARE: {
        "fr": (
            "Votre médecin traitant peut lire le compte rendu\u00a0? Vous pouvez dire non. "
            "Qui\u00a0? Votre médecin traitant, lui seul. "
            "Quoi\u00a0? Le compte rendu et vos mesures. "
            "Combien de temps\u00a0? Jusqu'à ce que vous disiez non."
        ),
        "en": (
            "May your own doctor read the report? You may say no. "
            "Who? Your own doctor, nobody else. "
            "What? The report and your readings. "
            "How long? Until you say no."
        ),
    },
}


def agreement(
    topic: Topic, language: str, *, at: datetime, permit: bool = True, before: bool | None = None, by: str | None = None
) -> Agreement:
    """Return what somebody said at *at* to the words about *topic* in *language*.

    *before* is what they had said until then: a yes that becomes a no is withdrawn. *by* says as what somebody else
    spoke for them ("parent", "relative", "carer").
    """
    lang: Language = "en" if language == "en" else "fr"
    text = TEXTS[topic][lang]
    withdrawn = before is True and not permit
    return Agreement(
        topic=topic, at=at, version=VERSIONS[topic], text=text, permit=permit, withdrawn=withdrawn, lang=lang, by=by
    )
