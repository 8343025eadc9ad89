"""What went wrong at the booth since its program started, for whoever helps there: parts of the booth and times.

Nothing of it is about a person: no name, no number, no visit. It is kept in memory; what lasts is in the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from booth_client.journey import Device, Journey, Stage, State

__all__ = ["Happened", "Mishap", "Mishaps"]

_MOST: Final = 30


class Mishap(StrEnum):
    """What may go wrong beside what the self-test finds."""

    NETWORK = "network"
    DEVICE = "device"
    UNSAVED = "unsaved"
    PAPER = "paper"
    CALL = "call"
    UNPROVED = "unproved"
    HELP = "help"


_STATES: Final = {State.FAILED: Mishap.DEVICE, State.UNSAVED: Mishap.UNSAVED, State.HELP_CALLED: Mishap.HELP}
_STAGES: Final = {Stage.LOST: Mishap.CALL, Stage.STOPPED: Mishap.UNPROVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that went wrong *at* a time, with which health object; `over` is when it was well again."""

    what: Mishap
    at: datetime
    device: Device | None = None
    over: datetime | None = None


class Mishaps:
    """Listens to the journey; *now* is the time."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._past: deque[Happened] = deque(maxlen=_MOST)
        self._present: dict[Mishap, Happened] = {}
        self.since = now()

    def moved(self, journey: Journey) -> None:
        """Take in how the journey stands after a step."""
        wrong = _wrong(journey)
        for what in self._present.keys() - wrong:
            self._past.append(replace(self._present.pop(what), over=self._now()))
        for what in wrong - self._present.keys():
            device = journey.device if what is Mishap.DEVICE else None
            self._present[what] = Happened(what=what, at=self._now(), device=device)

    def today(self) -> tuple[Happened, ...]:
        """Return what goes wrong now or went wrong today, by the booth's own calendar, the newest first."""
        day = self._now().astimezone().date()
        ended = (each for each in self._past if each.over and each.over.astimezone().date() == day)
        return tuple(sorted((*ended, *self._present.values()), key=lambda each: each.at, reverse=True))


def _wrong(journey: Journey) -> set[Mishap]:
    """Return what does not work just now."""
    talk = journey.consultation
    found = {_STATES.get(journey.state), _STAGES.get(talk.stage) if talk else None}
    found |= {Mishap.NETWORK} if not journey.online else set()
    found |= {Mishap.PAPER} if talk and talk.unprinted else set()
    return {each for each in found if each is not None}
