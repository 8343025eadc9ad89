"""An IPP message as octets: what a printer is asked, and what it answers.

https://www.rfc-editor.org/rfc/rfc8010 (encoding), https://www.rfc-editor.org/rfc/rfc8011 (operations, attributes).
Collections are passed over when read: nothing that the booth asks for is one.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from booth_client.printing.errors import Unprinted, Why

__all__ = ["Attribute", "Group", "Message", "Operation", "Tag", "Value", "decode", "encode"]

_VERSION: Final = (2, 0)
_HEAD: Final = struct.Struct(">BBHI")
_LENGTH: Final = struct.Struct(">H")
_INTEGER: Final = struct.Struct(">i")
_SMALLEST_VALUE_TAG: Final = 0x10

Value = int | bool | str | bytes | None
"""A value as it is read; None: out of band (unknown, no value), or a collection."""


class Operation(IntEnum):
    """What is asked for (RFC 8011, 5.4.15)."""

    PRINT_JOB = 0x0002
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


class Group(IntEnum):
    """What a group of attributes is about (RFC 8010, 3.5.1)."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05


class Tag(IntEnum):
    """How a value is written (RFC 8010, 3.5.2)."""

    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    COLLECTION = 0x34
    COLLECTION_END = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A


_WHOLE: Final = frozenset({Tag.INTEGER, Tag.ENUM})
_TEXTS: Final = frozenset({Tag.TEXT, Tag.NAME, Tag.KEYWORD, Tag.URI, 0x46, Tag.CHARSET, Tag.LANGUAGE, Tag.MIME})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute to be sent: how its values are written, and the values."""

    tag: Tag
    values: tuple[int | bool | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it was read: `code` is the status, `groups` each attribute's values by name, in their order."""

    code: int
    request: int
    groups: tuple[tuple[int, Mapping[str, tuple[Value, ...]]], ...] = field(default=())
    data: bytes = b""

    def all(self, group: Group) -> list[Mapping[str, tuple[Value, ...]]]:
        """Return every group of one kind: each job of a list is one."""
        return [attributes for kind, attributes in self.groups if kind == group]


def encode(code: int, request: int, groups: Mapping[Group, Mapping[str, Attribute]], *, data: bytes = b"") -> bytes:
    """Return the message with that operation (or status) and request id, and the document after it."""
    parts = [_HEAD.pack(*_VERSION, code, request)]
    for group, attributes in groups.items():
        parts.append(bytes((group,)))
        parts += [_attribute(name, attribute) for name, attribute in attributes.items()]
    return b"".join((*parts, bytes((Group.END,)), data))


def decode(octets: bytes) -> Message:
    """Return the message in *octets*. Raises Unprinted where it is none."""
    try:
        return _decode(octets)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Unprinted(Why.UNREADABLE, f"the printer's answer is no IPP message: {error}") from error


def _attribute(name: str, attribute: Attribute) -> bytes:
    names = (name.encode(), *(b"" for _ in attribute.values[1:]))
    return b"".join(
        bytes((attribute.tag,)) + _sized(each) + _sized(_octets(attribute.tag, value))
        for each, value in zip(names, attribute.values, strict=True)
    )


def _octets(tag: Tag, value: int | bool | str) -> bytes:  # noqa: FBT001  a value, not a switch
    if isinstance(value, str):
        return value.encode()
    return bytes((value,)) if tag is Tag.BOOLEAN else _INTEGER.pack(value)


def _sized(octets: bytes) -> bytes:
    return _LENGTH.pack(len(octets)) + octets


def _decode(octets: bytes) -> Message:
    _major, _minor, code, request = _HEAD.unpack_from(octets)
    at, depth, name = _HEAD.size, 0, ""
    groups: list[tuple[int, dict[str, tuple[Value, ...]]]] = []
    while (tag := octets[at]) != Group.END:
        at += 1
        if tag < _SMALLEST_VALUE_TAG:
            groups.append((tag, {}))
            continue
        named, at = _piece(octets, at)
        raw, at = _piece(octets, at)
        inside, depth = depth, depth + (tag == Tag.COLLECTION) - (tag == Tag.COLLECTION_END)
        if inside:
            continue
        name = named.decode() or name
        attributes = groups[-1][1]
        attributes[name] = (*(attributes.get(name, ()) if not named else ()), _value(tag, raw))
    return Message(code=code, request=request, groups=tuple(groups), data=octets[at + 1 :])


def _piece(octets: bytes, at: int) -> tuple[bytes, int]:
    (length,) = _LENGTH.unpack_from(octets, at)
    start = at + _LENGTH.size
    if start + length > len(octets):
        raise IndexError("it ends in the middle of a value")
    return octets[start : start + length], start + length


def _value(tag: int, raw: bytes) -> Value:
    if tag in _WHOLE:
        return int(_INTEGER.unpack(raw)[0])
    if tag == Tag.BOOLEAN:
        return raw != b"\x00"
    if tag in _TEXTS:
        return raw.decode()
    return None if tag < Tag.INTEGER or tag == Tag.COLLECTION else raw
