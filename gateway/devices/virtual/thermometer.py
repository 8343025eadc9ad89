"""An ear thermometer: no bond and no clock, so its records carry no time.

https://www.bluetooth.com/specifications/specs/health-thermometer-service-1-0/
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.reading import Unit
from gateway.devices.thermometer import TemperatureMeasurement
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Thermometer"]

_EAR: Final = 3


class Thermometer(VirtualDevice):
    """An ear thermometer."""

    key: ClassVar[str] = "thermometer"
    about: ClassVar[str] = "ear thermometer: no bond, no clock"
    kind: ClassVar[int] = 3
    name: ClassVar[str] = "TB Thermometer"
    model: ClassVar[str] = "TB-TH1"
    service: ClassVar[str] = "1809"
    offers: ClassVar[tuple[Offer, ...]] = (Offer(uuid="2A1C", properties=Characteristic.Properties.INDICATE),)

    async def measure(self, *, temperature: Decimal | None = None, unit: Unit = Unit.CELSIUS) -> bytes:
        """Measure (a value not given comes from the person) and send; return the octets of the 0x2A1C record."""
        degrees = self.body.value("temperature", "0.1") if temperature is None else temperature
        async with self._in_somebodys_hands():
            record = TemperatureMeasurement(unit=unit, temperature=degrees, type=_EAR).encode()
            self._records.append(record)
            if await self._hand_over("2A1C"):
                await self._hang_up()
        return record
