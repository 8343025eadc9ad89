"""Devices whose memory is read by asking: the glucometer's way, record by record, through the control point 0x2A52."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from gateway.devices.errors import DeviceGone
from gateway.devices.record_access import Result
from gateway.devices.virtual.device import Offer, VirtualDevice
from gateway.devices.virtual.record_server import CONTROL_POINT, Record, RecordServer

__all__ = ["MemoryDevice"]

_LINGERS_S: Final = 1.0


class MemoryDevice(VirtualDevice):
    """A device that keeps numbered records until somebody asks; it hangs up a while after it has answered.

    Without `memory` it forgets what it has handed over. Without `ends` it never says that it is through with its
    records, and does not hang up either.
    """

    def __init__(self, *, memory: bool = True, ends: bool = True, **device: Any) -> None:
        super().__init__(memory=memory, **device)
        self._ends = ends
        self._memory = RecordServer(
            send=self._send,
            reply=self._show,
            listens=lambda: self._antenna is not None and self._antenna.listens(CONTROL_POINT),
            keeps=memory,
            ends=ends,
        )

    @property
    def records(self) -> tuple[Record, ...]:
        """Return what is in the memory, oldest first."""
        return tuple(self._memory.records)

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the control point of the memory."""
        return (self._memory.offer,)

    def remember(self, *packets: tuple[str, bytes], number: int | None = None) -> Record:
        """Put a record into the memory, under the next number where none is given."""
        last = self._memory.records[-1].number if self._memory.records else 0
        record = Record(number=last + 1 if number is None else number, packets=packets)
        self._memory.records.append(record)
        return record

    async def _let_read(self) -> bool:
        """Answer whoever comes within `window_s`; return whether somebody was handed the records."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.window_s):
                while await self._until_subscribed(CONTROL_POINT, seconds=self.window_s):
                    if await self._answered():
                        return True
        return False

    async def _answered(self) -> bool:
        """Answer one link's requests; return whether records were asked for and sent, none being left out."""
        served = False
        try:
            while (request := await self._next(lingering=served)) is not None:
                served = await self._connected(self._memory.answer(request)) in _SERVED or served
                if not self._ends:
                    await self._connected(asyncio.Event().wait())
        except DeviceGone:
            self._memory.forget_requests()
            return served or not self._ends
        await self._hang_up()
        return served

    async def _next(self, *, lingering: bool) -> bytes | None:
        try:
            async with asyncio.timeout(_LINGERS_S if lingering else None):
                return await self._connected(self._memory.asked())
        except TimeoutError:
            return None


_SERVED: Final = frozenset({Result.SUCCESS, Result.NO_RECORDS})
