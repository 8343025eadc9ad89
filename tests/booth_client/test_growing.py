"""A booth's file of an earlier release serves this one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from booth_client import boots, tables
from booth_client.growing import grow
from gateway.database import open_database
from gateway.errors import SettingsError

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


def earlier(folder: Path, *, without: str) -> None:
    """Leave the file of a release whose table of the machine's starts lacked a column, with one start in it."""
    columns = [c for c in tables.BOOTS.columns.keys() if c != without]  # noqa: SIM118  a collection of columns
    at = int(T0.timestamp() * 1_000_000)
    values = {**dict.fromkeys(columns, at), "serial": 1, "id": "3a"}
    with closing(sqlite3.connect(folder / "booth.db")) as file, file:
        file.execute(f"CREATE TABLE boot ({', '.join(f'[{c}]' for c in columns)})")
        file.execute(
            f"INSERT INTO boot ({', '.join(f'[{c}]' for c in columns)}) VALUES ({', '.join('?' * len(columns))})",
            [values[c] for c in columns],
        )


async def test_a_column_that_is_new_is_added_and_what_was_kept_is_still_there(tmp_path: Path) -> None:
    earlier(tmp_path, without="woke")
    for _ in range(2):
        async with open_database(f"sqlite:///{tmp_path}/booth.db", tables.METADATA) as database:
            await grow(database, tables.METADATA)
            (boot,) = await database.look(boots.loaded)
    assert (boot.id, boot.woke, boot.since) == ("3a", None, T0)


async def test_a_file_that_cannot_grow_is_refused_in_words_and_left_as_it_was(tmp_path: Path) -> None:
    earlier(tmp_path, without="machine")
    async with open_database(f"sqlite:///{tmp_path}/booth.db", tables.METADATA) as database:
        with pytest.raises(SettingsError, match=r"booth\.db: its table boot has no column machine"):
            await grow(database, tables.METADATA)
    with closing(sqlite3.connect(tmp_path / "booth.db")) as file:
        assert "machine" not in {column[1] for column in file.execute("PRAGMA table_info(boot)")}
