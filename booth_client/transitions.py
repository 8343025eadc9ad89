"""Every screen of the booth and what leads from one to the next, as tables.

Four things are worth knowing before reading TRANSITIONS, from which docs/journey.md is drawn:

- A target is a State, or a Turn where the next screen depends on the journey (the next device, what was interrupted).
- STILL_THERE, EMERGENCY, HELP_CALLED and COMFORT lie *over* other screens. News from the devices goes on behind them: a
  reading that arrives while somebody reads the emergency numbers is found as a result afterwards.
- What the booth itself reports (NEWS) means nothing on some screens and is then passed over. A touch that the screen
  does not offer is an error.
- Silence in front of a question asks, then wipes. Silence in the middle of a measurement first calls the helper, for it
  may be a person in need; only when nobody has come for a long while does it ask and wipe as well, because otherwise
  the next person would continue, and measure, in the first one's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from gateway.errors import TeleborneError

__all__ = [
    "DEADLINES",
    "NEWS",
    "OVER",
    "TRANSITIONS",
    "Act",
    "Device",
    "Effect",
    "ForbiddenAct",
    "Row",
    "State",
    "Turn",
]


class Device(StrEnum):
    """A health object of the booth, as the journey knows it."""

    SCALE = "scale"
    THERMOMETER = "thermometer"
    OXIMETER = "oximeter"
    CUFF = "cuff"


class State(StrEnum):
    """A screen of the kiosk."""

    IDLE = "idle"
    LANGUAGE = "language"
    SAFETY = "safety"
    CONSENT = "consent"
    EXPLAIN = "explain"
    REFUSED = "refused"
    OFFLINE = "offline"
    DO_SCALE = "do-scale"
    DO_TEMP = "do-temp"
    DO_OXI = "do-oxi"
    DO_CUFF = "do-cuff"
    REST = "rest"
    DEVICE_WAIT = "device-wait"
    LIVE = "live"
    RESULT = "result"
    AGAIN = "again"
    RETRY = "retry"
    FAILED = "failed"
    UNSAVED = "unsaved"
    SKIP = "skip"
    GOODBYE = "goodbye"
    STILL_THERE = "still-there"
    EMERGENCY = "emergency"
    HELP_CALLED = "help-called"
    COMFORT = "comfort"
    OUT_OF_SERVICE = "out-of-service"


class Act(StrEnum):
    """What a person does, what the booth reports, or what time brings."""

    TOUCH = "touch"
    FRENCH = "french"
    ENGLISH = "english"
    LARGE = "large"
    CONTRAST = "contrast"
    YES = "yes"
    NO = "no"
    EXPLAIN = "explain"
    CONTINUE = "continue"
    DONE = "done"
    SKIP = "skip"
    STOP = "stop"
    REDO = "redo"
    FINISH = "finish"
    HERE = "here"
    NOT_URGENT = "not-urgent"
    CANCEL = "cancel"
    BACK = "back"
    COMFORT = "comfort"
    HELP = "help"
    EMERGENCY = "emergency"

    SEEN = "seen"
    SAVED = "saved"
    CONFIRM = "confirm"
    IMPLAUSIBLE = "implausible"
    UNSAVED = "unsaved"
    LOST = "lost"
    ONLINE = "online"
    CUT = "cut"
    WIPED = "wiped"
    BROKEN = "broken"

    HINT = "hint"
    SILENCE = "silence"
    ELAPSED = "elapsed"


class Turn(StrEnum):
    """A target that depends on the journey; `advance` decides it."""

    NEXT = "next device, or goodbye"
    PREVIOUS = "previous device, or consent"
    DO = "the device at hand"
    REST_OR_WAIT = "rest if a rest is due, else device-wait"
    AGAIN_OR_NEXT = "again if a repeat is due, else next"
    RETRY_OR_FAILED = "retry the first time, then failed"
    RETRY_OR_RESULT = "retry the first time, then result"
    RESUME = "what was interrupted"


class Effect(StrEnum):
    """What the booth must carry out after a step."""

    OPEN_VISIT = "open-visit"
    EXPECT = "expect"
    CALL_HELPER = "call-helper"
    WIPE = "wipe"


class ForbiddenAct(TeleborneError):
    """A screen was answered with something that it does not offer."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"the screen {state} does not offer {act}")
        self.state = state
        self.act = act


NEWS: Final = frozenset(
    {
        Act.SEEN,
        Act.SAVED,
        Act.CONFIRM,
        Act.IMPLAUSIBLE,
        Act.UNSAVED,
        Act.LOST,
        Act.ONLINE,
        Act.CUT,
        Act.WIPED,
        Act.BROKEN,
    }
)
TIMES: Final = frozenset({Act.HINT, Act.SILENCE, Act.ELAPSED})
TOUCHES: Final = frozenset(Act) - NEWS - TIMES
OVER: Final = frozenset({State.STILL_THERE, State.EMERGENCY, State.HELP_CALLED, State.COMFORT})

Row = Mapping[Act, State | Turn]
_HELP: Final[Row] = {Act.HELP: State.HELP_CALLED, Act.EMERGENCY: State.EMERGENCY, Act.BROKEN: State.OUT_OF_SERVICE}
_EVERYWHERE: Final[Row] = {**_HELP, Act.COMFORT: State.COMFORT}
_QUESTION: Final[Row] = {**_EVERYWHERE, Act.SILENCE: State.STILL_THERE}
_READING: Final[Row] = {
    Act.SAVED: State.RESULT,
    Act.CONFIRM: Turn.RETRY_OR_RESULT,
    Act.IMPLAUSIBLE: Turn.RETRY_OR_FAILED,
    Act.UNSAVED: State.UNSAVED,
}
_MEASURING: Final[Row] = {**_EVERYWHERE, **_READING, Act.SEEN: State.LIVE, Act.SILENCE: State.HELP_CALLED}
_CHOICE: Final[Row] = {Act.FRENCH: State.SAFETY, Act.ENGLISH: State.SAFETY}

TRANSITIONS: Final[Mapping[State, Row]] = {
    State.IDLE: {**_EVERYWHERE, Act.TOUCH: State.LANGUAGE, Act.ELAPSED: State.IDLE},
    State.LANGUAGE: {
        **_HELP,
        **_CHOICE,
        Act.LARGE: State.LANGUAGE,
        Act.CONTRAST: State.LANGUAGE,
        Act.BACK: State.IDLE,
        Act.SILENCE: State.STILL_THERE,
    },
    State.SAFETY: {**_QUESTION, Act.YES: State.EMERGENCY, Act.NO: State.CONSENT, Act.BACK: State.LANGUAGE},
    State.CONSENT: {
        **_QUESTION,
        Act.YES: Turn.NEXT,
        Act.NO: State.REFUSED,
        Act.EXPLAIN: State.EXPLAIN,
        Act.BACK: State.SAFETY,
    },
    State.EXPLAIN: {**_QUESTION, Act.CONTINUE: State.CONSENT, Act.BACK: State.CONSENT},
    State.REFUSED: {**_QUESTION, Act.BACK: State.CONSENT, Act.FINISH: State.GOODBYE},
    State.OFFLINE: {**_QUESTION, Act.CONTINUE: Turn.NEXT, Act.FINISH: State.GOODBYE},
    State.DO_SCALE: {**_MEASURING, Act.SKIP: State.SKIP, Act.BACK: Turn.PREVIOUS, Act.HINT: State.DO_SCALE},
    State.DO_TEMP: {**_MEASURING, Act.SKIP: State.SKIP, Act.BACK: Turn.PREVIOUS, Act.HINT: State.DO_TEMP},
    State.DO_OXI: {**_MEASURING, Act.SKIP: State.SKIP, Act.BACK: Turn.PREVIOUS, Act.HINT: State.DO_OXI},
    State.DO_CUFF: {
        **_MEASURING,
        Act.DONE: Turn.REST_OR_WAIT,
        Act.SKIP: State.SKIP,
        Act.BACK: Turn.PREVIOUS,
        Act.HINT: State.DO_CUFF,
    },
    State.REST: {**_MEASURING, Act.SKIP: State.DEVICE_WAIT, Act.BACK: Turn.DO, Act.ELAPSED: State.DEVICE_WAIT},
    State.DEVICE_WAIT: {
        **_MEASURING,
        Act.SKIP: State.SKIP,
        Act.BACK: Turn.DO,
        Act.HINT: State.DEVICE_WAIT,
        Act.ELAPSED: State.FAILED,
    },
    State.LIVE: {**_MEASURING, Act.STOP: State.SKIP, Act.LOST: Turn.RETRY_OR_FAILED, Act.ELAPSED: Turn.RETRY_OR_FAILED},
    State.RESULT: {
        **_QUESTION,
        Act.SAVED: State.RESULT,
        Act.CONFIRM: State.RESULT,
        Act.UNSAVED: State.UNSAVED,
        Act.CONTINUE: Turn.AGAIN_OR_NEXT,
        Act.REDO: Turn.DO,
    },
    State.AGAIN: {**_QUESTION, **_READING, Act.CONTINUE: State.DEVICE_WAIT, Act.SKIP: Turn.NEXT},
    State.RETRY: {**_QUESTION, **_READING, Act.SEEN: State.LIVE, Act.REDO: Turn.DO, Act.SKIP: State.SKIP},
    State.FAILED: {**_QUESTION, **_READING, Act.CONTINUE: Turn.NEXT},
    State.UNSAVED: {**_QUESTION, **_READING, Act.REDO: Turn.DO, Act.FINISH: State.GOODBYE},
    State.SKIP: {**_QUESTION, **_READING, Act.CONTINUE: Turn.NEXT, Act.BACK: Turn.DO},
    State.GOODBYE: {**_HELP, Act.WIPED: State.GOODBYE, Act.ELAPSED: State.IDLE},
    State.STILL_THERE: {**_HELP, Act.HERE: Turn.RESUME, Act.FINISH: State.GOODBYE, Act.ELAPSED: State.GOODBYE},
    State.EMERGENCY: {
        **_EVERYWHERE,
        Act.NOT_URGENT: Turn.RESUME,
        Act.BACK: Turn.RESUME,
        Act.SILENCE: State.STILL_THERE,
    },
    State.HELP_CALLED: {
        **_EVERYWHERE,
        Act.CANCEL: Turn.RESUME,
        Act.BACK: Turn.RESUME,
        Act.HINT: State.HELP_CALLED,
        Act.SILENCE: State.STILL_THERE,
    },
    State.COMFORT: {
        **_HELP,
        Act.FRENCH: Turn.RESUME,
        Act.ENGLISH: Turn.RESUME,
        Act.LARGE: State.COMFORT,
        Act.CONTRAST: State.COMFORT,
        Act.BACK: Turn.RESUME,
        Act.SILENCE: State.STILL_THERE,
    },
    State.OUT_OF_SERVICE: {Act.WIPED: State.IDLE, Act.ELAPSED: State.OUT_OF_SERVICE, Act.EMERGENCY: State.EMERGENCY},
}

_ASK: Final = ((timedelta(seconds=90), Act.SILENCE),)
_FORGET: Final = ((timedelta(seconds=90), Act.ELAPSED),)
_HINT_THEN_HELP: Final = ((timedelta(seconds=45), Act.HINT), (timedelta(seconds=90), Act.SILENCE))

DEADLINES: Final[Mapping[State, tuple[tuple[timedelta, Act], ...]]] = {
    **{state: _ASK for state, row in TRANSITIONS.items() if row.get(Act.SILENCE) is State.STILL_THERE},
    **dict.fromkeys((State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF), _HINT_THEN_HELP),
    State.DEVICE_WAIT: ((timedelta(seconds=30), Act.HINT), (timedelta(seconds=60), Act.ELAPSED)),
    State.LIVE: ((timedelta(seconds=60), Act.ELAPSED),),
    State.STILL_THERE: ((timedelta(seconds=60), Act.ELAPSED),),
    State.HELP_CALLED: ((timedelta(seconds=90), Act.HINT), (timedelta(minutes=10), Act.SILENCE)),
    State.EMERGENCY: ((timedelta(minutes=10), Act.SILENCE),),
    State.IDLE: _FORGET,
    State.GOODBYE: ((timedelta(seconds=10), Act.ELAPSED),),
    State.OUT_OF_SERVICE: ((timedelta(seconds=30), Act.ELAPSED),),
}
