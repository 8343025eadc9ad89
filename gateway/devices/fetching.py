"""What to ask a device's memory for, and what its answer means: the Record Access Control Point, without any I/O.

Only "report" is ever asked, never "delete". A device that numbers its records is asked for those from the last one on
that we have kept, that one included: if it is no longer the same, the device has begun to count anew (new batteries),
and everything is asked for. https://www.bluetooth.com/specifications/gss/ (Record Access Control Point)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, Protocol

from gateway.devices.reading import DeviceIdentity
from gateway.devices.record_access import Op, RecordAccess, Result

__all__ = [
    "CONTROL_POINT",
    "NUMBERED",
    "SERIES",
    "Fetch",
    "Forgetful",
    "Memory",
    "Numbering",
    "Step",
    "answered",
    "begin",
    "identity_of",
    "mark_of",
    "number_of",
]

CONTROL_POINT: Final = "2A52"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """How the records of a characteristic are numbered, and asked for by number.

    `number` gives that of a packet (None: it has none); the octets from and up to `identity` tell a record from every
    other one of its device. A number has `octets` in a request, which is the op `asks`. Where counting begins anew with
    every session of a sensor, `series` is the characteristic that names the session.
    """

    number: Callable[[bytes], int | None]
    identity: tuple[int, int | None] = (0, None)
    octets: int = 2
    asks: Op = Op.REPORT
    series: str | None = None


_FIRST_SEGMENT: Final = 1
_RECORD_HEAD: Final = 6


def _glucose(value: bytes) -> int | None:
    return int.from_bytes(value[1:3], "little") if value[1:3] else None


def _minutes(value: bytes) -> int | None:
    """Return the minutes of the last of the records in a packet; each begins with its length."""
    last, at = b"", 0
    while at < len(value) and value[at] >= _RECORD_HEAD:
        last, at = value[at : at + value[at]], at + value[at]
    return int.from_bytes(last[4:6], "little") if len(last) >= _RECORD_HEAD else None


def _in_first_segment(octets: int) -> Callable[[bytes], int | None]:
    def number(value: bytes) -> int | None:
        whole = len(value) > octets and value[0] & _FIRST_SEGMENT
        return int.from_bytes(value[1 : 1 + octets], "little") if whole else None

    return number


NUMBERED: Final[Mapping[str, Numbering]] = MappingProxyType(
    {
        # Little-endian. A glucose record is told by its number and its base time; a device that counts anew gives old
        # numbers to new times.
        "2A18": Numbering(number=_glucose, identity=(1, 10)),
        "2AA7": Numbering(number=_minutes, series="2AAA"),
        # The first octet counts segments, and counts on from one connection to the next.
        "2B36": Numbering(number=_in_first_segment(2), identity=(1, None)),
        "2BDD": Numbering(number=_in_first_segment(4), identity=(1, None), octets=4, asks=Op.COMBINED_REPORT),
    }
)
"""The characteristics whose records are numbered. Not the pulse oximeter's: its service knows no numbers, only all.

https://www.bluetooth.com/specifications/gss/ and the record access of each service: glucose (3.5), continuous glucose
(3.8), blood pressure 1.1.1, generic health sensor 1.0.
"""

SERIES: Final = frozenset(row.series for row in NUMBERED.values() if row.series is not None)
"""The characteristics that name from which beginning on a sensor counts; read before it is asked."""

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
_PLAIN: Final = Numbering(number=lambda _value: None)


class Memory(Protocol):
    """What we have kept of the numbered records of devices."""

    async def last_number(self, device: DeviceIdentity, characteristic: str) -> int | None:
        """Return the number of the last record that was kept, None where none was."""

    async def knows(self, device: DeviceIdentity, characteristic: str, mark: bytes) -> bool:
        """Return whether *mark* (of `mark_of`) is that of the last record that was kept."""


class Forgetful:
    """A memory without anything in it: every device is asked for all it has, and repeats are told later."""

    async def last_number(self, device: DeviceIdentity, characteristic: str) -> int | None:  # noqa: ARG002 - a Memory's
        """Return nothing."""
        return None

    async def knows(self, device: DeviceIdentity, characteristic: str, mark: bytes) -> bool:  # noqa: ARG002 - a Memory's
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

    `numbering` is that of the records, `restarted` says that the record with that number was another one.
    """

    request: RecordAccess
    since: int | None = None
    numbering: Numbering = _PLAIN
    restarted: bool = False


def begin(since: int | None, *, numbering: Numbering | None = None) -> Fetch:
    """Return the request for the records from number *since* on, or for all."""
    how = numbering or _PLAIN
    request = RecordAccess.report(at_least=since, octets=how.octets, op=how.asks)
    return Fetch(request=request, since=since, numbering=how)


def number_of(characteristic: str, value: bytes) -> int | None:
    """Return the number of a record, None where such records have none or the octets are too few."""
    row = NUMBERED.get(characteristic)
    return None if row is None else row.number(value)


def identity_of(characteristic: str, value: bytes) -> bytes:
    """Return the octets that tell a record from every other one of its device: all of them, where none is numbered."""
    return value[slice(*NUMBERED[characteristic].identity)] if characteristic in NUMBERED else value


def mark_of(characteristic: str, value: bytes, *, series: bytes) -> bytes:
    """Return what tells whether a device still counts as it did: the name of its *series*, else the record itself."""
    named = NUMBERED[characteristic].series is not None
    return series if named else identity_of(characteristic, value)


def answered(fetch: Fetch, answer: RecordAccess) -> tuple[Fetch, Step]:
    """Return what *answer*, as the device indicated it, makes of *fetch*."""
    counted = answer.op == Op.COMBINED_ANSWER and fetch.request.op == Op.COMBINED_REPORT
    if not counted and (answer.op != Op.ANSWER or answer.request != fetch.request.op):
        return fetch, Step.NOTHING
    result = Result.SUCCESS if counted else answer.result
    asks_for_some = fetch.since is not None
    if asks_for_some and (result in _FILTER_REFUSED or (result == Result.SUCCESS and fetch.restarted)):
        return begin(None, numbering=fetch.numbering), Step.AGAIN
    return (replace(fetch, since=None), Step.COMPLETE) if result in _SENT else (fetch, Step.FAILED)
