"""A blood-glucose meter: bonds, keeps every strip it ever read, and gives them out when asked.

https://www.bluetooth.com/specifications/specs/glucose-service-1-0-1/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.date_time import device_time
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.reading import DeviceTime, Unit
from gateway.devices.virtual.clock import NEVER_SET
from gateway.devices.virtual.device import Offer
from gateway.devices.virtual.memory import MemoryDevice

__all__ = ["Glucometer"]

_FEATURES: Final = (0b0000_0100_0000_0001).to_bytes(2, "little")
"""Low battery seen while measuring, time fault."""
_FINGER_CAPILLARY_BLOOD: Final = 0x11
_MEASURE, _CONTEXT = "2A18", "2A34"
_PER_LITRE: Final = Decimal(100000)
"""1 kg/L is this many mg/dL."""


class Glucometer(MemoryDevice):
    """A meter; `history` are strips it has read before, on as many days before now, whoever's they were."""

    key: ClassVar[str] = "glucometer"
    about: ClassVar[str] = "glucose meter: bonds, keeps all records with what was eaten, gives them out when asked"
    kind: ClassVar[int] = 5
    name: ClassVar[str] = "TB Glucometer"
    model: ClassVar[str] = "TB-GM1"
    service: ClassVar[str] = "1808"
    clock: ClassVar[str | None] = "2A2B"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid=_MEASURE, properties=Characteristic.Properties.NOTIFY),
        Offer(uuid=_CONTEXT, properties=Characteristic.Properties.NOTIFY),
        Offer(uuid="2A51", properties=Characteristic.Properties.READ, read=lambda: _FEATURES),
    )

    def __init__(self, *, history: int = 0, bonded: bool = True, **device: Any) -> None:
        super().__init__(bonded=bonded, **device)
        for days in range(history, 0, -1):
            self._read_strip(self.body.value("glucose", "1"), meal=None, at=self._shown(timedelta(days=-days)))

    async def measure(
        self, *, glucose: Decimal | int | None = None, unit: Unit = Unit.KILOGRAM_PER_LITRE, meal: int | None = 1
    ) -> bytes:
        """Read a strip and let the memory be read; return the octets of the 0x2A18 record.

        *glucose* is in mg/dL (not given: the person's), *unit* how it is sent; *meal* is a key of
        `glucose_context.MEALS`, None for a strip without a context.
        """
        value = self.body.value("glucose", "1") if glucose is None else Decimal(glucose)
        async with self._in_somebodys_hands():
            record = self._read_strip(value, meal=meal, at=self.clock_reads(), unit=unit)
            await self._let_read()
        return record

    def _read_strip(
        self, glucose: Decimal, *, meal: int | None, at: DeviceTime, unit: Unit = Unit.KILOGRAM_PER_LITRE
    ) -> bytes:
        number = self.records[-1].number + 1 if self.records else 1
        measurement = GlucoseMeasurement(
            seq=number,
            base_time=at,
            unit=unit,
            concentration=_concentration(glucose, unit),
            sample=_FINGER_CAPILLARY_BLOOD,
            context_follows=meal is not None,
        ).encode()
        packets = [(_MEASURE, measurement)]
        if meal is not None:
            packets.append((_CONTEXT, GlucoseContext(seq=number, meal=meal, tester_health=0x51).encode()))
        self.remember(*packets, number=number)
        return measurement

    def _shown(self, ago: timedelta) -> DeviceTime:
        now = self.clock_reads()
        if now == NEVER_SET:
            return now
        return device_time(datetime(now.year, now.month, now.day, now.hour, now.minute, now.second) + ago)  # noqa: DTZ001 - a device clock has no zone


def _concentration(glucose: Decimal, unit: Unit) -> Decimal:
    """Return mg/dL in what is sent: kg/L in steps of 1 mg/dL, or mol/L in steps of 0.1 mmol/L (180.16 g/mol)."""
    if unit is Unit.MOLE_PER_LITRE:
        return (glucose / Decimal("18.016")).quantize(Decimal("0.1")).scaleb(-3)
    return (glucose / _PER_LITRE).quantize(Decimal("0.00001"))
