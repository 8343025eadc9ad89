"""The visit with a physician: asked for, waited for, talked with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import ASIDE, EVERYWHERE, QUESTION, TEN_MINUTES, TOLD, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = ["DEADLINES", "KEPT", "ROWS"]

_REQUESTS: Final[Row] = {
    Act.ASKED: State.VISIT_MEASURE,
    Act.WRITTEN: State.VISIT_TEXT,
    Act.PRINTING: State.VISIT_PAPERS,
    Act.SHOWN: State.VISIT_FILE,
}
"""What the physician asks for while somebody only talks with them, or reads."""

KEPT: Final = (
    *(State.VISIT_EXAM, State.VISIT_TEXT, State.VISIT_PAPERS),
    *(State.VISIT_FILE, State.VISIT_SHOW, State.VISIT_HOLD, State.VISIT_LOOK),
)
"""Screens that a picture which comes or goes leaves alone."""

_SHOWING: Final[Row] = {**EVERYWHERE, **TOLD, **dict.fromkeys((Act.STOP, Act.STOPPED), Turn.VISIT)}
"""While somebody shows a paper to the kiosk's camera."""

ROWS: Final[Mapping[State, Row]] = {
    State.NO_DOCTOR: {**QUESTION, Act.REDO: Turn.CALL, Act.CALL_BACK: Turn.CALL_BACK, Act.FINISH: State.GOODBYE},
    State.WAITING: {
        **EVERYWHERE,
        **TOLD,
        Act.CALL_BACK: Turn.CALL_BACK,
        Act.FINISH: State.LEAVE,
        Act.HINT: State.WAITING,
        Act.ELAPSED: State.NO_DOCTOR,
        Act.SILENCE: State.ALL_RIGHT,
    },
    State.ALL_RIGHT: {**EVERYWHERE, **TOLD, Act.YES: Turn.VISIT, Act.SILENCE: State.HELP_CALLED},
    State.LEAVE: {**ASIDE, Act.YES: State.GOODBYE},
    State.DOCTOR_COMING: {
        **EVERYWHERE,
        **TOLD,
        Act.READY: Turn.VISIT,
        Act.MINUTE: State.DOCTOR_COMING,
        Act.HINT: State.DOCTOR_COMING,
        Act.SILENCE: State.HELP_CALLED,
    },
    State.IN_VISIT: {
        **EVERYWHERE,
        **TOLD,
        Act.SOUND: State.IN_VISIT,
        Act.CAMERA: State.IN_VISIT,
        Act.VERIFY: Turn.DIGITS,
        Act.FINISH: State.HANG_UP,
        **_REQUESTS,
    },
    State.VISIT_MEASURE: {
        **EVERYWHERE,
        **TOLD,
        Act.YES: Turn.MEASURE,
        **dict.fromkeys((Act.NO, Act.SILENCE, Act.STOPPED), Turn.VISIT),
    },
    State.VISIT_EXAM: {
        **EVERYWHERE,
        **TOLD,
        Act.ASKED: State.VISIT_EXAM,
        Act.WRITTEN: State.VISIT_EXAM,
        **dict.fromkeys((Act.STOP, Act.STOPPED), Turn.VISIT),
    },
    State.VISIT_TEXT: {
        **EVERYWHERE,
        **TOLD,
        **_REQUESTS,
        **dict.fromkeys((Act.YES, Act.NO, Act.CONTINUE, Act.STOPPED), Turn.VISIT),
    },
    State.VISIT_PAPERS: {
        **EVERYWHERE,
        **TOLD,
        **_REQUESTS,
        Act.PRINTED: State.VISIT_PAPERS,
        **dict.fromkeys((Act.PRINT, Act.UNPRINTED), State.VISIT_PAPERS),
        Act.DONE: Turn.VISIT,
    },
    State.VISIT_FILE: {
        **EVERYWHERE,
        **TOLD,
        **_REQUESTS,
        **dict.fromkeys((Act.MORE, Act.BACK, Act.LARGER), State.VISIT_FILE),
        Act.PRINT: State.VISIT_PAPERS,
        **dict.fromkeys((Act.CONTINUE, Act.STOPPED), Turn.VISIT),
    },
    State.VISIT_SHOW: {**_SHOWING, Act.TAKE: State.VISIT_HOLD},
    State.VISIT_HOLD: {**_SHOWING, Act.ELAPSED: State.VISIT_LOOK},
    State.VISIT_LOOK: {**_SHOWING, Act.YES: Turn.VISIT, Act.NO: State.VISIT_SHOW},
    State.SIX_DIGITS: {**ASIDE, Act.YES: Turn.VISIT, Act.NO: State.SECURITY_STOP, **_REQUESTS},
    State.THIRD_PARTY: {**EVERYWHERE, **TOLD, **dict.fromkeys((Act.YES, Act.NO, Act.SILENCE), Turn.VISIT)},
    State.THIRD_DIGITS: {
        **EVERYWHERE,
        **TOLD,
        **_REQUESTS,
        **dict.fromkeys((Act.YES, Act.NO, Act.BACK, Act.SILENCE), Turn.VISIT),
    },
    State.CALL_TROUBLE: {
        **EVERYWHERE,
        **TOLD,
        Act.SOUND: State.CALL_TROUBLE,
        Act.CALL_BACK: Turn.CALL_BACK,
        Act.FINISH: State.HANG_UP,
        Act.HINT: State.CALL_TROUBLE,
        Act.SILENCE: State.HELP_CALLED,
    },
    State.HANG_UP: {**ASIDE, Act.YES: Turn.VISIT},
    State.SECURITY_STOP: {
        **QUESTION,
        **TOLD,
        Act.REDO: Turn.CALL,
        Act.CALL_BACK: Turn.CALL_BACK,
        Act.FINISH: State.GOODBYE,
    },
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    State.WAITING: ((TEN_MINUTES, Act.SILENCE),),
    State.ALL_RIGHT: ((timedelta(seconds=90), Act.SILENCE),),
    State.LEAVE: ((timedelta(seconds=30), Act.SILENCE),),
    State.DOCTOR_COMING: ((timedelta(seconds=30), Act.HINT), (timedelta(seconds=90), Act.SILENCE)),
    **dict.fromkeys(
        (State.VISIT_MEASURE, State.SIX_DIGITS, State.THIRD_PARTY, State.THIRD_DIGITS),
        ((timedelta(seconds=60), Act.SILENCE),),
    ),
    State.CALL_TROUBLE: ((timedelta(seconds=60), Act.HINT), (TEN_MINUTES, Act.SILENCE)),
    State.HANG_UP: ((timedelta(seconds=30), Act.SILENCE),),
    State.VISIT_HOLD: ((timedelta(seconds=3), Act.ELAPSED),),
}
