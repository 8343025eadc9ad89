"""Transaction Bundles of 50 readings, against the same readings posted one by one to the same gateway, on both engines.

Resources a second that are durable, with one program that waits for each answer, and with eight.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import aiohttp
import structlog
import uvloop

from benchmarks.post import observation
from gateway.fhir.json import dumps, loads
from tests.peers.postgresql import running_postgresql
from tests.peers.running import FHIR_JSON, running_gateway

ENTRIES: Final = 50
ROUND_S: Final = 3.0
PROGRAMS: Final = (1, 8)


def bundle(patient: int) -> bytes:
    """Return a transaction of readings of one patient."""
    reading = loads(observation(patient))
    entry = {"resource": reading, "request": {"method": "POST", "url": "Observation"}}
    return dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry] * ENTRIES})


async def rate(session: aiohttp.ClientSession, url: str, bodies: list[bytes], each: int) -> float:
    """Return the resources a second that programs, one a body, get acknowledged."""
    end = perf_counter() + ROUND_S

    async def one(body: bytes) -> int:
        done = 0
        while perf_counter() < end:
            async with session.post(url, data=body) as answer:
                assert answer.status in (200, 201), await answer.text()
                await answer.read()
            done += each
        return done

    return sum(await asyncio.gather(*map(one, bodies))) / ROUND_S


async def measure(name: str, folder: Path, database: str) -> None:
    """Measure and print one engine."""
    async with running_gateway(folder, change=partial(replace, database=database)) as gateway:
        headers = {**FHIR_JSON, "Authorization": f"Bearer {await gateway.token()}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for programs in PROGRAMS:
                together = await rate(session, gateway.fhir, [bundle(n) for n in range(programs)], ENTRIES)
                alone = await rate(session, f"{gateway.fhir}/Observation", [observation(n) for n in range(programs)], 1)
                print(f"{name:10} {programs:8} {together:12,.0f} {alone:10,.0f} {together / alone:7.2f}", flush=True)


async def main() -> None:
    """Measure both engines."""
    print(f"durable readings per second, in transactions of {ENTRIES} and one by one")
    print(f"{'':10} programs transactions one by one   ratio")
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=Path.cwd()) as name:
        folder = Path(name)
        await measure("SQLite", folder / "sqlite", f"sqlite:///{folder}/gateway.db")
        with running_postgresql() as server:
            await measure("PostgreSQL", folder / "postgresql", server.make_database())


if __name__ == "__main__":
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
