"""What a physician wants to know before the visit: for each reason at most five questions, as a versioned table.

Each is answered by a touch; « Je ne sais pas » is an answer. The order is the one in which they are asked. From
design's list of what a visit needs (reason, since when, allergies, medicines, pregnant, oxygen), to be signed off by a
physician with every new version. Nothing here is computed from an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from booth_client.words import Act
from gateway.fhir.questionnaire_response import Answer

__all__ = [
    "ANSWERED_BY",
    "ANSWERS",
    "QUESTIONS",
    "TEXTS",
    "TEXTS_FOR",
    "VERSION",
    "Question",
    "asked_and_said",
    "asked_of",
]

VERSION: Final = "1"


class Question(StrEnum):
    """A question, named as in the catalogues and in the QuestionnaireResponse (linkId)."""

    SINCE = "since"
    ALLERGIES = "allergies"
    MEDICINES = "medicines"
    PREGNANT = "pregnant"
    OXYGEN = "oxygen"


_YES_OR_NO: Final = (Act.YES, Act.NO, Act.UNSURE)

ANSWERS: Final[Mapping[Question, tuple[Act, ...]]] = {
    **dict.fromkeys(Question, _YES_OR_NO),
    Question.SINCE: (Act.TODAY, Act.DAYS, Act.WEEKS, Act.UNSURE),
}
"""What may be answered to each."""

ANSWERED_BY: Final = frozenset(act for acts in ANSWERS.values() for act in acts)

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        Question.SINCE: "Depuis quand\u00a0?",
        Question.ALLERGIES: "Avez-vous une allergie\u00a0?",
        Question.MEDICINES: "Prenez-vous des médicaments\u00a0?",
        Question.PREGNANT: "Êtes-vous enceinte\u00a0?",
        Question.OXYGEN: "Avez-vous de l’oxygène chez vous\u00a0?",
        Act.TODAY: "Aujourd’hui",
        Act.DAYS: "Quelques jours",
        Act.WEEKS: "Plus d’une semaine",
    },
    "en": {
        Question.SINCE: "Since when?",
        Question.ALLERGIES: "Do you have an allergy?",
        Question.MEDICINES: "Do you take medicines?",
        Question.PREGNANT: "Are you pregnant?",
        Question.OXYGEN: "Do you have oxygen at home?",
        Act.TODAY: "Today",
        Act.DAYS: "A few days",
        Act.WEEKS: "More than a week",
    },
}
"""The words that were shown, as they are kept with the answers; a test holds them to the kiosk's catalogues."""

TEXTS_FOR: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        Question.SINCE: "Depuis quand\u00a0?",
        Question.ALLERGIES: "Est-ce que {ward} a une allergie\u00a0?",
        Question.MEDICINES: "Est-ce que {ward} prend des médicaments\u00a0?",
        Question.PREGNANT: "Est-ce que {ward} est enceinte\u00a0?",
        Question.OXYGEN: "Est-ce que {ward} a de l’oxygène à la maison\u00a0?",
    },
    "en": {
        Question.SINCE: "Since when?",
        Question.ALLERGIES: "Does {ward} have an allergy?",
        Question.MEDICINES: "Does {ward} take medicines?",
        Question.PREGNANT: "Is {ward} pregnant?",
        Question.OXYGEN: "Does {ward} have oxygen at home?",
    },
}
"""The questions where somebody answers for another."""

_USUAL: Final = (Question.SINCE, Question.ALLERGIES, Question.MEDICINES)

QUESTIONS: Final[Mapping[str, tuple[Question, ...]]] = {
    Act.PAIN: (*_USUAL, Question.PREGNANT),
    Act.FEVER: (*_USUAL, Question.PREGNANT),
    Act.COUGH: (*_USUAL, Question.OXYGEN),
    Act.SKIN: (*_USUAL, Question.PREGNANT),
    Act.STOMACH: (*_USUAL, Question.PREGNANT),
    Act.RENEWAL: (Question.ALLERGIES, Question.MEDICINES, Question.PREGNANT),
    Act.TELL: _USUAL,
}
"""What is asked for each reason (`REASONS`)."""


def asked_of(reason: str | None, count: int) -> Question | None:
    """Return the question for *reason* that follows *count* others; None after the last."""
    asked = QUESTIONS.get(reason or "", ())
    return asked[count] if count < len(asked) else None


def asked_and_said(answers: Mapping[str, str], language: str, *, ward: str | None = None) -> list[Answer]:
    """Return the answers with the words in which they were asked for; *ward*: how another was called in them."""
    words = TEXTS[language]
    asked = TEXTS_FOR[language] if ward else words
    return [
        Answer(question=question, asked=asked[question].format(ward=ward), said=words.get(said, said), version=VERSION)
        for question, said in answers.items()
    ]
