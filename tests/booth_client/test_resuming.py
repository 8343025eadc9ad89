"""A booth that stops in mid-visit goes on where the person was, with everything they said and measured, and says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from booth_client import ledger as module
from booth_client.journey import Act, Device, Journey, Plan, Result, State, Topic, Way, advance, offered
from booth_client.ledger import Booth, Ledger
from booth_client.resuming import Interrupted, keep, take_up
from booth_client.visits import GRACE, Visits
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.reading import Measure, Name, Unit

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
LATER = T0 + timedelta(seconds=40)
PLAN = Plan(visits=True, questions=True, ways=frozenset({Way.PHONE}))
WEIGHT = Result(device=Device.SCALE, measures=(Measure(name=Name.WEIGHT, value=Decimal("72.40"), unit=Unit.KILOGRAM),))


def walk(*acts: Act) -> Journey:
    journey = Journey(plan=PLAN, since=T0)
    for act in acts:
        journey, _ = advance(journey, act, T0, result=WEIGHT if act is Act.SAVED else None)
    return journey


def restarted(journey: Journey) -> Journey:
    """Return the journey of the next process: what is kept has been sealed and read again."""
    octets = msgspec.json.encode(keep(journey, at=T0))
    return take_up(msgspec.json.decode(octets, type=Interrupted), Journey(plan=PLAN, since=LATER))


MEASURING = (Act.TOUCH, Act.ENGLISH, Act.NO, Act.WITHOUT, Act.YES)


def test_what_was_measured_and_agreed_to_is_there_with_its_own_digits() -> None:
    back = restarted(walk(*MEASURING, Act.SAVED, Act.CONTINUE))
    assert (back.state, back.language, back.since) == (State.DO_TEMP, "en", LATER)
    assert str(back.results[Device.SCALE].measures[0].value) == "72.40"
    assert (back.agreed, back.visit) == ({Topic.READINGS: True}, True)


@pytest.mark.parametrize("acts", [(Act.SEEN,), (Act.SEEN, Act.IMPLAUSIBLE), (Act.SKIP,)])
def test_a_device_that_was_waited_for_is_begun_again(acts: tuple[Act, ...]) -> None:
    back = restarted(walk(*MEASURING, *acts))
    assert back.state is (State.SKIP if acts == (Act.SKIP,) else State.DO_SCALE)


def test_a_result_that_was_shown_is_not_asked_for_again() -> None:
    assert restarted(walk(*MEASURING, Act.SAVED)).state is State.DO_TEMP


def test_what_lay_over_a_screen_is_gone() -> None:
    assert restarted(walk(*MEASURING, Act.HELP, Act.COMFORT)).state is State.DO_SCALE


def test_a_physician_who_was_asked_for_is_asked_for_anew_where_the_call_is_lost() -> None:
    waiting = replace(walk(*MEASURING), state=State.WAITING, reason="cough", agreed={Topic.VISIT: True})
    waiting = advance(replace(waiting, state=State.NO_DOCTOR), Act.REDO, T0)[0]
    assert waiting.consultation is not None
    back = restarted(waiting)
    assert (back.state, back.reason) == (State.NO_DOCTOR, "cough")
    assert advance(back, Act.REDO, LATER)[0].state is State.WAITING


def test_the_person_is_told_until_they_touch_something() -> None:
    back = restarted(walk(*MEASURING, Act.SAVED, Act.CONTINUE))
    assert back.resumed
    assert advance(back, Act.ONLINE, LATER)[0].resumed
    assert not advance(back, Act.SKIP, LATER)[0].resumed


def test_wherever_it_stops_there_is_something_to_touch_afterwards() -> None:
    for state in State:
        journey = replace(walk(*MEASURING), state=state, reason="cough", behind=())
        back = restarted(journey)
        assert offered(back), state


BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="caudry-03",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0011223344556677",
)


@pytest.mark.parametrize(("away", "there"), [(GRACE, True), (GRACE + timedelta(seconds=1), False)])
async def test_the_visit_goes_on_within_the_grace_and_is_closed_after_it(
    tmp_path: Path, away: timedelta, *, there: bool
) -> None:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        journey = walk(*MEASURING, Act.SAVED, Act.CONTINUE)

        def process(now: datetime) -> Visits:
            ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event())
            return Visits(ledger, journey=lambda: journey, now=lambda: now)

        first = process(T0)
        await first.open()
        await first.note(stood=keep(journey, at=T0))
        octets = b"".join(path.read_bytes() for path in tmp_path.glob("booth.db*"))
        assert b"72.40" not in octets
        back = await process(T0 + away).take_up(calls=False)
        assert (back is not None) is there
        if back is not None:
            assert back.stood is not None
            assert take_up(back.stood, Journey(plan=PLAN, since=LATER)).state is State.DO_TEMP
        assert (await process(T0 + away).take_up(calls=False) is not None) is there
