"""From the first touch to the yes: the screens before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import EVERYWHERE, HELP, QUESTION, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = ["DEADLINES", "ROWS"]

_CHOICE: Final[Row] = {Act.FRENCH: State.SAFETY, Act.ENGLISH: State.SAFETY}

ROWS: Final[Mapping[State, Row]] = {
    State.IDLE: {
        **EVERYWHERE,
        Act.TOUCH: State.LANGUAGE,
        Act.ELAPSED: State.IDLE,
        **dict.fromkeys((Act.CLOSED, Act.REVOKED), State.OUT_OF_SERVICE),
    },
    State.LANGUAGE: {
        **HELP,
        **_CHOICE,
        Act.LARGE: State.LANGUAGE,
        Act.CONTRAST: State.LANGUAGE,
        Act.BACK: State.IDLE,
        Act.SILENCE: Turn.ASK,
    },
    State.SAFETY: {**QUESTION, Act.YES: State.EMERGENCY, Act.NO: Turn.WHO, Act.BACK: State.LANGUAGE},
    State.CONSENT: {
        **QUESTION,
        Act.YES: Turn.NEXT,
        Act.NO: State.REFUSED,
        Act.EXPLAIN: State.EXPLAIN,
        Act.BACK: Turn.BEFORE_CONSENT,
    },
    State.EXPLAIN: {**QUESTION, Act.CONTINUE: Turn.EXPLAINED, Act.BACK: Turn.EXPLAINED},
    State.REFUSED: {
        **QUESTION,
        Act.CONTINUE: Turn.WITHOUT_READINGS,
        Act.BACK: State.CONSENT,
        Act.FINISH: State.GOODBYE,
    },
    State.OFFLINE: {
        **QUESTION,
        Act.CONTINUE: Turn.NEXT,
        Act.CALL_BACK: Turn.CALL_BACK,
        Act.FINISH: State.GOODBYE,
    },
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    State.IDLE: ((timedelta(seconds=90), Act.ELAPSED),),
}
