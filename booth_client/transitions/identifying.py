"""Who is there: a card, a code on a telephone, the helper, or nothing but a number to be called back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import QUESTION, TOLD, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import DIGITS, Act, State

__all__ = ["DEADLINES", "ROWS"]

_READS: Final[Row] = {
    **QUESTION,
    Act.READ: State.WHO_CONFIRM,
    Act.READERS: Turn.STILL_READS,
    Act.OTHERWISE: Turn.WHO,
    Act.BACK: Turn.WHO,
}

ROWS: Final[Mapping[State, Row]] = {
    State.WHO: {
        **QUESTION,
        Act.CARD: State.WHO_CARD,
        Act.PHONE: State.WHO_QR,
        Act.ASSISTED: State.WHO_ASSISTED,
        Act.NOTHING: Turn.UNKNOWN,
        Act.READ: State.WHO_CONFIRM,
        Act.READERS: State.WHO,
        Act.BACK: State.SAFETY,
    },
    State.WHO_CARD: {**_READS, Act.MISREAD: Turn.MISREAD, Act.HINT: State.WHO_CARD},
    State.WHO_QR: {**_READS, Act.MISREAD: Turn.MISREAD, Act.HINT: State.WHO_QR},
    State.WHO_ASSISTED: {**QUESTION, Act.YES: State.WHO_HELPER, Act.NO: Turn.WHO, Act.BACK: Turn.WHO},
    State.WHO_HELPER: {**_READS, Act.HINT: State.WHO_HELPER},
    State.WHO_PHONE: {
        **QUESTION,
        **TOLD,
        **dict.fromkeys(DIGITS, State.WHO_PHONE),
        Act.ERASE: State.WHO_PHONE,
        Act.DONE: Turn.NUMBER,
        Act.WITHOUT: Turn.NUMBERED,
        Act.BACK: Turn.BEFORE_NUMBER,
    },
    State.WHO_CONFIRM: {
        **QUESTION,
        Act.YES: Turn.NUMBERED,
        Act.NO: Turn.NOT_ME,
        Act.RELATIVE: State.WHO_COMPANION,
        Act.BACK: Turn.WHO,
    },
    State.WHO_COMPANION: {
        **QUESTION,
        **dict.fromkeys((Act.CHILD, Act.ADULT, Act.CARED_FOR), Turn.COMPANION),
        Act.BACK: State.WHO_CONFIRM,
    },
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    **dict.fromkeys(
        (State.WHO_CARD, State.WHO_QR), ((timedelta(seconds=20), Act.HINT), (timedelta(seconds=90), Act.SILENCE))
    ),
    State.WHO_HELPER: ((timedelta(seconds=90), Act.HINT), (timedelta(minutes=5), Act.SILENCE)),
}
