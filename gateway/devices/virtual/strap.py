"""A heart-rate strap: streams rate and beat-to-beat intervals as long as it is worn; it keeps nothing.

https://www.bluetooth.com/specifications/specs/heart-rate-service-1-0/
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.errors import DeviceGone
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Strap"]

_CHEST: Final = b"\x01"
_TICKS: Final = 1024
"""Intervals are counted in 1/1024 s."""
_BREATHING: Final = 0.05
_BREATH_BEATS: Final = 5
_MINUTE_S: Final = 60


class Strap(VirtualDevice):
    """A chest strap; one use is `live_packets` of the stream, one every `every_s`, with the beats of that time."""

    key: ClassVar[str] = "strap"
    about: ClassVar[str] = "heart-rate strap: streams the rate and the intervals between beats while it is worn"
    kind: ClassVar[int] = 6
    name: ClassVar[str] = "TB Strap"
    model: ClassVar[str] = "TB-HR1"
    service: ClassVar[str] = "180D"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid="2A37", properties=Characteristic.Properties.NOTIFY),
        Offer(uuid="2A38", properties=Characteristic.Properties.READ, read=lambda: _CHEST),
    )

    def __init__(self, *, every_s: float = 1.0, live_packets: int = 10, **device: Any) -> None:
        super().__init__(**device)
        self.every_s = every_s
        self.live_packets = live_packets
        self._beats = 0
        self._left_s = 0.0

    async def measure(self, *, pulse: int | None = None) -> bytes:
        """Be worn for a while (a rate not given comes from the person); return the octets of the last packet."""
        last = b""
        async with self._in_somebodys_hands():
            if await self._until_subscribed("2A37", seconds=self.window_s):
                with suppress(DeviceGone):
                    for _ in range(self.live_packets):
                        last = self._packet(pulse).encode()
                        await self._show("2A37", last)
                        await asyncio.sleep(self.every_s)
            await self._hang_up()
        return last

    def _packet(self, pulse: int | None) -> HeartRateMeasurement:
        rate = int(self.body.value("pulse", "1")) if pulse is None else pulse
        return HeartRateMeasurement(hr=rate, contact=True, rr=self._intervals(rate) or None)

    def _intervals(self, rate: int) -> tuple[int, ...]:
        """Return the beats that ended since the last packet; breathing makes them shorter and longer by turns."""
        found: list[int] = []
        self._left_s += self.every_s
        while True:
            breath = 1 + _BREATHING * math.sin(2 * math.pi * self._beats / _BREATH_BEATS)
            interval_s = _MINUTE_S / rate * breath
            if interval_s > self._left_s:
                return tuple(found)
            self._left_s -= interval_s
            self._beats += 1
            found.append(round(interval_s * _TICKS))
