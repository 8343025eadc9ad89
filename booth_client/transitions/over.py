"""The screens that lie over others, those of whoever helps too, and the one of a booth that does not work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import EVERYWHERE, HELP, HELPER, TEN_MINUTES, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import DIGITS, Act, State

__all__ = ["DEADLINES", "ROWS"]

ROWS: Final[Mapping[State, Row]] = {
    State.STILL_THERE: {**HELP, Act.HERE: Turn.RESUME, Act.FINISH: State.GOODBYE, Act.ELAPSED: State.GOODBYE},
    State.EMERGENCY: {
        **EVERYWHERE,
        Act.CALL: State.EMERGENCY_CALL,
        Act.TEXT: State.EMERGENCY_TEXT,
        Act.NOT_URGENT: Turn.CALM,
        Act.BACK: Turn.CALM,
        Act.SILENCE: Turn.ASK,
    },
    State.EMERGENCY_CALL: {
        **EVERYWHERE,
        Act.TEXT: State.EMERGENCY_TEXT,
        Act.NOT_URGENT: Turn.CALM,
        Act.BACK: State.EMERGENCY,
        Act.SILENCE: Turn.ASK,
    },
    State.EMERGENCY_TEXT: {
        **EVERYWHERE,
        Act.CALL: State.EMERGENCY_CALL,
        Act.NOT_URGENT: Turn.CALM,
        Act.BACK: State.EMERGENCY,
        Act.SILENCE: Turn.ASK,
    },
    State.HELP_CALLED: {
        **EVERYWHERE,
        Act.CANCEL: Turn.RESUME,
        Act.BACK: Turn.RESUME,
        Act.HINT: State.HELP_CALLED,
        Act.SILENCE: Turn.ASK,
    },
    State.COMFORT: {
        **HELP,
        Act.FRENCH: Turn.RESUME,
        Act.ENGLISH: Turn.RESUME,
        Act.CONSENTS: State.CONSENTS,
        Act.LARGE: State.COMFORT,
        Act.CONTRAST: State.COMFORT,
        Act.BACK: Turn.RESUME,
        Act.SILENCE: Turn.ASK,
    },
    State.CONSENTS: {
        **EVERYWHERE,
        **dict.fromkeys((Act.READINGS, Act.PRESENT, Act.SHARE), State.CONSENTS),
        Act.CONTINUE: Turn.RESUME,
        Act.BACK: Turn.RESUME,
        Act.SILENCE: Turn.ASK,
    },
    State.HELPER_CODE: {
        **EVERYWHERE,
        **dict.fromkeys((*DIGITS, Act.ERASE, Act.DONE, Act.TURNED_AWAY), State.HELPER_CODE),
        **dict.fromkeys((Act.OPEN, Act.BACK, Act.ELAPSED), Turn.RESUME),
    },
    State.HELPER: {
        **EVERYWHERE,
        **dict.fromkeys((Act.DISINFECTED, Act.NOTED, Act.UNNOTED), State.HELPER),
        Act.GUIDE: Turn.GUIDE,
        Act.SHORTEN: State.DEVICE_WAIT,
        Act.IDENTITY: State.WHO_HELPER,
        **dict.fromkeys((Act.OPEN, Act.HELPED, Act.BACK, Act.ELAPSED), Turn.RESUME),
    },
    State.OUT_OF_SERVICE: {
        **HELPER,
        Act.WIPED: State.IDLE,
        Act.REOPENED: Turn.REOPEN,
        Act.ELAPSED: State.OUT_OF_SERVICE,
        Act.EMERGENCY: State.EMERGENCY,
    },
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    State.STILL_THERE: ((timedelta(seconds=60), Act.ELAPSED),),
    State.HELP_CALLED: ((timedelta(seconds=90), Act.HINT), (TEN_MINUTES, Act.SILENCE)),
    **dict.fromkeys((State.EMERGENCY, State.EMERGENCY_CALL, State.EMERGENCY_TEXT), ((TEN_MINUTES, Act.SILENCE),)),
    **dict.fromkeys((State.HELPER_CODE, State.HELPER), ((timedelta(seconds=60), Act.ELAPSED),)),
    State.OUT_OF_SERVICE: ((timedelta(seconds=10), Act.ELAPSED),),
}
