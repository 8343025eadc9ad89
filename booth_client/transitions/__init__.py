"""Every screen of the booth and what leads from one to the next, as tables.

Five things are worth knowing before reading TRANSITIONS, from which docs/journey.md is drawn:

- A target is a State, or a Turn where the next screen depends on the journey (the next device, what was interrupted).
- STILL_THERE, EMERGENCY, HELP_CALLED, COMFORT, CONSENTS and HELPER lie *over* other screens. News from the devices and
  of the visit goes on behind them: a reading that arrives while somebody reads the emergency numbers is found
  afterwards.
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

from booth_client.transitions import agreeing, arriving, identifying, leaving, measuring, over, visiting
from booth_client.transitions.agreeing import REASONS
from booth_client.transitions.effect import Effect
from booth_client.transitions.forbidden import ForbiddenAct
from booth_client.transitions.rows import Deadlines, Row
from booth_client.transitions.turn import Turn
from booth_client.words import Act, Device, Stage, State

__all__ = [
    "DEADLINES",
    "GUIDED",
    "IN_A_TALK",
    "LEAVES",
    "NEWS",
    "OF_THE_HELPER",
    "OVER",
    "REASONS",
    "STAYS",
    "TIMES",
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
        Act.CLOSED,
        Act.REVOKED,
        Act.REOPENED,
        Act.VISIT,
        Act.ASKED,
        Act.STOPPED,
        Act.WRITTEN,
        Act.SHOWN,
        Act.PRINTING,
        Act.PRINTED,
        Act.UNPRINTED,
        Act.READ,
        Act.MISREAD,
        Act.READERS,
        Act.ADMITTED,
        Act.TURNED_AWAY,
        Act.NOTED,
        Act.UNNOTED,
    }
)
TIMES: Final = frozenset({Act.HINT, Act.SILENCE, Act.ELAPSED, Act.LEFT})
TOUCHES: Final = frozenset(Act) - NEWS - TIMES
OF_THE_HELPER: Final = frozenset({Act.ADMITTED, Act.TURNED_AWAY, Act.NOTED, Act.UNNOTED})
"""News for the screen on top, whatever lies under it."""

OVER: Final = frozenset(set(over.ROWS) - {State.OUT_OF_SERVICE})

GUIDED: Final = frozenset(measuring.ROWS)
"""Screens through which a helper may guide somebody."""

LEAVES: Final[Mapping[State, State | None]] = {
    State.EMERGENCY_CALL: State.EMERGENCY,
    State.EMERGENCY_TEXT: State.EMERGENCY,
    State.HELPER_CODE: None,
    State.HELPER: None,
}
"""What stays under another screen in place of one that must not be come back to."""

_SUBJECTS: Final = (arriving, identifying, measuring, agreeing, visiting, leaving, over)

TRANSITIONS: Final[Mapping[State, Row]] = {state: row for subject in _SUBJECTS for state, row in subject.ROWS.items()}

_ASK: Final[Deadlines] = ((timedelta(seconds=90), Act.SILENCE),)

DEADLINES: Final[Mapping[State, Deadlines]] = {
    **{state: _ASK for state, row in TRANSITIONS.items() if row.get(Act.SILENCE) is Turn.ASK},
    **{state: deadlines for subject in _SUBJECTS for state, deadlines in subject.DEADLINES.items()},
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
    State.WHO_PHONE: frozenset({Stage.ASKED, Stage.LOST}),
    State.LEAVE: frozenset({Stage.ASKED}),
    State.VISIT_MEASURE: frozenset({Stage.WELL, Stage.SOUND, Stage.LOST}),
    **dict.fromkeys(visiting.KEPT, frozenset({Stage.WELL, Stage.SOUND})),
    State.HANG_UP: frozenset({Stage.WELL, Stage.SOUND, Stage.LOST}),
    State.SIX_DIGITS: frozenset({Stage.WELL, Stage.SOUND}),
    State.SECURITY_STOP: frozenset(Stage) - {Stage.REPORTED},
}
"""Which news of the visit do not take the screen away from under somebody's finger."""
