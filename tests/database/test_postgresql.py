"""What happens when the PostgreSQL server goes away."""

from __future__ import annotations

import signal

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, text

from gateway.database import open_database
from gateway.errors import Unavailable
from tests.peers.postgresql import PostgreSQLServer

METADATA = MetaData()
NUMBERS = Table("numbers", METADATA, Column("number", Integer, primary_key=True))


async def test_a_server_that_dies_loses_nothing_acknowledged_and_is_used_again(
    postgresql_server: PostgreSQLServer, postgresql_url: str
) -> None:
    def add(connection: Connection) -> None:
        connection.execute(insert(NUMBERS).values(number=kept + 1))

    kept = 0
    async with open_database(postgresql_url, METADATA) as database:
        for _ in range(2):
            for _ in range(20):
                await database.act(add)
                kept += 1
            postgresql_server.stop(signal.SIGQUIT)
            with pytest.raises(Unavailable, match="PostgreSQL: "):
                await database.act(add)
            postgresql_server.start()
        found = await database.look(lambda connection: connection.execute(select(NUMBERS.c.number)).scalars().all())
        assert sorted(found) == list(range(1, kept + 1))


async def test_each_commit_waits_for_the_disk(postgresql_url: str) -> None:
    def setting(connection: Connection) -> list[str]:
        return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("synchronous_commit", "fsync")]

    async with open_database(postgresql_url, METADATA) as database:
        assert await database.act(setting) == ["on", "on"]
