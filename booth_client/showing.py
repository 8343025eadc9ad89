"""What the physician and the patient show each other in the talk: documents on the screen and on paper, and papers.

Nothing here opens what was sent: `booth_client.sheets` draws it apart. Whatever fails says why, in a word of
docs/channels.md.
"""

from __future__ import annotations

from typing import Final

import structlog

from booth_client.files import Files
from booth_client.kiosk.documents import Documents
from booth_client.papers import Papers, Tell
from booth_client.printing import Unprinted
from booth_client.sheets import Sheets, UndrawnError
from booth_client.shown import Shown
from gateway.errors import TeleborneError

__all__ = ["Failed", "Showing"]

_log: Final = structlog.get_logger("visit")


class Failed(TeleborneError):
    """It could not be done; `why` is what the physician is told."""

    def __init__(self, *, why: str) -> None:
        super().__init__(f"not done: {why}")
        self.why = why


class Showing:
    """What one booth shows and is shown; *documents* is its kiosk's, None where there is no screen."""

    def __init__(self, files: Files, papers: Papers, documents: Documents | None) -> None:
        self.files = files
        self._papers = papers
        self._documents = documents

    @property
    def has_a_screen(self) -> bool:
        """Say whether somebody stands before a screen with a camera."""
        return self._documents is not None

    async def show(self, name: str) -> Shown:
        """Let the kiosk's page fetch a file's sheets; return how it is to be shown. Raises Failed."""
        if self._documents is None:
            raise Failed(why="screen")
        sheets = await self._sheets(name)
        return Shown(id=name, number=self._documents.show(sheets.pictures), sheets=len(sheets.pictures))

    async def print(self, name: str, tell: Tell) -> int:
        """Print a file's sheets; return how many came out. Raises Failed."""
        sheets = await self._sheets(name)
        try:
            return await self._papers.put_out(sheets.pdf, tell=tell)
        except Unprinted as error:
            _log.warning("a document was not printed", why=error.why)
            raise Failed(why=error.why) from None

    async def paper(self) -> bytes:
        """Return the paper that the person has just photographed, as a JPEG. Raises Failed."""
        taken = await self._documents.photograph() if self._documents else None
        if taken is None:
            raise Failed(why="camera")
        return taken

    def retake(self) -> None:
        """Forget the photograph: the person takes another."""
        if self._documents is not None:
            self._documents.retake()

    def forget(self) -> None:
        """Forget all of the visit."""
        self.files.forget()
        if self._documents is not None:
            self._documents.forget()

    async def _sheets(self, name: str) -> Sheets:
        try:
            sheets = await self.files.sheets(name)
        except UndrawnError as error:
            _log.warning("a document was not shown", why=error.why)
            raise Failed(why=error.why) from None
        if sheets is None:
            raise Failed(why="unknown")
        return sheets
