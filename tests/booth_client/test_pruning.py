"""Starts of the machine are forgotten once nothing is dated by them, and never while something is."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from booth_client import ledger as rows
from booth_client.boots import Boot, correction, mark_of, needed, reached, reckoned
from booth_client.pruning import MOST, prune
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.catalogue import decode
from gateway.devices.events import Indicated
from tests.booth_client.test_clock import YEAR
from tests.peers.kept import CUFF, packet
from tests.peers.machine_clock import Kept, moments

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TRUE = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
async def booth(tmp_path: Path) -> AsyncIterator[Kept]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Kept(database, keyring)


async def restarted(booth: Kept, times: int, *, known: bool = True) -> Any:
    """Restart the machine some nights; return the clock of the last start, pruned as the booth does when it starts."""
    for _ in range(times):
        clock = await booth.clock(booth.bench.restarts(after=DAY))
        await prune(clock, booth.ledger(clock), booth.database, booth.keyring)
        if known:
            clock.hear(booth.bench.true)
        booth.bench.passes(HOUR)
        await clock.keep(booth.database)
    return clock


async def test_a_season_of_nightly_restarts_leaves_a_bounded_list(booth: Kept) -> None:
    clock = await restarted(booth, 90)
    assert clock.boots <= MOST + 1
    assert (await booth.clock()).boots == clock.boots
    before = booth.bench.true
    ahead = await booth.clock(booth.bench.restarts(off=-3 * YEAR, after=DAY))
    assert ahead() == before, "the latest moment that was known is never forgotten"


@pytest.mark.parametrize("refused", [False, True], ids=["waits", "was refused"])
async def test_what_a_letter_was_dated_under_is_kept_until_it_has_left(booth: Kept, *, refused: bool) -> None:
    booth.bench.off = -YEAR
    wrong = await booth.clock(booth.bench.restarts(after=DAY))
    at = booth.bench.true
    await booth.measures(wrong)
    wrong.hear(booth.bench.true)
    await wrong.keep(booth.database)
    if refused:
        letters = await booth.database.look(partial(outbox.behind, seq=0, limit=1000))
        for letter in letters:
            refuse = partial(outbox.refuse, seq=letter.seq, reason="422", now=wrong.true())
            await booth.database.act(refuse)
    clock = await restarted(booth, 3 * MOST)
    assert clock.off(wrong.mark) == YEAR
    if refused:
        for letter in letters:
            await booth.database.act(partial(outbox.readmit, seq=letter.seq, now=clock()))
    assert set(moments(await booth.told(clock), "Observation", "effectiveDateTime")) == {at + timedelta(seconds=40)}
    for letter in await booth.database.look(partial(outbox.behind, seq=0, limit=1000)):
        await booth.database.act(partial(outbox.done, seq=letter.seq))
    await booth.ledger(clock).wipe(now=clock())
    clock = await restarted(booth, MOST + 1)
    assert clock.off(wrong.mark) is None


async def test_what_is_set_aside_and_who_is_there_keep_their_clock(booth: Kept) -> None:
    booth.bench.off = -YEAR
    wrong = await booth.clock(booth.bench.restarts(after=DAY))
    ledger, value = booth.ledger(wrong), packet(150, None)
    event = Indicated(device=CUFF, connection="1", characteristic="2A35", value=value, at=wrong())
    await ledger.keep(event, decode("2A35", value).readings(), visit=None, now=wrong())
    wrong.hear(booth.bench.true)
    await wrong.keep(booth.database)
    clock = await restarted(booth, 20)
    there = await booth.clock(booth.bench.restarts(off=HOUR, after=DAY))
    visit = rows.Visit(
        id="0d9bb1f5-0000-4000-8000-000000000001",
        patient_id="7c9e6679-0000-4000-8000-000000000001",
        started=there(),
        consented=True,
        clock=there.mark,
    )
    await booth.ledger(there).open_visit(visit, now=there())
    for letter in await booth.database.look(partial(outbox.behind, seq=0, limit=1000)):
        await booth.database.act(partial(outbox.done, seq=letter.seq))
    there.hear(booth.bench.true)
    await there.keep(booth.database)
    clock = await restarted(booth, 2 * MOST)
    assert clock.off(wrong.mark) == YEAR
    assert clock.off(there.mark) == -HOUR


async def test_before_the_time_is_known_a_list_is_bounded_too(booth: Kept) -> None:
    first = await booth.clock()
    await booth.measures(first)
    await first.keep(booth.database)
    clock = await restarted(booth, 4 * MOST, known=False)
    assert clock.boots <= MOST + 1
    clock.hear(booth.bench.true)
    assert clock.off(first.mark) is not None


def test_no_choice_of_what_is_kept_changes_how_it_is_dated() -> None:
    known = {name: TRUE + number * DAY for number, name in enumerate("abcdef")}
    for dated in itertools.product((True, False), repeat=6):
        boots = tuple(
            Boot(
                id=name,
                base=at - YEAR,
                machine=at - YEAR + (HOUR if name in "cd" else timedelta(0)),
                since=at,
                ran=HOUR,
                right=at if is_dated else None,
            )
            for (name, at), is_dated in zip(known.items(), dated, strict=True)
        )
        for names in itertools.combinations("abcde", 2):
            marks = [mark_of(boot) for boot in boots if boot.id in names]
            left = needed(boots, marks)
            assert reached(left) == reached(boots)
            heard = (*left[:-1], _heard(left[-1], known["f"]))
            all_heard = (*boots[:-1], _heard(boots[-1], known["f"]))
            for mark in marks:
                assert correction(reckoned(heard), mark) == correction(reckoned(all_heard), mark)


def _heard(boot: Boot, at: datetime) -> Boot:
    return Boot(id=boot.id, base=boot.base, machine=boot.machine, since=boot.since, ran=boot.ran, right=at)
