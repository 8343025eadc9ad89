"""The screens that lie over others, and the one of a booth that does not work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.rows import EVERYWHERE, HELP, TEN_MINUTES, Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = ["DEADLINES", "ROWS"]

ROWS: Final[Mapping[State, Row]] = {
    State.STILL_THERE: {**HELP, Act.HERE: Turn.RESUME, Act.FINISH: State.GOODBYE, Act.ELAPSED: State.GOODBYE},
    State.EMERGENCY: {
        **EVERYWHERE,
        Act.NOT_URGENT: Turn.RESUME,
        Act.BACK: Turn.RESUME,
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
    State.OUT_OF_SERVICE: {Act.WIPED: State.IDLE, Act.ELAPSED: State.OUT_OF_SERVICE, Act.EMERGENCY: State.EMERGENCY},
}

DEADLINES: Final[Mapping[State, Deadlines]] = {
    State.STILL_THERE: ((timedelta(seconds=60), Act.ELAPSED),),
    State.HELP_CALLED: ((timedelta(seconds=90), Act.HINT), (TEN_MINUTES, Act.SILENCE)),
    State.EMERGENCY: ((TEN_MINUTES, Act.SILENCE),),
    State.OUT_OF_SERVICE: ((timedelta(seconds=30), Act.ELAPSED),),
}
