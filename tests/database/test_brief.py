"""A brief look is answered in the loop's own thread as long as it is brief; who asked cannot tell but by the time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from gateway.database import Database, open_database, take_time
from gateway.errors import NotFound, Unavailable

METADATA = MetaData()
ROWS = Table("row", METADATA, Column("number", Integer, primary_key=True))
LONG = text(
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/a.db", METADATA) as database:
        await database.act(partial(add, number=7))
        await database.look(count, brief=True)  # the first one opens what the others are asked on
        yield database


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(ROWS)).scalar_one()


def add(connection: Connection, *, number: int) -> int:
    return connection.execute(insert(ROWS).values(number=number)).rowcount


def in_the_loop() -> bool:
    return threading.current_thread() is threading.main_thread()


def noting(threads: list[bool], fn: Callable[[Connection], int]) -> Callable[[Connection], int]:
    """Return *fn*, that writes down for each time it is begun whether that is in the loop's own thread."""

    def noted(connection: Connection) -> int:
        threads.append(in_the_loop())
        return fn(connection)

    return noted


async def test_a_brief_look_is_answered_in_the_loop_and_any_other_in_a_readers_thread(database: Database) -> None:
    threads: list[bool] = []
    assert await database.look(noting(threads, count), brief=True) == 1
    assert await database.look(noting(threads, count)) == 1
    assert threads == [True, False]


async def test_a_brief_look_sees_every_act_that_returned_before(database: Database) -> None:
    for number in range(10, 30):
        await database.act(partial(add, number=number))
        assert await database.look(count, brief=True) == number - 8


async def test_a_look_that_is_not_brief_after_all_is_stopped_and_answered_by_a_readers_thread(
    database: Database,
) -> None:
    threads: list[bool] = []

    def long(connection: Connection) -> int:
        return count(connection) + int(connection.execute(LONG).scalar_one())

    assert await database.look(noting(threads, long), brief=True) == 2_000_001
    assert await database.look(noting(threads, count), brief=True) == 1
    assert threads == [True, False, True]


async def test_what_says_that_it_takes_time_is_begun_again_by_a_readers_thread(database: Database) -> None:
    threads: list[bool] = []

    def slow(connection: Connection) -> int:
        found = count(connection)
        take_time(connection)
        return found

    assert await database.look(noting(threads, slow), brief=True) == 1
    assert await database.look(noting(threads, slow)) == 1
    assert threads == [True, False, False]


async def test_whatever_a_brief_look_raises_reaches_whoever_asked(database: Database) -> None:
    def missing(_connection: Connection) -> int:
        raise NotFound("there is no such thing")

    with pytest.raises(NotFound, match="no such thing"):
        await database.look(missing, brief=True)
    assert await database.look(count, brief=True) == 1


async def test_an_error_of_the_engine_is_told_by_a_readers_thread_and_brief_looks_go_on(database: Database) -> None:
    threads: list[bool] = []

    def wrong(connection: Connection) -> int:
        return int(connection.execute(text("SELECT number FROM nowhere")).scalar_one())

    with pytest.raises(DBAPIError, match="no such table"):
        await database.look(noting(threads, wrong), brief=True)
    for _ in range(2):
        assert await database.look(noting(threads, count), brief=True) == 1
    assert threads == [True, False, False, True]


async def test_a_brief_look_cannot_write(database: Database) -> None:
    with pytest.raises(Unavailable, match="may not be written to"):
        await database.look(partial(add, number=8), brief=True)
    assert await database.look(count) == 1


async def test_a_brief_look_leaves_no_snapshot_behind(database: Database) -> None:
    def two(connection: Connection) -> int:
        return count(connection) + count(connection)

    assert await database.look(two, brief=True) == 2
    await database.act(partial(add, number=8))
    assert await database.look(two, brief=True) == 4


async def test_brief_looks_take_turns_so_that_what_else_is_ready_goes_on_between(database: Database) -> None:
    turns, seen = 0, list[int]()

    async def go_on() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    going = asyncio.create_task(go_on())
    await asyncio.gather(*(database.look(lambda _: seen.append(turns), brief=True) for _ in range(20)))
    going.cancel()
    assert len(set(seen)) == 20


async def test_whoever_stops_waiting_for_a_turn_keeps_nobody_else_waiting(database: Database) -> None:
    looks = [asyncio.create_task(database.look(count, brief=True)) for _ in range(20)]
    await asyncio.sleep(0)
    for each in looks[3:9]:
        each.cancel()
    found = await asyncio.gather(*looks, return_exceptions=True)
    assert [each for each in found if each == 1] == [1] * 14
    assert await database.look(count, brief=True) == 1
