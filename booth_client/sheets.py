"""A document as sheets to be looked at and printed: drawn by a program of its own that can do nothing else.

What the physician sends is never opened in this program, nor in the kiosk's browser, nor by the printer: they get
pictures that `sheet_maker` drew (it says what it gives up first). What is printed is what was shown.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.errors import TeleborneError

__all__ = ["Sheets", "Undrawn", "UndrawnError", "draw"]

_MAKER: Final = Path(__file__).with_name("sheet_maker.py")
_DRAWN_WITHIN_S: Final = 30.0


class Undrawn(StrEnum):
    """Why a document is not shown."""

    UNREADABLE = "unreadable"
    TOO_MANY = "pages"
    UNCONFINED = "unconfined"
    TOO_SLOW = "slow"


class UndrawnError(TeleborneError):
    """A document could not be drawn; `why` says why."""

    def __init__(self, why: Undrawn) -> None:
        super().__init__(f"the document could not be drawn: {why}")
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """A document drawn: `pictures` are JPEGs, one a sheet, `pdf` the same sheets on A4."""

    pictures: tuple[bytes, ...]
    pdf: bytes


async def draw(document: bytes, *, within_s: float = _DRAWN_WITHIN_S) -> Sheets:
    """Return a PDF, JPEG or PNG as sheets. Raises UndrawnError."""
    maker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_MAKER)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(within_s):
            drawn, _ = await maker.communicate(document)
    except TimeoutError:
        raise UndrawnError(Undrawn.TOO_SLOW) from None
    finally:
        with suppress(ProcessLookupError):
            maker.kill()
        await maker.wait()
    if maker.returncode != 0:
        why = drawn.decode("ascii", "replace")
        raise UndrawnError(Undrawn(why) if why in set(Undrawn) else Undrawn.UNREADABLE)
    try:
        pdf, *pictures = _parts(drawn)
    except (struct.error, ValueError):
        raise UndrawnError(Undrawn.UNREADABLE) from None
    return Sheets(pictures=tuple(pictures), pdf=pdf)


def _parts(drawn: bytes) -> Iterator[bytes]:
    """Give the PDF, then each sheet; raises ValueError where the program did not keep to its form."""
    (sheets,), at = struct.unpack_from(">I", drawn), 4
    for _ in range(sheets + 1):
        (size,) = struct.unpack_from(">I", drawn, at)
        part = drawn[at + 4 : at + 4 + size]
        at += 4 + size
        if len(part) < size:
            raise ValueError("cut short")
        yield part
    if sheets == 0 or at != len(drawn):
        raise ValueError("not the number of sheets that was said")
