"""A blood-pressure cuff: bonds, shows its pressure while it inflates, indicates the result and hangs up.

https://www.bluetooth.com/specifications/specs/blood-pressure-service-1-1-1/
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.errors import DeviceGone
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Cuff"]

_FEATURES: Final = bytes([0b00000111, 0])
_ABOVE_SYSTOLIC: Final = 30
_SETTLE_S: Final = 2.0


class Cuff(VirtualDevice):
    """A cuff; `inflates_s` is how long one measurement takes, with `live_packets` of cuff pressure on the way."""

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

    def __init__(self, *, inflates_s: float = 4.0, live_packets: int = 16, bonded: bool = True, **device: Any) -> None:
        super().__init__(bonded=bonded, **device)
        self.inflates_s = inflates_s
        self.live_packets = live_packets

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
            record = BloodPressureMeasurement(
                systolic=high,
                diastolic=low,
                map=Decimal(mean) if mean is not None else (low + (high - low) / 3).quantize(low),
                timestamp=self.clock_reads(),
                pulse=beats,
                user_id=user_id,
                status=status,
            ).encode()
            self._records.append(record)
            if await self._hand_over("2A35"):
                await self._hang_up()
        return record

    async def _inflate(self, systolic: Decimal, diastolic: Decimal) -> None:
        for pressure in _pressures(systolic, diastolic, self.live_packets):
            await self._send("2A36", IntermediateCuffPressure(cuff=pressure).encode())
            await asyncio.sleep(self.inflates_s / self.live_packets)


def _pressures(systolic: Decimal, diastolic: Decimal, packets: int) -> Iterator[Decimal]:
    """Yield the pressures of one inflation: a third of the time up, the rest slowly down to the diastolic."""
    top, rising = systolic + _ABOVE_SYSTOLIC, max(packets // 3, 1)
    for step in range(1, packets + 1):
        if step <= rising:
            yield (top * step / rising).quantize(Decimal(1))
        else:
            yield (top - (top - diastolic) * (step - rising) / (packets - rising)).quantize(Decimal(1))
