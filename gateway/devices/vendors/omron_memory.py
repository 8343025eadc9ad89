"""An Omron's memory, read from its first slot to its last; nothing of it is ever written.

    unlock with the key that was set when the cuff was paired ─► start ─► its clock ─► slot after slot ─► end

A frame of more than sixteen octets is spread over up to four characteristics, and its answer over four others; the
answer is whole when as many pieces are there as its first octet demands. An address that holds nothing is answered
without data, or with ones. The one thing that is written beside questions is the key: 0x01 and its sixteen octets, to
be let in. To give a cuff a key is a writing of its own kind that its maker's app or omblepy does; we have no code for
it. Facts: userx14/omblepy (channels, frames, addresses), re-expressed; no device of ours has been asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from gateway.devices.dialogue import MakeDialogue, Next
from gateway.devices.errors import MalformedPacket, NotLetIn, RadioError
from gateway.devices.reading import DeviceTime
from gateway.devices.vendors.omron_frame import OmronFrame
from gateway.devices.vendors.omron_record import Hem7322Record, Hem7361Record, OmronRecord

__all__ = ["ASKED", "CHANNEL_OCTETS", "KEY_OCTETS", "LAYOUTS", "MEMORIES", "SERVICE", "TOLD", "UNLOCK", "Layout"]

SERVICE: Final = "ECBE3980-C9A2-11E1-B1BD-0002A5D5C51B"
UNLOCK: Final = "B305B680-AEE7-11E1-A730-0002A5D5C51B"
ASKED: Final = (
    "DB5B55E0-AEE7-11E1-965E-0002A5D5C51B",
    "E0B8A060-AEE7-11E1-92F4-0002A5D5C51B",
    "0AE12B00-AEE8-11E1-A192-0002A5D5C51B",
    "10E1BA60-AEE8-11E1-89E5-0002A5D5C51B",
)
"""Where a question is written, sixteen octets on each."""
TOLD: Final = (
    "49123040-AEE8-11E1-A74D-0002A5D5C51B",
    "4D0BF320-AEE8-11E1-A0D9-0002A5D5C51B",
    "5128CE60-AEE8-11E1-B84B-0002A5D5C51B",
    "560F1420-AEE8-11E1-8184-0002A5D5C51B",
)
"""Where an answer comes, sixteen octets on each."""
CHANNEL_OCTETS: Final = 16
KEY_OCTETS: Final = 16

_LET_IN: Final = b"\x81\x00"
_START: Final = OmronFrame(kind="start", size=0x10)
_END: Final = OmronFrame(kind="end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where the cuff keeps its time: address and size, and the parts in the order of their octets ("" for no part)."""

    address: int
    parts: tuple[str, ...]

    def read(self, octets: bytes) -> DeviceTime | None:
        """Return what the clock shows, None where there are too few octets."""
        if len(octets) < len(self.parts):
            return None
        said = {part: octet for part, octet in zip(self.parts, octets, strict=False) if part}
        return DeviceTime(year=2000 + said.pop("year"), **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a model keeps its records: each user's first address and how many slots, read `block` octets at a time."""

    record: type[OmronRecord]
    called: str
    users: tuple[tuple[int, int], ...]
    block: int
    clock: Clock | None = None

    def questions(self) -> Iterator[OmronFrame]:
        """Yield the frames that read the clock and every record."""
        if self.clock is not None:
            yield OmronFrame(kind="read", address=self.clock.address, size=len(self.clock.parts))
        for address, slots in self.users:
            end = address + slots * self.record.SIZE
            for at in range(address, end, self.block):
                yield OmronFrame(kind="read", address=at, size=min(self.block, end - at))


LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType(
    {
        "HEM-7322T": Layout(
            record=Hem7322Record,
            called="OMRON+HEM-7322T",
            users=((0x02AC, 100), (0x0824, 100)),
            block=0x38,
            clock=Clock(address=0x0276, parts=("month", "year", "hour", "day", "second", "minute")),
        ),
        "HEM-7600T": Layout(record=Hem7322Record, called="OMRON+HEM-7322T", users=((0x02AC, 100),), block=0x0E),
        "HEM-7361T": Layout(
            record=Hem7361Record, called="OMRON+HEM-7361T", users=((0x0098, 100), (0x06D8, 100)), block=0x10
        ),
    }
)
"""The models whose addresses have been published."""


class _Reading:
    """One reading of a memory with *layout*; *key* is what the cuff was given when it was paired, if anything."""

    def __init__(self, layout: Layout, key: bytes | None) -> None:
        self._layout = layout
        self._key = key
        self._questions = layout.questions()
        self._asked = _START
        self._pieces: dict[str, bytes] = {}
        self._octets = b""

    @property
    def listens(self) -> tuple[str, ...]:
        """Return the four channels of answers, and that on which a key is answered."""
        return (UNLOCK, *TOLD)

    def begin(self, *, offers: frozenset[str]) -> Next:
        """Return the key, for a cuff that asks for one, else the start."""
        if UNLOCK in offers and self._key is not None:
            return Next(writes=((UNLOCK, b"\x01" + self._key),))
        return self._ask(_START)

    def take(self, uuid: str, value: bytes) -> Next:
        """Take in a piece of an answer. Raises RadioError for one to another question, NotLetIn for a wrong key."""
        if uuid == UNLOCK:
            if not value.startswith(_LET_IN):
                raise NotLetIn(f"it does not know the unlock_key of its settings: {value[:2].hex()}")
            return self._ask(_START)
        self._pieces[uuid] = value
        whole = self._whole()
        if whole is None:
            return Next()
        self._pieces.clear()
        return self._answered(self._frame(whole))

    def _whole(self) -> bytes | None:
        if TOLD[0] not in self._pieces or not self._pieces[TOLD[0]]:
            return None
        size = self._pieces[TOLD[0]][0]
        needed = TOLD[: -(-size // CHANNEL_OCTETS)]
        if any(channel not in self._pieces for channel in needed):
            return None
        return b"".join(self._pieces[channel] for channel in needed)[:size]

    def _frame(self, octets: bytes) -> OmronFrame:
        try:
            frame = OmronFrame.decode(octets)
        except MalformedPacket as error:
            raise RadioError(str(error)) from error
        wanted = _ANSWERS[self._asked.kind]
        if frame.kind != wanted or (wanted == "was-read" and frame.address != self._asked.address):
            raise RadioError(f"Omron frame: {frame.kind} of {frame.address:#06x} where {wanted} was to come")
        return frame

    def _answered(self, frame: OmronFrame) -> Next:
        if frame.kind == "ended":
            if frame.data[0]:
                raise RadioError(f"the cuff ends with the error {frame.data[0]:#04x}")
            return Next(done=True)
        records: tuple[tuple[str, bytes], ...] = ()
        clock = None
        if frame.kind == "was-read":
            size = self._asked.size
            data = frame.data[:size] if len(frame.data) >= size else b"\xff" * size
            if self._layout.clock is not None and self._asked.address == self._layout.clock.address:
                clock = self._layout.clock.read(data)
            else:
                records = self._records(data)
        asked = self._ask(next(self._questions, _END))
        return Next(writes=asked.writes, records=records, clock=clock)

    def _records(self, data: bytes) -> tuple[tuple[str, bytes], ...]:
        self._octets += data
        size = self._layout.record.SIZE
        whole = len(self._octets) // size * size
        slots = [self._octets[at : at + size] for at in range(0, whole, size)]
        self._octets = self._octets[whole:]
        return tuple((self._layout.called, slot) for slot in slots if not self._layout.record.decode(slot).empty)

    def _ask(self, frame: OmronFrame) -> Next:
        self._asked = frame
        octets = frame.encode()
        pieces = (octets[at : at + CHANNEL_OCTETS] for at in range(0, len(octets), CHANNEL_OCTETS))
        return Next(writes=tuple(zip(ASKED, pieces, strict=False)))


_ANSWERS: Final = {"start": "started", "read": "was-read", "end": "ended"}

MEMORIES: Final[Mapping[str, MakeDialogue]] = MappingProxyType(
    {model: partial(_Reading, layout) for model, layout in LAYOUTS.items()}
)
"""What reads a memory, by the model that the operator names."""
