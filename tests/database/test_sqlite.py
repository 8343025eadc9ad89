"""What the SQLite file must be, and what happens when the disk is not as it should be."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, func, insert, select

from gateway.database import open_database
from gateway.errors import SettingsError, Unavailable

METADATA = MetaData()
BLOBS = Table("blobs", METADATA, Column("id", Integer, primary_key=True), Column("blob", LargeBinary))


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(BLOBS)).scalar_one()


def grow(connection: Connection) -> None:
    connection.execute(insert(BLOBS).values(blob=b"x" * 20_000))


async def test_the_file_and_its_logs_are_for_their_owner_only(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/d/a.db", METADATA) as database:
        await database.act(grow)
        assert {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "d").iterdir()} == {
            "a.db": "0o600",
            "a.db-wal": "0o600",
            "a.db-shm": "0o600",
        }
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["a.db"]


async def test_every_connection_waits_for_the_disk_and_uses_the_log(tmp_path: Path) -> None:
    def pragma(connection: Connection) -> list[object]:
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]

    async with open_database(f"sqlite:///{tmp_path}/a.db", METADATA) as database:
        assert await database.act(pragma) == [2, "wal"]
        assert await database.look(pragma) == [2, "wal"]


async def test_a_file_that_is_no_database_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, " * 100)
    with pytest.raises(SettingsError, match=r"letter\.txt: the file is not a database"):
        async with open_database(f"sqlite:///{path}", METADATA):
            pass
    assert path.read_text() == "Dear all, " * 100


async def test_a_folder_where_the_file_should_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot make or open this file"):
        async with open_database(f"sqlite:///{tmp_path}", METADATA):
            pass


async def test_an_old_sqlite_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(SettingsError, match=r"install pysqlite3 with SQLite 3\.51\.3 or newer"):
        async with open_database(f"sqlite:///{tmp_path}/a.db", METADATA):
            pass


async def test_a_full_database_refuses_the_whole_group_and_recovers_when_there_is_room(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/a.db", METADATA) as database:
        await database.act(grow)
        await database.act(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 30").scalar())
        results = await asyncio.gather(*(database.act(grow) for _ in range(40)), return_exceptions=True)
        refused = [result for result in results if isinstance(result, Unavailable)]
        assert refused
        assert len(refused) + results.count(None) == 40
        assert "the disk is full" in str(refused[0])
        assert await database.look(count) == 1 + results.count(None)
        await database.act(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 100000").scalar())
        await database.act(grow)


_UNTIL_FULL = """
import asyncio, json, resource, sys
from gateway.database import open_database
from gateway.errors import Unavailable
from tests.database.test_sqlite import METADATA, count, grow

async def main():
    async with open_database(f"sqlite:///{sys.argv[1]}", METADATA) as database:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        results = await asyncio.gather(*(database.act(grow) for _ in range(300)), return_exceptions=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await database.act(grow)
        refused = sum(isinstance(result, Unavailable) for result in results)
        print(json.dumps({"kept": results.count(None) + 1, "refused": refused, "there": await database.look(count)}))

asyncio.run(main())
"""


def test_when_the_system_refuses_to_write_nothing_is_acknowledged_and_writing_goes_on_later(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", _UNTIL_FULL, str(tmp_path / "a.db")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=Path(__file__).parents[2],
    )
    assert child.returncode == 0, child.stderr
    figures = json.loads(child.stdout)
    assert figures["refused"] > 0
    assert figures["kept"] + figures["refused"] == 301
    assert figures["there"] == figures["kept"]


async def test_two_programs_on_one_file_wait_for_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    async with open_database(url, METADATA) as one, open_database(url, METADATA) as other:
        await asyncio.gather(*(database.act(grow) for _ in range(50) for database in (one, other)))
        assert await one.look(count) == 100


async def test_closing_finishes_what_was_asked_before(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    async with open_database(url, METADATA) as database:
        acts = [asyncio.create_task(database.act(grow)) for _ in range(300)]
        await asyncio.sleep(0)
    await asyncio.gather(*acts)
    with pytest.raises(Unavailable, match="is closed"):
        await database.act(grow)
    with pytest.raises(Unavailable, match="is closed"):
        await database.look(count)


async def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/a.db", METADATA) as database:
        for _ in range(40):
            await asyncio.gather(*(database.act(grow) for _ in range(20)))
        assert (tmp_path / "a.db-wal").stat().st_size < 12_000_000
        assert (tmp_path / "a.db").stat().st_size > 10_000_000
