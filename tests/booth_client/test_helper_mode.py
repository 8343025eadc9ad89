"""The helper's mode: over any screen, for a minute, with nothing of the person on it, and every deed written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from booth_client.badges import Badges, enrol
from booth_client.disinfection import METADATA as DISINFECTIONS
from booth_client.disinfection import Disinfections
from booth_client.guide import Guide
from booth_client.help_log import METADATA, HelpLog, last
from booth_client.helper_mode import HelperMode
from booth_client.helping import Deed
from booth_client.journey import (
    OVER,
    Act,
    Consultation,
    Device,
    Effect,
    Journey,
    News,
    Plan,
    Result,
    Stage,
    State,
    Way,
    advance,
    due,
    offered,
)
from booth_client.kiosk.screen import live_message, screen_message
from booth_client.measure import Live
from booth_client.transitions import LEAVES
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.reading import Measure, Name, Unit
from tests.peers.patience import PATIENCE
from tests.peers.town import booth_settings

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
MINUTE = timedelta(seconds=60)
CODE = "271828"
PLAN = Plan(ways=frozenset(Way), rest=timedelta(minutes=5), visits=True, printer=True)
MARIE = News(helper="Marie")
PRESSURE = Result(device=Device.CUFF, measures=(Measure(name=Name.SYSTOLIC, value=Decimal(132), unit=Unit.MMHG),))


def at(state: State, **changes: object) -> Journey:
    known = Journey(plan=PLAN, since=T0, state=state, at=3, results={Device.CUFF: PRESSURE}, visit=True)
    return replace(known, **changes)  # type: ignore[arg-type]  # the fields of Journey


def helped(state: State, **changes: object) -> Journey:
    return advance(at(state, **changes), Act.ADMITTED, T0, news=MARIE)[0]


def step(journey: Journey, *acts: Act) -> Journey:
    for act in acts:
        journey, _ = advance(journey, act, T0, result=PRESSURE if act is Act.SAVED else None)
    return journey


@pytest.mark.parametrize("state", sorted(set(State) - OVER))
def test_a_badge_opens_the_mode_on_every_screen_and_leaving_it_leads_back(state: State) -> None:
    journey = helped(state)
    assert (journey.state, journey.behind, journey.helper) == (State.HELPER, (state,), "Marie")
    back = step(journey, Act.HELPED)
    assert (back.state, back.behind, back.helper) == (state, (), None)


def test_the_mode_ends_by_itself_after_a_minute_and_shows_how_long_it_lasts(tmp_path: Path) -> None:
    journey = helped(State.WAITING)
    assert due(journey) == (T0 + MINUTE, Act.ELAPSED)
    assert screen_message(journey, booth_settings(tmp_path, "https://localhost:9"), screen=1, now=T0)["seconds"] == 60
    assert step(journey, Act.ELAPSED).state is State.WAITING


@pytest.mark.parametrize("act", [Act.HELP, Act.EMERGENCY, Act.COMFORT])
def test_nobody_comes_back_into_the_mode_from_what_was_opened_in_it(act: Act) -> None:
    over = step(helped(State.DO_CUFF), act)
    assert over.behind == (State.DO_CUFF,)
    assert over.helper is None
    assert step(over, Act.BACK).state is State.DO_CUFF


def test_a_helpers_screen_never_lies_under_another() -> None:
    assert {state for state, instead in LEAVES.items() if instead is None} == {State.HELPER, State.HELPER_CODE}


def test_the_code_is_typed_looked_at_and_forgotten() -> None:
    journey = step(at(State.RESULT), Act.BADGE)
    assert Act.DONE not in offered(journey)
    journey = step(journey, Act.TWO, Act.SEVEN, Act.ONE, Act.EIGHT, Act.TWO, Act.NINE, Act.ERASE, Act.EIGHT)
    assert journey.typed == CODE
    journey, effects = advance(journey, Act.DONE, T0)
    assert effects == (Effect.CHECK_CODE,)
    assert not offered(journey) & {Act.DONE, Act.ONE, Act.ERASE}  # not twice while it is looked at
    wrong, _ = advance(journey, Act.TURNED_AWAY, T0, news=News(wait=True))
    assert (wrong.state, wrong.typed, wrong.wrong) == (State.HELPER_CODE, "", "wait")
    assert Act.ONE in offered(wrong)
    right, _ = advance(journey, Act.ADMITTED, T0, news=MARIE)
    assert (right.state, right.behind, right.typed) == (State.HELPER, (State.RESULT,), "")
    assert step(journey, Act.BACK).typed == ""


@pytest.mark.parametrize("news", [Act.SAVED, Act.LOST, Act.BROKEN, Act.VISIT])
def test_news_from_under_a_helpers_screen_takes_nothing_from_it(news: Act) -> None:
    talk = Consultation(stage=Stage.WELL, ready=True)
    journey = step(step(helped(State.LIVE, consultation=talk), Act.DISINFECTED, Act.NOTED), news)
    assert (journey.state, journey.helper, journey.cleaned) == (State.HELPER, "Marie", True)
    typing = step(at(State.LIVE, consultation=talk), Act.BADGE, Act.TWO, news, Act.SEVEN)
    assert (typing.state, typing.typed) == (State.HELPER_CODE, "27")


def test_whoever_was_called_has_come() -> None:
    called = step(at(State.LIVE), Act.HELP)
    doubted = replace(called, doubted=True)
    journey, _ = advance(doubted, Act.ADMITTED, T0, news=MARIE)
    assert (journey.behind, journey.doubted) == ((State.LIVE,), False)


@pytest.mark.parametrize(
    ("state", "offers"),
    [
        (State.IDLE, {Act.OPEN, Act.DISINFECTED}),
        (State.OUT_OF_SERVICE, {Act.OPEN, Act.DISINFECTED}),
        (State.DO_CUFF, {Act.OPEN, Act.GUIDE}),
        (State.REST, {Act.OPEN, Act.GUIDE, Act.SHORTEN}),
        (State.WHO, {Act.OPEN, Act.IDENTITY}),
        (State.WAITING, {Act.OPEN}),
    ],
)
def test_what_a_helper_may_do_fits_what_the_person_is_at(state: State, offers: set[Act]) -> None:
    deeds = {Act.OPEN, Act.DISINFECTED, Act.GUIDE, Act.SHORTEN, Act.IDENTITY}
    assert offered(helped(state)) & deeds == offers
    assert Act.HELPED in offered(helped(state))


def test_in_a_talk_no_page_is_opened_that_would_leave_it() -> None:
    talk = Consultation(stage=Stage.WELL, ready=True)
    assert Act.OPEN not in offered(helped(State.IN_VISIT, consultation=talk))
    assert Act.OPEN not in offered(step(at(State.IN_VISIT, consultation=talk), Act.BADGE))


def test_a_rest_can_be_ended_and_an_identity_written_down_without_ringing_for_who_is_there() -> None:
    assert step(helped(State.REST), Act.SHORTEN).state is State.DEVICE_WAIT
    journey, effects = advance(helped(State.WHO), Act.IDENTITY, T0)
    assert (journey.state, journey.helper) == (State.WHO_HELPER, None)
    assert effects == (Effect.WRITE_DOWN,)


def test_nothing_of_the_person_is_told_to_the_page_while_a_helper_looks_on(tmp_path: Path) -> None:
    settings = booth_settings(tmp_path, "https://localhost:9")
    plain = screen_message(at(State.RESULT), settings, screen=1, now=T0)
    assert plain["values"]
    guided = step(helped(State.LIVE), Act.GUIDE, Act.SAVED)
    assert guided.state is State.RESULT
    for journey in (helped(State.RESULT), helped(State.WHO_CONFIRM), guided):
        told = screen_message(journey, settings, screen=1, now=T0)
        assert told["helped"]
        assert (told["values"], told["person"], told["phone"]) == ([], None, None)
        assert "132" not in str(told)
    live = Live(device=Device.CUFF, measures=PRESSURE.measures)
    assert live_message(live, hidden=True) == {"live": {"device": Device.CUFF, "values": []}}


def test_guiding_goes_through_the_measurement_with_hidden_numbers_until_the_person_shows_them() -> None:
    journey = step(helped(State.DO_CUFF), Act.GUIDE)
    assert (journey.state, journey.guided, journey.helper) == (State.DO_CUFF, True, "Marie")
    journey = step(journey, Act.DONE, Act.SKIP, Act.SAVED)
    assert (journey.state, journey.helped) == (State.RESULT, True)
    assert Act.HELPED in offered(journey)
    shown = step(journey, Act.HELPED)
    assert (shown.state, shown.helped, shown.helper) == (State.RESULT, False, None)
    assert Act.HELPED not in offered(shown)


def test_a_helper_who_does_nothing_for_a_minute_has_gone_but_a_device_is_not_interrupted() -> None:
    journey = step(helped(State.DO_CUFF), Act.GUIDE)
    assert due(replace(journey, hinted=True)) == (T0 + MINUTE, Act.LEFT)
    gone, _ = advance(journey, Act.LEFT, T0 + MINUTE)
    assert (gone.state, gone.guided, gone.since) == (State.DO_CUFF, False, T0)
    for state in (State.REST, State.DEVICE_WAIT, State.LIVE, State.AGAIN):
        when = due(replace(journey, state=state, rest_from=T0))
        assert when is None or when[1] is not Act.LEFT


def test_guiding_ends_with_the_measurements() -> None:
    journey = step(helped(State.RESULT, round=1), Act.GUIDE)
    assert journey.guided
    after = step(journey, Act.CONTINUE)
    assert (after.state, after.guided, after.helper) == (State.CONSENT_VISIT, False, None)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[Guide, HelperMode, HelpLog, Disinfections, list[str]]]:
    """Give a booth's helper mode on a real database; what it opens is noted."""
    enrol(tmp_path, "Marie", CODE, badge="04a1b2c3")
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", METADATA, DISINFECTIONS, outbox.METADATA) as database,
    ):
        log = HelpLog(database, keyring, name="mairie", wake=asyncio.Event())
        cleaned, went = Disinfections(database), list[str]()
        carry: dict[Effect, object] = {}
        guide = Guide(PLAN, carry)  # type: ignore[arg-type]  # filled below
        mode = HelperMode(guide, Badges(tmp_path), log, cleaned, go=went.append, let_in=lambda to: f"once:{to}")
        carry |= mode.carries
        running = asyncio.create_task(mode.run())
        yield guide, mode, log, cleaned, went
        running.cancel()


async def until(log: HelpLog, *deeds: Deed) -> None:
    async with asyncio.timeout(PATIENCE):
        while [each.deed for each in reversed(await last(log._database))] != list(deeds):
            await asyncio.sleep(0.02)


async def test_what_a_helper_does_is_written_down_with_their_name(
    desk: tuple[Guide, HelperMode, HelpLog, Disinfections, list[str]],
) -> None:
    guide, mode, log, cleaned, went = desk
    await guide.act(Act.BADGE)
    for digit in "999000":
        await guide.act(Act(digit))
    await guide.act(Act.DONE)
    await until(log, Deed.REFUSED)
    for digit in CODE:
        await guide.act(Act(digit))
    await guide.act(Act.DONE)
    await until(log, Deed.REFUSED, Deed.CODE)
    async with asyncio.timeout(PATIENCE):
        while guide.journey.state is not State.HELPER:
            await asyncio.sleep(0.02)
    await guide.act(Act.DISINFECTED)
    assert guide.journey.cleaned is True
    assert [each.by for each in await cleaned.last()] == ["Marie"]
    await guide.act(Act.OPEN)
    assert (guide.journey.state, went) == (State.IDLE, ["once:/appareils"])
    assert not await mode.badge("somebody else's")
    assert await mode.badge("04a1b2c3")
    await guide.act(Act.HELPED)
    deeds = (Deed.REFUSED, Deed.CODE, Deed.DISINFECTED, Deed.LEFT, Deed.OPENED, Deed.BADGE, Deed.LEFT)
    await until(log, *deeds)
    assert {each.by for each in await last(log._database)} == {"", "Marie"}


async def test_a_disinfection_that_cannot_be_written_down_is_said_and_nobody_is_let_in_unaudited(
    desk: tuple[Guide, HelperMode, HelpLog, Disinfections, list[str]],
) -> None:
    guide, mode, log, _, _ = desk
    await mode.badge("04a1b2c3")
    database = log._database
    await database.act(lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON"))
    await guide.act(Act.DISINFECTED)
    assert guide.journey.cleaned is False
    await guide.act(Act.HELPED)
    await mode.badge("04a1b2c3")
    assert guide.journey.state is State.IDLE
