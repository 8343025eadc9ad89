"""Every screen of the booth and what leads from one to the next, as tables.

Five things are worth knowing before reading TRANSITIONS, from which docs/journey.md is drawn:

- A target is a State, or a Turn where the next screen depends on the journey (the next device, what was interrupted).
- STILL_THERE, EMERGENCY, HELP_CALLED and COMFORT lie *over* other screens. News from the devices and of the visit goes
  on behind them: a reading that arrives while somebody reads the emergency numbers is found as a result afterwards.
- What the booth itself reports (NEWS) means nothing on some screens and is then passed over. A touch that the screen
  does not offer is an error.
- Silence in front of a question asks, then wipes. Silence in the middle of a measurement or of the wait first calls the
  helper, for it may be a person in need; only when nobody has come for a long while does it ask and wipe as well,
  because otherwise the next person would continue, and measure, in the first one's name.
- Silence in a talk means nothing: the physician sees it. It leads back to the talk.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from booth_client.words import Act, Device, Effect, ForbiddenAct, Stage, State, Turn

__all__ = [
    "DEADLINES",
    "IN_A_TALK",
    "NEWS",
    "OVER",
    "REASONS",
    "STAYS",
    "TOUCHES",
    "TRANSITIONS",
    "UNANSWERED",
    "Act",
    "Device",
    "Effect",
    "ForbiddenAct",
    "Row",
    "Stage",
    "State",
    "Turn",
]

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
        Act.VISIT,
        Act.ASKED,
        Act.PRINTED,
        Act.UNPRINTED,
    }
)
TIMES: Final = frozenset({Act.HINT, Act.SILENCE, Act.ELAPSED})
TOUCHES: Final = frozenset(Act) - NEWS - TIMES
OVER: Final = frozenset({State.STILL_THERE, State.EMERGENCY, State.HELP_CALLED, State.COMFORT})

REASONS: Final = (Act.PAIN, Act.FEVER, Act.COUGH, Act.SKIN, Act.STOMACH, Act.RENEWAL, Act.TELL)
"""Why somebody comes; TELL: they tell the physician."""

Row = Mapping[Act, State | Turn]
_HELP: Final[Row] = {Act.HELP: State.HELP_CALLED, Act.EMERGENCY: State.EMERGENCY, Act.BROKEN: State.OUT_OF_SERVICE}
_EVERYWHERE: Final[Row] = {**_HELP, Act.COMFORT: State.COMFORT}
_QUESTION: Final[Row] = {**_EVERYWHERE, Act.SILENCE: Turn.ASK}
_TOLD: Final[Row] = {Act.VISIT: Turn.VISIT}
_ASIDE: Final[Row] = {**_EVERYWHERE, **_TOLD, **dict.fromkeys((Act.NO, Act.BACK, Act.SILENCE), Turn.VISIT)}
_READING: Final[Row] = {
    Act.SAVED: State.RESULT,
    Act.CONFIRM: Turn.RETRY_OR_RESULT,
    Act.IMPLAUSIBLE: Turn.RETRY_OR_FAILED,
    Act.UNSAVED: State.UNSAVED,
    Act.VISIT: Turn.VISIT,
}
_MEASURING: Final[Row] = {**_EVERYWHERE, **_READING, Act.SEEN: State.LIVE, Act.SILENCE: Turn.HELPER}
_CHOICE: Final[Row] = {Act.FRENCH: State.SAFETY, Act.ENGLISH: State.SAFETY}

TRANSITIONS: Final[Mapping[State, Row]] = {
    State.IDLE: {**_EVERYWHERE, Act.TOUCH: State.LANGUAGE, Act.ELAPSED: State.IDLE},
    State.LANGUAGE: {
        **_HELP,
        **_CHOICE,
        Act.LARGE: State.LANGUAGE,
        Act.CONTRAST: State.LANGUAGE,
        Act.BACK: State.IDLE,
        Act.SILENCE: Turn.ASK,
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
        **_TOLD,
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
    State.REASON: {
        **_QUESTION,
        **dict.fromkeys(REASONS, Turn.CALL),
        Act.MORE: State.REASON,
        Act.BACK: Turn.DO,
        Act.FINISH: State.GOODBYE,
    },
    State.NO_DOCTOR: {**_QUESTION, Act.REDO: Turn.CALL, Act.FINISH: State.GOODBYE},
    State.WAITING: {
        **_EVERYWHERE,
        **_TOLD,
        Act.FINISH: State.LEAVE,
        Act.HINT: State.WAITING,
        Act.ELAPSED: State.NO_DOCTOR,
        Act.SILENCE: State.ALL_RIGHT,
    },
    State.ALL_RIGHT: {**_EVERYWHERE, **_TOLD, Act.YES: Turn.VISIT, Act.SILENCE: State.HELP_CALLED},
    State.LEAVE: {**_ASIDE, Act.YES: State.GOODBYE},
    State.DOCTOR_COMING: {
        **_EVERYWHERE,
        **_TOLD,
        Act.READY: Turn.VISIT,
        Act.MINUTE: State.DOCTOR_COMING,
        Act.HINT: State.DOCTOR_COMING,
        Act.SILENCE: State.HELP_CALLED,
    },
    State.IN_VISIT: {
        **_EVERYWHERE,
        **_TOLD,
        Act.SOUND: State.IN_VISIT,
        Act.CAMERA: State.IN_VISIT,
        Act.VERIFY: State.SIX_DIGITS,
        Act.FINISH: State.HANG_UP,
        Act.ASKED: State.VISIT_MEASURE,
    },
    State.VISIT_MEASURE: {
        **_EVERYWHERE,
        **_TOLD,
        Act.YES: Turn.MEASURE,
        Act.NO: Turn.VISIT,
        Act.SILENCE: Turn.VISIT,
    },
    State.SIX_DIGITS: {**_ASIDE, Act.YES: Turn.VISIT, Act.NO: State.HANG_UP, Act.ASKED: State.VISIT_MEASURE},
    State.CALL_TROUBLE: {
        **_EVERYWHERE,
        **_TOLD,
        Act.SOUND: State.CALL_TROUBLE,
        Act.FINISH: State.HANG_UP,
        Act.HINT: State.CALL_TROUBLE,
        Act.SILENCE: State.HELP_CALLED,
    },
    State.HANG_UP: {**_ASIDE, Act.YES: Turn.VISIT},
    State.SECURITY_STOP: {**_QUESTION, **_TOLD, Act.REDO: Turn.CALL, Act.FINISH: State.GOODBYE},
    State.WRITING: {**_QUESTION, **_TOLD, Act.FINISH: State.GOODBYE},
    State.REPORT: {
        **_QUESTION,
        Act.PRINT: State.TAKE_PAPERS,
        Act.PHONE: State.CODE,
        Act.BOTH: State.TAKE_PAPERS,
        Act.FINISH: State.GOODBYE,
    },
    State.TAKE_PAPERS: {
        **_QUESTION,
        Act.PRINTED: State.TAKE_PAPERS,
        Act.UNPRINTED: Turn.PAPERS,
        Act.DONE: Turn.PAPERS,
        Act.HINT: State.TAKE_PAPERS,
    },
    State.CODE: {**_QUESTION, Act.DONE: State.GOODBYE, Act.BACK: State.REPORT},
    State.GOODBYE: {**_HELP, Act.WIPED: State.GOODBYE, Act.ELAPSED: State.IDLE},
    State.STILL_THERE: {**_HELP, Act.HERE: Turn.RESUME, Act.FINISH: State.GOODBYE, Act.ELAPSED: State.GOODBYE},
    State.EMERGENCY: {
        **_EVERYWHERE,
        Act.NOT_URGENT: Turn.RESUME,
        Act.BACK: Turn.RESUME,
        Act.SILENCE: Turn.ASK,
    },
    State.HELP_CALLED: {
        **_EVERYWHERE,
        Act.CANCEL: Turn.RESUME,
        Act.BACK: Turn.RESUME,
        Act.HINT: State.HELP_CALLED,
        Act.SILENCE: Turn.ASK,
    },
    State.COMFORT: {
        **_HELP,
        Act.FRENCH: Turn.RESUME,
        Act.ENGLISH: Turn.RESUME,
        Act.LARGE: State.COMFORT,
        Act.CONTRAST: State.COMFORT,
        Act.BACK: Turn.RESUME,
        Act.SILENCE: Turn.ASK,
    },
    State.OUT_OF_SERVICE: {Act.WIPED: State.IDLE, Act.ELAPSED: State.OUT_OF_SERVICE, Act.EMERGENCY: State.EMERGENCY},
}

_ASK: Final = ((timedelta(seconds=90), Act.SILENCE),)
_FORGET: Final = ((timedelta(seconds=90), Act.ELAPSED),)
_HINT_THEN_HELP: Final = ((timedelta(seconds=45), Act.HINT), (timedelta(seconds=90), Act.SILENCE))
_TEN_MINUTES: Final = timedelta(minutes=10)

DEADLINES: Final[Mapping[State, tuple[tuple[timedelta, Act], ...]]] = {
    **{state: _ASK for state, row in TRANSITIONS.items() if row.get(Act.SILENCE) is Turn.ASK},
    **dict.fromkeys((State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF), _HINT_THEN_HELP),
    State.DEVICE_WAIT: ((timedelta(seconds=30), Act.HINT), (timedelta(seconds=60), Act.ELAPSED)),
    State.LIVE: ((timedelta(seconds=60), Act.ELAPSED),),
    State.STILL_THERE: ((timedelta(seconds=60), Act.ELAPSED),),
    State.HELP_CALLED: ((timedelta(seconds=90), Act.HINT), (_TEN_MINUTES, Act.SILENCE)),
    State.EMERGENCY: ((_TEN_MINUTES, Act.SILENCE),),
    State.WAITING: ((_TEN_MINUTES, Act.SILENCE),),
    State.ALL_RIGHT: _ASK,
    State.LEAVE: ((timedelta(seconds=30), Act.SILENCE),),
    State.DOCTOR_COMING: ((timedelta(seconds=30), Act.HINT), (timedelta(seconds=90), Act.SILENCE)),
    **dict.fromkeys((State.VISIT_MEASURE, State.SIX_DIGITS), ((timedelta(seconds=60), Act.SILENCE),)),
    State.CALL_TROUBLE: ((timedelta(seconds=60), Act.HINT), (_TEN_MINUTES, Act.SILENCE)),
    State.HANG_UP: ((timedelta(seconds=30), Act.SILENCE),),
    State.WRITING: ((_TEN_MINUTES, Act.SILENCE),),
    State.TAKE_PAPERS: ((timedelta(seconds=20), Act.HINT), (timedelta(seconds=90), Act.SILENCE)),
    State.IDLE: _FORGET,
    State.GOODBYE: ((timedelta(seconds=10), Act.ELAPSED),),
    State.OUT_OF_SERVICE: ((timedelta(seconds=30), Act.ELAPSED),),
}

IN_A_TALK: Final = timedelta(seconds=20)
"""While somebody talks with a physician, no other screen stays longer than this in silence."""

UNANSWERED: Final = timedelta(seconds=20)
"""How long the server may take to say the place in the queue."""

_MEASURES: Final = frozenset(
    {state for state, row in TRANSITIONS.items() if Act.SAVED in row} | {State.FAILED, State.SKIP}
)

STAYS: Final[Mapping[State, frozenset[Stage]]] = {
    **dict.fromkeys(_MEASURES, frozenset(Stage) - {Stage.STOPPED}),
    State.ALL_RIGHT: frozenset({Stage.ASKED}),
    State.LEAVE: frozenset({Stage.ASKED}),
    State.VISIT_MEASURE: frozenset({Stage.WELL, Stage.SOUND, Stage.LOST}),
    State.HANG_UP: frozenset({Stage.WELL, Stage.SOUND, Stage.LOST}),
    State.SIX_DIGITS: frozenset({Stage.WELL, Stage.SOUND}),
    State.SECURITY_STOP: frozenset(Stage) - {Stage.REPORTED},
}
"""Which news of the visit do not take the screen away from under somebody's finger."""
