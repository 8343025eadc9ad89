"""The words that people agree to or refuse at the booth, as they are kept: a version names them.

They are the kiosk's own words (`kiosk/page/fr.js`, `en.js`): the question, what stands below it, and all that
« Expliquer » shows; a test holds the two together. Whoever changes them changes the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from booth_client.company import Agreed
from booth_client.ledger import Agreement
from booth_client.words import Topic
from signalling.side import Part

__all__ = ["PARTS", "TEXTS", "TEXTS_FOR", "VERSIONS", "WARDS", "agreement", "joining"]

Language = Literal["fr", "en"]

VERSIONS: Final[Mapping[Topic, str]] = {
    Topic.READINGS: "borne-1",
    Topic.VISIT: "borne-visite-1",
    Topic.PRESENT: "borne-presence-1",
    Topic.SHARE: "borne-partage-2",
    Topic.THIRD_PARTY: "borne-tiers-1",
}

PARTS: Final[Mapping[Language, Mapping[str, str]]] = {
    "fr": {
        Part.INTERPRETER: "Interprète",
        Part.HELPER: "Aidant",
        Part.RELATIVE: "Proche",
        Part.SPECIALIST: "Spécialiste",
    },
    "en": {
        Part.INTERPRETER: "Interpreter",
        Part.HELPER: "Helper",
        Part.RELATIVE: "Relative",
        Part.SPECIALIST: "Specialist",
    },
}
"""As what somebody would join, as the kiosk says it."""

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
            "Combien de temps\u00a0? Jusqu’à ce que vous disiez non."
        ),
        "en": (
            "May your own doctor read the report? You may say no. "
            "Who? Your own doctor, nobody else. "
            "What? The report and your readings. "
            "How long? Until you say no."
        ),
    },
    Topic.THIRD_PARTY: {
        "fr": "Voulez-vous parler aussi avec {third}\u00a0? {part}. On vous voit et on vous entend, sans vos mesures.",
        "en": "Do you want to talk with {third}, too? {part}. They see and hear you, not your readings.",
    },
}


WARDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "parent": {"fr": "votre enfant", "en": "your child"},
    "relative": {"fr": "votre proche", "en": "your relative"},
    "carer": {"fr": "cette personne", "en": "this person"},
}
"""How the screens call the person for whom somebody speaks, by what they are to them."""

_FOR_ANOTHER: Final = "-pour-autrui"

TEXTS_FOR: Final[Mapping[Topic, Mapping[Language, str]]] = {
    Topic.READINGS: {
        "fr": (
            "Le médecin peut voir les mesures de {ward}\u00a0? Vous pouvez dire non. "
            "Qui\u00a0? Le médecin de la téléconsultation. "
            "Quoi\u00a0? Poids, température, oxygène, tension. "
            "Combien de temps\u00a0? Le temps de soigner {ward}. Ici, tout est effacé."
        ),
        "en": (
            "May the doctor see the readings of {ward}? You may say no. "
            "Who? The doctor of the remote consultation. "
            "What? Weight, temperature, oxygen, blood pressure. "
            "How long? As long as the care of {ward} needs. Here, all is erased."
        ),
    },
    Topic.VISIT: {
        "fr": (
            "Voulez-vous un médecin par vidéo pour {ward}\u00a0? Vous pouvez dire non. "
            "Qui\u00a0? Un médecin. La borne vérifie qui il est. "
            "Quoi\u00a0? Il voit et entend {ward} et vous. Personne ne filme. "
            "Combien de temps\u00a0? Son compte rendu va au dossier de {ward}."
        ),
        "en": (
            "Do you want a doctor by video for {ward}? You may say no. "
            "Who? A doctor. The booth checks who they are. "
            "What? They see and hear {ward} and you. Nobody records. "
            "How long? Their report goes into the record of {ward}."
        ),
    },
    Topic.SHARE: {
        "fr": (
            "Le médecin traitant de {ward} peut lire le compte rendu\u00a0? Vous pouvez dire non. "
            "Qui\u00a0? Le médecin traitant de {ward}, lui seul. "
            "Quoi\u00a0? Le compte rendu et les mesures. "
            "Combien de temps\u00a0? Jusqu’à ce que vous disiez non."
        ),
        "en": (
            "May the family doctor of {ward} read the report? You may say no. "
            "Who? The family doctor of {ward}, nobody else. "
            "What? The report and the readings. "
            "How long? Until you say no."
        ),
    },
}
"""The same where somebody speaks for another. Who is present is not asked then: it is they."""


def agreement(
    topic: Topic, language: str, *, at: datetime, permit: bool = True, before: bool | None = None, by: str | None = None
) -> Agreement:
    """Return what somebody said at *at* to the words about *topic* in *language*.

    *before* is what they had said until then: a yes that becomes a no is withdrawn. *by* says as what somebody else
    spoke for them ("parent", "relative", "carer").
    """
    lang: Language = "en" if language == "en" else "fr"
    text, version = TEXTS[topic][lang], VERSIONS[topic]
    if by is not None and topic in TEXTS_FOR:
        text, version = TEXTS_FOR[topic][lang].format(ward=WARDS[by][lang]), version + _FOR_ANOTHER
    withdrawn = before is True and not permit
    return Agreement(
        topic=topic, at=at, version=version, text=text, permit=permit, withdrawn=withdrawn, lang=lang, by=by
    )


def joining(
    whom: Agreed, language: str, *, at: datetime, permit: bool, withdrawn: bool = False, by: str | None = None
) -> Agreement:
    """Return what somebody said at *at* to whether *whom* may join the talk; *by* as in `agreement`."""
    lang: Language = "en" if language == "en" else "fr"
    topic = Topic.THIRD_PARTY
    text = TEXTS[topic][lang].format(third=whom.name, part=PARTS[lang].get(whom.part, whom.part))
    return Agreement(
        topic=topic, at=at, version=VERSIONS[topic], text=text, permit=permit, withdrawn=withdrawn, lang=lang, by=by,
        whom=whom,
    )  # fmt: skip
