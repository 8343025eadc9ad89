"""What the kiosk page is told: one JSON message a screen, and one a live value.

The page knows how a screen looks and what it says; the message says which screen it is, which touches it offers, and
the numbers on it, as text with the device's own digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from booth_client.config import BoothSettings
from booth_client.journey import TOUCHES, TRANSITIONS, Device, Journey, State, due
from booth_client.measure import Live
from gateway.devices.reading import Measure, Special

__all__ = ["STICKERS", "live_message", "screen_message"]

STICKERS: Final = {Device.THERMOMETER: 1, Device.CUFF: 2, Device.OXIMETER: 3, Device.SCALE: 4}
"""The number on each device's sticker."""

_COUNTED: Final = frozenset({State.STILL_THERE, State.REST})
_WITHOUT_STEP: Final = frozenset({State.IDLE, State.GOODBYE, State.OUT_OF_SERVICE, State.REFUSED})


def screen_message(journey: Journey, settings: BoothSettings, *, screen: int, now: datetime) -> dict[str, Any]:
    """Return the message for the journey's present screen, the *screen*-th of this booth."""
    device = journey.device
    result = journey.results.get(device) if device and journey.state is State.RESULT else None
    message: dict[str, Any] = {
        "screen": screen,
        "state": journey.state,
        "language": journey.language,
        "large": journey.large,
        "contrast": journey.contrast,
        "acts": sorted(TOUCHES & set(TRANSITIONS[journey.state])),
        "step": None if journey.state in _WITHOUT_STEP else {"at": journey.at + 2, "of": len(journey.plan.devices) + 1},
        "device": device,
        "sticker": STICKERS[device] if device else None,
        "hint": journey.hinted,
        "online": journey.online,
        "seconds": _seconds(journey, now),
        "round": {"at": journey.round + 1, "of": journey.plan.rounds},
        "values": _values(result.measures) if result else [],
        "helper": {"name": settings.helper.name, "phone": settings.helper.phone},
        "place": {"name": settings.place.name, "address": settings.place.address},
    }
    return message


def live_message(live: Live) -> dict[str, Any]:
    """Return the message for a value on its way."""
    return {"live": {"device": live.device, "values": _values(live.measures)}}


def _values(measures: Sequence[Measure]) -> list[dict[str, str | None]]:
    return [
        {
            "name": measure.name,
            "value": None if isinstance(measure.value, Special) else f"{measure.value:f}",
            "unit": measure.unit,
        }
        for measure in measures
    ]


def _seconds(journey: Journey, now: datetime) -> int | None:
    """Return how many seconds are left on a screen that counts them."""
    when = due(journey)
    if journey.state not in _COUNTED or when is None:
        return None
    return max(0, round((when[0] - now).total_seconds()))
