"""What `Database` promises, on both engines."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.database import Database, ask, lock, open_database
from gateway.errors import Conflict, SettingsError
from tests.peers.patience import PATIENCE

METADATA = MetaData()
NAMES = Table("names", METADATA, Column("name", String, primary_key=True))
COUNTER = Table("counter", METADATA, Column("id", Integer, primary_key=True), Column("value", Integer))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/test.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with open_database(url, METADATA) as database:
        yield database


def add(name: str, error: BaseException | None = None) -> Callable[[Connection], str]:
    def act(connection: Connection) -> str:
        connection.execute(insert(NAMES).values(name=name))
        if error is not None:
            raise error
        return name

    return act


def names(connection: Connection) -> set[str]:
    return set(connection.execute(select(NAMES.c.name)).scalars())


async def test_what_an_act_returned_is_seen_by_the_next_look(database: Database) -> None:
    assert await database.act(add("a")) == "a"
    assert await database.look(names) == {"a"}


async def test_the_last_thing_asked_is_answered_with_a_transaction_and_without(database: Database) -> None:
    def last(connection: Connection) -> list[str]:
        return [str(row[0]) for row in ask(connection, "SELECT name FROM names", last=True)]

    def after_another(connection: Connection) -> list[str]:
        assert names(connection) == {"a"}
        return last(connection)

    await database.act(add("a"))
    assert await database.look(last) == ["a"]
    assert await database.look(after_another) == ["a"]
    with pytest.raises(DBAPIError):
        await database.look(lambda connection: ask(connection, "SELECT name FROM nowhere", last=True))
    assert await database.look(last) == ["a"]


async def test_acts_survive_closing_and_opening_again(url: str) -> None:
    async with open_database(url, METADATA) as database:
        await database.act(add("a"))
    async with open_database(url, METADATA) as database:
        assert await database.look(names) == {"a"}


async def test_a_later_release_finds_its_new_tables_beside_the_old(url: str) -> None:
    async with open_database(url, METADATA) as database:
        await database.act(add("a"))
    later = MetaData()
    table = Table("later", later, Column("id", Integer, primary_key=True))
    async with open_database(url, METADATA, later) as database:
        await database.act(lambda connection: connection.execute(insert(table).values(id=1)))
        assert await database.look(names) == {"a"}


async def test_an_act_that_raises_is_undone_alone(database: Database) -> None:
    problem = Conflict("no")
    acts = [database.act(add(f"n{i}", problem if i % 3 == 0 else None)) for i in range(60)]
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert [result for result in results if isinstance(result, BaseException)] == [problem] * 20
    assert await database.look(names) == {f"n{i}" for i in range(60) if i % 3}


async def test_a_broken_constraint_reaches_only_the_act_that_broke_it(database: Database) -> None:
    await database.act(add("a"))
    results = await asyncio.gather(*(database.act(add(name)) for name in "bac"), return_exceptions=True)
    assert isinstance(results[1], IntegrityError)
    assert await database.look(names) == {"a", "b", "c"}


@pytest.mark.parametrize("error", [StopIteration(), asyncio.CancelledError(), KeyError("x")])
async def test_no_error_leaves_its_awaiter_waiting(database: Database, error: BaseException) -> None:
    with pytest.raises((RuntimeError, asyncio.CancelledError, KeyError)):
        async with asyncio.timeout(PATIENCE):
            await database.act(add("a", error))
    await database.act(add("b"))
    assert await database.look(names) == {"b"}


async def test_a_look_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, Exception), match=r"(?i)read.?only|takes no writes|may not be written"):
        await database.look(add("a"))
    assert await database.look(names) == set()


async def test_a_locked_read_and_write_loses_no_count(database: Database) -> None:
    await database.act(lambda connection: connection.execute(insert(COUNTER).values(id=1, value=0)))

    def count(connection: Connection) -> None:
        lock(connection, "counter")
        value = connection.execute(select(COUNTER.c.value)).scalar_one()
        connection.execute(update(COUNTER).values(value=value + 1))

    await asyncio.gather(*(database.act(count) for _ in range(200)))
    assert await database.look(lambda connection: connection.execute(select(COUNTER.c.value)).scalar_one()) == 200


async def test_a_cancelled_act_is_done_wholly_or_not_at_all_and_harms_no_other(database: Database) -> None:
    chance = random.Random(20)

    def pair(number: int) -> Callable[[Connection], None]:
        def act(connection: Connection) -> None:
            add(f"{number} left")(connection)
            add(f"{number} right")(connection)

        return act

    tasks = [asyncio.create_task(database.act(pair(number))) for number in range(120)]
    for task in tasks:
        if chance.random() < 0.5:
            task.cancel()
        if chance.random() < 0.2:
            await asyncio.sleep(0)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await database.act(add("after"))
    found = await database.look(names)
    assert "after" in found
    for number, result in enumerate(results):
        both = {f"{number} left", f"{number} right"}
        assert both <= found if result is None else both <= found or not both & found


async def test_looks_go_on_while_acts_are_written(database: Database) -> None:
    async def write() -> None:
        for number in range(50):
            await database.act(add(str(number)))

    async def read() -> list[int]:
        count = select(func.count()).select_from(NAMES)
        return [await database.look(lambda connection: connection.execute(count).scalar_one()) for _ in range(50)]

    _, counts = await asyncio.gather(write(), read())
    assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "no database URL"),
        ("postgresql+asyncpg://u:secret@localhost:secret/x", "no database URL"),
        ("mysql://u:secret@localhost/x", "neither sqlite"),
        ("sqlite://", "neither sqlite"),
        ("sqlite:////proc/nowhere/x.db", "cannot make or open"),
        ("postgresql+asyncpg://u:secret@127.0.0.1:9/x", "check the address"),
    ],
)
async def test_a_wrong_url_is_one_line_that_keeps_the_password(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        async with open_database(url, METADATA):
            pass
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
