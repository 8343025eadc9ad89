"""What the physician sent in this visit: in memory alone, drawn as sheets when first asked for, gone at its end."""

from __future__ import annotations

from typing import Final

from booth_client.blob import File
from booth_client.sheets import Sheets, draw

__all__ = ["Files"]

_MOST: Final = 4
"""How many are kept; another takes the place of the oldest."""


class Files:
    """The files of one visit after the other."""

    def __init__(self) -> None:
        self._kept: dict[str, File | Sheets] = {}

    def take(self, file: File) -> None:
        """Keep a file."""
        self._kept.pop(file.id, None)
        while len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[file.id] = file

    async def sheets(self, name: str) -> Sheets | None:
        """Return a file as sheets, None where there is none of that name. Raises UndrawnError."""
        kept = self._kept.get(name)
        if isinstance(kept, File):
            drawn = await draw(kept.data)
            if self._kept.get(name) is not kept:
                return None  # the visit is over
            self._kept[name] = kept = drawn
        return kept

    def forget(self) -> None:
        """Forget all of it."""
        self._kept.clear()
