"""The Generic Health Sensor profile: live (0x2B8B) and stored (0x2BDD) health observations of any type.

Both come in segments; an observation that fits one packet, as those of one number do, is read at once, others when
`Joiner` has put them together.

https://www.bluetooth.com/specifications/specs/generic-health-sensor-service-1-0/
"""

from __future__ import annotations

from typing import ClassVar, Final, Self

import msgspec

from gateway.devices.elapsed_time import ELAPSED_TIME_OCTETS, ElapsedTime
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.health_observation import Observation
from gateway.devices.reading import DeviceTime, Reading
from gateway.devices.segment import Segment

__all__ = ["CurrentElapsedTime", "LiveHealthObservation", "StoredHealthObservation"]

_NUMBER_OCTETS: Final = 4


class _Observed(msgspec.Struct, frozen=True, kw_only=True):
    """A segment; where it holds the whole value also the observation in it, and what `trailing` octets follow that.

    A segment that is only a part has its octets in `part`, and no observation.
    """

    first: bool = True
    last: bool = True
    counter: int = 0
    record: int | None = None
    observation: Observation | None = None
    trailing: bytes = b""
    part: bytes = b""

    numbered: ClassVar[bool]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one packet; raise MalformedPacket where the observation in it is shorter than it says."""
        return cls.of(Segment.unpack(bytes(data)))

    @classmethod
    def of(cls, segment: Segment) -> Self:
        """Return what *segment* holds; raise MalformedPacket as `decode` does."""
        if not segment.whole:
            return cls(first=segment.first, last=segment.last, counter=segment.counter, part=segment.octets)
        head = _NUMBER_OCTETS if cls.numbered else 0
        if len(segment.octets) < head:
            raise MalformedPacket(f"Stored Health Observation: {len(segment.octets)} octets of a record number")
        record = int.from_bytes(segment.octets[:head], "little") if cls.numbered else None
        observation, trailing = Observation.unpack(segment.octets[head:])
        return cls(counter=segment.counter, record=record, observation=observation, trailing=trailing)

    @property
    def segment(self) -> Segment:
        """Return the segment; raise NotRepresentable where a part of the observation does not fit."""
        octets = self.part
        if self.observation is not None:
            number = (self.record or 0).to_bytes(_NUMBER_OCTETS, "little") if self.numbered else b""
            octets = number + self.observation.pack() + self.trailing
        return Segment(first=self.first, last=self.last, counter=self.counter, octets=octets)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a part does not fit its field."""
        if (self.observation is not None) != (self.first and self.last):
            raise NotRepresentable("Health Observation: whole in its first and last segment, or in parts")
        return self.segment.pack()

    @classmethod
    def whole(cls, octets: bytes) -> Self:
        """Return the value whose segments together hold *octets*; raise MalformedPacket where it is none."""
        return cls.of(Segment(octets=octets))

    def to_json(self) -> dict[str, object]:
        """Return `first`, `last`, `counter`, then the observation's fields and `trailing`, or a `part` in hex."""
        shown: dict[str, object] = {"first": self.first, "last": self.last, "counter": self.counter}
        if self.observation is None:
            return shown | {"part": self.part.hex()}
        record = {} if self.record is None else {"record": self.record}
        return shown | record | self.observation.parts() | {"trailing": len(self.trailing)}

    def readings(self) -> tuple[Reading, ...]:
        """Return the reading of a whole observation whose type is known; nothing for a part."""
        return () if self.observation is None else self.observation.readings(stored=self.numbered)


class LiveHealthObservation(_Observed, frozen=True, kw_only=True):
    """Live Health Observations (0x2B8B): kept where the device calls the measurement a spot one, else only shown."""

    numbered: ClassVar[bool] = False


class StoredHealthObservation(_Observed, frozen=True, kw_only=True):
    """Stored Health Observations (0x2BDD): an observation of the device's memory with its `record` number; kept."""

    numbered: ClassVar[bool] = True


class CurrentElapsedTime(msgspec.Struct, frozen=True, kw_only=True):
    """Current Elapsed Time (0x2BF2): the device's clock, in the form in which its observations are dated."""

    elapsed: ElapsedTime
    trailing: bytes = b""

    @property
    def time(self) -> DeviceTime | None:
        """Return what the clock shows, None where it only counts ticks."""
        return self.elapsed.local

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read nine octets; raise MalformedPacket where there are fewer."""
        if len(data) < ELAPSED_TIME_OCTETS:
            raise MalformedPacket(f"Current Elapsed Time: {len(data)} of {ELAPSED_TIME_OCTETS} octets")
        return cls(elapsed=ElapsedTime.unpack(data[:ELAPSED_TIME_OCTETS]), trailing=bytes(data[ELAPSED_TIME_OCTETS:]))

    def encode(self) -> bytes:
        """Return the octets; raise NotRepresentable where a part does not fit."""
        return self.elapsed.pack() + self.trailing

    def to_json(self) -> dict[str, object]:
        """Return `time` where the clock shows one, and the parts as sent."""
        shown = {"time": str(self.time)} if self.time else {}
        return shown | self.elapsed.parts() | ({"trailing": len(self.trailing)} if self.trailing else {})

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: a clock is no measurement."""
        return ()
