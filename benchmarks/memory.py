"""What a gateway's process holds while it keeps storing: resident memory after so many durable POSTs.

Programs in a process of their own, 64 at once, post blood pressures of 5,000 patients with values of every size, each
with other times. The gateway runs as `teleborne gateway` does, on SQLite, in this process.

`python benchmarks/memory.py COUNT …` takes other marks.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Final

import aiohttp
import structlog
import uvloop

from benchmarks.post import observation
from gateway import interpreter
from tests.peers.running import FHIR_JSON, running_gateway

MARKS: Final = (1_000, 10_000, 30_000, 100_000)
PROGRAMS: Final = 64
PATIENTS: Final = 5_000


def post(url: str, token: str, first: int, count: int) -> None:
    """Post *count* readings; runs in the programs' process."""
    left = iter(range(first, first + count))
    chosen = random.Random(first)

    async def one(session: aiohttp.ClientSession) -> None:
        for _ in left:
            body = observation(chosen.randrange(PATIENTS))
            for value, most in ((b"132", 230), (b"81", 130)):
                body = body.replace(b'"value":' + value, b'"value":%d' % chosen.randrange(40, most))
            async with session.post(url, data=body) as answer:
                assert answer.status == 201, await answer.text()
                await answer.read()

    async def all_of_them() -> None:
        headers = {**FHIR_JSON, "Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(one(session) for _ in range(PROGRAMS)))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(all_of_them())


def resident_mb() -> float:
    """Return how much memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def measure(marks: tuple[int, ...]) -> None:
    """Print the memory at each mark."""
    loop = asyncio.get_running_loop()
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as programs,
        tempfile.TemporaryDirectory(prefix="memory-", dir=Path.cwd()) as name,
    ):
        async with running_gateway(
            Path(name), change=lambda usual: replace(usual, database=f"sqlite:///{name}/gateway.db")
        ) as gateway:
            interpreter.serve()
            print(f"{'after':>9} POSTs  memory", flush=True)
            print(f"{0:9,}        {resident_mb():6.0f} MB", flush=True)
            before, began = 0, perf_counter()
            for mark in marks:
                for first in range(before, mark, 10_000):  # a token lives for five minutes
                    count = min(10_000, mark - first)
                    url, token = f"{gateway.fhir}/Observation", await gateway.token()
                    await loop.run_in_executor(programs, post, url, token, first, count)
                before = mark
                print(f"{mark:9,}        {resident_mb():6.0f} MB  {perf_counter() - began:6.0f} s", flush=True)


def main() -> None:
    """Measure."""
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(tuple(map(int, sys.argv[1:])) or MARKS))


if __name__ == "__main__":
    main()
