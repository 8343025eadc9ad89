"""Durable POST Observation per second over HTTP, against the same rows written by the least code that can.

Ours: the whole gateway as it is run (its listener, the Bearer token, validation, permission, sealing, index, audit, one
durable commit before the 201), on SQLite and on PostgreSQL, with 1, 8 and 32 programs that each wait for their answer
before the next POST of a blood pressure. In the same run:

    PUT          the same under ids of the programs' own, as a booth delivers
    same rows    a bare aiohttp handler that reads nothing and checks nothing: the body as it came, and the index and
                 audit rows of our latest POSTs of 32 patients in turn, in the same tables and with the same settings,
                 with group commit (a writer that takes all that waits into one transaction)
    one row      INSERT and COMMIT of the body alone, one after another, without HTTP

The programs are in a process of their own, on the same cores. Rounds take turns, so that a busy machine slows both
sides; the median round counts.
"""

from __future__ import annotations

import asyncio
import random
import socket
import statistics
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
import asyncpg  # type: ignore[import-untyped]  # it ships no type information
import structlog
import uvloop
from aiohttp import web
from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from gateway import interpreter
from gateway.database import open_database
from gateway.database.sqlite_connection import WRITER, connect
from gateway.fhir.json import dumps
from gateway.store import METADATA
from gateway.store.tables import amount, audit, resource, term
from tests.peers.postgresql import running_postgresql
from tests.peers.running import FHIR_JSON, running_gateway
from tests.peers.village import CUFF, pressure, was_measured

CLIENTS = (1, 8, 32)
ROUNDS = 3
ROUND_S = 1.2
ONE_ROWS = 600
TABLES = (resource, term, amount, audit)

Row = tuple[object, ...]
Rows = Mapping[Table, Sequence[Mapping[str, object]]]
Write = Callable[[Sequence[Rows]], Awaitable[None]]


def observation(patient: int) -> bytes:
    """Return what a program posts: a cuff's reading of some patient, as a booth writes it, without an id."""
    who = str(uuid.UUID(int=patient))
    made = was_measured(pressure("132", "81"), who=who, device=CUFF, at=datetime.now(UTC), encounter=who)
    return dumps({name: element for name, element in made.items() if name != "id"})


def load(url: str, token: str, clients: int, method: str = "POST") -> float:
    """Return the requests per second that were answered 201 within a round; runs in the programs' process."""

    async def one(session: aiohttp.ClientSession, patient: int) -> int:
        body, count = observation(patient), -1  # the first one is not counted: it opens the connection
        address, sent = url, body
        while count < 0 or perf_counter() < end:
            if method == "PUT":
                id_ = str(uuid.uuid4())
                address, sent = f"{url}/{id_}", body.replace(b"{", f'{{"id":"{id_}",'.encode(), 1)
            async with session.request(method, address, data=sent) as answer:
                assert answer.status == 201, await answer.text()
                await answer.read()
            count += 1
        return count

    async def all_of_them() -> float:
        headers = {**FHIR_JSON, "Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
            return sum(await asyncio.gather(*(one(session, patient) for patient in range(clients)))) / ROUND_S

    end = perf_counter() + ROUND_S
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(all_of_them())


@dataclass(slots=True, kw_only=True)
class Plain:
    """The bare server: `templates` are the rows of POSTs of ours, `write` commits those of many."""

    templates: Sequence[Rows]
    write: Write
    count: int = 0
    waiting: list[tuple[Rows, asyncio.Future[None]]] = field(default_factory=list)
    some: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, request: web.Request) -> web.Response:
        """Keep the body; it is on the disk when this answers."""
        body, done = await request.read(), asyncio.get_running_loop().create_future()
        self.waiting.append((self.rows(body), done))
        self.some.set()
        await done
        return web.Response(status=201, body=body, content_type="application/fhir+json")

    def rows(self, body: bytes) -> Rows:
        """Return our rows with another id, serial number and body."""
        self.count += 1
        own = {"id": str(uuid.uuid4()), "serial": self.count, "own": random.getrandbits(61), "body": body}
        said = {audit: own | {"number": self.count}}
        return {
            table: [{name: said.get(table, own).get(name, value) for name, value in row.items()} for row in rows]
            for table, rows in self.templates[self.count % len(self.templates)].items()
        }

    async def run(self) -> None:
        """Write for ever, whatever waits in one transaction."""
        while True:
            await self.some.wait()
            self.some.clear()
            group, self.waiting = self.waiting, []
            await self.write([rows for rows, _ in group])
            for _, done in group:
                done.set_result(None)


def values(group: Sequence[Rows], table: Table) -> list[Row]:
    """Return a table's rows of a group, as the drivers take them."""
    return [tuple(row.values()) for rows in group for row in rows[table]]


def one_row(connection: Any) -> float:
    """Return how many rows a second plain pysqlite3 makes durable one by one."""
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, body BLOB)")
    body, began = observation(1), perf_counter()
    for _ in range(ONE_ROWS):
        connection.execute("INSERT INTO one (body) VALUES (?)", (body,))
    return ONE_ROWS / (perf_counter() - began)


@asynccontextmanager
async def plain_sqlite(url: str) -> AsyncIterator[tuple[Write, float]]:
    """Give what writes groups with pysqlite3 in a thread, and the rate of single rows."""
    sql = {table: str(insert(table).compile(dialect=sqlite.dialect())) for table in TABLES}

    def write(connection: Any, group: Sequence[Rows]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            connection.executemany(sql[table], values(group, table))
        connection.execute("COMMIT")

    with closing(connect(Path(str(make_url(url).database)))) as connection:
        for pragma in WRITER:
            connection.execute(pragma)
        yield lambda group: asyncio.to_thread(write, connection, group), await asyncio.to_thread(one_row, connection)


@asynccontextmanager
async def plain_postgresql(url: str) -> AsyncIterator[tuple[Write, float]]:
    """Give what writes groups with asyncpg on one connection, and the rate of single rows."""
    parsed = make_url(url)
    dialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it out
    sql = {table: str(insert(table).compile(dialect=dialect)) for table in TABLES}
    connection = await asyncpg.connect(host=parsed.query["host"], user="postgres", database=parsed.database)

    async def write(group: Sequence[Rows]) -> None:
        async with connection.transaction():
            for table in TABLES:
                await connection.executemany(sql[table], values(group, table))

    try:
        await connection.execute("CREATE TABLE one (id BIGSERIAL PRIMARY KEY, body BYTEA)")
        body, began = observation(1), perf_counter()
        for _ in range(ONE_ROWS):
            await connection.execute("INSERT INTO one (body) VALUES ($1)", body)
        yield write, ONE_ROWS / (perf_counter() - began)
    finally:
        await connection.close()


def rows_of_posts(connection: Connection) -> list[Rows]:
    """Return the rows that the latest POSTs of ours left, of as many patients as there are programs."""
    newest = connection.execute(select(resource).order_by(resource.c.serial.desc()).limit(1_000)).mappings()
    latest = {row["patient"]: dict(row) for row in newest}
    assert len(latest) == max(CLIENTS)
    return [_rows_of(connection, row) for row in latest.values()]


def _rows_of(connection: Connection, newest: Mapping[str, Any]) -> Rows:
    found = {
        table: connection.execute(select(table).where(table.c.serial == newest["serial"])).mappings().all()
        for table in (term, amount)
    }
    said = connection.execute(select(audit).where(audit.c.id == newest["id"])).mappings().all()
    return {table: list(map(dict, rows)) for table, rows in ({resource: [newest]} | found | {audit: said}).items()}


@asynccontextmanager
async def plain_server(ours: str, url: str) -> AsyncIterator[tuple[str, float]]:
    """Run the bare server on the empty database *url*; gives its address and the rate of single rows."""
    async with open_database(ours, METADATA) as database:
        templates = await database.look(rows_of_posts)
    async with open_database(url, METADATA):
        pass
    async with AsyncExitStack() as stack:
        of = plain_sqlite if url.startswith("sqlite") else plain_postgresql
        write, single = await stack.enter_async_context(of(url))
        server = Plain(templates=templates, write=write)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        writer = tasks.create_task(server.run())
        stack.callback(writer.cancel)
        site = web.Application()
        site.add_routes([web.post("/", server.post)])
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        opened = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, opened).start()
        yield f"http://127.0.0.1:{opened.getsockname()[1]}/", single


async def compare(name: str, folder: Path, urls: tuple[str, str], programs: Executor) -> None:
    """Measure and print one database: *urls* are ours and the baseline's."""
    loop = asyncio.get_running_loop()

    def run(url: str, token: str, clients: int, method: str = "POST") -> Awaitable[float]:
        return loop.run_in_executor(programs, load, url, token, clients, method)

    async with running_gateway(folder, change=lambda usual: replace(usual, database=urls[0])) as gateway:
        us, token = f"{gateway.fhir}/Observation", await gateway.token()
        await run(us, token, max(CLIENTS))  # makes the patients' keys and warms both sides up
        async with plain_server(*urls) as (them, single):
            for clients in CLIENTS:
                rounds = [
                    [
                        await run(us, token, clients),
                        await run(them, token, clients),
                        await run(us, token, clients, "PUT"),
                    ]
                    for _ in range(ROUNDS)
                ]
                ours, baseline, put = (statistics.median(each) for each in zip(*rounds, strict=True))
                rates = f"{ours:10,.0f} {baseline:11,.0f} {ours / baseline:7.2f} {put:9,.0f} {single:9,.0f}"
                print(f"{name:10} {clients:8} {rates}", flush=True)


async def measure() -> None:
    """Measure both databases."""
    print("durable POST Observation per second (aim: at least 0.5 of the same rows, 1,000/s with 32 programs)")
    print(f"{'':10} programs       ours   same rows   ratio       PUT   one row")
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as programs,
        # Where the program's own files would be: a folder in memory would make every fsync free.
        tempfile.TemporaryDirectory(prefix="durable-", dir=Path.cwd()) as name,
    ):
        folder = Path(name)
        files = (f"sqlite:///{folder}/ours.db", f"sqlite:///{folder}/plain.db")
        await compare("SQLite", folder / "sqlite", files, programs)
        with running_postgresql() as server:
            made = (server.make_database(), server.make_database())
            await compare("PostgreSQL", folder / "postgresql", made, programs)


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    interpreter.serve()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure())


if __name__ == "__main__":
    main()
