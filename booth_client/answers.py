"""What the physician was told of each request, and which of them are under way: docs/exam.md.

Each request is done once, however often it is said: the same id again is answered with what was answered last, and all
answers are said again on every new connection. How far what needs the person is, is read off the journey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from booth_client.channels import ENDS, Answer, Progress, Request
from booth_client.guide import Guide
from booth_client.journey import Act, Journey
from booth_client.progress import EXAMINING, MEASURING, SHOWING, Asked, Course, progress

__all__ = ["Answers"]

_REMEMBERED: Final = 256
_REPLIES: Final[Mapping[tuple[str, Act], str]] = {
    ("write", Act.YES): "yes",
    ("write", Act.NO): "no",
    ("write", Act.CONTINUE): "read",
    ("print", Act.DONE): "taken",
    ("print-file", Act.DONE): "taken",
}
"""What somebody touched under a text, or beside their papers, as the physician is told."""

_WITH_CONSENT: Final = (MEASURING, EXAMINING, SHOWING)


class Answers:
    """The answers of one visit; *say* tells the physician, if they are there now."""

    def __init__(self, say: Callable[[Answer], None], guide: Guide) -> None:
        self._say = say
        self._guide = guide
        self._answers: dict[str, Answer] = {}
        self._under_way: dict[str, Asked] = {}
        self.handed: str | None = None
        """The request whose paper the person has looked at, and wants to be seen."""

    @property
    def full(self) -> bool:
        """Say whether no more requests are taken in this visit."""
        return len(self._answers) >= _REMEMBERED

    @property
    def busy(self) -> bool:
        """Say whether something goes on for which the person has to agree, or needs their hands."""
        return any(each.course in _WITH_CONSENT for each in self._under_way.values())

    def known(self, id_: str) -> Answer | None:
        """Return what was answered last."""
        return self._answers.get(id_)

    def under_way(self, id_: str | None) -> bool:
        """Say whether a request goes on."""
        return id_ in self._under_way

    def of(self, course: Course) -> str | None:
        """Return the request of a course that goes on, None where there is none."""
        return next((id_ for id_, each in self._under_way.items() if each.course is course), None)

    def answer(self, request: Request, state: Progress, **more: Any) -> None:
        """Say how far a request is."""
        self._put(Answer(id=request.id, what=request.what, state=state, kind=request.kind, **more))

    def change(self, id_: str, **changes: Any) -> None:
        """Say what is different of a request that was answered before; one that was forgotten stays so."""
        known = self._answers.get(id_)
        if known is not None:
            self._put(replace(known, **changes))

    def begin(self, request: Request, course: Course) -> None:
        """Say that the person is asked, and from now on how far they are."""
        self.answer(request, Progress.ASKED)
        self._under_way[request.id] = Asked(id=request.id, course=course)
        self.moved(self._guide.journey)

    def go_on(self, request: Request, course: Course) -> None:
        """Follow a request that was said to be done already, to its end."""
        self._under_way[request.id] = Asked(id=request.id, course=course, told=Progress.DOING)

    def done(self, course: Course) -> None:
        """Say that what goes on of a course is over: another of it takes its place."""
        id_ = self.of(course)
        if id_ is not None:
            del self._under_way[id_]
            self.change(id_, state=Progress.DONE)

    def moved(self, journey: Journey) -> None:
        """Tell the physician how far the patient is with what was asked."""
        for id_, asked in tuple(self._under_way.items()):
            if asked.course is SHOWING and _is_handed_over(journey):
                self.handed = id_
                del self._under_way[id_]
                continue
            after, now = progress(asked, journey)
            self._under_way[id_] = after
            if now is not None:
                self._tell(id_, now, journey)
            if after.over:
                del self._under_way[id_]

    def again(self) -> None:
        """Say everything again: the page may be another one, or has missed the end of something."""
        for answer in self._answers.values():
            self._say(answer)

    def forget(self) -> None:
        """Forget all of it."""
        self._answers.clear()
        self._under_way.clear()
        self.handed = None

    def _put(self, answer: Answer) -> None:
        self._answers[answer.id] = answer
        self._say(answer)

    def _tell(self, id_: str, state: Progress, journey: Journey) -> None:
        touched = journey.consultation.reply if journey.consultation else None
        replied = state in ENDS and touched is not None
        reply = _REPLIES.get((self._answers[id_].what, touched)) if replied and touched else None
        self.change(id_, state=state, **({"reply": reply} if replied else {}))


def _is_handed_over(journey: Journey) -> bool:
    """Say whether the person has looked at their paper and wants it to be seen."""
    visit = journey.consultation
    return visit is not None and visit.paper and visit.reply is Act.YES
