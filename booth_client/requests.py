"""What the physician asks of the booth during the talk: docs/exam.md.

One row a kind of request says how it is carried out. What needs the person's consent, or their hands, goes through the
journey: one such at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import ClassVar, Protocol

from booth_client.answers import Answers
from booth_client.blob import NotTaken
from booth_client.channels import Answer, Has, Progress, Request
from booth_client.guide import Guide
from booth_client.instruments import Instruments
from booth_client.journey import Act, Device, Examination, Journey, News, State, Written
from booth_client.paper_requests import Office, PaperRequests
from booth_client.papers import Papers
from booth_client.progress import EXAMINING, MEASURING, READING, SHOWING, Course
from booth_client.protection import PeerLost
from booth_client.showing import Showing
from booth_client.words import Exam

__all__ = ["Booth", "Requests"]


class Booth(Office, Protocol):
    """What carries requests out, and tells the physician."""

    def answer(self, answer: Answer | Has) -> None:
        """Tell the physician, if they are there now."""


class Requests:
    """The requests of one visit after the other."""

    def __init__(
        self, booth: Booth, guide: Guide, *, papers: Papers, instruments: Instruments, showing: Showing
    ) -> None:
        self._booth = booth
        self._guide = guide
        self._instruments = instruments
        self._showing = showing
        self._helped = False
        self._answers = Answers(booth.answer, guide)
        self.papers = PaperRequests(booth, guide, self._answers, papers, showing)

    async def hear(self, request: Request) -> None:
        """Do what is asked, unless it was asked before."""
        known = self._answers.known(request.id)
        if known is not None:
            self._booth.answer(known)
        elif request.again or self._answers.full:
            self._answers.answer(request, Progress.FAILED)
        elif (row := self._ROWS.get(request.what)) is None:
            self._answers.answer(request, Progress.REFUSED)
        else:
            await row(self, request)

    def moved(self, journey: Journey) -> None:
        """Tell the physician how far the patient is with what was asked."""
        if journey.screen is State.VISIT_HOLD:
            self._showing.retake()
        if journey.helped is not self._helped:
            self._has(journey)
        self._answers.moved(journey)

    def connected(self) -> None:
        """Say what this booth has, and all answers again."""
        self._has(self._guide.journey)
        self._answers.again()

    def _has(self, journey: Journey) -> None:
        self._helped = journey.helped
        plan = journey.plan
        self._booth.answer(
            Has(
                devices=list(plan.devices),
                exams=sorted(plan.exams),
                printer=plan.printer,
                paper=self._showing.has_a_screen,
                helper=journey.helped,
            )
        )

    def forget(self) -> None:
        """Forget all of it."""
        self._answers.forget()
        self.papers.forget()

    async def _measure(self, request: Request) -> None:
        device = next((each for each in Device if each == request.kind), None)
        if device is None or device not in self._guide.journey.plan.devices:
            self._answers.answer(request, Progress.REFUSED)
        else:
            await self._ask(request, MEASURING, News(device=device))

    async def _listen(self, request: Request) -> None:
        await self._examine(request, Examination(exam=Exam.LISTEN, spot=request.spot))

    async def _look(self, request: Request) -> None:
        await self._examine(request, Examination(exam=Exam.CAMERA))

    async def _examine(self, request: Request, wanted: Examination) -> None:
        """Begin an examination with the person's consent, or go on with it at another spot."""
        journey = self._guide.journey
        if wanted.exam not in journey.plan.exams:
            self._answers.answer(request, Progress.REFUSED)
            return
        if (now := journey.examines) is not None and now.exam is wanted.exam:
            self._answers.done(EXAMINING)
        await self._ask(request, EXAMINING, News(exam=wanted))

    async def _paper(self, request: Request) -> None:
        """Ask to see a paper; what comes of it is told when it has been sent."""
        if self._showing.has_a_screen:
            await self._ask(request, SHOWING, News(paper=True))
        else:
            self._answers.answer(request, Progress.REFUSED)

    async def _ask(self, request: Request, course: Course, news: News) -> None:
        """Put the question on the screen; busy, or where the screen cannot take it, it is refused."""
        if self._answers.busy:
            self._answers.answer(request, Progress.REFUSED)
            return
        await self._guide.act(Act.ASKED, news=news)
        journey = self._guide.journey
        now = journey.consultation
        shown = now is not None and (now.device, now.exam, now.paper) == (news.device, news.exam, bool(news.paper))
        if shown and journey.screen in (State.VISIT_MEASURE, State.VISIT_EXAM):
            self._answers.begin(request, course)
        else:
            self._answers.answer(request, Progress.REFUSED)

    async def _still(self, request: Request) -> None:
        self._answers.answer(request, Progress.ACCEPTED)
        self._booth.later(partial(self._taken, request))

    async def _taken(self, request: Request) -> None:
        """Take a picture, while the person lets the physician look, and send it whole."""
        picture = await self._instruments.still()
        if picture is None:
            self._answers.answer(request, Progress.REFUSED)
            return
        try:
            await self._booth.send(picture, name=request.id, media_type="image/jpeg")
        except (PeerLost, NotTaken):
            self._answers.answer(request, Progress.FAILED, why="not-sent")
        else:
            self._answers.answer(request, Progress.DONE, blob=request.id)

    async def _write(self, request: Request) -> None:
        await self._guide.act(Act.WRITTEN, news=News(written=Written(text=request.text or "")))
        if self._guide.journey.screen in READING.on:
            self._answers.begin(request, READING)
        else:
            self._answers.answer(request, Progress.REFUSED)

    async def _hush(self, request: Request) -> None:
        await self._guide.act(Act.VISIT, news=News(quiet=request.on))
        self._answers.answer(request, Progress.DONE)

    async def _stop(self, request: Request) -> None:
        """End what the person sees of another request."""
        if self._answers.under_way(request.of):
            await self._guide.act(Act.STOPPED)
        self._answers.answer(request, Progress.DONE)

    async def _show(self, request: Request) -> None:
        await self.papers.show(request)

    async def _print(self, request: Request) -> None:
        await self.papers.print(request)

    async def _print_file(self, request: Request) -> None:
        await self.papers.print_file(request)

    _ROWS: ClassVar[Mapping[str, Callable[[Requests, Request], Awaitable[None]]]] = MappingProxyType(
        {
            "measure": _measure,
            "listen": _listen,
            "camera": _look,
            "still": _still,
            "quiet": _hush,
            "write": _write,
            "print": _print,
            "show": _show,
            "print-file": _print_file,
            "paper": _paper,
            "stop": _stop,
        }
    )
    """What is done for each kind of request; docs/channels.md has their fields, and a test compares the two."""
