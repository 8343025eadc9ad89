"""A scanner of two-dimensional codes on a serial line: each code is a line of text.

Most are a USB serial device (CDC ACM) in their « virtual COM » mode, which a code in the maker's handbook turns on. As
a keyboard, which they are when they come, they would type somebody's name into whatever has the focus: not here.
"""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["Scanner"]

_AGAIN_S: Final = 5.0
_LONGEST: Final = 4096
_PIECE: Final = 1024
_ENDS: Final = (b"\r", b"\n")


class Scanner:
    """The scanner at *device*; `run` tells each code to *hear*, and to *works* whether it is there."""

    def __init__(
        self, device: Path, *, hear: Callable[[str], Awaitable[None]], works: Callable[..., Awaitable[None]]
    ) -> None:
        self._device = device
        self._hear = hear
        self._works = works

    async def run(self) -> None:
        """Read codes for ever; a scanner that is pulled out is waited for."""
        while True:
            with suppress(OSError, termios.error):
                await self._read()
            await self._works(now=False)
            await asyncio.sleep(_AGAIN_S)

    async def _read(self) -> None:
        line = os.open(self._device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        pieces: asyncio.Queue[bytes] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        try:
            _raw(line)
            loop.add_reader(line, lambda: pieces.put_nowait(_piece(line)))
            await self._works(now=True)
            await self._tell(pieces)
        finally:
            loop.remove_reader(line)
            os.close(line)

    async def _tell(self, pieces: asyncio.Queue[bytes]) -> None:
        """Put pieces together to lines; returns when the line is dead."""
        kept: bytes | None = b""
        while kept is not None:
            kept = await self._told(kept, await pieces.get())

    async def _told(self, kept: bytes, piece: bytes) -> bytes | None:
        """Tell each line that *piece* completes; return what is begun, None where the line is dead.

        It returns so that no name here holds a code for as long as the next one is waited for.
        """
        if not piece:
            return None
        *lines, begun = (kept + piece.replace(*_ENDS))[-_LONGEST:].split(b"\n")
        for each in filter(None, lines):
            await self._hear(each.decode("utf-8", "replace"))
        return begun


def _piece(line: int) -> bytes:
    """Return what has come; nothing: the device is gone."""
    try:
        return os.read(line, _PIECE)
    except BlockingIOError:
        return b"\n"  # nothing yet: an empty line is none
    except OSError:
        return b""


def _raw(line: int) -> None:
    """Take every octet as it comes: nothing is echoed, changed or a signal (termios(3))."""
    settings = termios.tcgetattr(line)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    settings[4] = settings[5] = termios.B115200
    settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
    termios.tcsetattr(line, termios.TCSANOW, settings)
    termios.tcflush(line, termios.TCIFLUSH)
