"""A finger oximeter of a maker's own making, as the Jumper JPD-500F: a stream of results without an end.

Facts and where they come from: `gateway/devices/vendors/jumper.py`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.errors import DeviceGone
from gateway.devices.vendors.jumper import VENDOR, JumperFrame
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Jumper"]

_PROFILE: Final = VENDOR.profiles[0]
_RESULTS: Final = _PROFILE.live[0]


class Jumper(VirtualDevice):
    """A clip; one use is `live_packets` results, one every `every_s`, until the finger is taken out."""

    key: ClassVar[str] = "jumper"
    about: ClassVar[str] = "finger oximeter of a maker's own protocol: streams results, has no clock and no spot check"
    kind: ClassVar[int] = 11
    name: ClassVar[str] = "My Oximeter"
    model: ClassVar[str] = "JPD-500F"
    service: ClassVar[str] = _PROFILE.service
    offers: ClassVar[tuple[Offer, ...]] = (Offer(uuid=_RESULTS, properties=Characteristic.Properties.NOTIFY),)

    def __init__(self, *, every_s: float = 1.0, live_packets: int = 10, **device: Any) -> None:
        super().__init__(**device)
        self.every_s = every_s
        self.live_packets = live_packets

    async def measure(self, *, spo2: Decimal | int | None = None, pulse: Decimal | int | None = None) -> bytes:
        """Hold a finger for a while (values not given come from the person); return the octets of the last result."""
        last = b""
        async with self._in_somebodys_hands():
            if await self._until_subscribed(_RESULTS, seconds=self.window_s):
                with suppress(DeviceGone):
                    for _ in range(self.live_packets):
                        last = self._result(spo2, pulse).encode()
                        await self._show(_RESULTS, last)
                        await asyncio.sleep(self.every_s)
            await self._hang_up()
        return last

    def _result(self, spo2: Decimal | int | None, pulse: Decimal | int | None) -> JumperFrame:
        return JumperFrame.result(
            pulse=int(self.body.value("pulse", "1") if pulse is None else pulse),
            spo2=int(self.body.value("spo2", "1") if spo2 is None else spo2),
            pi_raw=int(self.body.value("perfusion", "0.1") * 10),
        )
