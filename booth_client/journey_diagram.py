"""The journey's diagram, drawn from its table: `python -m booth_client.journey_diagram > docs/journey.md`.

Mermaid state diagrams: https://mermaid.js.org/syntax/stateDiagram.html
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Collection
from typing import Final

from booth_client.transitions import (
    DEADLINES,
    OVER,
    TRANSITIONS,
    Act,
    Stage,
    State,
    Turn,
    agreeing,
    arriving,
    identifying,
    leaving,
    measuring,
    over,
    visiting,
)
from booth_client.turns import visit_screen
from booth_client.whereabouts import Consultation
from booth_client.words import DIGITS

__all__ = ["document"]

_OPEN: Final[dict[Turn, tuple[State, ...]]] = {
    Turn.WHO: (State.WHO, State.WHO_PHONE, State.CONSENT),
    Turn.UNKNOWN: (State.WHO_PHONE, State.CONSENT),
    Turn.MISREAD: (State.WHO,),
    Turn.STILL_READS: (State.WHO,),
    Turn.NOT_ME: (State.WHO, State.WHO_PHONE),
    Turn.COMPANION: (State.WHO_CONFIRM, State.WHO_PHONE),
    Turn.NUMBER: (State.CONSENT, State.CALLED_BACK),
    Turn.NUMBERED: (State.CONSENT, State.CALLED_BACK),
    Turn.BEFORE_NUMBER: (State.WHO, State.SAFETY),
    Turn.BEFORE_CONSENT: (State.WHO_CONFIRM, State.WHO_PHONE, State.WHO, State.SAFETY),
    Turn.EXPLAINED: (State.CONSENT, State.CONSENT_VISIT, State.CONSENT_SHARE),
    Turn.WITHOUT_READINGS: (State.CONSENT_VISIT, State.NO_DOCTOR),
    Turn.BEFORE_VISIT: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.CONSENT),
    Turn.COMPANY: (State.COMPANY, State.CONSENT_SHARE),
    Turn.BEFORE_SHARE: (State.COMPANY, State.CONSENT_VISIT),
    Turn.QUESTION: (State.QUESTIONS, State.WAITING, State.NO_DOCTOR),
    Turn.BEFORE_QUESTION: (State.REASON,),
    Turn.CALL_BACK: (State.WHO_PHONE, State.CALLED_BACK),
    Turn.NEXT: (
        *(State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF),
        *(State.OFFLINE, State.CONSENT_VISIT, State.NO_DOCTOR, State.GOODBYE),
    ),
    Turn.PREVIOUS: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.CONSENT),
    Turn.DO: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF),
    Turn.REST_OR_WAIT: (State.REST, State.DEVICE_WAIT),
    Turn.AGAIN_OR_NEXT: (State.AGAIN, State.DO_CUFF),
    Turn.SKIP_OR_OTHER_ARM: (State.DO_CUFF, State.SKIP),
    Turn.RETRY_OR_FAILED: (State.RETRY, State.FAILED),
    Turn.RETRY_OR_RESULT: (State.RETRY, State.RESULT),
    Turn.CALL: (State.WAITING, State.CONSENT_VISIT, State.REASON, State.NO_DOCTOR),
    Turn.DIGITS: (State.SIX_DIGITS, State.THIRD_DIGITS),
    Turn.MEASURE: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF),
    Turn.PAPERS: (State.CODE, State.GOODBYE),
    Turn.REOPEN: (State.IDLE, State.OUT_OF_SERVICE),
}

_ARRIVING: Final = (*arriving.ROWS, *identifying.ROWS)
_MEASURING: Final = (*measuring.ROWS, *over.ROWS)
_VISIT: Final = (*agreeing.ROWS, *visiting.ROWS, *leaving.ROWS)
_LEFT_OUT: Final = frozenset(
    {
        *(Act.HELP, Act.EMERGENCY, Act.COMFORT, Act.SILENCE, Act.BROKEN, Act.HINT),
        *(Act.BADGE, Act.ADMITTED, Act.HELPED, Act.LEFT),
    }
)

_INTRODUCTION: Final = """\
# The journey of a person at the booth

Drawn from `TRANSITIONS` in `booth_client/transitions/` by `python -m booth_client.journey_diagram`; a test compares
the two.

In the pictures, the four *do-…* screens are one (`do`), Emergency, Help, Comfort and the helper's mode, which every
screen offers, are left out, and so is silence in front of a question (90 s → `still-there`, 60 s → `goodbye`). The
table has them all.
"""

_VISIT_INTRODUCTION: Final = """\
## The visit with a physician

With `visits = true`, after the measurements. How the visit stands is one of nine stages, whatever screen is shown; news
of it (`visit`) leads to the stage's screen from every screen of the visit, but does not take away a question that is
still true. A measurement in the middle of a talk goes through the screens above and leads back here, by silence too
(20 s).
"""


def document() -> str:
    """Return docs/journey.md: the pictures, every transition, every deadline."""
    first = f"{_INTRODUCTION}\n{_picture(_ARRIVING)}\n\n## The measurements\n\n{_picture(_MEASURING)}"
    visit = f"{_VISIT_INTRODUCTION}\n{_picture(_VISIT)}\n\n{_stages()}"
    return f"{first}\n\n{visit}\n\n## Everything\n\n{_table()}\n\n{_deadlines()}\n"


def _node(state: State) -> str:
    return "do" if state.startswith("do-") else state.replace("-", "_")


def _picture(states: Collection[State]) -> str:
    edges: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for state in states:
        for act, target in TRANSITIONS[state].items():
            if state in OVER or act in _LEFT_OUT or act is Act.VISIT:
                continue
            for end in _ends(target):
                if end != _node(state):
                    edges[_node(state), end][_word(act)] = None
    begin = {State.IDLE: ["    [*] --> idle"], State.WAITING: ["    state stands <<choice>>", *_stands()]}
    lines = [f"    {start} --> {end}: {' · '.join(acts)}" for (start, end), acts in edges.items()]
    return "\n".join(
        ("```mermaid", "stateDiagram-v2", *(line for state in states for line in begin.get(state, ())), *lines, "```")
    )


def _word(act: Act) -> str:
    return "a digit" if act in DIGITS else act


def _ends(target: State | Turn) -> tuple[str, ...]:
    if target is Turn.VISIT:
        return ("stands",)
    return tuple(_node(end) for end in (_OPEN[target] if isinstance(target, Turn) else (target,)))


def _stands() -> list[str]:
    """Return where the visit's stages lead."""
    ends: defaultdict[str, list[str]] = defaultdict(list)
    for stage in Stage:
        ends[_node(visit_screen(Consultation(stage=stage, ready=True, papers=1)))].append(stage)
    return [f"    stands --> {end}: {' · '.join(stages)}" for end, stages in ends.items()]


def _stages() -> str:
    rows = [
        f"| {stage} | `{visit_screen(Consultation(stage=stage, papers=1))}` "
        f"| `{visit_screen(Consultation(stage=stage, ready=True, papers=1))}` |"
        for stage in Stage
    ]
    head = "| the visit stands | before « Je suis prêt » | after it |"
    return "\n".join((head, "|---|---|---|", *rows))


def _table() -> str:
    rows = [
        f"| `{state}` | {_word(act)} | {f'*{target}*' if isinstance(target, Turn) else f'`{target}`'} |"
        for state, row in TRANSITIONS.items()
        for act, target in row.items()
        if act not in DIGITS[1:]
    ]
    return "\n".join(("| screen | act | then |", "|---|---|---|", *rows))


def _deadlines() -> str:
    rows = [
        f"| `{state}` | {after.total_seconds():g} s | {act} |"
        for state, deadlines in DEADLINES.items()
        for after, act in deadlines
    ]
    return "\n".join(("| screen | after | act |", "|---|---|---|", *rows))


if __name__ == "__main__":
    sys.stdout.write(document())
