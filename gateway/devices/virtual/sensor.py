"""A sensor of the newest kind: the Generic Health Sensor profile, which names what it measures by its MDC code.

https://www.bluetooth.com/specifications/specs/generic-health-sensor-service-1-0/
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.generic_health_sensor import LiveHealthObservation
from gateway.devices.health_observation import SPOT, Numeric, Observation
from gateway.devices.virtual.device import Offer, VirtualDevice
from gateway.devices.virtual.table import elapsed_time

__all__ = ["Sensor"]

_NUMERIC: Final = 1
_RESPIRATORY_RATE: Final = 151562
_PER_MINUTE: Final = 2784
_FEATURES: Final = bytes([0, 1]) + _RESPIRATORY_RATE.to_bytes(4, "little")
"""No optional features; one type of observation."""


class Sensor(VirtualDevice):
    """A breathing sensor, the one quantity of ours that has no profile of its own."""

    key: ClassVar[str] = "sensor"
    about: ClassVar[str] = "generic health sensor: counts breaths, says by MDC code what it measures"
    kind: ClassVar[int] = 7
    name: ClassVar[str] = "TB Sensor"
    model: ClassVar[str] = "TB-GS1"
    service: ClassVar[str] = "1840"
    clock: ClassVar[str | None] = "2BF2"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid="2B8B", properties=Characteristic.Properties.INDICATE),
        Offer(uuid="2BF3", properties=Characteristic.Properties.READ, read=lambda: _FEATURES),
    )

    async def measure(self, *, breaths: Decimal | int | None = None) -> bytes:
        """Count (a rate not given comes from the person) and send; return the octets of the 0x2B8B record."""
        rate = self.body.value("breaths", "1") if breaths is None else Decimal(breaths)
        async with self._in_somebodys_hands():
            record = LiveHealthObservation(
                observation=Observation(
                    class_=_NUMERIC,
                    obs_type=_RESPIRATORY_RATE,
                    time=elapsed_time(self.clock_reads()),
                    suppl=(SPOT,),
                    value=Numeric(unit=_PER_MINUTE, value=rate),
                )
            ).encode()
            self._records.append(record)
            if await self._hand_over("2B8B"):
                await self._hang_up()
        return record
