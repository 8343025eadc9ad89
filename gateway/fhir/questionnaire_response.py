"""What a person answered at the booth before a visit, as a QuestionnaireResponse.

https://hl7.org/fhir/R4/questionnaireresponse.html. Yes, no and "I do not know" are HL7's expanded yes-no indicator
(v2-0532); what is chosen from a list is its words. The questions are kept with the answers: a later wording is another
version of the questionnaire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from gateway.fhir.observation import instant

__all__ = ["Answer", "questionnaire_response"]

_QUESTIONNAIRE: Final = "urn:teleborne:questionnaire:booth"
_INDICATOR: Final = "http://terminology.hl7.org/CodeSystem/v2-0532"
_CODES: Final = {"yes": ("Y", "Yes"), "no": ("N", "No"), "unsure": ("UNK", "Unknown")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: the question's name and words, and `said`, "yes", "no" or "unsure"; other answers are in words."""

    question: str
    asked: str
    said: str
    version: str


def questionnaire_response(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    patient: str,
    encounter: str,
    at: datetime,
    answers: Sequence[Answer],
    status: Literal["completed", "amended"] = "completed",
) -> dict[str, Any]:
    """Return the answers that *patient* ("Patient/…") gave in *encounter* ("Encounter/…") *at* (with a zone)."""
    version = answers[0].version if answers else "1"
    return {
        "resourceType": "QuestionnaireResponse",
        "id": id,
        "questionnaire": f"{_QUESTIONNAIRE}|{version}",
        "status": status,
        "subject": {"reference": patient},
        "encounter": {"reference": encounter},
        "authored": instant(at),
        "source": {"reference": patient},
        "item": [{"linkId": each.question, "text": each.asked, "answer": [_value(each.said)]} for each in answers],
    }


def _value(said: str) -> dict[str, Any]:
    if said not in _CODES:
        return {"valueString": said}
    code, display = _CODES[said]
    return {"valueCoding": {"system": _INDICATOR, "code": code, "display": display}}
