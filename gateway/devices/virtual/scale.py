"""A bathroom scale: open to everybody, with a clock of its own.

https://www.bluetooth.com/specifications/specs/weight-scale-service-1-0/
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.reading import Unit
from gateway.devices.virtual.device import Offer, VirtualDevice
from gateway.devices.weight_scale import WeightMeasurement

__all__ = ["Scale"]

_FEATURES: Final = (0b00001001).to_bytes(4, "little")
"""Time stamps; weight in steps of 0.5 kg or finer is not said (resolution 1)."""


class Scale(VirtualDevice):
    """A scale."""

    key: ClassVar[str] = "scale"
    about: ClassVar[str] = "bathroom scale: no bond, with a clock"
    kind: ClassVar[int] = 4
    name: ClassVar[str] = "TB Scale"
    model: ClassVar[str] = "TB-WS1"
    service: ClassVar[str] = "181D"
    clock: ClassVar[str | None] = "2A2B"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid="2A9D", properties=Characteristic.Properties.INDICATE),
        Offer(uuid="2A9E", properties=Characteristic.Properties.READ, read=lambda: _FEATURES),
    )

    async def measure(self, *, weight: Decimal | None = None, unit: Unit = Unit.KILOGRAM) -> bytes:
        """Weigh (a value not given comes from the person) and send; return the octets of the 0x2A9D record."""
        mass = self.body.value("weight", "0.05") if weight is None else weight
        async with self._in_somebodys_hands():
            record = WeightMeasurement(unit=unit, weight=mass, timestamp=self.clock_reads()).encode()
            self._records.append(record)
            if await self._hand_over("2A9D"):
                await self._hang_up()
        return record
