"""How far the patient is with a measurement that the physician asked for, read off the journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from booth_client.channels import Progress
from booth_client.journey import Journey, State

__all__ = ["Asked", "progress"]

_DOING: Final[Mapping[State, Progress]] = {
    **dict.fromkeys(
        (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.DEVICE_WAIT, State.RETRY), Progress.ACCEPTED
    ),
    State.LIVE: Progress.MEASURING,
    State.RESULT: Progress.RECEIVED,
}
_MEANWHILE: Final = frozenset({State.VISIT_MEASURE, State.SKIP, State.FAILED, State.UNSAVED, State.AGAIN})
_ORDER: Final = (Progress.ASKED, Progress.ACCEPTED, Progress.MEASURING, Progress.RECEIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, the last that the physician was told of it, and whether that was the end."""

    id: str
    told: Progress = Progress.ASKED
    done: bool = False


def progress(asked: Asked, journey: Journey) -> tuple[Asked, tuple[Progress, ...]]:
    """Return the request as it stands now, and what the physician is to be told: no step twice, none backwards."""
    state = journey.behind[0] if journey.behind else journey.state
    now = _DOING.get(state)
    if now is None and state not in _MEANWHILE:
        if asked.told is Progress.RECEIVED:
            return replace(asked, done=True), ()
        return replace(asked, told=Progress.REFUSED, done=True), (Progress.REFUSED,)
    if now is None or _ORDER.index(now) <= _ORDER.index(asked.told):
        return asked, ()
    return replace(asked, told=now), (now,)
