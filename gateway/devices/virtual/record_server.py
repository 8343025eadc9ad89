"""A device's memory as the Record Access Control Point (0x2A52) gives it out: count, report, delete, abort.

https://www.bluetooth.com/specifications/specs/glucose-service-1-0-1/ (3.5), GATT Specification Supplement, 3.197
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bumble.att import ATT_Error, ErrorCode
from bumble.gatt import Characteristic

from gateway.devices.errors import MalformedPacket
from gateway.devices.record_access import Op, RecordAccess, Result
from gateway.devices.virtual.table import Offer

__all__ = ["CONTROL_POINT", "Record", "RecordServer"]

CONTROL_POINT: Final = "2A52"
_REPORTS: Final = frozenset({Op.REPORT, Op.COMBINED_REPORT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a memory: its number, and the packets that carry it, each with its characteristic."""

    number: int
    packets: tuple[tuple[str, bytes], ...]


class RecordServer:
    """The memory of one device; *listens* says whether the control point is subscribed to.

    *send* sends a packet of a record, *reply* one of the control point. With *keeps* a record stays when it has been
    reported, else it is gone once the answer is confirmed. Without *ends* a report is never answered, as with models
    that fall silent behind their last record.
    """

    def __init__(
        self,
        *,
        send: Callable[[str, bytes], Awaitable[None]],
        reply: Callable[[str, bytes], Awaitable[None]],
        listens: Callable[[], bool],
        keeps: bool = True,
        ends: bool = True,
    ) -> None:
        self.records: list[Record] = []
        self._send = send
        self._reply = reply
        self._listens = listens
        self._keeps = keeps
        self._ends = ends
        self._asked: asyncio.Queue[bytes] = asyncio.Queue()
        self._busy = False
        self._aborted = False

    @property
    def offer(self) -> Offer:
        """Return the control point, for the GATT table."""
        properties = Characteristic.Properties.INDICATE | Characteristic.Properties.WRITE
        return Offer(uuid=CONTROL_POINT, properties=properties, write=self.ask)

    def ask(self, value: bytes) -> None:
        """Take in what a central writes; raise ATT_Error as the service demands."""
        if not self._listens():
            raise ATT_Error(ErrorCode.CCCD_IMPROPERLY_CONFIGURED)
        aborts = value[:1] == bytes([Op.ABORT])
        if self._busy and not aborts:
            raise ATT_Error(ErrorCode.PROCEDURE_ALREADY_IN_PROGRESS)
        if self._busy:
            self._aborted = True
        else:
            self._busy = True
            self._asked.put_nowait(value)

    async def asked(self) -> bytes:
        """Wait for a request; `answer` it next."""
        return await self._asked.get()

    async def answer(self, value: bytes) -> Result:
        """Carry out a request; return how it went. Raise DeviceGone where the link broke meanwhile."""
        try:
            return await self._carry_out(value)
        finally:
            self._busy = self._aborted = False

    def forget_requests(self) -> None:
        """Drop what was asked over a link that is gone: a procedure is not resumed."""
        self._busy = self._aborted = False
        while not self._asked.empty():
            self._asked.get_nowait()

    async def _carry_out(self, value: bytes) -> Result:
        try:
            request = RecordAccess.decode(value)
        except MalformedPacket:
            return await self._conclude(value[0] if value else 0, Result.INVALID_OPERAND)
        if request.op == Op.ABORT:
            return await self._conclude(Op.ABORT, Result.SUCCESS)  # nothing was going on: that is stopped at once
        result, numbers = request.chosen([record.number for record in self.records])
        if request.op == Op.COUNT and result in (Result.SUCCESS, Result.NO_RECORDS):
            await self._reply(CONTROL_POINT, RecordAccess.counted(len(numbers)).encode())
            return Result.SUCCESS
        chosen = [record for record in self.records if record.number in set(numbers)]
        if request.op in _REPORTS and result is Result.SUCCESS:
            return await self._report(Op(request.op), chosen)
        if request.op == Op.DELETE and result is Result.SUCCESS:
            self._drop(chosen)
        return await self._conclude(request.op, result)

    async def _report(self, op: Op, chosen: Sequence[Record]) -> Result:
        for record in chosen:
            for uuid, value in record.packets:
                if self._aborted:
                    return await self._conclude(Op.ABORT, Result.SUCCESS)
                await self._send(uuid, value)
        if not self._ends:
            return Result.NOT_COMPLETED
        if op is Op.COMBINED_REPORT:
            answer = RecordAccess.counted(len(chosen), octets=4, op=Op.COMBINED_ANSWER)
            await self._reply(CONTROL_POINT, answer.encode())
        else:
            await self._conclude(op, Result.SUCCESS)
        if not self._keeps:
            self._drop(chosen)
        return Result.SUCCESS

    async def _conclude(self, request: int, result: Result) -> Result:
        await self._reply(CONTROL_POINT, RecordAccess.answered(request, result).encode())
        return result

    def _drop(self, chosen: Sequence[Record]) -> None:
        gone = set(chosen)
        self.records = [record for record in self.records if record not in gone]
