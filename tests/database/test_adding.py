"""Acts that only add share a transaction and gather their rows, on both engines; nobody can tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, MetaData, String, Table, func, select
from sqlalchemy.exc import IntegrityError

from gateway.database import Database, add_row, add_rows, open_database
from gateway.errors import Conflict
from tests.peers.patience import PATIENCE

METADATA = MetaData()
_SERIAL = BigInteger().with_variant(Integer, "sqlite")
OWNER = Table(
    "owner", METADATA, Column("serial", _SERIAL, primary_key=True), Column("name", String, unique=True, nullable=False)
)
THING = Table("thing", METADATA, Column("owner", ForeignKey(OWNER.c.serial), primary_key=True), Column("name", String))


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgresql_url") if postgresql else f"sqlite:///{tmp_path}/test.db"
    async with open_database(str(url), METADATA) as database:
        yield database


def add(name: str, error: Exception | None = None) -> Callable[[Connection], int]:
    """Add an owner and a thing of theirs, then raise *error*."""

    def act(connection: Connection) -> int:
        number = add_row(connection, OWNER, ("name",), (name,), made="serial")
        add_rows(connection, THING, ("owner", "name"), [(number, f"{name}'s")])
        if error is not None:
            raise error
        return number

    return act


def owned(connection: Connection) -> dict[str, int]:
    """Return the numbers of all owners by their names; each has exactly its own thing."""
    rows = connection.execute(select(OWNER.c.name, OWNER.c.serial, THING.c.name).join(THING)).all()
    assert all(thing == f"{name}'s" for name, _, thing in rows)
    assert connection.execute(select(func.count()).select_from(OWNER)).scalar_one() == len(rows)
    return {name: number for name, number, _ in rows}


async def results(database: Database, *acts: Callable[[Connection], Any]) -> list[Any]:
    return await asyncio.gather(*(database.act(act, adds=True) for act in acts), return_exceptions=True)


async def test_each_act_gets_the_number_under_which_its_row_is_kept(database: Database) -> None:
    numbers = await results(database, *(add(f"n{i}") for i in range(300)))
    assert await database.look(owned) == {f"n{i}": number for i, number in enumerate(numbers)}


async def test_an_act_that_raises_is_undone_alone_and_the_others_are_there_once(database: Database) -> None:
    problem = Conflict("no")
    told = await results(database, *(add(f"n{i}", problem if i % 7 == 0 else None) for i in range(100)))
    assert [each for each in told if isinstance(each, BaseException)] == [problem] * 15
    assert await database.look(owned) == {f"n{i}": told[i] for i in range(100) if i % 7}


async def test_a_broken_constraint_reaches_only_the_act_that_broke_it(database: Database) -> None:
    await database.act(add("a"), adds=True)
    told = await results(database, *map(add, "bacdef"))
    assert [type(each) for each in told] == [int, IntegrityError, int, int, int, int]
    assert set(await database.look(owned)) == set("abcdef")


@pytest.mark.parametrize("error", [StopIteration(), KeyError("x")])
async def test_no_error_leaves_its_awaiter_waiting(database: Database, error: Exception) -> None:
    async with asyncio.timeout(PATIENCE):
        told = await results(database, add("a"), add("b", error), add("c"))
    assert isinstance(told[1], RuntimeError | KeyError)
    assert set(await database.look(owned)) == {"a", "c"}


async def test_other_acts_between_them_see_what_was_added_and_add_themselves(database: Database) -> None:
    def reads(connection: Connection) -> set[str]:
        return set(connection.execute(select(OWNER.c.name)).scalars())

    async def one(number: int) -> None:
        name = f"n{number}"
        if number % 3:
            await database.act(add(name), adds=True)
        else:
            await database.act(add(name))
        assert name in await database.act(reads)

    await asyncio.gather(*map(one, range(120)))
    assert len(await database.look(owned)) == 120


async def test_a_statement_in_the_middle_finds_what_was_gathered(database: Database) -> None:
    def adds_and_asks(name: str) -> Callable[[Connection], bool]:
        def act(connection: Connection) -> bool:
            number = add(name)(connection)
            found = connection.execute(select(THING.c.name).where(THING.c.owner == number)).scalar_one_or_none()
            return found == f"{name}'s"

        return act

    assert await results(database, *(adds_and_asks(f"n{i}") for i in range(20))) == [True] * 20


async def test_a_cancelled_act_is_done_wholly_or_not_at_all_and_harms_no_other(database: Database) -> None:
    tasks = [asyncio.create_task(database.act(add(f"n{i}"), adds=True)) for i in range(90)]
    for number, task in enumerate(tasks):
        if number % 4 == 0:
            task.cancel()
        if number % 5 == 0:
            await asyncio.sleep(0)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    await database.act(add("after"), adds=True)
    kept = await database.look(owned)
    assert "after" in kept
    assert all(kept[f"n{i}"] == each for i, each in enumerate(told) if isinstance(each, int))
    assert sum(isinstance(each, int) for each in told) >= 67
