"""What the physician asks for in the talk, and what somebody does with it: as changes of the visit at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from booth_client.transitions import Act, State
from booth_client.whereabouts import Consultation, Journey, News
from booth_client.words import Topic

__all__ = ["ASKS", "NOTES"]

ASKS: Final[Mapping[Act, Callable[[News], dict[str, Any]]]] = {
    Act.ASKED: lambda news: {
        "device": news.device,
        "exam": news.exam,
        "paper": bool(news.paper),
        **dict.fromkeys(("written", "file", "reply")),
    },
    Act.WRITTEN: lambda news: {"written": news.written, "reply": None},
    Act.SHOWN: lambda news: {"file": news.file, "written": None, "reply": None},
    Act.PRINTING: lambda _news: {"pages": None, "copies": 0, "unprinted": False, "reply": None},
}
"""What the physician asks for: on a screen that cannot take it nothing of it is remembered."""


def _turns(by: int) -> Callable[[Consultation], Consultation]:
    return lambda visit: replace(visit, file=visit.file.turned(by)) if visit.file else visit


def _resized(visit: Consultation) -> Consultation:
    return replace(visit, file=visit.file.resized()) if visit.file else visit


def _prints(visit: Consultation) -> Consultation:
    return replace(visit, pages=None, copies=0, unprinted=False, reply=None)


def _prints_again(visit: Consultation) -> Consultation:
    return replace(visit, pages=None, copies=visit.copies + 1, unprinted=False, reply=None)


_CHANGES: Final[Mapping[tuple[State, Act], Callable[[Consultation], Consultation]]] = {
    (State.VISIT_FILE, Act.MORE): _turns(1),
    (State.VISIT_FILE, Act.BACK): _turns(-1),
    (State.VISIT_FILE, Act.LARGER): _resized,
    (State.VISIT_FILE, Act.PRINT): _prints,
    (State.VISIT_LOOK, Act.YES): lambda visit: replace(visit, reply=Act.YES),
    (State.VISIT_PAPERS, Act.PRINT): _prints_again,
    (State.VISIT_PAPERS, Act.DONE): lambda visit: replace(visit, reply=Act.DONE),
    (State.TAKE_PAPERS, Act.PRINT): _prints_again,
    (State.CODE, Act.PRINT): _prints_again,
}


def _in_the_visit(change: Callable[[Consultation], Consultation]) -> Callable[[Journey], Journey]:
    def turn(journey: Journey) -> Journey:
        visit = journey.consultation
        return replace(journey, consultation=change(visit)) if visit else journey

    return turn


def _agrees(journey: Journey) -> Journey:
    """Say yes to what the physician asks for: to a measurement also that they may see it."""
    paper = journey.consultation is not None and journey.consultation.paper
    return journey if paper else replace(journey, agreed={**journey.agreed, Topic.READINGS: True})


NOTES: Final[Mapping[tuple[State | None, Act], Callable[[Journey], Journey]]] = {
    (State.VISIT_MEASURE, Act.YES): _agrees,
    **{place: _in_the_visit(change) for place, change in _CHANGES.items()},
}
