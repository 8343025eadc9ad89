"""The booth's clock: wrong by a year, set, jumping, lost with the power; and how what it wrote is dated in the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from booth_client.attribution import Outcome
from booth_client.boots import Between, Boot, correction, mark_of, reckoned
from booth_client.config import SimulatedPatient, VirtualRadioSettings, Who
from booth_client.dating import DATED, dated
from booth_client.journey import Device
from gateway.app import gateway
from gateway.devices.catalogue import decode
from gateway.devices.events import Indicated
from gateway.errors import LinkError
from tests.peers.booth_program import booth_program
from tests.peers.kept import CUFF, packet
from tests.peers.machine_clock import TRUE, Kept, kept_on, moments
from tests.peers.town import PERSONA, Town, booth_settings, gateway_settings

YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept_on(tmp_path) as kept:
        yield kept


@pytest.mark.parametrize("off", [-YEAR, YEAR, timedelta(hours=1), timedelta(seconds=-30)])
async def test_what_was_written_under_a_wrong_clock_leaves_with_the_right_time(disk: Kept, off: timedelta) -> None:
    disk.bench.off = off
    clock = await disk.clock()
    assert clock() == TRUE + off
    await disk.measures(clock)
    with pytest.raises(LinkError, match="right time is not known"):
        await disk.told(clock)
    disk.bench.passes(timedelta(days=3))
    clock.hear(disk.bench.true)
    told = await disk.told(clock)
    assert set(moments(told, "Observation", "effectiveDateTime")) == {TRUE + 40 * SECOND}
    assert set(moments(told, "Observation", "issued")) == {TRUE + 40 * SECOND}
    assert set(moments(told, "Encounter", "period", "start")) == {TRUE}
    assert moments(told, "Encounter", "period", "end") == [TRUE + 60 * SECOND]
    assert clock.ahead == off


async def test_a_clock_that_was_right_changes_no_octet_of_what_it_wrote(disk: Kept) -> None:
    clock = await disk.clock()
    await disk.measures(clock)
    clock.hear(disk.bench.true + SECOND)
    told = await disk.told(clock)
    assert set(moments(told, "Observation", "effectiveDateTime")) == {TRUE + 40 * SECOND}


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), YEAR])
async def test_no_jump_of_the_machine_s_clock_is_seen_by_a_visit(disk: Kept, jump: timedelta) -> None:
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    disk.bench.off = jump
    await disk.measures(clock)
    clock.set()
    clock.hear(disk.bench.true)
    assert clock() == disk.bench.true
    assert set(moments(await disk.told(clock), "Observation", "effectiveDateTime")) == {TRUE + 40 * SECOND}


async def test_the_right_time_heard_in_a_visit_waits_for_its_end_and_its_letters_leave_right_at_once(
    disk: Kept,
) -> None:
    disk.bench.off = -YEAR
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    assert (clock(), clock.true(), clock.wrong) == (TRUE - YEAR, TRUE, True)
    await disk.measures(clock)
    assert set(moments(await disk.told(clock), "Observation", "effectiveDateTime")) == {TRUE + 40 * SECOND}
    assert clock.set()
    assert (clock(), clock.wrong) == (disk.bench.true, False)
    await disk.measures(clock, systolic=141)
    found = moments(await disk.told(clock), "Observation", "effectiveDateTime")
    assert sorted(set(found)) == [TRUE + 40 * SECOND, TRUE + 100 * SECOND]


async def test_a_booth_that_is_started_again_goes_on_counting_where_it_was(disk: Kept) -> None:
    disk.bench.off = -YEAR
    clock = await disk.clock()
    await disk.measures(clock)
    disk.bench.off = timedelta(hours=7)  # somebody meddles with the machine's clock meanwhile
    disk.bench.passes(timedelta(minutes=9))
    again = await disk.clock()
    assert (again(), again.mark) == (disk.bench.true - YEAR, clock.mark)
    assert not again.doubted
    again.hear(disk.bench.true)
    assert set(moments(await disk.told(again), "Observation", "effectiveDateTime")) == {TRUE + 40 * SECOND}


async def test_after_a_power_cut_an_unbroken_clock_dates_what_was_before_it(disk: Kept) -> None:
    disk.bench.off = -YEAR  # for ever: the machine's clock was never put right, but it runs
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    await clock.keep(disk.database)
    before = await disk.clock(disk.bench.restarts())
    began = disk.bench.true
    await disk.measures(before)
    await before.keep(disk.database)
    after = await disk.clock(disk.bench.restarts(after=timedelta(days=2)))
    after.hear(disk.bench.true)
    assert set(moments(await disk.told(after), "Observation", "effectiveDateTime")) == {began + 40 * SECOND}


async def test_a_clock_that_stood_still_without_power_gives_bounds_and_no_invented_time(disk: Kept) -> None:
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    await clock.keep(disk.database)
    known = disk.bench.true
    lost = await disk.clock(disk.bench.restarts(off=-3 * YEAR, after=timedelta(days=1)))
    assert lost() == known, "it never starts before what has passed"
    assert lost.doubted
    visit = await disk.measures(lost)
    await lost.keep(disk.database)
    after = await disk.clock(disk.bench.restarts(off=timedelta(0), after=timedelta(days=1)))
    ended = disk.bench.true
    after.hear(ended)
    await after.keep(disk.database)
    told = await disk.told(await disk.clock())
    pressure = next(each for each in told if each.get("encounter"))
    period = {name: datetime.fromisoformat(at) for name, at in pressure["effectivePeriod"].items()}
    assert period == {"start": known, "end": ended}
    assert "effectiveDateTime" not in pressure
    (note,) = pressure["note"]
    assert (
        note["text"]
        == f"Heure incertaine\u00a0: l'horloge de la borne, fausse, disait {(known + 40 * SECOND).isoformat()}"
    )
    encounters = [each for each in told if each["resourceType"] == "Encounter"]
    assert {each["id"] for each in encounters} == {visit.id}
    assert encounters[-1]["period"]["_end"]["extension"][0]["valueString"].startswith("Heure incertaine")


def boots(*, machine: datetime, ran: timedelta = timedelta(hours=1)) -> tuple[Boot, ...]:
    first = Boot(id="1", base=TRUE, machine=TRUE, since=TRUE, ran=timedelta(hours=1), right=TRUE)
    lost = Boot(id="2", base=machine, machine=machine, since=TRUE + timedelta(hours=1), ran=ran, woke=machine)
    end = TRUE + 3 * YEAR
    last = Boot(id="3", base=end, machine=end, since=TRUE, woke=end, right=end)
    return first, lost, last


def test_a_boot_is_dated_by_the_machine_only_between_what_was_before_and_after() -> None:
    good = TRUE + timedelta(days=9)
    found = reckoned(boots(machine=good))
    assert correction(found, mark_of(found[1])) == timedelta(0)
    for wrong, ran in (
        (TRUE - timedelta(days=9), timedelta(hours=1)),
        (TRUE + 4 * YEAR, timedelta(hours=1)),
        (good, 4 * YEAR),
    ):
        found = reckoned(boots(machine=wrong, ran=ran))
        assert correction(found, mark_of(found[1])) == Between(since=TRUE + timedelta(hours=1), until=TRUE + 3 * YEAR)


def test_before_the_first_known_time_nothing_is_said_of_any_boot() -> None:
    first, lost, last = boots(machine=TRUE)
    unknown = Boot(id="3", base=last.base, machine=last.machine, since=last.since)
    found = reckoned((first, lost, unknown))
    assert correction(found, mark_of(lost)) is None
    assert correction(found, mark_of(first)) == timedelta(0)


def test_every_kind_of_letter_says_where_its_dates_are() -> None:
    for kind in DATED:
        body = json.dumps({"resourceType": kind, "id": "1"}).encode()
        assert json.loads(dated(b"a 0\n" + body, lambda _mark: YEAR)) == json.loads(body)


async def test_a_wrong_clock_destroys_nothing_that_was_set_aside(disk: Kept) -> None:
    clock = await disk.clock()
    ledger, value = disk.ledger(clock), packet(150, None)
    event = Indicated(device=CUFF, connection="1", characteristic="2A35", value=value, at=clock())
    kept = await ledger.keep(event, decode("2A35", value).readings(), visit=None, now=clock())
    assert kept.outcome is Outcome.QUARANTINED
    ahead = await disk.clock(disk.bench.restarts(off=YEAR))
    await disk.ledger(ahead).wipe(now=ahead())
    assert await ledger.quarantine.count() == 1
    ahead.hear(disk.bench.true)
    await disk.ledger(ahead).wipe(now=ahead())
    assert await ledger.quarantine.count() == 1
    disk.bench.passes(timedelta(days=32))
    await disk.ledger(ahead).wipe(now=ahead())
    assert await ledger.quarantine.count() == 0


# The program, its machine's clock falsified by libfaketime (https://github.com/wolfcw/libfaketime)

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), Path("/usr/lib/faketime/libfaketimeMT.so.1"))


@asynccontextmanager
async def wrong(tmp_path: Path, **changes: Any) -> AsyncIterator[tuple[Town, Path]]:
    """Run a gateway, and a booth as a program; what is written into the file that is given falsifies its clock."""
    said = tmp_path / "clock"
    said.write_text(changes.pop("at", "+0"))
    async with gateway(gateway_settings(tmp_path)) as running:
        settings = booth_settings(
            tmp_path,
            str(running.booths_url),
            patient=Who.SIMULATED,
            virtual=VirtualRadioSettings(hands_after_s=0.2, persona=PERSONA),
            simulated=SimulatedPatient(pace_s=0.1, pause_s=0.1),
            **changes,
        )
        falsified = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(said),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        assert LIBRARY.exists(), "libfaketime is missing: apt-get install libfaketime"
        async with booth_program(settings, tmp_path, **falsified):
            yield Town(settings=settings, kiosk="", gateway=running), said


async def found(here: Town, code: str, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while len(kept := await here.search(f"Observation?code={code}&_count=50")) < count:
            await asyncio.sleep(0.2)
    return kept


def near(text: str, began: datetime) -> bool:
    return began - timedelta(seconds=3) <= datetime.fromisoformat(text) <= datetime.now(UTC) + timedelta(seconds=3)


@pytest.mark.parametrize("off", ["-365d", "+365d"])
async def test_a_booth_a_year_off_finds_its_gateway_and_delivers_with_the_right_time(tmp_path: Path, off: str) -> None:
    began = datetime.now(UTC)
    async with wrong(tmp_path, at=off, devices=(Device.CUFF,)) as (here, _):
        for each in await found(here, "85354-9", 1):
            assert near(each["effectiveDateTime"], began), each
            assert near(each["issued"], began), each
        for visit in await here.search("Encounter"):
            assert near(visit["period"]["start"], began), visit


@pytest.mark.parametrize("jump", ["+1h", "-1h"])
async def test_a_jump_in_the_middle_of_a_visit_changes_nothing_of_it(tmp_path: Path, jump: str) -> None:
    began = datetime.now(UTC)
    # The thermometer has no clock: a simulated one's would jump as well.
    async with wrong(tmp_path, devices=(Device.SCALE, Device.THERMOMETER)) as (here, said):
        (weight, *_) = await found(here, "29463-7", 1)
        said.write_text(jump)
        of = weight["encounter"]["reference"]
        async with asyncio.timeout(60):
            while not (same := [e for e in await found(here, "8310-5", 1) if e["encounter"]["reference"] == of]):
                await asyncio.sleep(0.2)
        for each in (weight, *same):
            assert near(each["effectiveDateTime"], began), each
            assert near(each["issued"], began), each
