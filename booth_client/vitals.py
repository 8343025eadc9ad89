"""What is said on the channels `vitals` and `wave`: readings and curves, with the device's own digits.

docs/channels.md is the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import msgspec

from booth_client.recognising import arm_of, readable
from booth_client.request import Count, Message, Word
from booth_client.words import Arm
from gateway.devices.reading import Measure, Name, Reading, Special, Unit

__all__ = ["Value", "Vital", "Wave", "vital", "wave"]


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One number of a measurement; where the device has none, `value` is null and `special` says why."""

    name: Name
    value: Decimal | None
    unit: Unit
    special: Special | None = None


class Vital(Message, frozen=True, kw_only=True, tag="vital"):
    """One reading, as the device sent it; `at` is the booth's clock in UTC, `seq` tells a repeat from a new one.

    `arm`: where a pressure was taken, if the person was asked to put the cuff on that arm.
    """

    seq: Count
    kind: Word
    measures: list[Value]
    device: Word
    at: str
    quality: list[str] = msgspec.field(default_factory=list)
    live: bool = False
    arm: Arm | None = None


class Wave(Message, frozen=True, kw_only=True, tag="wave"):
    """Samples of a curve, `period_ms` apart, the first at `t0`; what is late is lost, and `seq` shows the gap."""

    seq: Count
    name: Name
    unit: Unit
    t0: str
    period_ms: Annotated[int, msgspec.Meta(gt=0)]
    samples: Annotated[list[Decimal | None], msgspec.Meta(max_length=512)]


def vital(reading: Reading, *, seq: int, device: str, at: datetime) -> Vital:
    """Return what the physician is told of a reading; *device* is the health object's word, *at* when it arrived."""
    return Vital(
        seq=seq,
        kind=reading.kind,
        measures=[_value(readable(measure)) for measure in reading.measures],
        device=device,
        at=_instant(at),
        quality=sorted(reading.qualities),
        live=not reading.stored,
        arm=arm_of(reading),
    )


def wave(
    samples: Sequence[Decimal | Special], *, name: Name, unit: Unit, seq: int, first_at: datetime, period: timedelta
) -> Wave:
    """Return a piece of a curve: *samples*, *period* apart, the first taken at *first_at*; a special value is a gap."""
    return Wave(
        seq=seq,
        name=name,
        unit=unit,
        t0=_instant(first_at),
        period_ms=max(1, round(period / timedelta(milliseconds=1))),
        samples=[sample if isinstance(sample, Decimal) else None for sample in samples],
    )


def _value(measure: Measure) -> Value:
    if isinstance(measure.value, Special):
        return Value(name=measure.name, value=None, unit=measure.unit, special=measure.value)
    return Value(name=measure.name, value=Decimal(f"{measure.value:f}"), unit=measure.unit)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
