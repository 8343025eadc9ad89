"""What to ask a device's memory for, and what its answer means: the Record Access Control Point, without any I/O.

Only "report" is ever asked, never "delete". A device that numbers its records is asked for those from the last one on
that we have kept, that one included: if it is no longer the same, the device has begun to count anew (new batteries),
and everything is asked for. https://www.bluetooth.com/specifications/gss/ (Record Access Control Point)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Protocol

from gateway.devices.reading import DeviceIdentity
from gateway.devices.record_access import Op, RecordAccess, Result

__all__ = [
    "CONTROL_POINT",
    "NUMBERED",
    "Fetch",
    "Forgetful",
    "Memory",
    "Step",
    "answered",
    "begin",
    "identity_of",
    "number_of",
]

CONTROL_POINT: Final = "2A52"

NUMBERED: Final = {"2A18": (slice(1, 3), slice(1, 10))}
"""The characteristics whose records are numbered: the octets of the number, and those that tell a record from others.

Little-endian. A glucose record is told by its number and its base time; a device that counts anew gives old numbers to
new times.
"""

_FILTER_REFUSED: Final = frozenset(
    {
        Result.OPERATOR_NOT_SUPPORTED,
        Result.OPERAND_NOT_SUPPORTED,
        Result.INVALID_OPERATOR,
        Result.INVALID_OPERAND,
        Result.NO_RECORDS,  # none from that number on, not even the one that we know: it counts anew
    }
)
_SENT: Final = frozenset({Result.SUCCESS, Result.NO_RECORDS})


class Memory(Protocol):
    """What we have kept of the numbered records of devices."""

    async def last_number(self, device: DeviceIdentity, characteristic: str) -> int | None:
        """Return the number of the last record that was kept, None where none was."""

    async def knows(self, device: DeviceIdentity, characteristic: str, value: bytes) -> bool:
        """Return whether that last record is this one."""


class Forgetful:
    """A memory without anything in it: every device is asked for all it has, and repeats are told later."""

    async def last_number(self, device: DeviceIdentity, characteristic: str) -> int | None:  # noqa: ARG002 - a Memory's
        """Return nothing."""
        return None

    async def knows(self, device: DeviceIdentity, characteristic: str, value: bytes) -> bool:  # noqa: ARG002 - a Memory's
        """Know nothing."""
        return False


class Step(Enum):
    """What an answer makes of the request."""

    COMPLETE = auto()
    """All has been sent."""
    AGAIN = auto()
    """Write `request` once more: it asks for something else now."""
    FAILED = auto()
    """The device cannot do it now; it is met again later."""
    NOTHING = auto()
    """That was no answer to our request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A request under way: `request` as written, `since` the number that it begins with (None: everything).

    `restarted` says that the record with that number was another one.
    """

    request: RecordAccess
    since: int | None = None
    restarted: bool = False


def begin(since: int | None) -> Fetch:
    """Return the request for the records from number *since* on, or for all."""
    return Fetch(request=RecordAccess.report(at_least=since), since=since)


def number_of(characteristic: str, value: bytes) -> int | None:
    """Return the number of a record, None where such records have none or the octets are too few."""
    if characteristic not in NUMBERED:
        return None
    octets = value[NUMBERED[characteristic][0]]
    return int.from_bytes(octets, "little") if octets else None


def identity_of(characteristic: str, value: bytes) -> bytes:
    """Return the octets that tell a record from every other one of its device: all of them, where none is numbered."""
    return value[NUMBERED[characteristic][1]] if characteristic in NUMBERED else value


def answered(fetch: Fetch, answer: RecordAccess) -> tuple[Fetch, Step]:
    """Return what *answer*, as the device indicated it, makes of *fetch*."""
    if answer.op != Op.ANSWER or answer.request != Op.REPORT:
        return fetch, Step.NOTHING
    asks_for_some = fetch.since is not None
    if asks_for_some and (answer.result in _FILTER_REFUSED or (answer.result == Result.SUCCESS and fetch.restarted)):
        return begin(None), Step.AGAIN
    return (replace(fetch, since=None), Step.COMPLETE) if answer.result in _SENT else (fetch, Step.FAILED)
