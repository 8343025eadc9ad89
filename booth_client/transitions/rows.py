"""What the rows of several screens share: a row says what each act on a screen leads to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.transitions.turn import Turn
from booth_client.words import Act, State

__all__ = [
    "ASIDE",
    "EVERYWHERE",
    "GUIDED",
    "HELP",
    "HELPER",
    "MEASURING",
    "QUESTION",
    "READING",
    "TEN_MINUTES",
    "TOLD",
    "Deadlines",
    "Row",
]

Row = Mapping[Act, State | Turn]
Deadlines = tuple[tuple[timedelta, Act], ...]

TEN_MINUTES: Final = timedelta(minutes=10)

HELPER: Final[Row] = {Act.BADGE: State.HELPER_CODE, Act.ADMITTED: State.HELPER}
HELP: Final[Row] = {
    Act.HELP: State.HELP_CALLED,
    Act.EMERGENCY: State.EMERGENCY,
    Act.BROKEN: State.OUT_OF_SERVICE,
    **HELPER,
}
EVERYWHERE: Final[Row] = {**HELP, Act.COMFORT: State.COMFORT}
QUESTION: Final[Row] = {**EVERYWHERE, Act.SILENCE: Turn.ASK}
TOLD: Final[Row] = {Act.VISIT: Turn.VISIT}
ASIDE: Final[Row] = {**EVERYWHERE, **TOLD, **dict.fromkeys((Act.NO, Act.BACK, Act.SILENCE), Turn.VISIT)}
GUIDED: Final[Row] = {Act.HELPED: Turn.UNGUIDED, Act.LEFT: Turn.UNGUIDED}
READING: Final[Row] = {
    **GUIDED,
    Act.SAVED: State.RESULT,
    Act.CONFIRM: Turn.RETRY_OR_RESULT,
    Act.IMPLAUSIBLE: Turn.RETRY_OR_FAILED,
    Act.UNSAVED: State.UNSAVED,
    Act.VISIT: Turn.VISIT,
}
MEASURING: Final[Row] = {**EVERYWHERE, **READING, Act.SEEN: State.LIVE, Act.SILENCE: Turn.HELPER}
