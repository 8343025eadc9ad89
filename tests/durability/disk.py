"""A disk that forgets: the files that a power cut may leave, rebuilt from what `recorder.c` recorded.

What was written and then synced is there. Of what was not synced, any part may be: none of it, any of the writes
without the others, a write cut in two. What was not synced because the sync failed is lost for good, as on Linux, which
calls those pages clean and says so only once. Names (files made, renamed, unlinked) become durable by an fsync of the
folder.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

__all__ = ["Cut", "Disk", "Event", "read_trace"]

_HEADER: Final = struct.Struct("=cIQQ")


class Cut(Enum):
    """What the power cut does to writes that were not synced."""

    DROPPED = "dropped"
    SHUFFLED = "shuffled"
    TORN = "torn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One call that took effect; see recorder.c for the letters."""

    operation: str
    name: str
    offset: int
    data: bytes


def read_trace(log: Path, folder: Path) -> list[Event]:
    """Return the events of a log, names relative to *folder* ("" is the folder itself)."""
    return list(_events(log.read_bytes(), str(folder)))


def _events(octets: bytes, folder: str) -> Iterator[Event]:
    at = 0
    while at < len(octets):
        operation, path_length, offset, length = _HEADER.unpack_from(octets, at)
        at += _HEADER.size
        path, data = octets[at : at + path_length].decode(), octets[at + path_length : at + path_length + length]
        at += path_length + length
        if not path.endswith("-shm"):  # the log's index in shared memory: SQLite makes it anew from the log
            if operation == b"R":
                data = data.decode().removeprefix(folder).lstrip("/").encode()
            yield Event(
                operation=operation.decode(), name=path.removeprefix(folder).lstrip("/"), offset=offset, data=data
            )


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)

    def after(self, events: list[Event]) -> bytes:
        content = bytearray(self.durable)
        for event in events:
            _apply(content, event)
        return bytes(content)


def _apply(content: bytearray, event: Event) -> None:
    if event.operation == "T":
        if event.offset <= len(content):
            del content[event.offset :]
        else:
            content.extend(bytes(event.offset - len(content)))
        return
    if event.offset > len(content):
        content.extend(bytes(event.offset - len(content)))
    content[event.offset : event.offset + len(event.data)] = event.data


@dataclass(slots=True)
class Disk:
    """The files as the program sees them, and as a power cut would leave them."""

    seen: dict[str, _File] = field(default_factory=dict)
    durable: dict[str, _File] = field(default_factory=dict)
    names: list[tuple[Event, _File]] = field(default_factory=list)

    def happen(self, event: Event) -> None:
        """Let one event take effect."""
        match event.operation:
            case "O" if event.name not in self.seen:
                self.seen[event.name] = _File()
                self.names.append((event, self.seen[event.name]))
            case "U" | "R":
                self.names.append((event, self.seen[event.name]))
                _name(self.seen, *self.names[-1])
            case "W" | "T":
                self.seen[event.name].pending.append(event)
            case "S" if event.name == "":
                self.durable, self.names = dict(self.seen), []
            case "S":
                file = self.seen[event.name]
                file.durable, file.pending = bytearray(file.after(file.pending)), []
            case "F" if event.name:
                self.seen[event.name].pending = []

    def cut(self, how: Cut, chance: random.Random) -> dict[str, bytes]:
        """Return the files that are left if the power is cut now."""
        names = {Cut.DROPPED: 0, Cut.SHUFFLED: chance.randint(0, len(self.names)), Cut.TORN: len(self.names)}[how]
        files = dict(self.durable)
        for event, file in self.names[:names]:
            _name(files, event, file)
        return {name: file.after(_left(file.pending, how, chance)) for name, file in files.items()}


def _name(files: dict[str, _File], event: Event, file: _File) -> None:
    if event.operation != "O":
        files.pop(event.name, None)
    if event.operation != "U":
        files[event.data.decode() or event.name] = file


def _left(pending: list[Event], how: Cut, chance: random.Random) -> list[Event]:
    match how:
        case Cut.DROPPED:
            return []
        case Cut.SHUFFLED:
            return [event for event in pending if chance.random() < 0.5]
        case Cut.TORN:
            if not pending:
                return []
            *whole, last = pending
            part = last.data[: chance.randint(0, len(last.data))]
            torn = [last] if last.operation == "T" else [Event(operation="W", name="", offset=last.offset, data=part)]
            return [*whole, *torn]
