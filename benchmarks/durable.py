"""Durable writes per second: `Database.act`, against the least that SQLite itself takes for the same rows.

A row is 1,300 octets, what a sealed blood-pressure Observation takes. Beside `act` with 1, 8 and 32 writers at once, in
the same run, on the same disk, with the same settings (WAL, synchronous=FULL):

    one by one    a loop of INSERT and COMMIT in plain pysqlite3: what a program without group commit could reach
    by the batch  a loop of 32 INSERTs and a COMMIT: what group commit could reach if our machinery cost nothing
    fsync         one write of 1,300 octets and an fsync, without any database: what the disk takes

Rounds take turns, so that a busy machine slows all of them; the best round counts.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, insert

from gateway.database import Database, open_database
from gateway.database.file import create_file
from gateway.database.sqlite_connection import connect

METADATA = MetaData()
ROWS = Table("rows", METADATA, Column("id", Integer, primary_key=True), Column("body", LargeBinary))
BODY = os.urandom(1300)
INSERT = insert(ROWS)

ROUNDS = 5
WRITES = 2000
BATCH = 32
WRITERS = (1, 8, 32)


def one(connection: Connection) -> None:
    """Insert one row, as an act."""
    connection.execute(INSERT, {"body": BODY})


async def act(database: Database, writers: int) -> float:
    """Return acts per second with so many writers, each waiting for its own before the next."""

    async def write() -> None:
        for _ in range(WRITES // writers):
            await database.act(one)

    began = perf_counter()
    await asyncio.gather(*(write() for _ in range(writers)))
    return WRITES // writers * writers / (perf_counter() - began)


def plain(path: Path, batch: int) -> float:
    """Return rows per second in plain pysqlite3, so many to a COMMIT."""
    with closing(connect(path)) as connection:
        began = perf_counter()
        for _ in range(WRITES // batch):
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(batch):
                connection.execute("INSERT INTO rows (body) VALUES (?)", (BODY,))
            connection.execute("COMMIT")
        return WRITES // batch * batch / (perf_counter() - began)


def fsync_s(path: Path) -> float:
    """Return the median seconds of one small write and its fsync."""
    took = []
    with path.open("ab", buffering=0) as file:
        for _ in range(300):
            began = perf_counter()
            file.write(BODY)
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return statistics.median(took)


async def measure(folder: Path) -> tuple[dict[int, float], dict[int, float], float]:
    """Return the best of all rounds: acts by writers, plain rows by batch, and seconds of an fsync."""
    ours = dict.fromkeys(WRITERS, 0.0)
    baseline = dict.fromkeys((1, BATCH), 0.0)
    disk = float("inf")
    path = folder / "plain.db"
    create_file(path)
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
    async with open_database(f"sqlite:///{folder}/ours.db", METADATA) as database:
        for _ in range(ROUNDS):
            for writers in WRITERS:
                ours[writers] = max(ours[writers], await act(database, writers))
            for batch in baseline:
                baseline[batch] = max(baseline[batch], await asyncio.to_thread(plain, path, batch))
            disk = min(disk, await asyncio.to_thread(fsync_s, folder / "fsync"))
    return ours, baseline, disk


def main(report: Callable[[str], None] = print) -> None:
    """Measure and print us, the baseline and their ratio."""
    # Where the program's own files would be: a folder in memory would make every fsync free.
    with tempfile.TemporaryDirectory(prefix="durable-", dir=Path.cwd()) as folder:
        ours, baseline, disk = asyncio.run(measure(Path(folder)))
    report(f"one fsync of 1,300 octets: {disk * 1000:.2f} ms ({1 / disk:,.0f}/s)")
    for writers, against in ((1, 1), (8, 1), (8, BATCH), (32, 1), (32, BATCH)):
        what = "row by row" if against == 1 else f"{against} rows to a COMMIT"
        us, them = ours[writers], baseline[against]
        report(
            f"durable writes, {writers:2} writers: {us:8,.0f}/s    plain pysqlite3 {what}: {them:8,.0f}/s"
            f"    ratio {us / them:5.2f}"
        )


if __name__ == "__main__":
    main()
