"""The audit is checked a stretch at a time: from where the last check ended, or from the start; on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, delete, text, update

from gateway.database import Database, open_database
from gateway.store import METADATA, audit
from gateway.store.audit_check import METADATA as CHECKED
from gateway.store.audit_check import STRETCH, AuditCheck, Stretch
from gateway.store.tables import audit as rows


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, METADATA, CHECKED) as database:
        yield database


async def write(database: Database, many: int) -> None:
    def add(connection: Connection) -> None:
        for number in range(many):
            audit.record(connection, "Booth", "mairie", who="odile", interaction="fleet:close", status=200, at=number)

    await database.act(add)


async def run(check: AuditCheck, *, whole: bool = False) -> list[Stretch]:
    steps = [await check.step(whole=whole, after=None)]
    while steps[-1].after is not None:
        steps.append(await check.step(whole=whole, after=steps[-1].after))
    return steps


async def change(database: Database, number: int, **values: Any) -> None:
    await database.act(
        lambda connection: connection.execute(update(rows).where(rows.c.number == number).values(values))
    )


async def test_a_check_goes_on_from_the_last_one_and_reads_no_more_than_a_stretch_at_once(database: Database) -> None:
    check = AuditCheck(database)
    assert [(each.read, each.rows, each.broken, each.of) for each in await run(check)] == [(0, 0, 0, 0)]
    await write(database, STRETCH + 30)
    first, *others = await run(check)
    assert (first.read, first.of) == (STRETCH, STRETCH + 30)
    assert [each.read for each in others] == [30]
    assert (others[-1].rows, others[-1].broken) == (STRETCH + 30, 0)
    await write(database, 5)
    assert [(each.read, each.of, each.rows) for each in await run(check)] == [(5, 5, STRETCH + 35)]
    assert sum(each.read for each in await run(check, whole=True)) == STRETCH + 35


async def test_an_edited_row_is_found_and_stays_known_until_it_is_put_right(database: Database) -> None:
    check = AuditCheck(database)
    await write(database, 10)
    await change(database, 4, who="paule")
    assert (await run(check))[-1].broken == 1
    await write(database, 3)
    found = (await run(check))[-1]
    assert (found.read, found.broken) == (3, 1)
    await change(database, 4, who="odile")
    assert (await run(check, whole=True))[-1].broken == 0


async def test_what_was_edited_after_it_was_checked_only_a_check_of_all_finds(database: Database) -> None:
    check = AuditCheck(database)
    await write(database, 10)
    await run(check)
    await change(database, 4, who="paule")
    assert (await run(check))[-1].broken == 0
    assert (await run(check, whole=True))[-1].broken == 1


async def test_a_chain_whose_end_was_cut_off_is_found_and_no_later_check_forgets_it(database: Database) -> None:
    check = AuditCheck(database)
    await write(database, 10)
    await run(check)
    await database.act(lambda connection: connection.execute(delete(rows).where(rows.c.number > 7)))
    assert (await run(check))[-1].broken == 1
    assert (await run(check))[-1].broken == 1
    assert (await run(check, whole=True))[-1].broken == 1


async def test_a_chain_that_is_gone_whole_is_found(database: Database) -> None:
    check = AuditCheck(database)
    await write(database, 10)
    await run(check)
    await database.act(lambda connection: connection.execute(text("DELETE FROM audit")))
    assert (await run(check))[-1].broken == 1
