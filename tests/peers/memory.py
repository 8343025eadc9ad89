"""A curious next person with root and a debugger: looks for words in what processes hold in memory.

Every page that is there and may be read is looked through (proc(5): maps, pagemap, mem), but for what a program has
from files: its own text is nobody's. What is looked for is taken in the codes that programs keep text in.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from array import array
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["below", "held"]

_CODES: Final = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")
_PAGE: Final = os.sysconf("SC_PAGESIZE")
_THERE: Final = 3 << 62
_AROUND: Final = 48
_SHORTEST: Final = 6
"""Octets of what is looked for: anything shorter is everywhere."""


def below(pid: int) -> Iterator[int]:
    """Yield the processes that came from this one."""
    with suppress(FileNotFoundError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield int(child)
            yield from below(int(child))


def held(pids: Iterable[int], marks: Iterable[str | bytes]) -> list[str]:
    """Return where in the memory of *pids* each of *marks* can be read, and what is around it."""
    coded = {_coded(mark, code): mark for mark in marks for code in _CODES}
    assert not any(b"\n" in each or len(each) < _SHORTEST for each in coded)
    with tempfile.NamedTemporaryFile() as wanted:
        wanted.write(b"\n".join(coded))
        wanted.flush()
        return [each for pid in pids for each in _held(pid, wanted.name, coded)]


def _coded(mark: str | bytes, code: str) -> bytes:
    return mark if isinstance(mark, bytes) else mark.encode(code, "ignore").rstrip(b"\0")


def _held(pid: int, wanted: str, coded: Mapping[bytes, str | bytes]) -> list[str]:
    pieces, places, at = [], [], 0
    for name, address, octets in _memory(pid):
        pieces += [octets, b"\n"]
        places.append((at, address, name))
        at += len(octets) + 1
    whole = b"".join(pieces)
    grep = subprocess.run(
        ["grep", "--text", "--binary", "--only-matching", "--byte-offset", "--fixed-strings", "--file", wanted],
        input=whole,
        stdout=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    found = []
    for line in grep.stdout.split(b"\n")[:-1]:
        where, _, octets = line.partition(b":")
        offset = int(where)
        begun, address, name = places[bisect(places, (offset + 1,)) - 1]
        around = whole[max(0, offset - _AROUND) : offset + 2 * _AROUND]
        found.append(f"{coded[octets]!r}: {pid} {name or 'anonymous'} {address + offset - begun:x}: {around!r}")
    return found


def _memory(pid: int) -> Iterator[tuple[str, int, bytes]]:
    with suppress(ProcessLookupError, FileNotFoundError):
        folder = Path(f"/proc/{pid}")
        with (folder / "mem").open("rb", buffering=0) as memory, (folder / "pagemap").open("rb", buffering=0) as pages:
            for line in (folder / "maps").read_text().splitlines():
                place, rights, _, _, inode, *name = line.split(maxsplit=5)
                first, last = (int(end, 16) for end in place.split("-"))
                if (
                    "r" not in rights
                    or (inode != "0" and "w" not in rights)
                    or name[:1] in (["[vvar]"], ["[vsyscall]"])
                ):
                    continue
                for begun, ended in _there(pages, first, last):
                    with suppress(OSError):  # gone meanwhile
                        yield " ".join(name), begun, os.pread(memory.fileno(), ended - begun, begun)


def _there(pages: BinaryIO, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of pages that are in memory or swapped out; what was never touched is nothing."""
    flags = array("Q")
    flags.frombytes(os.pread(pages.fileno(), (last - first) // _PAGE * 8, first // _PAGE * 8))
    begun = None
    for number, flag in enumerate((*flags, 0)):
        if flag & _THERE and begun is None:
            begun = number
        elif not flag & _THERE and begun is not None:
            yield first + begun * _PAGE, first + number * _PAGE
            begun = None
