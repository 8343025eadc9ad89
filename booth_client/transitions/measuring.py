"""The measurements, one device after the other, by oneself or because the physician asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import GUIDED, MEASURING, QUESTION, READING, TOLD, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = ["DEADLINES", "ROWS"]

ROWS: Final[Mapping[State, Row]] = {
    State.DO_SCALE: {**MEASURING, Act.SKIP: State.SKIP, Act.BACK: Turn.PREVIOUS, Act.HINT: State.DO_SCALE},
    State.DO_TEMP: {**MEASURING, Act.SKIP: State.SKIP, Act.BACK: Turn.PREVIOUS, Act.HINT: State.DO_TEMP},
    State.DO_OXI: {**MEASURING, Act.SKIP: State.SKIP, Act.BACK: Turn.PREVIOUS, Act.HINT: State.DO_OXI},
    State.DO_CUFF: {
        **MEASURING,
        Act.DONE: Turn.REST_OR_WAIT,
        Act.SKIP: Turn.SKIP_OR_OTHER_ARM,
        Act.BACK: Turn.PREVIOUS,
        Act.HINT: State.DO_CUFF,
    },
    State.MEAL: {
        **QUESTION,
        **READING,
        **dict.fromkeys((Act.FASTING, Act.BEFORE_MEAL, Act.AFTER_MEAL, Act.UNSURE), State.DO_DEVICE),
        Act.BACK: Turn.PREVIOUS,
    },
    State.DO_DEVICE: {
        **MEASURING,
        Act.DONE: State.DEVICE_WAIT,
        Act.SKIP: State.SKIP,
        Act.BACK: Turn.PREVIOUS,
        Act.HINT: State.DO_DEVICE,
    },
    State.REST: {**MEASURING, Act.SKIP: State.DEVICE_WAIT, Act.BACK: Turn.DO, Act.ELAPSED: State.DEVICE_WAIT},
    State.DEVICE_WAIT: {
        **MEASURING,
        Act.SKIP: State.SKIP,
        Act.BACK: Turn.DO,
        Act.HINT: State.DEVICE_WAIT,
        Act.ELAPSED: State.FAILED,
    },
    State.LIVE: {**MEASURING, Act.STOP: State.SKIP, Act.LOST: Turn.RETRY_OR_FAILED, Act.ELAPSED: Turn.RETRY_OR_FAILED},
    State.RESULT: {
        **QUESTION,
        **TOLD,
        **GUIDED,
        Act.SAVED: State.RESULT,
        Act.CONFIRM: State.RESULT,
        Act.UNSAVED: State.UNSAVED,
        Act.CONTINUE: Turn.AGAIN_OR_NEXT,
        Act.REDO: Turn.DO,
    },
    State.AGAIN: {
        **QUESTION,
        **READING,
        Act.CONTINUE: State.DEVICE_WAIT,
        Act.ELAPSED: State.DEVICE_WAIT,
        Act.SKIP: Turn.NEXT,
    },
    State.RETRY: {**QUESTION, **READING, Act.SEEN: State.LIVE, Act.REDO: Turn.DO, Act.SKIP: State.SKIP},
    State.FAILED: {**QUESTION, **READING, Act.CONTINUE: Turn.NEXT},
    State.UNSAVED: {**QUESTION, **READING, Act.REDO: Turn.DO, Act.FINISH: State.GOODBYE},
    State.SKIP: {**QUESTION, **READING, Act.CONTINUE: Turn.NEXT, Act.BACK: Turn.DO},
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    **dict.fromkeys(
        (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.DO_DEVICE),
        ((timedelta(seconds=45), Act.HINT), (timedelta(seconds=90), Act.SILENCE)),
    ),
    State.DEVICE_WAIT: ((timedelta(seconds=30), Act.HINT), (timedelta(seconds=60), Act.ELAPSED)),
    State.LIVE: ((timedelta(seconds=60), Act.ELAPSED),),
}
