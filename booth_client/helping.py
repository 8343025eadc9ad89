"""What is decided while a helper is there: what lies under their screen, what is hidden, and when they are gone.

Their mode lies over whatever the person had reached. It never lies under anything: whoever comes back from the
emergency numbers has not shown a badge. Nothing of the person is shown while `Journey.helped` holds, and no call is
heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from booth_client.transitions import DEADLINES, GUIDED, LEAVES, Act, State, Turn
from booth_client.whereabouts import Journey, News

__all__ = ["TURNS", "Deed", "answered", "beneath", "deed", "held", "kept", "left"]

_HELPS: Final = timedelta(seconds=60)
"""For so long a helper who does nothing is taken to be there."""

_WAITS: Final = frozenset(
    {State.REST, State.AGAIN}
    | {state for state, deadlines in DEADLINES.items() if any(act is Act.ELAPSED for _, act in deadlines)}
)
"""Screens on which a device or a rest takes its time: nobody has gone because nobody touches anything."""


class Deed(StrEnum):
    """What a helper did at a booth, as it is written down."""

    CODE = "entered by code"
    BADGE = "entered by badge"
    REFUSED = "a code that is nobody's"
    WAITED = "too many codes that are nobody's"
    GUIDED = "guided a measurement"
    SHORTENED = "shortened the rest"
    IDENTITY = "wrote down who somebody is"
    OPENED = "opened the helper's pages"
    DISINFECTED = "disinfected"
    LEFT = "left"


def deed(before: Journey, after: Journey) -> tuple[str, Deed] | None:
    """Return who did what between two steps of a journey, as far as the journey itself tells."""
    if before.helper is None:
        return None
    if after.guided and not before.guided:
        return before.helper, Deed.GUIDED
    if before.state is State.HELPER and after.state is State.DEVICE_WAIT and before.screen is State.REST:
        return before.helper, Deed.SHORTENED
    return (before.helper, Deed.LEFT) if after.helper is None else None


def beneath(journey: Journey, target: State) -> tuple[State, ...]:
    """Return what lies under *target* once it is shown: never a helper's screen, nor twice the same."""
    below = (LEAVES.get(state, state) for state in (*journey.behind, journey.state))
    gone = {target, State.HELP_CALLED} if target is State.HELPER else {target}  # whoever was called has come
    return tuple(dict.fromkeys(state for state in below if state is not None and state not in gone))


def left(journey: Journey) -> tuple[datetime, Act] | None:
    """Return when somebody who guides is taken to have gone; None where that is not asked."""
    if not journey.guided or journey.state not in GUIDED or journey.state in _WAITS:
        return None
    return journey.since + _HELPS, Act.LEFT


def answered(journey: Journey, act: Act, news: News) -> Journey:
    """Let a helper in, who has come then; or say why a code does not open."""
    if act is Act.ADMITTED:
        return replace(journey, helper=news.helper or "", doubted=False)
    return replace(journey, typed="", checking=False, wrong="wait" if news.wait else "wrong")


def kept(journey: Journey) -> Journey:
    """Return the journey without what is only good while a helper is there."""
    if journey.helper is None and not journey.typed and journey.wrong is None:
        return journey
    guided = journey.guided and journey.screen in GUIDED
    mode, code = journey.state is State.HELPER, journey.state is State.HELPER_CODE
    return replace(
        journey,
        guided=guided,
        helper=journey.helper if guided or mode else None,
        typed=journey.typed if code else "",
        checking=journey.checking and code,
        wrong=journey.wrong if code else None,
        cleaned=journey.cleaned if mode else None,
    )


def held(under: Journey, top: Journey) -> Journey:
    """Return what lies *under* the screen on *top* with all that the helper's screen holds: news changes none of it."""
    if top.state not in (State.HELPER, State.HELPER_CODE):
        return under
    return replace(
        under, helper=top.helper, typed=top.typed, checking=top.checking, wrong=top.wrong, cleaned=top.cleaned
    )


def _calm(journey: Journey) -> Journey:
    """Return to what was there before somebody asked for the emergency numbers."""
    *under, state = (each for each in journey.behind if each is not State.EMERGENCY)
    return replace(journey, state=state, behind=tuple(under))


def _guide(journey: Journey) -> Journey:
    return replace(journey, state=journey.screen, behind=(), guided=True)


def _unguided(journey: Journey) -> Journey:
    return replace(journey, guided=False)


TURNS: Final[Mapping[Turn, Callable[[Journey], Journey]]] = {
    Turn.CALM: _calm,
    Turn.GUIDE: _guide,
    Turn.UNGUIDED: _unguided,
}
