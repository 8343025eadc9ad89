"""The papers, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import HELP, QUESTION, TEN_MINUTES, TOLD, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = ["DEADLINES", "ROWS"]

ROWS: Final[Mapping[State, Row]] = {
    State.WRITING: {**QUESTION, **TOLD, Act.FINISH: State.GOODBYE},
    State.REPORT: {
        **QUESTION,
        Act.PRINT: State.TAKE_PAPERS,
        Act.PHONE: State.CODE,
        Act.BOTH: State.TAKE_PAPERS,
        Act.FINISH: State.GOODBYE,
    },
    State.TAKE_PAPERS: {
        **QUESTION,
        Act.PRINTED: State.TAKE_PAPERS,
        Act.UNPRINTED: Turn.PAPERS,
        Act.DONE: Turn.PAPERS,
        Act.PRINT: State.TAKE_PAPERS,
        Act.HINT: State.TAKE_PAPERS,
    },
    State.CODE: {**QUESTION, Act.DONE: State.GOODBYE, Act.PRINT: State.TAKE_PAPERS, Act.BACK: State.REPORT},
    State.GOODBYE: {**HELP, Act.WIPED: State.GOODBYE, Act.ELAPSED: State.IDLE},
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    State.WRITING: ((TEN_MINUTES, Act.SILENCE),),
    State.TAKE_PAPERS: ((timedelta(seconds=20), Act.HINT), (timedelta(seconds=90), Act.SILENCE)),
    State.GOODBYE: ((timedelta(seconds=10), Act.ELAPSED),),
}
