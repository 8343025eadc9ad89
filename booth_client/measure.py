"""From what the radio delivers to what the person is told: decode, judge, keep, and only then say « enregistré ».

`Measurements.receive` is awaited by the radio before it takes the device's next packet: when it returns, the reading is
durable or the screen says that it is not. Live values (the cuff's pressure, the finger's oxygen) are shown and never
kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from booth_client.journey import Act, Device, Result
from booth_client.ledger import Kept, Ledger, Outcome, Visit
from booth_client.plausibility import Verdict, judge
from gateway.devices.catalogue import decode
from gateway.devices.errors import DeviceError
from gateway.devices.events import ClockRead, DeviceEvent, Ended, Indicated
from gateway.devices.reading import Measure, Name, Reading
from gateway.errors import Unavailable

__all__ = ["SOURCES", "Live", "Measurements", "Share"]

SOURCES: Final[Mapping[str, Device]] = {
    "2A35": Device.CUFF,
    "2A36": Device.CUFF,
    "2A5E": Device.OXIMETER,
    "2A5F": Device.OXIMETER,
    "2A1C": Device.THERMOMETER,
    "2A1E": Device.THERMOMETER,
    "2A9D": Device.SCALE,
}
"""Which health object a characteristic comes from."""

_LIVE: Final = frozenset({"2A36", "2A5F", "2A1E"})

_ACTS: Final[Mapping[Verdict, Act]] = {Verdict.KEPT: Act.SAVED, Verdict.CONFIRM: Act.CONFIRM}
_STEADY: Final = 3
_STEADY_WITHIN: Final = Decimal(2)
_SHOWN: Final = frozenset(
    {Name.CUFF, Name.SYSTOLIC, Name.DIASTOLIC, Name.PULSE, Name.SPO2, Name.TEMPERATURE, Name.WEIGHT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A value on its way, for the screen only."""

    device: Device
    measures: tuple[Measure, ...]


Report = Callable[[Act, Result], Awaitable[None]]
Share = Callable[[Sequence[Reading], Device, datetime], None]


class Measurements:
    """What becomes of every packet.

    `visit` says whose visit it is now, None where nobody has consented. `report` tells the journey; `show` gets live
    values, at most one a second; `share` gets the readings that a physician may see: live ones, and what was kept.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        visit: Callable[[], Visit | None],
        report: Report,
        show: Callable[[Live], None] = lambda _: None,
        share: Share = lambda _readings, _device, _at: None,
    ) -> None:
        self._ledger = ledger
        self._visit = visit
        self._report = report
        self._show = show
        self._share = share
        self._shown_at: datetime | None = None
        self._heard: deque[Decimal] = deque(maxlen=_STEADY)
        self._speaking: dict[str, Device] = {}

    async def receive(self, event: DeviceEvent) -> None:
        """Take in one event of the radio; see the module."""
        if isinstance(event, Indicated):
            await self._indicated(event)
        elif isinstance(event, ClockRead):
            self._ledger.hear_clock(event)
        elif isinstance(event, Ended):
            await self._ended(event)

    async def _indicated(self, event: Indicated) -> None:
        device = SOURCES.get(event.characteristic)
        if device is None:
            return
        self._speaking[event.device.address] = device
        try:
            readings = decode(event.characteristic, event.value).readings()
        except DeviceError:
            readings = ()
        if event.characteristic in _LIVE:
            await self._live(device, readings, event.at)
        else:
            await self._keep(device, event, readings)

    async def _live(self, device: Device, readings: Sequence[Reading], at: datetime) -> None:
        await self._report(Act.SEEN, Result(device=device))
        if self._visit() is not None:
            self._share(readings, device, at)
        measures = _shown(readings)
        if device is Device.OXIMETER and not self._is_steady(measures):
            return
        if self._shown_at is None or at - self._shown_at >= timedelta(seconds=1) or at < self._shown_at:
            self._shown_at = at
            self._show(Live(device=device, measures=measures))

    def _is_steady(self, measures: Sequence[Measure]) -> bool:
        """Say whether the last values of the finger agree; before that, no number is shown."""
        value = next((m.value for m in measures if m.name is Name.SPO2), None)
        if not isinstance(value, Decimal):
            self._heard.clear()
            return False
        self._heard.append(value)
        return len(self._heard) == _STEADY and max(self._heard) - min(self._heard) <= _STEADY_WITHIN

    async def _keep(self, device: Device, event: Indicated, readings: tuple[Reading, ...]) -> None:
        verdict = judge(readings)
        visit = None if verdict is Verdict.REFUSED else self._visit()
        result = Result(device=device, measures=_shown(readings))
        try:
            kept: Kept = await self._ledger.keep(event, readings, visit=visit, now=event.at)
        except Unavailable:
            await self._report(Act.UNSAVED, result)
            return
        if verdict is Verdict.REFUSED and kept.outcome is not Outcome.REPEAT:
            await self._report(Act.IMPLAUSIBLE, result)
        elif kept.outcome is Outcome.SAVED:
            self._share(readings, device, event.at)
            await self._report(_ACTS[verdict], result)

    async def _ended(self, event: Ended) -> None:
        self._heard.clear()
        device = self._speaking.pop(event.address, None)
        if device is not None and not event.reason.well:
            await self._report(Act.LOST, Result(device=device))


def _shown(readings: Sequence[Reading]) -> tuple[Measure, ...]:
    """Return the numbers a person is shown, one of each name, in the order in which the device sent them."""
    found: dict[Name, Measure] = {}
    for reading in readings:
        for measure in reading.measures:
            if measure.name in _SHOWN:
                found.setdefault(measure.name, measure)
    return tuple(found.values())
