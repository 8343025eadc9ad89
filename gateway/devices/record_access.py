"""The Record Access Control Point (0x2A52): how a device's memory is counted, read, and (never by us) emptied.

One octet says what to do, one says which records are meant, and an operand says more where that needs more: a filter
type and one or two of its numbers. The answer comes on the same characteristic, after the records on theirs.

https://www.bluetooth.com/specifications/gss/ (Record Access Control Point)
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.reading import Reading

__all__ = ["SEQUENCE_NUMBER", "USER_FACING_TIME", "Op", "Operator", "RecordAccess", "Result"]

SEQUENCE_NUMBER: Final = 1
"""The filter by number: glucose's sequence number, CGM's minutes since the session began, GHS's record number."""

USER_FACING_TIME: Final = 2
"""The filter by the time that the device's owner sees, a Date Time (0x2A08)."""


class Op(IntEnum):
    """What is asked or answered."""

    REPORT = 1
    DELETE = 2
    ABORT = 3
    COUNT = 4
    COUNTED = 5
    ANSWER = 6
    COMBINED_REPORT = 7
    COMBINED_ANSWER = 8


class Operator(IntEnum):
    """Which records are meant."""

    NULL = 0
    ALL = 1
    AT_MOST = 2
    AT_LEAST = 3
    WITHIN = 4
    FIRST = 5
    LAST = 6


class Result(IntEnum):
    """How a request went. NO_RECORDS is no failure: there is nothing to send."""

    SUCCESS = 1
    OP_NOT_SUPPORTED = 2
    INVALID_OPERATOR = 3
    OPERATOR_NOT_SUPPORTED = 4
    INVALID_OPERAND = 5
    NO_RECORDS = 6
    ABORT_UNSUCCESSFUL = 7
    NOT_COMPLETED = 8
    OPERAND_NOT_SUPPORTED = 9
    BUSY = 10


_COUNTS: Final = {1: "<B", 2: "<H", 4: "<I"}
_COUNTED: Final = frozenset({Op.COUNTED, Op.COMBINED_ANSWER})
_HEAD_OCTETS: Final = 2
_FILTERED: Final = {Operator.AT_MOST: 1, Operator.AT_LEAST: 1, Operator.WITHIN: 2}
"""How many numbers an operator takes."""


class RecordAccess(msgspec.Struct, frozen=True, kw_only=True):
    """One request or answer: `op` (an Op), `operator` (an Operator), `operand` as octets; unknown values stay numbers.

    Requests are made by `report`, `count` and `abort`, answers by `answered` and `counted`.
    """

    op: int
    operator: int = Operator.NULL
    operand: bytes = b""

    @classmethod
    def report(cls, *, at_least: int | None = None, octets: int = 2, op: Op = Op.REPORT) -> Self:
        """Return the request for all stored records, or for those from number *at_least* (of *octets* octets) on.

        *op* is the services' own: generic health sensors know the combined report alone, answered with its count.
        """
        return cls._asked(op, at_least, octets)

    @classmethod
    def count(cls, *, at_least: int | None = None, octets: int = 2) -> Self:
        """Return the request for the number of stored records, all or from number *at_least* on."""
        return cls._asked(Op.COUNT, at_least, octets)

    @classmethod
    def abort(cls) -> Self:
        """Return the request to stop what is going on."""
        return cls(op=Op.ABORT)

    @classmethod
    def answered(cls, request: int, result: int) -> Self:
        """Return a server's answer to the op *request*."""
        return cls(op=Op.ANSWER, operand=bytes([request, result]))

    @classmethod
    def counted(cls, number: int, *, octets: int = 2, op: Op = Op.COUNTED) -> Self:
        """Return a server's answer to a request for the number of records, or to a combined report."""
        return cls(op=op, operand=number.to_bytes(octets, "little"))

    @classmethod
    def _asked(cls, op: Op, at_least: int | None, octets: int) -> Self:
        if at_least is None:
            return cls(op=op, operator=Operator.ALL)
        operand = bytes([SEQUENCE_NUMBER]) + at_least.to_bytes(octets, "little")
        return cls(op=op, operator=Operator.AT_LEAST, operand=operand)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a request or an answer; raise MalformedPacket where an answer has no room for what it answers."""
        if len(data) < _HEAD_OCTETS:
            raise MalformedPacket(f"Record Access Control Point: {len(data)} octets where there are at least two")
        packet = cls(op=data[0], operator=data[1], operand=bytes(data[2:]))
        if packet.op in _COUNTED and len(packet.operand) not in _COUNTS:
            raise MalformedPacket(
                f"Record Access Control Point: a count of {len(packet.operand)} octets, not 1, 2 or 4"
            )
        if packet.op == Op.ANSWER and len(packet.operand) < _HEAD_OCTETS:
            raise MalformedPacket("Record Access Control Point: an answer without request and result")
        return packet

    def encode(self) -> bytes:
        """Return the octets to write or to indicate; raise NotRepresentable where a part does not fit its octet."""
        try:
            return bytes([self.op, self.operator]) + self.operand
        except ValueError as error:
            raise NotRepresentable(f"Record Access Control Point: {self}: {error}") from None

    @property
    def number(self) -> int | None:
        """Return the number of records of such an answer, else None."""
        if self.op not in _COUNTED:
            return None
        counted: int = struct.unpack(_COUNTS[len(self.operand)], self.operand)[0]
        return counted

    @property
    def request(self) -> int | None:
        """Return the op that an answer answers, else None."""
        return self.operand[0] if self.op == Op.ANSWER else None

    @property
    def result(self) -> int | None:
        """Return how the request went (a Result), None where this is no answer."""
        return self.operand[1] if self.op == Op.ANSWER else None

    def to_json(self) -> dict[str, object]:
        """Return `op` with `operator` and `operand` (hex), `request` and `response`, or `count`."""
        if self.op == Op.ANSWER:
            rest = len(self.operand) - _HEAD_OCTETS
            shown: dict[str, object] = {"request": self.request, "response": self.result}
            return shown | ({"trailing": rest} if rest else {})
        if self.op in _COUNTED:
            return {"count": self.number}
        operand = {"operand": self.operand.hex()} if self.operand else {}
        return {"op": self.op, "operator": self.operator, **operand}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: it is about records and holds none."""
        return ()

    def chosen(self, numbers: Sequence[int]) -> tuple[Result, tuple[int, ...]]:
        """Return what a server answers to this request, and which of its records' *numbers*, oldest first, are meant.

        Only the filter by number is understood; an abort, an answer and an unknown op choose nothing.
        """
        if self.op not in (Op.REPORT, Op.COUNT, Op.DELETE, Op.COMBINED_REPORT):
            return Result.OP_NOT_SUPPORTED, ()
        if self.operator in _FILTERED:
            return self._filtered(numbers)
        simple = {Operator.ALL: numbers, Operator.FIRST: numbers[:1], Operator.LAST: numbers[-1:]}
        if self.operator not in simple:
            return (Result.INVALID_OPERATOR if self.operator == Operator.NULL else Result.OPERATOR_NOT_SUPPORTED), ()
        if self.operand:
            return Result.INVALID_OPERAND, ()
        return _found(simple[Operator(self.operator)])

    def _filtered(self, numbers: Sequence[int]) -> tuple[Result, tuple[int, ...]]:
        wanted = _FILTERED[Operator(self.operator)]
        width, odd = divmod(len(self.operand) - 1, wanted)
        if not self.operand or odd or width not in _COUNTS:
            return Result.INVALID_OPERAND, ()
        if self.operand[0] != SEQUENCE_NUMBER:
            return Result.OPERAND_NOT_SUPPORTED, ()
        bounds = [int.from_bytes(self.operand[at : at + width], "little") for at in range(1, len(self.operand), width)]
        low = 0 if self.operator == Operator.AT_MOST else bounds[0]
        high = None if self.operator == Operator.AT_LEAST else bounds[-1]
        if high is not None and high < low:
            return Result.INVALID_OPERAND, ()
        return _found([each for each in numbers if each >= low and (high is None or each <= high)])


def _found(numbers: Sequence[int]) -> tuple[Result, tuple[int, ...]]:
    return (Result.SUCCESS if numbers else Result.NO_RECORDS), tuple(numbers)
