"""What the physician asks of the booth with documents and papers: print, show, print what is shown, see a paper."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol

import structlog

from booth_client.answers import Answers
from booth_client.blob import NotTaken
from booth_client.channels import Progress, Request
from booth_client.guide import Guide
from booth_client.journey import Act, Effect, News, State
from booth_client.ledger import Visit
from booth_client.papers import Papers, Printing, Step
from booth_client.printing import Unprinted
from booth_client.progress import PRINTING, VIEWING
from booth_client.protection import PeerLost
from booth_client.showing import Failed, Showing

__all__ = ["Office", "PaperRequests"]

_log: Final = structlog.get_logger("visit")


class Office(Protocol):
    """Who does what takes its time, and sends what is large."""

    async def send(self, picture: bytes, *, name: str, media_type: str) -> None:
        """Send a picture to the physician; raises PeerLost or NotTaken."""

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what takes its time, one after the other."""

    def whose(self) -> Visit | None:
        """Return the visit that somebody is in."""


class PaperRequests:
    """The requests of one visit after the other that are about documents and papers."""

    def __init__(self, office: Office, guide: Guide, answers: Answers, papers: Papers, showing: Showing) -> None:
        self._office = office
        self._guide = guide
        self._answers = answers
        self._papers = papers
        self._showing = showing
        self.signed: list[str] = []
        """The papers of the visit, once its report is signed, by their references."""
        self._last: Callable[[], Awaitable[None]] | None = None

    @property
    def carries(self) -> dict[Effect, Callable[[], Awaitable[None]]]:
        """Return what carries out the journey's effects that are about papers."""
        return {
            Effect.PRINT: self.print_signed,
            Effect.PRINT_IN_TALK: self.print_in_talk,
            Effect.HAND_OVER: self.hand_over,
        }

    def forget(self) -> None:
        """Forget all of it."""
        self._last = None
        self.signed = []
        self._showing.forget()

    async def show(self, request: Request) -> None:
        """Open a file on the screen."""
        self._answers.answer(request, Progress.ACCEPTED)
        self._office.later(partial(self._shown, request))

    async def print(self, request: Request) -> None:
        """Print the visit's signed papers."""
        await self._print(request, partial(self._papers_out, request))

    async def print_file(self, request: Request) -> None:
        """Print a file's sheets."""
        await self._print(request, partial(self._showing.print, request.file or "", partial(self._progress, request)))

    async def print_signed(self) -> None:
        """Print the visit's papers once the talk is over; the journey hears of it."""
        self._office.later(self._signed_out)

    async def print_in_talk(self) -> None:
        """Print what somebody wants to have of what is shown, or the last papers once more."""
        visit, viewed = self._guide.journey.consultation, self._answers.of(VIEWING)
        if viewed is not None and visit is not None and visit.file is not None:
            name, told = visit.file.id, partial(self._wanted, viewed)
            self._last = partial(self._out, None, partial(self._showing.print, name, told))
        if self._last is not None:
            self._office.later(self._last)
        else:
            await self._guide.act(Act.UNPRINTED)

    async def hand_over(self) -> None:
        """Send the paper that the person has looked at."""
        handed, self._answers.handed = self._answers.handed, None
        if handed is not None:
            self._office.later(partial(self._handed, handed))

    async def _shown(self, request: Request) -> None:
        """Open the file, if the person is not in the middle of something."""
        try:
            shown = await self._showing.show(request.file or "")
        except Failed as failed:
            self._answers.answer(request, Progress.FAILED, why=failed.why)
            return
        self._answers.done(VIEWING)
        await self._guide.act(Act.SHOWN, news=News(file=shown))
        now = self._guide.journey.consultation
        if self._guide.journey.screen is State.VISIT_FILE and now is not None and now.file == shown:
            self._answers.begin(request, VIEWING)
        else:
            self._answers.answer(request, Progress.REFUSED)

    async def _print(self, request: Request, out: Callable[[], Awaitable[int]]) -> None:
        self._answers.answer(request, Progress.ACCEPTED)
        await self._guide.act(Act.PRINTING, news=News())
        self._last = partial(self._out, request, out)
        self._office.later(self._last)

    async def _out(self, request: Request | None, out: Callable[[], Awaitable[int]]) -> None:
        """Print, and let the person take it."""
        try:
            sheets = await out()
        except Failed as failed:
            await self._guide.act(Act.UNPRINTED)
            if request is not None:
                self._answers.answer(request, Progress.FAILED, why=failed.why)
            return
        await self._guide.act(Act.PRINTED, news=News(pages=sheets))
        if request is not None and self._guide.journey.screen is State.VISIT_PAPERS:
            self._answers.go_on(request, PRINTING)

    async def _signed_out(self) -> None:
        visit = self._office.whose()
        try:
            pages = await self._papers.print(visit.id, self.signed) if visit else 0
        except Unprinted:
            await self._guide.act(Act.UNPRINTED)
        else:
            await self._guide.act(Act.PRINTED, news=News(pages=pages))

    async def _papers_out(self, request: Request) -> int:
        visit = self._office.whose()
        why = "no-visit"
        try:
            if visit is not None:
                await self._papers.print(visit.id, request.documents or [], tell=partial(self._progress, request))
        except Unprinted as error:
            _log.info("the physician's papers", why=error.why)
            why = error.why
        known = self._answers.known(request.id)
        if known is None or not known.sheets:
            raise Failed(why=why)
        return known.sheets

    def _progress(self, request: Request, now: Printing) -> None:
        if now.step is Step.PRINTED:
            self._answers.answer(request, Progress.DOING, sheets=now.sheets, of=now.of)

    def _wanted(self, viewed: str, now: Printing) -> None:
        """Tell of what the person printed by themselves with the request that showed it."""
        if now.step is Step.PRINTED:
            self._answers.change(viewed, sheets=now.sheets, of=now.of)

    async def _handed(self, id_: str) -> None:
        try:
            await self._office.send(await self._showing.paper(), name=id_, media_type="image/jpeg")
        except Failed as failed:
            self._answers.change(id_, state=Progress.FAILED, why=failed.why)
        except (PeerLost, NotTaken):
            self._answers.change(id_, state=Progress.FAILED, why="not-sent")
        else:
            self._answers.change(id_, state=Progress.DONE, blob=id_)
