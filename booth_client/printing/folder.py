"""A folder instead of a printer: what is printed lies there until the visit ends.

For the demo, for tests, and where some other program on the booth prints what it finds.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

from booth_client.printing.errors import Unprinted, Unwiped, Why
from booth_client.printing.printer import Condition

__all__ = ["Folder"]

_PREFIX: Final = "teleborne-"


class Folder:
    """Puts each paper into *folder* as a file that only the booth's user can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing = asyncio.Lock()

    async def print(self, pdf: bytes, *, wanted: Callable[[], bool], moved: Callable[[int], None]) -> None:
        """Write one paper, whole or not at all. Raises Unprinted."""
        try:
            async with self._writing:
                if not wanted():
                    raise Unprinted(Why.STOPPED, "the visit is over")
                await asyncio.to_thread(_write, self._folder, f"{_PREFIX}{uuid4()}.pdf", pdf)
        except OSError as error:
            raise Unprinted(
                Why.REFUSED, f"printer.folder: {self._folder} cannot be written: {error.strerror}"
            ) from error
        moved(0)

    async def wipe(self) -> None:
        """Remove every paper, also what a power cut left behind. Raises Unwiped."""
        try:
            async with self._writing:
                await asyncio.to_thread(_remove, self._folder)
        except OSError as error:
            raise Unwiped(Why.STOPPED, f"printer.folder: papers cannot be removed: {error.strerror}") from error

    async def look(self) -> Condition:
        """Return that it is ready: a folder has paper for ever."""
        return Condition(name=str(self._folder))


def _write(folder: Path, name: str, paper: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(paper)
    draft.replace(folder / name)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        for path in (*folder.glob(f"{_PREFIX}*.pdf"), *folder.glob(f".{_PREFIX}*.pdf")):
            path.unlink(missing_ok=True)
