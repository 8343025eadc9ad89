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
from booth_client.attribution import Calling
from booth_client.journey import (
    Act,
    Consultation,
    Device,
    Journey,
    News,
    Plan,
    Result,
    Stage,
    State,
    Topic,
    Way,
    Written,
    advance,
    due,
    offered,
)
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.resuming import Interrupted, keep, take_up
from booth_client.visits import GRACE, Visits, gone_on_with
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


def test_a_result_that_was_shown_is_shown_again() -> None:
    back = restarted(walk(*MEASURING, Act.SAVED))
    assert (back.state, back.resumed, back.round) == (State.RESULT, True, 1)
    assert advance(back, Act.CONTINUE, LATER)[0].state is State.DO_TEMP


def test_a_mean_its_rounds_and_the_gap_between_them_go_on() -> None:
    pressure = Measure(name=Name.SYSTOLIC, value=Decimal(132), unit=Unit.MMHG)
    mean = Measure(name=Name.SYSTOLIC, value=Decimal("130.5"), unit=Unit.MMHG)
    kept = Result(device=Device.CUFF, measures=(pressure,), mean=(mean,), irregular=True)
    plan = replace(PLAN, rounds=3, gap=timedelta(minutes=1))
    again = Journey(
        plan=plan, since=T0, state=State.AGAIN, at=3, round=2, extra=1, measured=T0, results={Device.CUFF: kept}
    )
    octets = msgspec.json.encode(keep(again, at=T0))
    back = take_up(msgspec.json.decode(octets, type=Interrupted), Journey(plan=plan, since=LATER))
    assert (back.state, back.round, back.extra, back.results) == (State.AGAIN, 2, 1, again.results)
    assert due(back) == (T0 + timedelta(minutes=1), Act.ELAPSED)


def test_a_rest_is_not_begun_again() -> None:
    resting = replace(walk(*MEASURING), plan=replace(PLAN, rest=timedelta(minutes=5)), state=State.REST, rest_from=T0)
    octets = msgspec.json.encode(keep(resting, at=T0))
    back = take_up(msgspec.json.decode(octets, type=Interrupted), Journey(plan=resting.plan, since=LATER))
    assert due(back) == (T0 + timedelta(minutes=5), Act.ELAPSED)


CALL = Calling(id="c-1", reason="cough", seen=False, at=T0)
PERSON = Visit(id="v-1", patient_id="p-1", started=T0, consented=True)


def gone_on(consultation: Consultation, *, seen: bool) -> Journey:
    """Return the journey of a killed booth's person after it has come back."""
    before = replace(walk(*MEASURING), state=State.WAITING, consultation=consultation)
    octets = msgspec.json.encode(replace(PERSON, stood=keep(before, at=T0)))
    person = msgspec.json.decode(octets, type=Visit)
    assert person.stood is not None
    journey = take_up(person.stood, Journey(plan=PLAN, since=LATER))
    return gone_on_with(person, replace(CALL, seen=seen), journey)


def test_the_place_in_the_queue_and_what_was_promised_stay_on_the_screen() -> None:
    waits = Consultation(since=T0, before=2, minutes=(5, 15), promised=timedelta(minutes=15))
    back = gone_on(waits, seen=False)
    assert back.state is State.WAITING
    assert back.consultation == waits
    assert due(back) == (LATER + timedelta(minutes=10), Act.SILENCE)
    late = replace(waits, promised=timedelta(minutes=1))
    assert due(gone_on(late, seen=False)) == (T0 + timedelta(minutes=1), Act.HINT)


def test_what_the_physician_wrote_is_there_again_once_they_are() -> None:
    read = Consultation(stage=Stage.WELL, ready=True, sound=False, written=Written(text="Avez-vous mal ?"))
    back = gone_on(read, seen=True)
    assert back.state is State.CALL_TROUBLE
    there, _ = advance(back, Act.VISIT, LATER, news=News(stage=Stage.WELL, name="Dr Claire Martin"))
    assert there.state is State.VISIT_TEXT
    assert there.consultation is not None
    assert (there.consultation.written, there.consultation.sound) == (Written(text="Avez-vous mal ?"), False)
    assert advance(there, Act.CONTINUE, LATER)[0].state is State.IN_VISIT


@pytest.mark.parametrize("stage", [Stage.WRITING, Stage.REPORTED])
def test_a_talk_that_was_over_is_not_called_interrupted(stage: Stage) -> None:
    back = gone_on(Consultation(stage=stage, ready=True), seen=True)
    assert back.state is State.WRITING
    assert advance(back, Act.VISIT, LATER, news=News(stage=Stage.REPORTED, papers=1))[0].state is State.REPORT


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


async def test_a_call_goes_on_however_often_the_booth_stops_as_long_as_it_was_never_away_for_too_long(
    tmp_path: Path,
) -> None:
    """Each process is stopped before any clock of its own strikes: all it wrote down is a step of the journey."""
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        talks = Consultation(stage=Stage.WELL, ready=True)
        journey = replace(walk(*MEASURING), state=State.IN_VISIT, reason="cough", consultation=talks)

        def process(now: datetime) -> Visits:
            ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event())
            return Visits(ledger, journey=lambda: journey, now=lambda: now)

        first = process(T0)
        await first.open()
        assert await first.call("cough") is None
        assert first.current is not None
        assert first.current.call is not None
        call, now = first.current.call.id, T0
        for _ in range(40):
            now += timedelta(seconds=4)
            booth = process(now)
            back = await booth.take_up(calls=True)
            assert back is not None
            assert back.call is not None, now - T0
            assert back.call.id == call
            await booth.note(stood=keep(journey, at=now))
        assert now - T0 > GRACE
        late = await process(now + GRACE + timedelta(seconds=1)).take_up(calls=True)
        assert late is None
