"""The papers of a visit: fetched from the gateway over mutual TLS, given to the printer, and gone at the goodbye.

The printer is a folder from which a print service takes what it finds (IPP comes later). Nothing of it outlives the
visit: `wipe` removes it all, also what a power cut left behind.
"""

from __future__ import annotations

import asyncio
import os
import re
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.attribution import Visit
from booth_client.channels import Progress, Request
from booth_client.config import GatewayLink
from gateway.errors import LinkError
from gateway.fhir.report import PaperKind, ids

__all__ = ["Printer", "Unprinted", "sheets_of"]

_log: Final = structlog.get_logger("visit")
_FETCH_S: Final = 20.0
_LARGEST: Final = 16 * 1024 * 1024
_PREFIX: Final = "teleborne-"
_PAGE: Final = re.compile(rb"/Type\s*/Page\b")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


class Unprinted(LinkError):
    """A paper could not be fetched or printed: the person is told, and offered the code."""


class Printer:
    """Prints the papers of a visit into *folder*; None: this booth has no printer."""

    def __init__(self, session: ClientSession, link: GatewayLink, folder: Path | None) -> None:
        self._http = session
        self._base = link.base_url.rstrip("/")
        self._folder = folder

    async def print(self, encounter: str, documents: Sequence[str]) -> int:
        """Print the documents of the visit with that Encounter; return how many sheets there are. Raises Unprinted."""
        if self._folder is None:
            raise Unprinted("this booth has no printer")
        kinds = {f"DocumentReference/{id_}": kind for kind, id_ in ids(encounter).papers.items()}
        sheets = 0
        for kind in (kinds[each] for each in documents if each in kinds):
            paper = await self._fetch(encounter, kind)
            try:
                await asyncio.to_thread(_write, self._folder, f"{_PREFIX}{encounter}-{kind}.pdf", paper)
            except OSError as error:
                raise Unprinted(f"print_to: {self._folder} cannot be written: {error.strerror}") from error
            sheets += sheets_of(paper)
        return sheets

    async def asked(self, request: Request, visit: Visit | None, answer: Callable[[str, Progress], None]) -> None:
        """Print what the physician asks for during the talk, and *answer* how it went."""
        answer(request.id, Progress.ACCEPTED)
        try:
            sheets = await self.print(visit.id, request.documents) if visit else 0
        except Unprinted as error:
            _log.warning("no papers", reason=str(error))
            sheets = 0
        answer(request.id, Progress.RECEIVED if sheets else Progress.REFUSED)

    async def wipe(self) -> None:
        """Remove what was printed. Raises OSError where it cannot be removed."""
        if self._folder is not None:
            await asyncio.to_thread(_remove, self._folder)

    async def _fetch(self, encounter: str, kind: PaperKind) -> bytes:
        url = f"{self._base}/visits/{encounter}/report/{kind}.pdf"
        try:
            async with self._http.get(url, timeout=ClientTimeout(total=_FETCH_S)) as answer:
                if answer.status != 200:  # noqa: PLR2004  the one good answer
                    raise Unprinted(f"the gateway gave no {kind}: {answer.status}")
                paper = await answer.content.read(_LARGEST)
                while more := await answer.content.read(_LARGEST):
                    paper += more
                    if len(paper) > _LARGEST:
                        raise Unprinted(f"the {kind} is larger than any real one")
        except (ClientError, OSError, TimeoutError) as error:
            raise Unprinted(f"the {kind} could not be fetched: {error or type(error).__name__}") from error
        return paper


def sheets_of(pdf: bytes) -> int:
    """Return how many pages a PDF has, objects in compressed streams included (ISO 32000-1, 7.5.7); 0: unknown."""
    pages = len(_PAGE.findall(pdf))
    for stream in _STREAM.finditer(pdf):
        with suppress(zlib.error):
            pages += len(_PAGE.findall(zlib.decompress(stream[1])))
    return pages


def _write(folder: Path, name: str, paper: bytes) -> None:
    """Write the file whole or not at all, for the print service's eyes only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(paper)
    draft.replace(folder / name)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        for path in (*folder.glob(f"{_PREFIX}*.pdf"), *folder.glob(f".{_PREFIX}*.pdf")):
            path.unlink(missing_ok=True)
