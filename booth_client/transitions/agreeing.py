"""What a person agrees to before a physician is asked for, each act by itself, why they come, and a few questions.

Every no has a way on: without a physician, without the other person, without sharing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from booth_client.transitions.rows import QUESTION, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = ["DEADLINES", "REASONS", "ROWS"]

REASONS: Final = (Act.PAIN, Act.FEVER, Act.COUGH, Act.SKIN, Act.STOMACH, Act.RENEWAL, Act.TELL)
"""Why somebody comes; TELL: they tell the physician."""

_ANSWERS: Final = (Act.YES, Act.NO, Act.UNSURE, Act.TODAY, Act.DAYS, Act.WEEKS)

ROWS: Final[Mapping[State, Row]] = {
    State.CONSENT_VISIT: {
        **QUESTION,
        Act.YES: Turn.COMPANY,
        Act.NO: State.NO_VIDEO,
        Act.EXPLAIN: State.EXPLAIN,
        Act.BACK: Turn.BEFORE_VISIT,
    },
    State.NO_VIDEO: {
        **QUESTION,
        Act.CALL_BACK: Turn.CALL_BACK,
        Act.BACK: State.CONSENT_VISIT,
        Act.FINISH: State.GOODBYE,
    },
    State.COMPANY: {
        **QUESTION,
        Act.YES: State.CONSENT_PRESENT,
        Act.NO: State.CONSENT_SHARE,
        Act.BACK: State.CONSENT_VISIT,
    },
    State.CONSENT_PRESENT: {
        **QUESTION,
        Act.YES: State.CONSENT_SHARE,
        Act.NO: State.ALONE,
        Act.BACK: State.COMPANY,
    },
    State.ALONE: {**QUESTION, Act.DONE: State.CONSENT_SHARE, Act.BACK: State.CONSENT_PRESENT},
    State.CONSENT_SHARE: {
        **QUESTION,
        Act.YES: State.REASON,
        Act.NO: State.REASON,
        Act.EXPLAIN: State.EXPLAIN,
        Act.BACK: Turn.BEFORE_SHARE,
    },
    State.REASON: {
        **QUESTION,
        **dict.fromkeys(REASONS, Turn.QUESTION),
        Act.MORE: State.REASON,
        Act.BACK: State.CONSENT_SHARE,
        Act.FINISH: State.GOODBYE,
    },
    State.QUESTIONS: {
        **QUESTION,
        **dict.fromkeys(_ANSWERS, Turn.QUESTION),
        Act.BACK: Turn.BEFORE_QUESTION,
    },
    State.CALLED_BACK: {**QUESTION, Act.BACK: State.WHO_PHONE, Act.FINISH: State.GOODBYE},
}

DEADLINES: Final[Mapping[State, Deadlines]] = {}
