"""What long experiments found in the booth's clock: an empty battery, a gateway that is wrong or slow, a full disk."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from booth_client.journey import Journey, Plan
from booth_client.timekeeping import keep_time
from booth_client.visits import Visits
from gateway.database import Database
from gateway.devices.catalogue import decode
from gateway.devices.events import ClockRead, Indicated
from gateway.errors import Unavailable
from tests.peers.kept import CUFF, packet
from tests.peers.machine_clock import TRUE, Kept, kept_on, moments
from tests.peers.patience import PATIENCE

YEAR = timedelta(days=365)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept_on(tmp_path) as kept:
        yield kept


async def test_a_clock_that_goes_on_from_a_note_after_a_day_without_power_dates_nothing(disk: Kept) -> None:
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    await clock.keep(disk.database)
    known = disk.bench.true
    disk.bench.empty = True
    lost = await disk.clock(disk.bench.restarts(off=-DAY + SECOND, after=DAY))
    assert lost() == known + SECOND, "it looks as if no time had passed"
    assert lost.doubted
    await disk.measures(lost)
    disk.bench.empty = False
    after = await disk.clock(disk.bench.restarts(off=timedelta(0), after=DAY))  # NTP was quicker than we
    after.hear(disk.bench.true)
    told = await disk.told(after)
    assert set(moments(told, "Observation", "effectivePeriod", "start")) == {known}
    assert not [each for each in told if each.get("encounter") and "effectiveDateTime" in each]


async def test_a_clock_that_somebody_sets_between_two_power_cuts_dates_nothing(disk: Kept) -> None:
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    await clock.keep(disk.database)
    meddled = await disk.clock(disk.bench.restarts(off=timedelta(hours=1)))
    await disk.measures(meddled)
    disk.bench.off = timedelta(0)
    await meddled.keep(disk.database)
    after = await disk.clock(disk.bench.restarts())
    after.hear(disk.bench.true)
    assert moments(await disk.told(after), "Observation", "effectivePeriod", "end")


async def test_a_gateway_whose_own_time_is_outside_its_certificate_is_not_believed(disk: Kept) -> None:
    clock = await disk.clock()
    assert clock.judge((TRUE - DAY, TRUE + DAY)) is None
    clock.hear(TRUE + YEAR)
    assert not clock.known.is_set()
    assert not clock.told, "else nobody would be asked again"
    clock.hear(disk.bench.true)
    assert clock.sure
    clock.hear(TRUE - YEAR)
    assert (clock.true(), clock.wrong) == (disk.bench.true, False)


async def test_an_answer_that_took_long_does_not_move_the_clock(disk: Kept) -> None:
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    disk.bench.passes(5 * SECOND)
    clock.hear(disk.bench.true - 4.9 * SECOND, took=5 * SECOND)
    assert (clock.true(), clock.wrong) == (disk.bench.true, False)
    clock.hear(disk.bench.true - 3 * SECOND)
    assert clock.wrong


async def test_what_a_cuff_s_clock_said_before_ours_was_set_still_holds(disk: Kept) -> None:
    disk.bench.off = -YEAR
    clock = await disk.clock()
    ledger, value = disk.ledger(clock), packet(150, TRUE.replace(year=2009))
    (reading, *_) = decode("2A35", value).readings()
    assert reading.device_time is not None
    ledger.hear_clock(ClockRead(device=CUFF, said=reading.device_time, at=clock()))
    clock.hear(disk.bench.true)
    clock.set()
    visit = await disk.measures(clock)
    event = Indicated(device=CUFF, connection="2", characteristic="2A35", value=value, at=clock())
    kept = await ledger.keep(event, [reading], visit=visit, now=clock())
    assert kept.ids
    mine = [each for each in await disk.told(clock) if each["id"] in kept.ids]
    assert moments(mine, "Observation", "effectiveDateTime") == [TRUE]


async def test_a_visit_that_a_power_cut_ended_as_it_began_is_closed(disk: Kept) -> None:
    clock = await disk.clock()
    clock.hear(disk.bench.true)
    await clock.keep(disk.database)
    journey = Journey(plan=Plan(), since=clock())
    visits = Visits(disk.ledger(clock), journey=lambda: journey, now=clock, mark=lambda: clock.mark)
    await visits.open()
    after = await disk.clock(disk.bench.restarts())
    again = Visits(disk.ledger(after), journey=lambda: journey, now=after, mark=lambda: after.mark)
    assert await again.take_up(calls=False) is None
    after.hear(disk.bench.true)
    assert moments(await disk.told(after), "Encounter", "period", "end") == [TRUE]


class _Full:
    """A booth's database on a disk that is full until it is `emptied`; every try is counted."""

    def __init__(self, database: Database) -> None:
        self.emptied = False
        self.tries = 0
        self._database = database

    async def act(self, fn: Any) -> Any:
        self.tries += 1
        if not self.emptied:
            raise Unavailable("the disk is full") from OSError(errno.ENOSPC, "")
        return await self._database.act(fn)


async def test_a_full_disk_is_not_hurried_and_gets_the_clock_once_there_is_room(disk: Kept) -> None:
    disk.bench.off = -YEAR
    clock = await disk.clock()
    full: Any = _Full(disk.database)

    async def set_clock() -> None:
        clock.set()

    given: dict[str, Any] = {"set_clock": set_clock, "kept_by_others": lambda: False, "look_s": 0.02}
    keeping = asyncio.create_task(keep_time(clock, full, **given))
    clock.hear(disk.bench.true)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while full.tries < 5:
        await asyncio.sleep(0.005)
    assert loop.time() - began > 3 * 0.02, "one try a look"
    full.emptied = True
    async with asyncio.timeout(PATIENCE):
        while not (await disk.clock()).sure:
            await asyncio.sleep(0.02)
    keeping.cancel()
