"""A document on the screen is turned page by page, or part by part where it is enlarged; papers are printed again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from booth_client.journey import Act, Consultation, Effect, Journey, News, Plan, Stage, State, advance, offered
from booth_client.shown import Shown

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
TALKS = Journey(
    plan=Plan(visits=True, printer=True),
    since=T0,
    state=State.IN_VISIT,
    visit=True,
    consultation=Consultation(stage=Stage.WELL, ready=True, since=T0),
)


def walk(journey: Journey, *acts: Act, news: News | None = None) -> Journey:
    for act in acts:
        journey, _ = advance(journey, act, T0, news=news)
    return journey


def open_at(sheets: int) -> Journey:
    return walk(TALKS, Act.SHOWN, news=News(file=Shown(id="f", number=1, sheets=sheets)))


def view(journey: Journey) -> tuple[int, int | None]:
    assert journey.consultation is not None
    shown = journey.consultation.file
    assert shown is not None
    return shown.at, shown.part if shown.large else None


def test_each_page_is_reached_and_the_ends_are_ends() -> None:
    journey = open_at(3)
    assert journey.state is State.VISIT_FILE
    assert Act.BACK not in offered(journey)
    seen = [view(journey)]
    while Act.MORE in offered(journey):
        journey = walk(journey, Act.MORE)
        seen.append(view(journey))
    assert seen == [(0, None), (1, None), (2, None)]
    assert view(walk(journey, Act.MORE)) == (2, None)
    assert view(walk(journey, Act.BACK, Act.BACK, Act.BACK)) == (0, None)


def test_an_enlarged_page_is_read_part_by_part_and_is_the_same_page_when_whole_again() -> None:
    journey = walk(open_at(2), Act.LARGER)
    seen = [view(journey)]
    while Act.MORE in offered(journey):
        journey = walk(journey, Act.MORE)
        seen.append(view(journey))
    assert seen == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert view(walk(journey, Act.LARGER)) == (1, None)


def test_one_page_has_nothing_to_turn_and_a_booth_without_a_printer_nothing_to_print() -> None:
    bare = Plan(visits=True)
    journey = open_at(1)
    assert not {Act.MORE, Act.BACK} & offered(journey)
    assert Act.PRINT in offered(journey)
    assert Act.PRINT not in offered(replace(journey, plan=bare))


@pytest.mark.parametrize("act", [Act.ASKED, Act.WRITTEN, Act.PRINTING])
def test_what_else_the_physician_asks_for_takes_the_documents_place(act: Act) -> None:
    journey, _ = advance(open_at(2), act, T0, news=News(paper=True))
    assert journey.state is not State.VISIT_FILE


def test_a_lost_call_closes_the_document_and_the_next_visit_knows_nothing_of_it() -> None:
    lost = walk(open_at(2), Act.VISIT, news=News(stage=Stage.LOST))
    assert lost.state is State.CALL_TROUBLE
    assert lost.consultation is not None
    assert lost.consultation.file is None


def test_a_paper_is_sent_only_when_its_photograph_was_looked_at() -> None:
    asked = walk(TALKS, Act.ASKED, news=News(paper=True))
    assert asked.state is State.VISIT_MEASURE
    held = walk(asked, Act.YES, Act.TAKE)
    assert (held.state, held.agreed) == (State.VISIT_HOLD, {})  # showing a paper agrees to no measurement
    looked, none = advance(held, Act.ELAPSED, T0)
    assert (looked.state, none) == (State.VISIT_LOOK, ())
    assert advance(looked, Act.STOP, T0)[1] == ()
    again, none = advance(looked, Act.NO, T0)
    assert (again.state, none) == (State.VISIT_SHOW, ())
    sent, effects = advance(looked, Act.YES, T0)
    assert (sent.state, effects) == (State.IN_VISIT, (Effect.HAND_OVER,))


def test_papers_are_printed_again_twice_and_after_an_empty_tray() -> None:
    reported = Consultation(stage=Stage.REPORTED, ready=True, since=T0, papers=1)
    journey = replace(TALKS, state=State.REPORT, consultation=reported)
    journey, effects = advance(journey, Act.PRINT, T0)
    assert effects == (Effect.PRINT,)
    assert Act.PRINT not in offered(journey)  # it prints
    journey = walk(journey, Act.UNPRINTED)
    assert journey.state is State.CODE
    assert Act.PRINT in offered(journey)
    journey, effects = advance(journey, Act.PRINT, T0)
    assert (journey.state, effects) == (State.TAKE_PAPERS, (Effect.PRINT,))
    journey = walk(journey, Act.PRINTED, news=News(pages=2))
    assert Act.PRINT in offered(journey)
    journey, effects = advance(journey, Act.PRINT, T0)
    assert effects == (Effect.PRINT,)
    journey = walk(journey, Act.PRINTED, news=News(pages=2))
    assert Act.PRINT not in offered(journey)
    assert walk(journey, Act.DONE).state is State.GOODBYE
