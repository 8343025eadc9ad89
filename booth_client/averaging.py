"""The mean of the last two blood pressures of a person, taken a minute apart: it counts for more than either.

Every pressure is kept as it was measured. The mean of one and the one before it is written in the same transaction as
the later one, as an Observation of its own that names both; a third reading moves the same mean on to the last two.
The two are of the same arm. What the device itself doubts (movement, a loose cuff) has no part in it, nor has what is
measured outside a planned row: once only, or again because the physician asks. SFHTA: three, the mean of the last two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from booth_client.attribution import Visit
from booth_client.plausibility import DOUBTFUL
from gateway.devices.reading import Kind, Measure, Name, Reading, Unit
from gateway.fhir.average_pressure import AveragePressure

__all__ = ["Averages", "Pressure"]

_ONE_AFTER_THE_OTHER: Final = timedelta(minutes=5)
"""No longer than this lies between two pressures that belong together: one minute, and what people need beside."""

_PANEL: Final = "85354-9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """A pressure in mmHg that can be averaged: when, and once it is kept, as which Observation.

    `first` is the Observation with which its row of measurements began, `arm` where the cuff was, if that is known.
    """

    visit: str
    at: datetime
    systolic: Decimal
    diastolic: Decimal
    id: str = ""
    first: str = ""
    arm: str | None = None


def pressure_of(readings: Sequence[Reading], *, visit: Visit, at: datetime) -> Pressure | None:
    """Return the pressure among *readings*; None where there is none, or one that is not to be averaged."""
    reading = next((each for each in readings if each.kind is Kind.BLOOD_PRESSURE and each.stored), None)
    if reading is None or reading.qualities & DOUBTFUL:
        return None
    values = [reading.measure(name) for name in (Name.SYSTOLIC, Name.DIASTOLIC)]
    numbers = [each.value for each in values if each is not None and each.unit is Unit.MMHG]
    upper, lower = (*numbers, None, None)[:2]
    if not (isinstance(upper, Decimal) and isinstance(lower, Decimal)):
        return None
    return Pressure(visit=visit.id, at=at, systolic=upper, diastolic=lower, arm=reading.body_site)


class Averages:
    """The last pressure of the present visit, and what follows from the next."""

    def __init__(self) -> None:
        self._last: Pressure | None = None
        self._next: Pressure | None = None
        self._mean: AveragePressure | None = None

    def beside(
        self, readings: Sequence[Reading], *, visit: Visit, at: datetime
    ) -> Callable[[Sequence[dict[str, Any]]], AveragePressure | None]:
        """Return what, given the Observations of *readings*, makes the mean to be kept with them, or nothing."""
        pressure = pressure_of(readings, visit=visit, at=at)
        self._next = self._mean = None

        def mean(observations: Sequence[dict[str, Any]]) -> AveragePressure | None:
            kept = next((each["id"] for each in observations if _is_panel(each)), None)
            if pressure is None or kept is None:
                return None
            before = self._last if self._last is not None and _belong(self._last, pressure) else None
            self._next = _kept(pressure, kept, before)
            self._mean = None if before is None else _mean(before, self._next)
            return self._mean

        return mean

    def saved(self) -> tuple[Measure, ...]:
        """Note that what `beside` was asked for has been kept; return the numbers of the mean, if there is one."""
        if self._next is not None:
            self._last = self._next
        mean, self._next, self._mean = self._mean, None, None
        if mean is None:
            return ()
        return (
            Measure(name=Name.SYSTOLIC, value=mean.systolic, unit=Unit.MMHG),
            Measure(name=Name.DIASTOLIC, value=mean.diastolic, unit=Unit.MMHG),
        )


def _is_panel(observation: dict[str, Any]) -> bool:
    return any(each.get("code") == _PANEL for each in observation.get("code", {}).get("coding", ()))


def _belong(before: Pressure, pressure: Pressure) -> bool:
    after = pressure.at - before.at
    same = (before.visit, before.arm) == (pressure.visit, pressure.arm)
    return same and timedelta(0) < after <= _ONE_AFTER_THE_OTHER


def _kept(pressure: Pressure, id: str, before: Pressure | None) -> Pressure:  # noqa: A002 - FHIR's own word
    return replace(pressure, id=id, first=id if before is None else before.first)


def _mean(one: Pressure, other: Pressure) -> AveragePressure:
    return AveragePressure(
        id=str(uuid5(UUID(one.first), "mean of the last two")),
        systolic=(one.systolic + other.systolic) / 2,
        diastolic=(one.diastolic + other.diastolic) / 2,
        derived_from=(one.id, other.id),
        start=one.at,
        end=other.at,
    )
