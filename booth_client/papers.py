"""The papers of a visit: fetched from the gateway over mutual TLS, given to the printer, and gone at the goodbye.

`Printing` is what the physician is told of them, step by step: sent, printed 1 of 2, 2 of 2, taken; or why not.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Final

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.config import GatewayLink
from booth_client.printing import Printer, Unprinted, Why
from gateway.fhir.report import PaperKind, ids

__all__ = ["Papers", "Printing", "Step", "sheets_of"]

_log: Final = structlog.get_logger("visit")
_FETCH_S: Final = 20.0
_LARGEST: Final = 16 * 1024 * 1024
_PAGE: Final = re.compile(rb"/Type\s*/Page\b")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


class Step(StrEnum):
    """How far the papers are."""

    SENT = "sent"
    PRINTED = "printed"
    TAKEN = "taken"
    UNPRINTED = "unprinted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """How the papers of a visit stand: `sheets` have come out, `of` there are; `why` they do not come."""

    step: Step
    sheets: int = 0
    of: int = 0
    why: Why | None = None


Tell = Callable[[Printing], None]


class Papers:
    """Prints the papers of a visit on *printer*; None: this booth has none. *note* is told of all of it."""

    def __init__(
        self,
        session: ClientSession,
        link: GatewayLink,
        printer: Printer | None,
        *,
        note: Callable[[str, Printing], None] = lambda _encounter, _printing: None,
    ) -> None:
        self._http = session
        self._base = link.base_url.rstrip("/")
        self._printer = printer
        self._note = note
        self._wiped = 0

    async def print(self, encounter: str, documents: Sequence[str], *, tell: Tell | None = None) -> int:
        """Print the documents of the visit with that Encounter; return how many sheets came out. Raises Unprinted."""
        now, visit, heard = Printing(step=Step.SENT), self._wiped, tell or _untold

        def say(printing: Printing) -> None:
            self._note(encounter, printing)
            heard(printing)

        try:
            printer = self._some()
            kinds = {f"DocumentReference/{id_}": kind for kind, id_ in ids(encounter).papers.items()}
            papers = [await self._fetch(encounter, kinds[each]) for each in documents if each in kinds]
            now = replace(now, of=sum(map(sheets_of, papers)))
            say(now)
            for paper in papers:
                print_it = partial(printer.print, paper, wanted=lambda: visit == self._wiped)
                now = await _out(print_it, sheets_of(paper), now, say)
        except Unprinted as error:
            _log.warning("no papers", why=error.why, reason=str(error))
            say(replace(now, step=Step.UNPRINTED, why=error.why))
            raise
        return now.sheets

    async def put_out(self, pdf: bytes, *, tell: Tell) -> int:
        """Print a document that is no paper of the record's; return how many sheets came out. Raises Unprinted."""
        visit, now = self._wiped, Printing(step=Step.SENT, of=sheets_of(pdf))
        printer = self._some()
        tell(now)
        return (await _out(partial(printer.print, pdf, wanted=lambda: visit == self._wiped), now.of, now, tell)).sheets

    async def wipe(self) -> None:
        """Let nothing of the visit come out or lie about any more. Raises Unwiped; repeat it until it does not."""
        self._wiped += 1
        if self._printer is not None:
            await self._printer.wipe()

    def _some(self) -> Printer:
        if self._printer is None:
            raise Unprinted(Why.NO_PRINTER, "this booth has no printer")
        return self._printer

    async def _fetch(self, encounter: str, kind: PaperKind) -> bytes:
        url = f"{self._base}/visits/{encounter}/report/{kind}.pdf"
        try:
            async with self._http.get(url, timeout=ClientTimeout(total=_FETCH_S)) as answer:
                if answer.status != 200:  # noqa: PLR2004  the one good answer
                    raise Unprinted(Why.NOT_FETCHED, f"the gateway gave no {kind}: {answer.status}")
                paper = await answer.content.read(_LARGEST)
                while more := await answer.content.read(_LARGEST):
                    paper += more
                    if len(paper) > _LARGEST:
                        raise Unprinted(Why.NOT_FETCHED, f"the {kind} is larger than any real one")
        except (ClientError, OSError, TimeoutError) as error:
            raise Unprinted(
                Why.NOT_FETCHED, f"the {kind} could not be fetched: {error or type(error).__name__}"
            ) from error
        return paper


async def _out(print_it: Callable[..., Awaitable[None]], sheets: int, now: Printing, tell: Tell) -> Printing:
    """Print one paper, telling of each sheet, and return how all stand then."""
    whole = replace(now, step=Step.PRINTED, sheets=now.sheets + sheets)
    told = now

    def moved(sides: int) -> None:
        nonlocal told
        further = replace(now, step=Step.PRINTED, sheets=now.sheets + sides)
        if told.sheets < further.sheets < whole.sheets:
            tell(further)
            told = further

    await print_it(moved=moved)
    tell(whole)
    return whole


def sheets_of(pdf: bytes) -> int:
    """Return how many pages a PDF has, objects in compressed streams included (ISO 32000-1, 7.5.7); 0: unknown."""
    pages = len(_PAGE.findall(pdf))
    for stream in _STREAM.finditer(pdf):
        with suppress(zlib.error):
            pages += len(_PAGE.findall(zlib.decompress(stream[1])))
    return pages


def _untold(_printing: Printing) -> None:
    """Tell nobody."""
