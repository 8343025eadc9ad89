"""The person whom virtual devices measure: plausible values that wander around a baseline, repeatable by seed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Final

__all__ = ["Body", "Persona"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Around what somebody's values lie: mmHg, beats per minute, %, °C, kg, mg/dL, ohm, m, breaths per minute."""

    systolic: float = 128.0
    diastolic: float = 79.0
    pulse: float = 72.0
    spo2: float = 97.0
    perfusion: float = 4.0
    temperature: float = 36.7
    weight: float = 72.4
    glucose: float = 98.0
    fat: float = 24.5
    impedance: float = 480.0
    height: float = 1.72
    breaths: float = 15.0


_WANDER: Final = {
    "systolic": (3.5, 85.0, 210.0),
    "diastolic": (2.2, 45.0, 125.0),
    "pulse": (2.8, 42.0, 150.0),
    "spo2": (0.5, 82.0, 100.0),
    "perfusion": (0.4, 0.3, 15.0),
    "temperature": (0.08, 34.5, 41.0),
    "weight": (0.12, 30.0, 190.0),
    "glucose": (9.0, 45.0, 340.0),
    "fat": (0.3, 6.0, 55.0),
    "impedance": (6.0, 250.0, 900.0),
    "height": (0.0, 1.0, 2.3),
    "breaths": (0.8, 6.0, 40.0),
}
"""For each value: how far one measurement lies from the last (standard deviation), and the bounds that it keeps to."""

_PULL: Final = 0.3
"""How much of its distance from the baseline a value makes up at each measurement."""


class Body:
    """One person's values at this moment; each call measures anew."""

    def __init__(self, persona: Persona | None = None, *, seed: int | None = None) -> None:
        self.persona = persona or Persona()
        self._random = Random(seed)  # noqa: S311 - it draws pulses, not keys
        self._now = {name: getattr(self.persona, name) for name in _WANDER}

    def value(self, name: str, step: str) -> Decimal:
        """Return the next value of *name*, a field of Persona, as a multiple of *step* with the precision of *step*."""
        spread, low, high = _WANDER[name]
        last = self._now[name]
        wandered = last + _PULL * (getattr(self.persona, name) - last) + self._random.gauss(0.0, spread)
        self._now[name] = min(max(wandered, low), high)
        resolution = Decimal(step)
        return (Decimal(self._now[name]) / resolution).quantize(Decimal(1), ROUND_HALF_EVEN) * resolution
