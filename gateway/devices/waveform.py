"""Curves: what a device gives as samples, taken from its packets, and put together into stretches worth keeping.

The intervals between beats of a heart-rate strap (0x2A37), and the pulse wave of a Viatom oximeter. What a device only
computes from such samples is a reading like any other and not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from gateway.devices.events import Indicated
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.reading import Kind, Name, Reading, Series, Unit
from gateway.devices.vendors.viatom import ViatomAnswer

__all__ = ["STRETCHES", "Curves", "Stretch", "length", "series_of"]

_TICK_MS: Final = Decimal(1000) / 1024
_PLETH_PERIOD: Final = timedelta(milliseconds=8)
_NO_SAMPLE: Final = 156
_UPSIDE_DOWN: Final = 200
"""A published program of the maker's (LepuDemo) takes 156 for "no value" and draws the rest upside down.

That there are 125 samples a second nothing public confirms (docs/virtual-devices.md).
"""


def _beats(packet: HeartRateMeasurement) -> Series | None:
    if not packet.rr or packet.contact is False:
        return None
    return Series(name=Name.RR_INTERVAL, unit=Unit.MILLISECOND, factor=_TICK_MS, samples=packet.rr, period=None)


def _wave(packet: ViatomAnswer) -> Series | None:
    if not packet.wave:
        return None
    samples = tuple(None if octet == _NO_SAMPLE else _UPSIDE_DOWN - octet for octet in packet.wave)
    return Series(name=Name.PLETH, unit=Unit.DIMENSIONLESS, factor=Decimal(1), samples=samples, period=_PLETH_PERIOD)


_READERS: Final[Mapping[type, Callable[[Any], Series | None]]] = {HeartRateMeasurement: _beats, ViatomAnswer: _wave}

STRETCHES: Final[Mapping[Name, tuple[Kind, timedelta]]] = {
    Name.RR_INTERVAL: (Kind.RR_INTERVALS, timedelta(seconds=60)),
    Name.PLETH: (Kind.PLETHYSMOGRAM, timedelta(seconds=10)),
}
"""What a curve is kept as, and how long a stretch of it is at most."""


def series_of(packet: object) -> Series | None:
    """Return the samples in a packet, None where it has none."""
    reader = _READERS.get(type(packet))
    return None if reader is None else reader(packet)


def length(series: Series) -> timedelta:
    """Return the time from the first sample's beginning to the last one's end."""
    if series.period is not None:
        return series.period * len(series.samples)
    total = sum((Decimal(sample) for sample in series.samples if sample is not None), Decimal(0)) * series.factor
    return timedelta(milliseconds=float(total))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a curve: the reading to keep, and the event that stands for its packets.

    The event's value are the octets of all packets, one after the other; its time is that of the first of them.
    """

    event: Indicated
    reading: Reading


@dataclass(slots=True, kw_only=True)
class _Growing:
    event: Indicated
    series: Series
    octets: list[bytes] = field(default_factory=list)

    def stretch(self) -> Stretch:
        reading = Reading(kind=STRETCHES[self.series.name][0], measures=(), series=self.series)
        return Stretch(event=replace(self.event, value=b"".join(self.octets)), reading=reading)


class Curves:
    """Puts packets together, device by device; `take` returns the stretch that an event completes."""

    def __init__(self) -> None:
        self._growing: dict[str, _Growing] = {}

    def take(self, event: Indicated, series: Series) -> Stretch | None:
        """Take in the samples of a packet; a new connection, or another curve, begins a new stretch."""
        address = event.device.address
        growing = self._growing.get(address)
        done = None
        if growing is not None and (growing.event.connection, growing.series.name) != (event.connection, series.name):
            done, growing = self.end(address), None
        if growing is None:
            growing = self._growing[address] = _Growing(event=event, series=replace(series, samples=()))
        growing.series = replace(growing.series, samples=growing.series.samples + series.samples)
        growing.octets.append(event.value)
        if length(growing.series) >= STRETCHES[series.name][1]:
            done = self.end(address)
        return done

    def end(self, address: str) -> Stretch | None:
        """Return what there is of the curve of the device at *address*: it is over."""
        growing = self._growing.pop(address, None)
        return None if growing is None else growing.stretch()

    def forget(self) -> None:
        """Forget what was begun: it is nobody's."""
        self._growing.clear()
