"""The journey's diagram, drawn from its table: `python -m booth_client.journey_diagram > docs/journey.md`.

Mermaid state diagrams: https://mermaid.js.org/syntax/stateDiagram.html
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Final

from booth_client.transitions import DEADLINES, OVER, TRANSITIONS, Act, State, Turn

__all__ = ["document"]

_OPEN: Final[dict[Turn, tuple[State, ...]]] = {
    Turn.NEXT: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.OFFLINE, State.GOODBYE),
    Turn.PREVIOUS: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.CONSENT),
    Turn.DO: (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF),
    Turn.REST_OR_WAIT: (State.REST, State.DEVICE_WAIT),
    Turn.AGAIN_OR_NEXT: (State.AGAIN,),
    Turn.RETRY_OR_FAILED: (State.RETRY, State.FAILED),
    Turn.RETRY_OR_RESULT: (State.RETRY, State.RESULT),
}

_INTRODUCTION: Final = """\
# The journey of a person at the booth

Drawn from `TRANSITIONS` in `booth_client/transitions.py` by `python -m booth_client.journey_diagram`; a test compares
the two.

In the picture, the four *do-…* screens are one (`do`), Emergency, Help and Comfort, which every screen offers, are left
out, and so is silence in front of a question (90 s → `still-there`, 60 s → `goodbye`). The table below has them all.
"""


def document() -> str:
    """Return docs/journey.md: the picture, every transition, every deadline."""
    return f"{_INTRODUCTION}\n{_picture()}\n\n{_table()}\n\n{_deadlines()}\n"


def _node(state: State) -> str:
    return "do" if state.startswith("do-") else state.replace("-", "_")


def _picture() -> str:
    edges: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for state, row in TRANSITIONS.items():
        for act, target in row.items():
            if state in OVER or act in (Act.HELP, Act.EMERGENCY, Act.COMFORT, Act.SILENCE, Act.BROKEN, Act.HINT):
                continue
            ends = _OPEN[target] if isinstance(target, Turn) else (target,)
            for end in ends:
                if _node(end) != _node(state):
                    edges[_node(state), _node(end)][act] = None
    lines = [f"    {start} --> {end}: {' · '.join(acts)}" for (start, end), acts in edges.items()]
    return "\n".join(("```mermaid", "stateDiagram-v2", "    [*] --> idle", *lines, "```"))


def _table() -> str:
    rows = [
        f"| `{state}` | {act} | {f'*{target}*' if isinstance(target, Turn) else f'`{target}`'} |"
        for state, row in TRANSITIONS.items()
        for act, target in row.items()
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
