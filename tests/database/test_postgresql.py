"""What happens when the PostgreSQL server goes away."""

from __future__ import annotations

import asyncio
import signal
from functools import partial

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, text

from gateway.database import add_rows, ask, open_database
from gateway.errors import Unavailable
from tests.peers.postgresql import PostgreSQLServer

METADATA = MetaData()
NUMBERS = Table("numbers", METADATA, Column("number", Integer, primary_key=True))


async def test_a_server_that_dies_loses_nothing_acknowledged_and_is_used_again(
    postgresql_server: PostgreSQLServer, postgresql_url: str
) -> None:
    def add(connection: Connection) -> None:
        connection.execute(insert(NUMBERS).values(number=kept + 1))

    def added(connection: Connection) -> None:
        add_rows(connection, NUMBERS, ("number",), [(kept + 1,)])

    def count(connection: Connection) -> None:
        ask(connection, "SELECT count(*) FROM numbers", last=True)

    kept = 0
    async with open_database(postgresql_url, METADATA) as database:
        for each in (
            partial(database.act, add),
            partial(database.act, added, adds=True),
            partial(database.look, count),
        ):
            for _ in range(20):
                await database.act(add)
                kept += 1
            await each()
            kept += each.func == database.act
            postgresql_server.stop(signal.SIGQUIT)
            with pytest.raises(Unavailable, match="PostgreSQL: "):
                await each()
            postgresql_server.start()
        found = await database.look(lambda connection: connection.execute(select(NUMBERS.c.number)).scalars().all())
        assert sorted(found) == list(range(1, kept + 1))


async def test_each_commit_waits_for_the_disk(postgresql_url: str) -> None:
    def setting(connection: Connection) -> list[str]:
        return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("synchronous_commit", "fsync")]

    async with open_database(postgresql_url, METADATA) as database:
        assert await database.act(setting) == ["on", "on"]


async def test_a_statement_waits_neither_for_a_compiler_nor_for_workers(postgresql_url: str) -> None:
    def settings(connection: Connection) -> list[str]:
        names = ("jit", "max_parallel_workers_per_gather")
        return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]

    async with open_database(postgresql_url, METADATA) as database:
        assert await database.look(settings) == ["off", "0"]


async def test_whoever_waits_for_acts_that_a_failing_program_cuts_short_is_told(postgresql_url: str) -> None:
    def fails(_connection: Connection) -> None:
        raise LookupError

    def lasts(connection: Connection) -> None:
        running.set()
        connection.execute(text("SELECT pg_sleep(20)"))

    running, waiting = asyncio.Event(), list[asyncio.Future[None]]()

    async def program() -> None:
        async with open_database(postgresql_url, METADATA) as database:
            # The first undoes what they share, so that each is done alone; the second is under way, the third waits.
            waiting.extend(asyncio.ensure_future(database.act(act, adds=True)) for act in (fails, lasts, fails))
            await running.wait()
            raise KeyError

    with pytest.raises(KeyError):
        await program()
    done, _ = await asyncio.wait(waiting, timeout=10)
    assert len(done) == len(waiting)
    assert isinstance(waiting[0].exception(), LookupError)
    assert all(each.cancelled() for each in waiting[1:])
