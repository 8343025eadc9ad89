"""A scanner that acts as a keyboard, held by this program alone: what it types reaches no page.

The kernel hands out a keyboard's strokes as events of 24 octets at /dev/input/event…; whoever grabs it (EVIOCGRAB) is
the only one to get them, so that nobody's name is typed into whatever has the focus. The scanner is set to the US
layout, where every sign of a code has its key; GS comes as Ctrl and ]. https://docs.kernel.org/input/input.html
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["KeyboardScanner", "Strokes", "grab"]

_AGAIN_S: Final = 5.0
_LONGEST: Final = 4096
_EVENT: Final = struct.Struct("@llHHi")
"""struct input_event: seconds, microseconds, type, code, value."""

_EVIOCGRAB: Final = 0x40044590
_KEYS: Final = 1
_DOWN: Final = 1
_UP: Final = 0
_SHIFTS: Final = frozenset({42, 54})
_CONTROLS: Final = frozenset({29, 97})
_ENTERS: Final = frozenset({28, 96})
_SIGNS: Final[dict[int, str]] = {
    **dict(zip(range(2, 14), "1234567890-=", strict=True)),
    **dict(zip(range(16, 28), "qwertyuiop[]", strict=True)),
    **dict(zip(range(30, 42), "asdfghjkl;'`", strict=True)),
    **dict(zip(range(43, 54), "\\zxcvbnm,./", strict=True)),
    57: " ",
}
_SHIFTED: Final = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))
_GS: Final = "\x1d"


@dataclass(slots=True)
class Strokes:
    """What was typed since the last Enter; pure: octets of events in, whole codes out."""

    _typed: str = ""
    _held: set[int] = field(default_factory=set)
    _rest: bytes = b""

    def take(self, octets: bytes) -> Iterator[str]:
        """Yield each code that *octets* complete; a code without end is cut at its beginning."""
        whole, self._rest = self._rest + octets, b""
        at = len(whole) - len(whole) % _EVENT.size
        self._rest = whole[at:]
        for _, _, kind, key, value in _EVENT.iter_unpack(whole[:at]):
            if kind != _KEYS:
                continue
            if key in _SHIFTS | _CONTROLS:
                (self._held.discard if value == _UP else self._held.add)(key)
            elif value == _DOWN and key in _ENTERS:
                code, self._typed = self._typed, ""
                if code:
                    yield code
            elif value == _DOWN:
                self._typed = (self._typed + self._sign(key))[-_LONGEST:]

    def _sign(self, key: int) -> str:
        sign = _SIGNS.get(key, "")
        if self._held & _CONTROLS:
            return _GS if sign == "]" else ""
        if self._held & _SHIFTS:
            return _SHIFTED.get(sign, sign.upper())
        return sign


def grab(device: int) -> None:
    """Let nobody else have the strokes of the open *device*. Raises OSError where it is no keyboard, or is taken."""
    fcntl.ioctl(device, _EVIOCGRAB, 1)


class KeyboardScanner:
    """The scanner at *device*; `run` tells each code to *hear*, and to *works* whether it is there."""

    def __init__(
        self,
        device: Path,
        *,
        hear: Callable[[str], Awaitable[None]],
        works: Callable[..., Awaitable[None]],
        hold: Callable[[int], None] = grab,
    ) -> None:
        self._device = device
        self._hear = hear
        self._works = works
        self._hold = hold

    async def run(self) -> None:
        """Read codes for ever; a scanner that is pulled out, or that cannot be held alone, is waited for."""
        while True:
            with suppress(OSError):
                await self._read()
            await self._works(now=False)
            await asyncio.sleep(_AGAIN_S)

    async def _read(self) -> None:
        line = os.open(self._device, os.O_RDONLY | os.O_NONBLOCK)
        pieces: asyncio.Queue[bytes] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        strokes = Strokes()
        try:
            self._hold(line)
            loop.add_reader(line, lambda: pieces.put_nowait(_piece(line)))
            await self._works(now=True)
            while await self._told(strokes, await pieces.get()):
                pass
        finally:
            loop.remove_reader(line)
            os.close(line)

    async def _told(self, strokes: Strokes, octets: bytes) -> bool:
        """Tell each code that *octets* complete; return whether the scanner is there.

        It returns so that no name here holds a code for as long as the next one is waited for.
        """
        for code in strokes.take(octets):
            await self._hear(code)
        return bool(octets)


def _piece(line: int) -> bytes:
    """Return what has come; nothing: the device is gone."""
    try:
        return os.read(line, _EVENT.size * 64)
    except OSError:
        return b""
