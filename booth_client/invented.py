"""The settings of what is not there: simulated devices, their numbers, and a patient who makes visits alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from booth_client.journey import REASONS

__all__ = ["Persona", "SimulatedPatient", "VirtualRadioSettings"]

_LONGEST_INITIALS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """What simulated devices measure, as decimal text ("72.4"); what is not given is plausible and varies."""

    systolic: str | None = None
    diastolic: str | None = None
    pulse: str | None = None
    spo2: str | None = None
    temperature: str | None = None
    weight: str | None = None
    fat: str | None = None
    glucose: str | None = None
    breaths: str | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            text = getattr(self, name)
            try:
                finite = text is None or Decimal(text).is_finite()
            except InvalidOperation:
                finite = False
            if not finite:
                raise ValueError(f"{name} {text!r} is not a decimal number")

    def value(self, name: str) -> Decimal | None:
        """Return the number called *name*, or None where the device may choose."""
        text = getattr(self, name)
        return None if text is None else Decimal(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualRadioSettings:
    """The simulated radio: how long a patient needs to use a device, and whether anybody does (`hands`).

    `others` are further devices, as `teleborne simulate` names them, used by themselves every `others_every_s`.
    """

    hands: bool = True
    others: tuple[str, ...] = ()
    others_every_s: float = 30.0
    hands_after_s: float = 4.0
    seed: int | None = None
    persona: Persona = field(default_factory=Persona)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPatient:
    """A patient who makes visits alone: how long each screen is read, and how long until the next visit.

    `reason`, `initials` and `age` are what the physician reads in the queue.
    """

    pace_s: float = 0.5
    pause_s: float = 60.0
    reason: str = "cough"
    initials: str = ""
    age: int | None = None

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"reason {self.reason!r} is not one of {', '.join(sorted(REASONS))}")
        if len(self.initials) > _LONGEST_INITIALS:
            raise ValueError(f"initials has at most {_LONGEST_INITIALS} characters")
