"""Search at 10 thousand, 100 thousand and 1 million Observations, against the same SQL behind a bare aiohttp handler.

Ours: the whole gateway (Bearer token, parsing, permission, SQL, unsealing, Bundle), asked by a program over one kept
connection for random patients: a code and a month of one patient, newest first; the same by the patient's number (a
chain) and by name; one patient's readings with the patient along; values above a bound.

Baseline in the same run: the statement of the first question, as our engine compiled it, run by pysqlite3 or asyncpg in
a bare handler that answers the sealed bodies as they are. Beside it: how long a start takes with that many.

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
from gateway.database import open_database, open_keyring
from gateway.database.sqlite import connect
from gateway.fhir.search.parsing import search
from gateway.store import METADATA, finding, open_store
from gateway.store.keys import Keys, field_number
from gateway.store.reindexing import index_keys
from gateway.store.tables import resource
from tests.peers.postgresql import running_postgresql
from tests.peers.running import running_gateway

SIZES: Final = (10_000, 100_000, 1_000_000)
ASKED: Final = 300
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

Ask = Callable[[str], Awaitable[int]]


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

        fetch = await stack.enter_async_context(_rows(url))

        async def answer(request: web.Request) -> web.Response:
            rows = await fetch(text, asked_of(int(request.query["who"])))
            return web.Response(body=b"[" + b",".join(bytes(row[0]) for row in rows) + b"]")

        site = web.Application()
        site.add_routes([web.get("/", answer)])
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        opened = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, opened).start()
        yield f"http://127.0.0.1:{opened.getsockname()[1]}/"


@asynccontextmanager
async def _rows(url: str) -> AsyncIterator[Callable[[str, tuple[Any, ...]], Awaitable[list[Any]]]]:
    """Give what fetches the bodies of a statement."""
    parsed = make_url(url)
    if url.startswith("sqlite"):
        line = connect(Path(str(parsed.database)))

        async def from_sqlite(text: str, values: tuple[Any, ...]) -> list[Any]:
            found = await asyncio.to_thread(lambda: line.execute(text, values).fetchall())
            return [(row[_BODY],) for row in found]

        yield from_sqlite
        line.close()
        return
    line = await asyncpg.connect(host=parsed.query["host"], user="postgres", database=parsed.database)

    async def from_postgresql(text: str, values: tuple[Any, ...]) -> list[Any]:
        return [(row["body"],) for row in await line.fetch(text, *values)]

    yield from_postgresql
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
                base = await timed(lambda who: ask(f"{address}?who={who}"), patients)
                for question, of in QUESTIONS.items():
                    ours = await timed(partial(asked, ask, of, f"{gateway.fhir}/Observation?"), patients)
                    ratio = f"{ours[0] / base[0]:6.2f}" if question == "patient, code, date" else "      "
                    times = " ".join(f"{each:8.2f}" for each in (*ours, *base))
                    print(f"{name:10} {size:9,} {question:22} {times} {ratio}", flush=True)
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
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(tuple(map(int, sys.argv[1:])) or SIZES))
