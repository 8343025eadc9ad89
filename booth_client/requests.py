"""What the physician asks of the booth during the talk, and how far each of it is: docs/exam.md.

One row a kind of request says how it is carried out. Each is done once, however often it is said: the same id again is
answered with what was answered last, and all answers are said again on every new connection. What needs the person's
consent, or their hands, goes through the journey and is read off it (`booth_client.progress`): one such at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol

import structlog
from msgspec.structs import replace

from booth_client.call import PeerLost
from booth_client.channels import ENDS, Answer, Progress, Request
from booth_client.guide import Guide
from booth_client.instruments import Instruments
from booth_client.journey import Act, Device, Examination, Journey, News, State, Written
from booth_client.ledger import Visit
from booth_client.papers import Papers, Printing, Step
from booth_client.printing import Unprinted
from booth_client.progress import EXAMINING, MEASURING, PRINTING, READING, Asked, Course, progress
from booth_client.words import Exam

__all__ = ["Booth", "Requests"]

_log: Final = structlog.get_logger("visit")
_REMEMBERED: Final = 256
_REPLIES: Final[Mapping[tuple[str, Act], str]] = MappingProxyType(
    {
        ("write", Act.YES): "yes",
        ("write", Act.NO): "no",
        ("write", Act.CONTINUE): "read",
        ("print", Act.DONE): "taken",
    }
)
"""What somebody touched under a text, or beside their papers, as the physician is told."""


class Booth(Protocol):
    """What carries requests out, and tells the physician."""

    def answer(self, answer: Answer) -> None:
        """Tell the physician, if they are there now."""

    async def send(self, picture: bytes, *, name: str, media_type: str) -> None:
        """Send a picture to the physician; raises PeerLost."""

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what takes its time, one after the other."""

    def whose(self) -> Visit | None:
        """Return the visit that somebody is in."""


class Requests:
    """The requests of one visit after the other."""

    def __init__(self, booth: Booth, guide: Guide, papers: Papers, instruments: Instruments) -> None:
        self._booth = booth
        self._guide = guide
        self._papers = papers
        self._instruments = instruments
        self._answers: dict[str, Answer] = {}
        self._under_way: dict[str, Asked] = {}

    async def hear(self, request: Request) -> None:
        """Do what is asked, unless it was asked before."""
        known = self._answers.get(request.id)
        if known is not None:
            self._booth.answer(known)
        elif request.again or len(self._answers) >= _REMEMBERED:
            self._answer(request, Progress.FAILED)
        elif (row := self._ROWS.get(request.what)) is None:
            self._answer(request, Progress.REFUSED)
        else:
            await row(self, request)

    def moved(self, journey: Journey) -> None:
        """Tell the physician how far the patient is with what was asked."""
        for id_, asked in tuple(self._under_way.items()):
            after, now = progress(asked, journey)
            self._under_way[id_] = after
            if now is not None:
                self._tell(id_, now, journey)
            if after.over:
                del self._under_way[id_]

    def connected(self) -> None:
        """Say everything again: the page may be another one, or has missed the end of something."""
        for answer in self._answers.values():
            self._booth.answer(answer)

    def forget(self) -> None:
        """Forget all of it."""
        self._answers.clear()
        self._under_way.clear()

    # What is asked for

    async def _measure(self, request: Request) -> None:
        device = next((each for each in Device if each == request.kind), None)
        if device is None or device not in self._guide.journey.plan.devices:
            self._answer(request, Progress.REFUSED)
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
            self._answer(request, Progress.REFUSED)
        elif (now := journey.examines) is not None and now.exam is wanted.exam:
            for id_ in [id_ for id_, each in self._under_way.items() if each.course is EXAMINING]:
                del self._under_way[id_]
                self._tell(id_, Progress.DONE, journey)
            await self._ask(request, EXAMINING, News(exam=wanted))
        else:
            await self._ask(request, EXAMINING, News(exam=wanted))

    async def _ask(self, request: Request, course: Course, news: News) -> None:
        """Put the question on the screen; busy, or where the screen cannot take it, it is refused."""
        if any(each.course in _WITH_CONSENT for each in self._under_way.values()):
            self._answer(request, Progress.REFUSED)
            return
        await self._guide.act(Act.ASKED, news=news)
        journey = self._guide.journey
        now = journey.consultation
        shown = now is not None and (now.device, now.exam) == (news.device, news.exam)
        if shown and journey.screen in (State.VISIT_MEASURE, State.VISIT_EXAM):
            self._begin(request, course)
        else:
            self._answer(request, Progress.REFUSED)

    async def _still(self, request: Request) -> None:
        self._answer(request, Progress.ACCEPTED)
        self._booth.later(partial(self._taken, request))

    async def _taken(self, request: Request) -> None:
        """Take a picture, while the person lets the physician look, and send it whole."""
        picture = await self._instruments.still()
        if picture is None:
            self._answer(request, Progress.REFUSED)
            return
        try:
            await self._booth.send(picture, name=request.id, media_type="image/jpeg")
        except PeerLost:
            self._answer(request, Progress.FAILED)
        else:
            self._answer(request, Progress.DONE, blob=request.id)

    async def _write(self, request: Request) -> None:
        await self._guide.act(Act.WRITTEN, news=News(written=Written(text=request.text or "")))
        if self._guide.journey.screen in READING.on:
            self._begin(request, READING)
        else:
            self._answer(request, Progress.REFUSED)

    async def _hush(self, request: Request) -> None:
        await self._guide.act(Act.VISIT, news=News(quiet=request.on))
        self._answer(request, Progress.DONE)

    async def _stop(self, request: Request) -> None:
        """End what the person sees of another request."""
        if request.of in self._under_way:
            await self._guide.act(Act.STOPPED)
        self._answer(request, Progress.DONE)

    async def _print(self, request: Request) -> None:
        self._answer(request, Progress.ACCEPTED)
        await self._guide.act(Act.PRINTING, news=News())
        self._booth.later(partial(self._printed, request))

    async def _printed(self, request: Request) -> None:
        """Print what was asked for, and let the person take it."""
        visit = self._booth.whose()
        try:
            if visit is not None:
                await self._papers.print(visit.id, request.documents or [], tell=partial(self._printing, request))
        except Unprinted as error:
            _log.info("the physician's papers", why=error.why)
        sheets = self._answers[request.id].sheets
        if not sheets:
            await self._guide.act(Act.UNPRINTED)
            self._answer(request, Progress.FAILED)
            return
        await self._guide.act(Act.PRINTED, news=News(pages=sheets))
        if self._guide.journey.screen is State.VISIT_PAPERS:
            self._under_way[request.id] = Asked(id=request.id, course=PRINTING, told=Progress.DOING)

    def _printing(self, request: Request, now: Printing) -> None:
        if now.step is Step.PRINTED:
            self._answer(request, Progress.DOING, sheets=now.sheets, of=now.of)

    _ROWS: ClassVar[Mapping[str, Callable[[Requests, Request], Awaitable[None]]]] = MappingProxyType(
        {
            "measure": _measure,
            "listen": _listen,
            "camera": _look,
            "still": _still,
            "quiet": _hush,
            "write": _write,
            "print": _print,
            "stop": _stop,
        }
    )
    """What is done for each kind of request; docs/channels.md has their fields, and a test compares the two."""

    # What is said of it

    def _begin(self, request: Request, course: Course) -> None:
        self._answer(request, Progress.ASKED)
        self._under_way[request.id] = Asked(id=request.id, course=course)
        self.moved(self._guide.journey)

    def _answer(self, request: Request, state: Progress, **more: Any) -> None:
        answer = Answer(id=request.id, what=request.what, state=state, kind=request.kind, **more)
        self._answers[request.id] = answer
        self._booth.answer(answer)

    def _tell(self, id_: str, state: Progress, journey: Journey) -> None:
        answer = replace(self._answers[id_], state=state)
        touched = journey.consultation.reply if journey.consultation else None
        if state in ENDS and touched is not None:
            answer = replace(answer, reply=_REPLIES.get((answer.what, touched)))
        self._answers[id_] = answer
        self._booth.answer(answer)


_WITH_CONSENT: Final = (MEASURING, EXAMINING)
