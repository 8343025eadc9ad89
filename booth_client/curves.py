"""Curves at the booth: shown to the physician as they come, and kept stretch by stretch for the person of the visit.

A strap that somebody wears, or an oximeter with a pulse wave, is nobody's before a visit and after it: what comes then
is neither shown nor kept. A stretch that cannot be made durable is lost, and said to be: `unsaved` is called.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from booth_client.ledger import Ledger, Outcome, Visit
from gateway.devices.catalogue import decode
from gateway.devices.errors import DeviceError
from gateway.devices.events import DeviceEvent, Ended, Indicated
from gateway.devices.reading import Kind, Name, Reading, Series, Special, Unit
from gateway.devices.waveform import Curves, Stretch, series_of
from gateway.errors import Unavailable

__all__ = ["CurveKeeper", "Piece", "pieces"]

_TENTH: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a curve as the `wave` channel says it: samples *period* apart, the first taken at *first_at*."""

    name: Name
    unit: Unit
    first_at: datetime
    period: timedelta
    samples: tuple[Decimal | Special, ...]


def pieces(series: Series, *, at: datetime) -> Iterator[Piece]:
    """Return the pieces of *series*, whose last sample was taken at *at*: one, or for heart beats one a beat."""
    numbers = [Special.NAN if sample is None else sample * series.factor for sample in series.samples]
    if series.period is not None:
        first = at - series.period * (len(numbers) - 1)
        yield Piece(name=series.name, unit=series.unit, first_at=first, period=series.period, samples=tuple(numbers))
        return
    spans = [timedelta(milliseconds=float(number)) for number in numbers if isinstance(number, Decimal)]
    beat = at - sum(spans[1:], timedelta(0))
    for number, span, after in zip(numbers, spans, [*spans[1:], timedelta(0)], strict=True):
        tenths = number.quantize(_TENTH) if isinstance(number, Decimal) else number
        yield Piece(name=series.name, unit=series.unit, first_at=beat, period=span, samples=(tenths,))
        beat += after


class CurveKeeper:
    """What becomes of curves. `visit` says whose visit it is now, `draw` shows a piece to the physician.

    `share` gets the live readings of a strap; `beats` is told of each stretch of its heart beats that is kept.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        visit: Callable[[], Visit | None],
        draw: Callable[[Piece], None] = lambda _: None,
        share: Callable[[Sequence[Reading], str, datetime], None] = lambda _readings, _device, _at: None,
        unsaved: Callable[[str], None] = lambda _: None,
        beats: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._ledger = ledger
        self._visit = visit
        self._draw = draw
        self._share = share
        self._unsaved = unsaved
        self._beats = beats
        self._curves = Curves()
        self._whose: str | None = None

    async def receive(self, event: DeviceEvent) -> None:
        """Take in one event of the radio."""
        visit = self._visit()
        if self._whose != (visit.id if visit else None):
            self._curves.forget()
            self._whose = visit.id if visit else None
        if visit is None:
            return
        if isinstance(event, Ended):
            await self._keep(self._curves.end(event.address), visit)
        elif isinstance(event, Indicated):
            await self._indicated(event, visit)

    async def _indicated(self, event: Indicated, visit: Visit) -> None:
        try:
            packet = decode(event.characteristic, event.value, model=event.device.model)
        except DeviceError:
            return
        series = series_of(packet)
        if series is None:
            return
        if series.name in _STRAPS:
            self._share(packet.readings(), _STRAPS[series.name], event.at)
        for piece in pieces(series, at=event.at):
            self._draw(piece)
        await self._keep(self._curves.take(event, series), visit)

    async def _keep(self, stretch: Stretch | None, visit: Visit) -> None:
        if stretch is None:
            return
        try:
            kept = await self._ledger.keep(stretch.event, (stretch.reading,), visit=visit, now=stretch.event.at)
        except Unavailable as error:
            self._unsaved(str(error))
            return
        if self._beats and kept.outcome is Outcome.SAVED and stretch.reading.kind is Kind.RR_INTERVALS:
            await self._beats()


_STRAPS: Final = {Name.RR_INTERVAL: "strap"}
"""The curves of objects that the journey does not know: their live readings are shown from here, under this word."""
