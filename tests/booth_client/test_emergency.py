"""Emergency: numbers for who telephones, a message for who cannot, and nothing claimed that the booth does not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from booth_client.journey import Act, Effect, Journey, News, Plan, Stage, State, advance, due, offered
from booth_client.kiosk.screen import screen_message
from booth_client.qr import picture
from booth_client.whereabouts import Consultation
from tests.peers.town import booth_settings

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
EMERGENCIES = (State.EMERGENCY, State.EMERGENCY_CALL, State.EMERGENCY_TEXT)


def walk(start: State, *acts: Act) -> Journey:
    journey = Journey(plan=Plan(), since=T0, state=start)
    for act in acts:
        journey, _ = advance(journey, act, T0)
    return journey


def test_who_wants_to_call_is_told_the_number_and_somebody_near_is_called_at_once() -> None:
    journey, effects = advance(walk(State.DO_CUFF, Act.EMERGENCY), Act.CALL, T0)
    assert (journey.state, effects) == (State.EMERGENCY_CALL, (Effect.CALL_HELPER,))


@pytest.mark.parametrize("acts", [(), (Act.CALL,), (Act.TEXT,), (Act.CALL, Act.TEXT), (Act.TEXT, Act.CALL)])
def test_not_urgent_leads_back_to_what_was_there_from_each_of_them(acts: tuple[Act, ...]) -> None:
    journey = walk(State.DO_CUFF, Act.EMERGENCY, *acts)
    assert journey.state in EMERGENCIES
    assert journey.screen is State.DO_CUFF
    back, _ = advance(journey, Act.NOT_URGENT, T0)
    assert (back.state, back.behind) == (State.DO_CUFF, ())


@pytest.mark.parametrize("act", [Act.CALL, Act.TEXT])
def test_back_and_help_lead_to_the_numbers_again(act: Act) -> None:
    journey = walk(State.WAITING, Act.EMERGENCY, act)
    assert advance(journey, Act.BACK, T0)[0].state is State.EMERGENCY
    helped, _ = advance(journey, Act.HELP, T0)
    again, _ = advance(helped, Act.CANCEL, T0)
    assert (again.state, again.behind) == (State.EMERGENCY, (State.WAITING,))


@pytest.mark.parametrize("state", EMERGENCIES)
def test_no_reading_takes_the_numbers_away(state: State) -> None:
    over = Journey(plan=Plan(), since=T0, state=state, behind=(State.LIVE,), at=3, visit=True)
    after, _ = advance(over, Act.LOST, T0)
    assert after.state is state
    assert {Act.NOT_URGENT, Act.HELP} <= offered(after)


def test_the_message_to_114_says_where_and_nothing_of_whom(tmp_path: Path) -> None:
    settings = booth_settings(tmp_path, "https://localhost:9")
    journey = walk(State.RESULT, Act.EMERGENCY, Act.TEXT)
    told = screen_message(replace(journey, phone="0612345678"), settings, screen=1, now=T0)
    where = "Mairie de Caudry, place du Général-de-Gaulle, 59540 Caudry"
    code = picture(f"SMSTO:114:Urgence. Je ne peux pas parler au téléphone. Je suis ici : {where}")
    assert told["text"] == {"size": code.size, "path": code.path}
    assert screen_message(walk(State.RESULT), settings, screen=1, now=T0)["text"] is None


def papers() -> Journey:
    visit = Consultation(stage=Stage.REPORTED, papers=1)
    return Journey(plan=Plan(printer=True), since=T0, state=State.TAKE_PAPERS, visit=True, consultation=visit)


def test_papers_that_lie_there_ring_and_call_somebody_but_not_while_they_still_come_out() -> None:
    printing = papers()
    when = due(printing)
    assert when is not None
    assert when[1] is Act.SILENCE
    there, _ = advance(printing, Act.PRINTED, T0, news=News(pages=2))
    assert due(there) == (T0.replace(second=20), Act.HINT)
    hinted, effects = advance(there, Act.HINT, T0.replace(second=20))
    assert (hinted.state, hinted.hinted, effects) == (State.TAKE_PAPERS, True, (Effect.CALL_HELPER,))


def test_a_card_that_is_in_the_reader_is_told_until_it_is_taken(tmp_path: Path) -> None:
    settings = booth_settings(tmp_path, "https://localhost:9")
    with_card, _ = advance(papers(), Act.READERS, T0, news=News(card=True))
    assert with_card.state is State.TAKE_PAPERS
    assert screen_message(with_card, settings, screen=1, now=T0)["card"] is True
    gone, _ = advance(with_card, Act.SILENCE, T0)
    wiped, _ = advance(gone, Act.FINISH, T0)
    assert (wiped.state, wiped.card) == (State.GOODBYE, True)
    taken, _ = advance(wiped, Act.READERS, T0, news=News(card=False))
    assert not taken.card
