"""A continuous glucose sensor: a value every few minutes since it was put on, several in a packet, each sealed.

https://www.bluetooth.com/specifications/specs/continuous-glucose-monitoring-service-1-0-2/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

import msgspec
from bumble.gatt import Characteristic

from gateway.devices.cgm_session import CgmFeature, CgmSessionRunTime, CgmSessionStart, CgmStatus
from gateway.devices.continuous_glucose import CgmMeasurement, CgmRecord
from gateway.devices.date_time import device_time
from gateway.devices.reading import DeviceTime
from gateway.devices.virtual.clock import NEVER_SET
from gateway.devices.virtual.device import Offer
from gateway.devices.virtual.memory import MemoryDevice

__all__ = ["GlucoseSensor"]

_MEASURE: Final = "2AA7"
_CRC_SUPPORTED: Final = 1 << 12
_SUBCUTANEOUS_FLUID: Final = 0x59
_NO_ZONE, _NO_DST = -128, 255
_DAYS: Final = 14
_PER_PACKET: Final = 3


class GlucoseSensor(MemoryDevice):
    """A sensor that has been worn for `worn_min` minutes, with a value every `every_min`.

    With `spoils` every packet's last record has a CRC that does not fit it.
    """

    key: ClassVar[str] = "cgm"
    about: ClassVar[str] = "continuous glucose sensor: bonds, several sealed records a packet, given out when asked"
    kind: ClassVar[int] = 9
    name: ClassVar[str] = "TB CGM"
    model: ClassVar[str] = "TB-CG1"
    service: ClassVar[str] = "181F"
    clock: ClassVar[str | None] = None
    offers: ClassVar[tuple[Offer, ...]] = (Offer(uuid=_MEASURE, properties=Characteristic.Properties.NOTIFY),)

    def __init__(
        self, *, worn_min: int = 30, every_min: int = 5, spoils: bool = False, bonded: bool = True, **device: Any
    ) -> None:
        super().__init__(bonded=bonded, **device)
        self._every_min = every_min
        self._spoils = spoils
        self._minutes = 0
        self._started = _before(self.clock_reads(), minutes=worn_min)
        values = [self._value(None) for _ in range(worn_min // every_min)]
        for at in range(0, len(values), _PER_PACKET):
            self._keep(values[at : at + _PER_PACKET])

    def own_offers(self) -> tuple[Offer, ...]:
        """Return what the sensor says of itself beside its memory."""
        read = Characteristic.Properties.READ
        start = CgmSessionStart(time=self._started, tz_15min=_NO_ZONE, dst_15min=_NO_DST)
        feature = CgmFeature(features=_CRC_SUPPORTED, sample=_SUBCUTANEOUS_FLUID)
        return (
            *super().own_offers(),
            Offer(uuid="2AA8", properties=read, read=feature.sealed().encode),
            Offer(uuid="2AA9", properties=read, read=lambda: self._status().sealed().encode()),
            Offer(uuid="2AAA", properties=read, read=start.sealed().encode),
            Offer(uuid="2AAB", properties=read, read=CgmSessionRunTime(hours=24 * _DAYS).sealed().encode),
        )

    async def measure(self, *, glucose: Decimal | int | None = None) -> bytes:
        """Take the next value and let the memory be read; return the octets of its 0x2AA7 packet. mg/dL."""
        async with self._in_somebodys_hands():
            packet = self._keep([self._value(None if glucose is None else Decimal(glucose))])
            await self._let_read()
        return packet

    def _value(self, glucose: Decimal | None) -> CgmRecord:
        value = self.body.value("glucose", "1") if glucose is None else glucose
        record = CgmRecord(glucose_mgdl=value, offset_min=self._minutes, trend=Decimal("0.1")).sealed()
        self._minutes += self._every_min
        return record

    def _keep(self, values: list[CgmRecord]) -> bytes:
        if self._spoils:
            values[-1] = msgspec.structs.replace(values[-1], crc=(values[-1].crc or 0) ^ 1)
        packet = CgmMeasurement(records=tuple(values)).encode()
        self.remember((_MEASURE, packet), number=values[-1].offset_min)
        return packet

    def _status(self) -> CgmStatus:
        return CgmStatus(offset_min=max(self._minutes - self._every_min, 0), status=0, caltemp=0, warning=0)


def _before(shown: DeviceTime, *, minutes: int) -> DeviceTime:
    if shown == NEVER_SET:
        return shown
    at = datetime(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second)  # noqa: DTZ001 - a device clock has no zone
    return device_time(at - timedelta(minutes=minutes))
