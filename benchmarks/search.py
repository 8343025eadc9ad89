"""Search at 10 thousand, 100 thousand and 1 million Observations, against the same SQL behind a bare aiohttp handler.

Ours: the whole gateway (Bearer token, parsing, permission, SQL, unsealing, Bundle), asked by a program over one kept
connection for random patients: a code and a month of one patient, newest first; the same by the patient's number (a
chain) and by name; one patient's readings with the patient along; values above a bound.

Baseline in the same run: the statement of the first question, as our engine compiled it, run by pysqlite3 (in a thread,
as whoever may not hold the loop does) or asyncpg in a bare handler that answers the sealed bodies as they are. Beside
it: the same with SQLite asked in the loop itself, which a long question would hold for as long as it takes; for how
long a loop was held while eight programs asked at once, ours also with a question that walks every row; and how long a
start takes with that many. Client and handlers share the loop, in all alike.

`python benchmarks/search.py COUNT …` takes other sizes.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import aiohttp
import asyncpg  # type: ignore[import-untyped]  # it ships no type information
import structlog
import uvloop
from aiohttp import web
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from benchmarks.filling import READINGS, family, fill, patient
from gateway import interpreter
from gateway.database import open_database, open_keyring
from gateway.database.sqlite_connection import connect
from gateway.fhir.search.parsing import search
from gateway.store import METADATA, finding, open_store
from gateway.store.keys import Keys, field_number
from gateway.store.reindexing import index_keys
from gateway.store.tables import resource
from tests.peers.postgresql import running_postgresql
from tests.peers.running import running_gateway

SIZES: Final = (10_000, 100_000, 1_000_000)
ASKED: Final = 1_000
BASE: Final = "http://x/fhir/R4"
MONTH: Final = ("ge2025-10-12", "lt2025-11-01")

QUESTIONS: Final[dict[str, Callable[[int], str]]] = {
    "patient, code, date": lambda n: (
        f"patient={patient(n)}&code=http://loinc.org|8867-4&date={MONTH[0]}&date={MONTH[1]}"
    ),
    "chain by identifier": lambda n: f"patient.identifier=urn:ins|{n}&code=8867-4&_count=20",
    "chain by name": lambda n: f"subject:Patient.family={family(n)}&code=8867-4&_count=20",
    "with the patient": lambda n: f"patient={patient(n)}&_count=20&_include=Observation:patient",
    "value above": lambda n: f"patient={patient(n)}&value-quantity=gt70||/min&_count=20",
}

_BODY: Final = [*resource.columns.keys()].index("body")

WALKS: Final = "code:not=8867-4&_count=20"
IN_THE_LOOP: Final = "/in-the-loop"
PROGRAMS: Final = 8
_PAUSE_S: Final = 0.001

Ask = Callable[[str], Awaitable[int]]
Fetch = Callable[[str, tuple[Any, ...]], Awaitable[list[Any]]]


async def asked(ask: Ask, of: Callable[[int], str], address: str, who: int) -> int:
    """Ask a question about one patient."""
    return await ask(address + of(who))


async def timed(ask: Callable[[int], Awaitable[int]], patients: int) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds, of questions about random patients."""
    chosen = random.Random(7)
    took = []
    for number in range(-20, ASKED):  # the first ones warm both sides up
        who = chosen.randrange(patients)
        began = perf_counter()
        size = await ask(who)
        if number >= 0:
            took.append((perf_counter() - began) * 1000)
        assert size > 1_000, "something was found"
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


async def walk(first: Callable[[int], Awaitable[int]], rare: Callable[[], Awaitable[int]], who: int) -> int:
    """Ask what walks every row in the place of one question in a hundred."""
    return await rare() if who % 100 == 0 else await first(who)


async def together(ask: Callable[[int], Awaitable[int]], patients: int) -> tuple[float, float]:
    """Let eight programs ask at once; return questions a second, and for how many ms the loop was held at most."""
    chosen, longest = random.Random(11), 0.0

    async def program() -> None:
        for _ in range(ASKED // PROGRAMS):
            await ask(chosen.randrange(patients))

    async def watch() -> None:
        nonlocal longest
        while True:
            began = perf_counter()
            await asyncio.sleep(_PAUSE_S)
            longest = max(longest, perf_counter() - began - _PAUSE_S)

    watching = asyncio.create_task(watch())
    began = perf_counter()
    async with asyncio.TaskGroup() as programs:
        for _ in range(PROGRAMS):
            programs.create_task(program())
    took = perf_counter() - began
    watching.cancel()
    return ASKED / took, longest * 1000


@asynccontextmanager
async def bare(url: str, keys: Keys) -> AsyncIterator[str]:
    """Run the same SQL behind a bare handler; gives its address."""
    async with AsyncExitStack() as stack:
        dialect: Any = sqlite.dialect() if url.startswith("sqlite") else postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it out

        pairs = [tuple(each.split("=", 1)) for each in QUESTIONS["patient, code, date"](0).split("&")]
        query = search("Observation", pairs, base=BASE).query  # type: ignore[arg-type]  # pairs they are
        compiled = finding.page(query, query.clauses, keys=keys, now=0).compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        values, of = compiled.construct_params(), keys.of
        text, names = str(compiled), tuple(compiled.positiontup or ())
        field, code = field_number("Observation", "code"), of("8867-4")
        first = keys.owned(of(f"Patient/{patient(0)}"), field, code)

        def asked_of(who: int) -> tuple[Any, ...]:
            mine = keys.owned(of(f"Patient/{patient(who)}"), field, code)
            return tuple(mine if values[name] == first else values[name] for name in names)

        ways = await stack.enter_async_context(_rows(url))

        async def answer(fetch: Fetch, request: web.Request) -> web.Response:
            rows = await fetch(text, asked_of(int(request.query["who"])))
            return web.Response(body=b"[" + b",".join(bytes(row[0]) for row in rows) + b"]")

        site = web.Application()
        site.add_routes([web.get(path, partial(answer, fetch)) for path, fetch in ways.items()])
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        opened = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, opened).start()
        yield f"http://127.0.0.1:{opened.getsockname()[1]}/"


@asynccontextmanager
async def _rows(url: str) -> AsyncIterator[dict[str, Fetch]]:
    """Give what fetches the bodies of a statement, by the path of its handler."""
    parsed = make_url(url)
    if url.startswith("sqlite"):
        line, lines = connect(Path(str(parsed.database))), threading.local()

        def in_a_thread(text: str, values: tuple[Any, ...]) -> list[Any]:
            mine = getattr(lines, "line", None)
            if mine is None:
                mine = lines.line = connect(Path(str(parsed.database)))
            found: list[Any] = mine.execute(text, values).fetchall()
            return found

        async def from_sqlite(text: str, values: tuple[Any, ...]) -> list[Any]:
            return [(row[_BODY],) for row in await asyncio.to_thread(in_a_thread, text, values)]

        async def in_the_loop(text: str, values: tuple[Any, ...]) -> list[Any]:
            return [(row[_BODY],) for row in line.execute(text, values).fetchall()]

        yield {"/": from_sqlite, IN_THE_LOOP: in_the_loop}
        line.close()
        return
    line = await asyncpg.connect(host=parsed.query["host"], user="postgres", database=parsed.database)

    async def from_postgresql(text: str, values: tuple[Any, ...]) -> list[Any]:
        return [(row["body"],) for row in await line.fetch(text, *values)]

    yield {"/": from_postgresql}
    await line.close()


def start(folder: Path, database: str, keyring: str) -> float:
    """Return how long the gateway's program takes until it says that it is ready, in seconds."""
    settings = folder / "gateway.toml"
    settings.write_text(f'data_dir = "{folder}"\ndatabase = "{database}"\nkeyring = "{keyring}"\n[listen]\nport = 0\n')
    began = perf_counter()
    command = [sys.executable, "-m", "gateway.cli", "gateway", "--config", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        assert program.stdout is not None
        while b"ready" not in program.stdout.readline():
            assert program.poll() is None
        took = perf_counter() - began
        program.terminate()
        program.stdout.read()
    return took


def memory_mb() -> float:
    """Return how much memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def measure(name: str, folder: Path, url: str, sizes: tuple[int, ...]) -> None:
    """Fill one database step by step, and measure and print each step."""
    last = 0
    for size in sizes:
        keyring_url = f"sqlite:///{folder}/keyring.db"
        async with (
            open_keyring(keyring_url, folder / "key-encryption-key") as keyring,
            open_database(url, METADATA, patient=True) as database,
            open_store(database, keyring) as store,
        ):
            keys = await index_keys(keyring)
            await fill(store, url, keyring, keys, first=last, count=size - last, base=BASE)
        last = size
        started = await asyncio.to_thread(start, folder, url, keyring_url)
        changed = partial(replace, database=url, keyring=keyring_url, data_dir=folder)
        async with running_gateway(folder, change=changed) as gateway, bare(url, keys) as address:
            at_start = memory_mb()
            headers = {"Authorization": f"Bearer {await gateway.token()}"}
            async with aiohttp.ClientSession(headers=headers) as session:

                async def ask(url_: str, session: aiohttp.ClientSession = session) -> int:
                    async with session.get(url_) as answer:
                        assert answer.status == 200, await answer.text()
                        return len(await answer.read())

                patients = size // READINGS

                async def bare_at(path: str, who: int, ask: Ask = ask, address: str = address.rstrip("/")) -> int:
                    return await ask(f"{address}{path}?who={who}")

                bare_first = partial(bare_at, "/")
                base = await timed(bare_first, patients)
                for question, of in QUESTIONS.items():
                    ours = await timed(partial(asked, ask, of, f"{gateway.fhir}/Observation?"), patients)
                    ratio = f"{ours[0] / base[0]:6.2f}" if question == "patient, code, date" else "      "
                    times = " ".join(f"{each:8.2f}" for each in (*ours, *base))
                    print(f"{name:10} {size:9,} {question:22} {times} {ratio}", flush=True)
                first = partial(asked, ask, QUESTIONS["patient, code, date"], f"{gateway.fhir}/Observation?")

                if name == "SQLite":
                    near = partial(bare_at, IN_THE_LOOP)
                    half, most = await timed(near, patients)
                    print(f"{name:10} {size:9,} {'bare, in the loop itself':24} {half:6.2f} {most:8.2f}", flush=True)
                    walking = partial(walk, first, partial(ask, f"{gateway.fhir}/Observation?{WALKS}"))
                    ways = {"bare": bare_first, "bare, in the loop itself": near, "ours": first, "some walk": walking}
                    for way, each in ways.items():
                        rate, longest = await together(each, patients)
                        print(f"{name:10} {size:9,} {way:24} {rate:6,.0f} a second, loop held {longest:5.1f} ms")
            memory = f"{at_start:.0f} MB, after all {memory_mb():.0f} MB"
            print(f"{name:10} {size:9,} start {started:5.2f} s, {memory}", flush=True)


async def main(sizes: tuple[int, ...]) -> None:
    """Measure both engines."""
    print("search (aim: at most 2.0 of the same SQL behind a bare handler; p99 flat within 1.5 from 10 k to 1 M)")
    print(f"{'':10} {'stored':>9} {'question':22} {'ms':>7} {'p99':>8} {'bare ms':>8} {'p99':>8}  ratio")
    with tempfile.TemporaryDirectory(prefix="search-", dir=Path.cwd()) as name:
        for engine in ("sqlite", "postgresql"):
            folder = Path(name) / engine
            folder.mkdir()
            if engine == "sqlite":
                await measure("SQLite", folder, f"sqlite:///{folder}/gateway.db", sizes)
            else:
                with running_postgresql() as server:
                    await measure("PostgreSQL", folder, server.make_database(), sizes)


if __name__ == "__main__":
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    interpreter.serve()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(tuple(map(int, sys.argv[1:])) or SIZES))
