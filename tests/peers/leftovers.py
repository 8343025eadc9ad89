"""A curious next person with root: looks for words in every octet of some files and folders, packed or not.

Plain in UTF-8, UTF-16 and UTF-32 (SQLite files and their WAL too), inside zlib and gzip streams (PDF, caches), inside
LevelDB's snappy blocks; file names count as well.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["leftovers", "unsnapped"]

_WIDE = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08")
_TABLES = {".ldb", ".sst"}
_MAGIC = bytes.fromhex("57fb808b247547db")


def leftovers(folders: Iterable[Path], words: Iterable[str]) -> list[str]:
    """Return where one of *words* can be read: the file, and how it was packed."""
    wanted = {word.encode(code): word for word in words for code in _WIDE}
    found = []
    for path in _files(folders):
        if any(word in path.name for word in wanted.values()):
            found.append(f"{path}: its name")
        try:
            raw = path.read_bytes()
        except (FileNotFoundError, OSError):
            continue  # a socket, or gone meanwhile
        for how, octets in _views(path, raw):
            found += [f"{path}: {word} ({how})" for each, word in wanted.items() if each in octets]
    return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            yield folder
        for here, _, names in os.walk(folder):
            yield from (Path(here) / name for name in names)


def _views(path: Path, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "plain", raw
    for magic in _ZLIB:
        at = raw.find(magic)
        while at >= 0:
            with suppress(zlib.error):
                yield "deflated", zlib.decompressobj(47).decompress(raw[at:], 1 << 24)
            at = raw.find(magic, at + 1)
    if path.suffix in _TABLES and raw.endswith(_MAGIC):
        yield from (("snappy", block) for block in _blocks(raw))


def _blocks(table: bytes) -> Iterator[bytes]:
    """Yield the data blocks of a LevelDB table; https://github.com/google/leveldb/blob/main/doc/table_format.md."""
    footer = table[-48:-8]
    at, size = 0, 0
    numbers = []
    for _ in range(4):
        number, at = _varint(footer, at)
        numbers.append(number)
    index = _block(table, numbers[2], numbers[3])
    at, restarts = 0, int.from_bytes(index[-4:], "little")
    while at < len(index) - 4 * (restarts + 1):
        _, at = _varint(index, at)
        own, at = _varint(index, at)
        size, at = _varint(index, at)
        handle = index[at + own : at + own + size]
        offset, after = _varint(handle, 0)
        length, _ = _varint(handle, after)
        at += own + size
        yield _block(table, offset, length)


def _block(table: bytes, offset: int, length: int) -> bytes:
    raw, kind = table[offset : offset + length], table[offset + length]
    return unsnapped(raw) if kind == 1 else raw


def unsnapped(packed: bytes) -> bytes:
    """Return what a raw snappy block holds; https://github.com/google/snappy/blob/main/format_description.txt."""
    _, at = _varint(packed, 0)
    out = bytearray()
    while at < len(packed):
        tag = packed[at]
        at += 1
        if tag & 3 == 0:
            size = tag >> 2
            if size >= 60:
                extra = size - 59
                size = int.from_bytes(packed[at : at + extra], "little")
                at += extra
            out += packed[at : at + size + 1]
            at += size + 1
            continue
        if tag & 3 == 1:
            size, back, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | packed[at], at + 1
        else:
            width = 2 if tag & 3 == 2 else 4
            size, back = (tag >> 2) + 1, int.from_bytes(packed[at : at + width], "little")
            at += width
        for _ in range(size):
            out.append(out[-back])
    return bytes(out)


def _varint(octets: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        octet = octets[at]
        number |= (octet & 127) << shift
        at, shift = at + 1, shift + 7
        if octet < 128:
            return number, at
