"""A finger oximeter: streams while the finger is in it, then indicates one spot check; it does not hang up by itself.

https://www.bluetooth.com/specifications/specs/plxs-html/
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.errors import DeviceGone
from gateway.devices.pulse_oximeter import PlxContinuous, PlxSpotCheck
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Oximeter"]

_FEATURES: Final = bytes([0b01001001, 0, 0b11100000, 0b00000001])
"""Status supported (ongoing, early estimate, validated, fully qualified), time stamps, pulse amplitude index."""
_ONGOING: Final = 1 << 5
_FULLY_QUALIFIED: Final = 1 << 8
_SETTLE_S: Final = 2.0


class Oximeter(VirtualDevice):
    """An oximeter; one use is `live_packets` of the stream, one every `every_s`, then the spot check."""

    key: ClassVar[str] = "oximeter"
    about: ClassVar[str] = "finger oximeter: streams for some seconds, then one spot check; stays connected"
    kind: ClassVar[int] = 2
    name: ClassVar[str] = "TB Oximeter"
    model: ClassVar[str] = "TB-OX1"
    service: ClassVar[str] = "1822"
    clock: ClassVar[str | None] = "2A2B"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid="2A5E", properties=Characteristic.Properties.INDICATE),
        Offer(uuid="2A5F", properties=Characteristic.Properties.NOTIFY),
        Offer(uuid="2A60", properties=Characteristic.Properties.READ, read=lambda: _FEATURES),
    )

    def __init__(self, *, every_s: float = 1.0, live_packets: int = 5, **device: Any) -> None:
        super().__init__(**device)
        self.every_s = every_s
        self.live_packets = live_packets

    async def measure(
        self,
        *,
        spo2: Decimal | int | None = None,
        pulse: Decimal | int | None = None,
        perfusion: Decimal | None = None,
    ) -> bytes:
        """Stream, then send the spot check (values not given come from the person); return the octets of 0x2A5E."""
        async with self._in_somebodys_hands():
            if await self._until_subscribed("2A5F", seconds=min(_SETTLE_S, self.window_s)):
                with suppress(DeviceGone):
                    await self._stream(spo2, pulse)
            record = PlxSpotCheck(
                spo2=self._spo2(spo2),
                pr=self._pulse(pulse),
                timestamp=self.clock_reads(),
                status=_FULLY_QUALIFIED,
                pai=self.body.value("perfusion", "0.1") if perfusion is None else perfusion,
            ).encode()
            self._records.append(record)
            await self._hand_over("2A5E")
        return record

    async def _stream(self, spo2: Decimal | int | None, pulse: Decimal | int | None) -> None:
        for _ in range(self.live_packets):
            await self._show_live(self._spo2(spo2), self._pulse(pulse))
            await asyncio.sleep(self.every_s)

    async def _show_live(self, spo2: Decimal, pulse: Decimal) -> None:
        await self._show("2A5F", PlxContinuous(spo2=spo2, pr=pulse, status=_ONGOING).encode())

    def _spo2(self, given: Decimal | int | None) -> Decimal:
        return self.body.value("spo2", "1") if given is None else Decimal(given)

    def _pulse(self, given: Decimal | int | None) -> Decimal:
        return self.body.value("pulse", "1") if given is None else Decimal(given)
