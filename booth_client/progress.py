"""How far the patient is with what the physician asked for, read off the journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from booth_client.channels import ENDS, Progress
from booth_client.journey import Journey, State

__all__ = ["EXAMINING", "MEASURING", "PRINTING", "READING", "SHOWING", "VIEWING", "Asked", "Course", "progress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The course of one kind of request through the screens.

    `on` says what a screen of the course means, `meanwhile` which mean nothing new, `off` which end it badly; any other
    screen ends it: as `left`, by how far it had come, and where that says nothing with a refusal.
    """

    on: Mapping[State, Progress]
    meanwhile: frozenset[State] = frozenset()
    off: Mapping[State, Progress] = field(default_factory=dict)
    left: Mapping[Progress, Progress] = field(default_factory=dict)


_DO: Final = (
    *(State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.DO_DEVICE, State.MEAL),
    *(State.REST, State.DEVICE_WAIT, State.RETRY),
)
_CUT: Final = {State.CALL_TROUBLE: Progress.FAILED}
_STAYED: Final = {Progress.DOING: Progress.DONE}

MEASURING: Final = Course(
    on={**dict.fromkeys(_DO, Progress.ACCEPTED), State.LIVE: Progress.DOING, State.RESULT: Progress.DONE},
    meanwhile=frozenset({State.VISIT_MEASURE, State.SKIP, State.AGAIN}),
    off=dict.fromkeys((State.FAILED, State.UNSAVED), Progress.FAILED),
)
EXAMINING: Final = Course(
    on={State.VISIT_EXAM: Progress.DOING}, meanwhile=frozenset({State.VISIT_MEASURE}), off=_CUT, left=_STAYED
)
READING: Final = Course(on=dict.fromkeys((State.VISIT_TEXT, State.VISIT_EXAM), Progress.DOING), off=_CUT, left=_STAYED)
PRINTING: Final = Course(on={State.VISIT_PAPERS: Progress.DOING}, off=_CUT, left=_STAYED)
VIEWING: Final = Course(
    on={State.VISIT_FILE: Progress.DOING}, meanwhile=frozenset({State.VISIT_PAPERS}), off=_CUT, left=_STAYED
)
SHOWING: Final = Course(
    on=dict.fromkeys((State.VISIT_SHOW, State.VISIT_HOLD, State.VISIT_LOOK), Progress.DOING),
    meanwhile=frozenset({State.VISIT_MEASURE}),
    off=_CUT,
)
"""Somebody shows a paper: what comes of it is told when it has been sent."""

_ORDER: Final = (Progress.ASKED, Progress.ACCEPTED, Progress.DOING, Progress.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, its course, and the last that the physician was told of it."""

    id: str
    course: Course = MEASURING
    told: Progress = Progress.ASKED

    @property
    def over(self) -> bool:
        """Say whether the physician was told of its end."""
        return self.told in ENDS


def progress(asked: Asked, journey: Journey) -> tuple[Asked, Progress | None]:
    """Return the request as it stands now, and what the physician is to be told: no step twice, none backwards."""
    screen, course = journey.screen, asked.course
    if asked.over or screen in course.meanwhile:
        return asked, None
    now = course.on.get(screen)
    if now is None:
        now = course.off.get(screen) or course.left.get(asked.told, Progress.REFUSED)
    elif _ORDER.index(now) <= _ORDER.index(asked.told):
        return asked, None
    return replace(asked, told=now), now
