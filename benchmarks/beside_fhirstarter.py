"""Durable POST Observation per second beside fhirstarter, which validates with the library of models.

fhirstarter 4.2 (MIT) is no dependency of ours: its libraries ask for other versions than ours. It lives in an
environment of its own, whose Python is named here:

    python3 -m venv /somewhere && /somewhere/bin/pip install fhirstarter==4.2.0 asyncpg uvicorn uvloop httptools
    python benchmarks/beside_fhirstarter.py /somewhere/bin/python

Its handler inserts the body into one table, one COMMIT each, over a pool of eight connections to the same PostgreSQL
that our whole gateway uses; it checks no token, keeps no index and no audit. 32 programs; rounds take turns.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import structlog
import uvloop
from sqlalchemy.engine import make_url

from benchmarks.post import ROUNDS, load
from gateway import interpreter
from tests.peers.postgresql import running_postgresql
from tests.peers.running import running_gateway

PROGRAMS: Final = 32
SERVER: Final = """
import socket, sys, uuid
from contextlib import asynccontextmanager
import asyncpg, uvicorn
from fhir.resources.R4B.observation import Observation
from fhirstarter import FHIRProvider, FHIRStarter, InteractionContext

host, database = sys.argv[1:]
provider, pools = FHIRProvider(), []

@provider.create(Observation)
async def create(context: InteractionContext, resource: Observation) -> str:
    id_ = str(uuid.uuid4())
    await pools[0].execute("INSERT INTO kept (id, body) VALUES ($1, $2)", id_, resource.json())
    return id_

@asynccontextmanager
async def life(app):
    async with asyncpg.create_pool(host=host, user="postgres", database=database, min_size=8, max_size=8) as pool:
        await pool.execute("CREATE TABLE kept (id TEXT PRIMARY KEY, body TEXT)")
        pools.append(pool)
        yield

app = FHIRStarter(lifespan=life)
app.add_providers(provider)
opened = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{opened.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[opened])
"""


@asynccontextmanager
async def fhirstarter(python: str, url: str, folder: Path) -> AsyncIterator[str]:
    """Run it on the database *url*; gives its address."""
    program, parsed = folder / "server.py", make_url(url)
    program.write_text(SERVER)
    process = await asyncio.create_subprocess_exec(
        python, str(program), str(parsed.query["host"]), str(parsed.database),
        stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"], "FHIR_SEQUENCE": "R4B"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            address = (await process.stdout.readline()).decode().strip()
        yield address
    finally:
        process.kill()
        await process.wait()


async def measure(python: str) -> None:
    """Print both rates."""
    loop = asyncio.get_running_loop()
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as programs,
        tempfile.TemporaryDirectory(prefix="beside-", dir=Path.cwd()) as name,
        running_postgresql() as server,
    ):
        folder, ours, theirs = Path(name), server.make_database(), server.make_database()
        async with (
            running_gateway(folder, change=lambda usual: replace(usual, database=ours)) as gateway,
            fhirstarter(python, theirs, folder) as them,
        ):
            token, urls = await gateway.token(), (f"{gateway.fhir}/Observation", f"{them}/Observation")
            for url in urls:  # warms both sides up
                await loop.run_in_executor(programs, load, url, token, PROGRAMS)
            rounds = [
                [await loop.run_in_executor(programs, load, url, token, PROGRAMS) for url in urls]
                for _ in range(ROUNDS)
            ]
    us, it = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(f"durable POSTs a second, {PROGRAMS} programs: ours {us:,.0f}, fhirstarter {it:,.0f}, ratio {us / it:.1f}")


def main() -> None:
    """Measure, where its Python is named."""
    if len(sys.argv) < 2:
        print("not measured: name the Python of an environment with fhirstarter (see the head of this file)")
        return
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    interpreter.serve()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(sys.argv[1]))


if __name__ == "__main__":
    main()
