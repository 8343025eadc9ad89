"""An oximeter of a maker's own making, as the Viatom O2Ring: says nothing until asked, then a value and its pulse wave.

Facts and where they come from: `gateway/devices/vendors/viatom.py`.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.errors import DeviceGone
from gateway.devices.vendors.viatom import ASK_LIVE, COMMANDS, VENDOR, ViatomAnswer
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Ring"]

_PROFILE: Final = VENDOR.profiles[0]
_ANSWERS: Final = _PROFILE.live[0]
_RATE: Final = 125
_MOST: Final = 200
"""Samples in one answer: what a packet has room for."""
_MIDDLE: Final = 100
_HEIGHT: Final = 60
_MINUTE_S: Final = 60


class Ring(VirtualDevice):
    """A ring; one use is `live_packets` answers, each with the wave since the one before."""

    key: ClassVar[str] = "ring"
    about: ClassVar[str] = "oximeter ring of a maker's own protocol: answers when asked, with its pulse wave"
    kind: ClassVar[int] = 10
    name: ClassVar[str] = "O2Ring"
    model: ClassVar[str] = "O2Ring"
    service: ClassVar[str] = _PROFILE.service
    offers: ClassVar[tuple[Offer, ...]] = (Offer(uuid=_ANSWERS, properties=Characteristic.Properties.NOTIFY),)

    def __init__(self, *, live_packets: int = 10, **device: Any) -> None:
        super().__init__(**device)
        self.live_packets = live_packets
        self._asked: asyncio.Queue[bytes] = asyncio.Queue()
        self._drawn = 0
        self._spoke_at = 0.0

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the characteristic that questions are written to."""
        does = Characteristic.Properties
        writing = does.WRITE | does.WRITE_WITHOUT_RESPONSE
        return (Offer(uuid=COMMANDS, properties=writing, write=self._asked.put_nowait),)

    async def measure(self, *, spo2: Decimal | int | None = None, pulse: Decimal | int | None = None) -> bytes:
        """Be worn for a while (values not given come from the person); return the octets of the last answer."""
        last = b""
        async with self._in_somebodys_hands():
            if await self._until_subscribed(_ANSWERS, seconds=self.window_s):
                with suppress(DeviceGone):
                    self._spoke_at = asyncio.get_running_loop().time()
                    for _ in range(self.live_packets):
                        last = await self._answer(spo2, pulse)
            while not self._asked.empty():
                self._asked.get_nowait()
            await self._hang_up()
        return last

    async def _answer(self, spo2: Decimal | int | None, pulse: Decimal | int | None) -> bytes:
        while await self._connected(self._asked.get()) != ASK_LIVE:
            pass  # nothing else is known of it
        rate = int(self.body.value("pulse", "1") if pulse is None else pulse)
        answer = ViatomAnswer.live(
            spo2=int(self.body.value("spo2", "1") if spo2 is None else spo2),
            pulse=rate,
            battery=self.battery_percent,
            pi_raw=int(self.body.value("perfusion", "0.1") * 10),
            wave=self._wave(rate),
        ).encode()
        await self._show(_ANSWERS, answer)
        return answer

    def _wave(self, rate: int) -> bytes:
        """Return the samples since the last answer, upside down as the ring sends them."""
        now = asyncio.get_running_loop().time()
        count = min(max(round((now - self._spoke_at) * _RATE), 1), _MOST)
        self._spoke_at = now
        turns = [rate / _MINUTE_S * (self._drawn + index) / _RATE for index in range(count)]
        self._drawn += count
        return bytes(round(_MIDDLE - _HEIGHT * math.sin(2 * math.pi * turn)) for turn in turns)
