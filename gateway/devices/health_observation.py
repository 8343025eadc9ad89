"""One health observation of the Generic Health Sensor service: what it is, its attributes, its value.

An observation names what it is (an MDC code of IEEE 11073-10101), its class and its length, so that a reader can skip
what it does not know. Numbers are read here; VALUES has a row for each further class that is.

https://www.bluetooth.com/specifications/specs/generic-health-sensor-service-1-0/
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import msgspec

from gateway.devices.elapsed_time import ELAPSED_TIME_OCTETS, ElapsedTime
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.health_types import TYPES, UNITS
from gateway.devices.ieee11073 import decode_float, encode_float
from gateway.devices.packet import bits, measure, qualities
from gateway.devices.reading import Number, Quality, Reading

__all__ = ["SPOT", "VALUES", "Numeric", "Observation"]

SPOT: Final = 150588
"""MDC_MODALITY_SPOT among the supplemental information: a value to be kept, and not one of a stream."""

_STATUS: Final = bits(
    {
        0: Quality.INVALID,
        1: Quality.QUESTIONABLE,
        2: Quality.UNAVAILABLE,
        3: Quality.CALIBRATING,
        4: Quality.TESTING,
        5: Quality.EARLY_ESTIMATE,
    }
)
_HEAD: Final = struct.Struct("<BHH")
_COUNTED_FROM: Final = 3
"""Class and length, which the length does not count."""

_TLVS: Final = 1 << 9
_KNOWN: Final = 0b11_1111_1111


class Numeric(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a numeric observation: `unit` is an MDC code of the partition of dimensions (544 per cent)."""

    layout: ClassVar[struct.Struct] = struct.Struct("<HI")

    unit: int
    value: Number

    @classmethod
    def unpack(cls, octets: bytes) -> Self:
        """Read the six octets of a value."""
        unit, value = cls.layout.unpack(octets)
        return cls(unit=unit, value=decode_float(value))

    def pack(self) -> bytes:
        """Return the six octets; raise struct.error or NotRepresentable where a part does not fit."""
        return self.layout.pack(self.unit, encode_float(self.value))


VALUES: Final[Mapping[int, type[Numeric]]] = {1: Numeric}
"""How the value of each class is read: one row a class, by its number in the service's table of classes."""


class _Cursor:
    """Where reading has come to in the octets of one observation."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.octets):
            raise MalformedPacket(f"Health Observation: {len(self.octets)} octets where its flags announce more")
        self.at += count
        return self.octets[self.at - count : self.at]

    def number(self, form: struct.Struct) -> int:
        number: int = form.unpack(self.take(form.size))[0]
        return number

    def codes(self) -> tuple[int, ...]:
        return tuple(self.number(_U32) for _ in range(self.number(_U8)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attribute:
    """One attribute: its name, how it is read, written and shown."""

    name: str
    read: Callable[[_Cursor], Any]
    write: Callable[[Any], bytes]
    show: Callable[[Any], object] = lambda value: value


def _number(name: str, form: struct.Struct) -> _Attribute:
    return _Attribute(name=name, read=lambda cursor: cursor.number(form), write=form.pack)


def _codes(name: str) -> _Attribute:
    return _Attribute(
        name=name,
        read=_Cursor.codes,
        write=lambda codes: bytes([len(codes)]) + b"".join(map(_U32.pack, codes)),
        show=list,
    )


_U8, _U16, _U32 = struct.Struct("<B"), struct.Struct("<H"), struct.Struct("<I")
_ATTRIBUTES: Final = (
    _number("obs_type", _U32),
    _Attribute(
        name="time",
        read=lambda cursor: ElapsedTime.unpack(cursor.take(ELAPSED_TIME_OCTETS)),
        write=ElapsedTime.pack,
        show=ElapsedTime.parts,
    ),
    _Attribute(
        name="duration",
        read=lambda cursor: decode_float(cursor.number(_U32)),
        write=lambda seconds: _U32.pack(encode_float(seconds)),
    ),
    _number("status", _U16),
    _number("obs_id", _U32),
    _number("patient", _U8),
    _codes("suppl"),
    _codes("derived_from"),
    _codes("member_of"),
)
"""By the number of the flag that announces each, which is also the order in which they stand."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One observation: `class_`, the attributes that its flags announce, then the value.

    `obs_type` is an MDC code, `duration` in seconds, `status` the measurement status as sent, `patient` the device's
    user index, `suppl` further MDC codes, `tlvs` octets that are not looked into. `value` is None where VALUES has no
    row for the class: its octets are then `rest`, which otherwise holds what stands after the value.
    """

    class_: int
    obs_type: int | None = None
    time: ElapsedTime | None = None
    duration: Number | None = None
    status: int | None = None
    obs_id: int | None = None
    patient: int | None = None
    suppl: tuple[int, ...] | None = None
    derived_from: tuple[int, ...] | None = None
    member_of: tuple[int, ...] | None = None
    tlvs: bytes | None = None
    value: Numeric | None = None
    rest: bytes = b""
    reserved_flags: int = 0

    @classmethod
    def unpack(cls, octets: bytes) -> tuple[Self, bytes]:
        """Return the observation at the start of *octets*, and what follows it; MalformedPacket where it is cut."""
        if len(octets) < _HEAD.size:
            raise MalformedPacket(f"Health Observation: {len(octets)} octets where its head has {_HEAD.size}")
        class_, length, flags = _HEAD.unpack_from(octets)
        end = _COUNTED_FROM + length
        if not _HEAD.size <= end <= len(octets):
            raise MalformedPacket(f"Health Observation: a length of {length} in {len(octets)} octets")
        cursor = _Cursor(octets[_HEAD.size : end])
        there = [attribute for bit, attribute in enumerate(_ATTRIBUTES) if flags >> bit & 1]
        attributes = {attribute.name: attribute.read(cursor) for attribute in there}
        tlvs, value, rest = _split(cursor.octets[cursor.at :], VALUES.get(class_), tlvs=bool(flags & _TLVS))
        return (
            cls(class_=class_, tlvs=tlvs, value=value, rest=rest, reserved_flags=flags & ~_KNOWN, **attributes),
            octets[end:],
        )

    def pack(self) -> bytes:
        """Return the octets; raise NotRepresentable where a part does not fit."""
        flags, body = self.reserved_flags & ~_KNOWN, bytearray()
        try:
            for bit, attribute in enumerate(_ATTRIBUTES):
                part = getattr(self, attribute.name)
                if part is not None:
                    flags |= 1 << bit
                    body += attribute.write(part)
            flags |= 0 if self.tlvs is None else _TLVS
            body += (self.tlvs or b"") + (self.value.pack() if self.value else b"") + self.rest
            return _HEAD.pack(self.class_, _HEAD.size - _COUNTED_FROM + len(body), flags) + bytes(body)
        except (struct.error, ValueError) as error:
            raise NotRepresentable(f"Health Observation: {error} ({self})") from None

    def parts(self) -> dict[str, object]:
        """Return `class` and `length`, the attributes that are there, then `unit` and `value` or the `rest` in hex."""
        shown: dict[str, object] = {"class": self.class_, "length": len(self.pack()) - _COUNTED_FROM}
        for attribute in _ATTRIBUTES:
            part = getattr(self, attribute.name)
            if part is not None:
                shown[attribute.name] = attribute.show(part)
        shown |= {"unit": self.value.unit, "value": self.value.value} if self.value else {}
        octets = {"tlvs": self.tlvs, "rest": self.rest}
        shown |= {name: part.hex() for name, part in octets.items() if part}
        return shown | ({"reserved_flags": self.reserved_flags} if self.reserved_flags else {})

    def readings(self, *, stored: bool) -> tuple[Reading, ...]:
        """Return the number as a reading, where TYPES and UNITS know what it is."""
        kind_and_name = TYPES.get(self.obs_type or 0)
        unit = UNITS.get(self.value.unit) if self.value else None
        if kind_and_name is None or unit is None or self.value is None:
            return ()
        kind, name = kind_and_name
        measures = measure(name, self.value.value, unit)
        if not measures:
            return ()
        return (
            Reading(
                kind=kind,
                measures=measures,
                device_time=self.time.local if self.time else None,
                qualities=qualities(self.status, _STATUS),
                user_slot=self.patient,
                stored=stored or SPOT in (self.suppl or ()),
            ),
        )


def _split(octets: bytes, reader: type[Numeric] | None, *, tlvs: bool) -> tuple[bytes | None, Numeric | None, bytes]:
    """Return the TLVs, the value and what follows it; the TLVs end where a value of known size must begin."""
    if reader is None:
        return (b"" if tlvs else None), None, octets
    size = reader.layout.size
    if len(octets) < size:
        raise MalformedPacket(f"Health Observation: a value of {len(octets)} octets where there are {size}")
    start = len(octets) - size if tlvs else 0
    value = reader.unpack(octets[start : start + size])
    return (octets[:start] if tlvs else None), value, octets[start + size :]
