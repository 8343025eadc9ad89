"""A blood-pressure cuff: bonds, shows its pressure while it inflates, indicates the result and hangs up.

https://www.bluetooth.com/specifications/specs/blood-pressure-service-1-1-1/
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.enhanced_blood_pressure import EnhancedBloodPressure
from gateway.devices.errors import DeviceGone
from gateway.devices.packet import Packet
from gateway.devices.vendors.beurer import Bm85Measurement
from gateway.devices.virtual.device import Offer, VirtualDevice
from gateway.devices.virtual.table import elapsed_time

__all__ = ["Cuff", "Speech"]

_FEATURES: Final = bytes([0b00000111, 0])
_ABOVE_SYSTOLIC: Final = 30
_SETTLE_S: Final = 2.0
_ENHANCED: Final = "2B34"


class Speech(StrEnum):
    """In which layout a cuff says its result."""

    PLAIN = "plain"
    ENHANCED = "enhanced"
    BM85 = "bm85"


class Cuff(VirtualDevice):
    """A cuff; `inflates_s` is how long one measurement takes, with `live_packets` of cuff pressure on the way.

    It `speaks` the standard's plain form, the enhanced one (0x2B34), or as a Beurer BM85, which bends the plain one.
    """

    key: ClassVar[str] = "cuff"
    about: ClassVar[str] = (
        "blood-pressure cuff: bonds, sends its pressure while it inflates, then the result, and hangs up"
    )
    kind: ClassVar[int] = 1
    name: ClassVar[str] = "TB Cuff"
    model: ClassVar[str] = "TB-BP1"
    service: ClassVar[str] = "1810"
    clock: ClassVar[str | None] = "2A08"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid="2A35", properties=Characteristic.Properties.INDICATE),
        Offer(uuid="2A36", properties=Characteristic.Properties.NOTIFY),
        Offer(uuid="2A49", properties=Characteristic.Properties.READ, read=lambda: _FEATURES),
    )

    def __init__(
        self,
        *,
        inflates_s: float = 4.0,
        live_packets: int = 16,
        speaks: Speech = Speech.PLAIN,
        bonded: bool = True,
        **device: Any,
    ) -> None:
        super().__init__(bonded=bonded, model_number="BM85" if speaks is Speech.BM85 else None, **device)
        self.inflates_s = inflates_s
        self.live_packets = live_packets
        self.speaks = speaks

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the enhanced form's characteristic, where that is spoken."""
        enhanced = Offer(uuid=_ENHANCED, properties=Characteristic.Properties.INDICATE)
        return (enhanced,) if self.speaks is Speech.ENHANCED else ()

    async def measure(
        self,
        *,
        systolic: Decimal | int | None = None,
        diastolic: Decimal | int | None = None,
        mean: Decimal | int | None = None,
        pulse: Decimal | int | None = None,
        status: int = 0,
        user_id: int | None = None,
    ) -> bytes:
        """Inflate, measure (values not given come from the person) and send; return the octets of the 0x2A35 record."""
        high = Decimal(systolic if systolic is not None else self.body.value("systolic", "1"))
        low = Decimal(diastolic if diastolic is not None else self.body.value("diastolic", "1"))
        beats = Decimal(pulse if pulse is not None else self.body.value("pulse", "1"))
        async with self._in_somebodys_hands():
            if await self._until_subscribed("2A36", seconds=min(_SETTLE_S, self.window_s)):
                with suppress(DeviceGone):
                    await self._inflate(high, low)
            plain = BloodPressureMeasurement(
                systolic=high,
                diastolic=low,
                map=Decimal(mean) if mean is not None else (low + (high - low) / 3).quantize(low),
                timestamp=self.clock_reads(),
                pulse=beats,
                user_id=user_id,
                status=status,
            )
            record = _SAID[self.speaks](plain).encode()
            self._records.append(record)
            if await self._hand_over(_ENHANCED if self.speaks is Speech.ENHANCED else "2A35"):
                await self._hang_up()
        return record

    async def _inflate(self, systolic: Decimal, diastolic: Decimal) -> None:
        for pressure in _pressures(systolic, diastolic, self.live_packets):
            await self._show("2A36", IntermediateCuffPressure(cuff=pressure).encode())
            await asyncio.sleep(self.inflates_s / self.live_packets)


def _enhanced(plain: BloodPressureMeasurement) -> EnhancedBloodPressure:
    shown = elapsed_time(plain.timestamp) if plain.timestamp else None
    return EnhancedBloodPressure(
        systolic=plain.systolic,
        diastolic=plain.diastolic,
        map=plain.map,
        pulse=plain.pulse,
        user_id=plain.user_id,
        status=plain.status,
        timestamp_s=None if shown is None or shown.is_ticks else shown.value,
    )


def _bm85(plain: BloodPressureMeasurement) -> Bm85Measurement:
    return Bm85Measurement(
        systolic=plain.systolic,
        diastolic=plain.diastolic,
        map_not_measured=Decimal(0),
        timestamp=plain.timestamp,
        pulse=plain.pulse,
        user_id=1 if plain.user_id is None else plain.user_id,
        status=plain.status,
    )


_SAID: Final[Mapping[Speech, Callable[[BloodPressureMeasurement], Packet]]] = MappingProxyType(
    {Speech.PLAIN: lambda plain: plain, Speech.ENHANCED: _enhanced, Speech.BM85: _bm85}
)


def _pressures(systolic: Decimal, diastolic: Decimal, packets: int) -> Iterator[Decimal]:
    """Yield the pressures of one inflation: a third of the time up, the rest slowly down to the diastolic."""
    top, rising = systolic + _ABOVE_SYSTOLIC, max(packets // 3, 1)
    for step in range(1, packets + 1):
        if step <= rising:
            yield (top * step / rising).quantize(Decimal(1))
        else:
            yield (top - (top - diastolic) * (step - rising) / (packets - rising)).quantize(Decimal(1))
