"""What a waiting participant costs the signalling server, and a change of the queue, against bare aiohttp WebSockets.

Ours is the server as it is: ticket, Origin, hello, welcome, rate limit, envelope, sequence numbers, what may be said
again, the durable record (SQLite in a temporary folder). The baseline accepts sockets with the same heartbeat and size
limit and sends the same octets to each, remembers nothing and checks nothing. Both run on uvloop in a process of their
own; the sockets' other ends are in this one. Memory is the server's resident set (after a collection) over the number
of sockets. A change of the queue goes to every physician who is available; it is told per second of its own CPU,
because both ends share this machine's cores, and per second of the clock beside it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import aiohttp
import uvloop
from aiohttp import web

from gateway import interpreter
from signalling.server import Limits
from tests.signalling.client import Client, hang_up_all
from tests.signalling.program import serving
from tests.signalling.record import Record

IDLE: Final = 5_000
PHYSICIANS: Final = 200
CHANGES: Final = 150
TOGETHER: Final = 100
RUNS: Final = 2


# The two servers


async def ours(folder: Path) -> None:
    """Serve signalling as it is, with a record on disk."""
    async with serving(Record(path=folder / "record.db"), limits=Limits()) as (_, address):
        await obey(address)


async def bare(_folder: Path) -> None:
    """Serve sockets that say to all what one says."""
    sockets: set[web.WebSocketResponse] = set()

    async def accept(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=64 * 1024, compress=False)
        await socket.prepare(request)
        sockets.add(socket)
        try:
            async for frame in socket:
                for each in sockets if frame.data.startswith("all") else ():
                    await each.send_str(frame.data)
        finally:
            sockets.discard(socket)
        return socket

    app = web.Application()
    app.add_routes([web.get("/", accept)])
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await obey(f"http://127.0.0.1:{runner.addresses[0][1]}")


async def obey(address: str) -> None:
    """Tell where the server is, and on each line of standard input its memory (after a collection) or CPU seconds."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(address, flush=True)
    while asked := await reader.readline():
        if asked == b"memory\n":
            gc.collect()
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"memory": resident(), "cpu": used.ru_utime + used.ru_stime}), flush=True)


def resident() -> int:
    """Return this process's resident set, in octets."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of the two, running."""

    address: str
    process: asyncio.subprocess.Process

    async def state(self, what: str) -> float:
        """Return its resident set (`memory`, in octets) or its processor time (`cpu`, in seconds)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n".encode())
        return float(json.loads(await self.process.stdout.readline())[what])


@asynccontextmanager
async def server(kind: str) -> AsyncIterator[Server]:
    """Run one of the two in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        kind,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Server(address=(await process.stdout.readline()).decode().strip(), process=process)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


# Who connects


async def join_bare(http: aiohttp.ClientSession, address: str, _number: int) -> aiohttp.ClientWebSocketResponse:
    """Connect."""
    return await http.ws_connect(address)


async def join_ours(http: aiohttp.ClientSession, address: str, number: int) -> aiohttp.ClientWebSocketResponse:
    """Connect as a booth, with ticket, hello and welcome."""
    client = Client.booth(http, address, f"booth-{number}")
    await client.join()
    assert client.socket is not None
    return client.socket


async def idle(kind: str) -> float:
    """Return the KiB that a waiting participant costs."""
    join = join_ours if kind == "ours" else join_bare
    async with server(kind) as at, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        first = [await join(http, at.address, number) for number in range(50)]  # what is made once is made
        before, held = await at.state("memory"), first
        for begin in range(50, 50 + IDLE, TOGETHER):
            held += await asyncio.gather(*(join(http, at.address, n) for n in range(begin, begin + TOGETHER)))
        kib = (await at.state("memory") - before) / IDLE / 1024
        if any(socket.closed for socket in held):
            raise RuntimeError("a socket was closed")
        await hang_up_all()
        return kib


async def fan_out(kind: str, size: int) -> tuple[float, float, int]:
    """Return deliveries per CPU second of the server, per second, and the octets of one."""
    async with server(kind) as at, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        sockets, change = await (_ours(http, at.address) if kind == "ours" else _bare(http, at.address, size))
        heard = Heard()
        async with asyncio.TaskGroup() as tasks:
            taking = [tasks.create_task(heard.take(socket)) for socket in sockets]
            await change(0)
            await change(1)
            await heard.until(2 * PHYSICIANS)
            await at.state("memory")  # what was left over is gone before it counts
            before, began = await at.state("cpu"), perf_counter()
            for number in range(2, CHANGES + 2):
                await change(number)
            await heard.until((CHANGES + 2) * PHYSICIANS)
            wall, cpu = heard.last - began, await at.state("cpu") - before
            for each in taking:
                each.cancel()
        await hang_up_all()
        return PHYSICIANS * CHANGES / cpu, PHYSICIANS * CHANGES / wall, heard.octets


@dataclass(slots=True, kw_only=True)
class Heard:
    """What the physicians were told."""

    frames: int = 0
    octets: int = 0
    last: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Count what comes on one socket, for ever."""
        while True:
            frame = await socket.receive_str()
            if kind_of(frame) in ("waiting", None):
                self.frames, self.octets, self.last = self.frames + 1, max(self.octets, len(frame)), perf_counter()
                self.news.set()

    async def until(self, frames: int) -> None:
        """Wait until that many have come."""
        async with asyncio.timeout(60):
            while self.frames < frames:
                self.news.clear()
                await self.news.wait()


def kind_of(frame: str) -> str | None:
    """Return what a frame of ours is, None for the baseline's."""
    return None if frame.startswith("all") else str(json.loads(frame)["type"])


async def _ours(http: aiohttp.ClientSession, address: str) -> tuple[list[Any], Any]:
    sockets = []
    for number in range(PHYSICIANS):
        physician = Client.physician(http, address, number, f"Dr {number}")
        await physician.join()
        await physician.say("available", {"on": True})
        sockets.append(physician.socket)
    booth = Client.booth(http, address, "caudry-03")
    await booth.join()

    async def change(number: int) -> None:
        """Let a patient come, or leave, within the server's rate limit."""
        call = f"8d0f0000-0000-4000-8000-{number // 2:012d}"
        if number % 2 == 0:
            await booth.say("enqueue", {"reason": "cough", "language": "fr", "place": "Caudry, mairie"}, call=call)
        else:
            await booth.say("leave", call=call)
        await asyncio.sleep(1 / 40)

    return sockets, change


async def _bare(http: aiohttp.ClientSession, address: str, size: int) -> tuple[list[Any], Any]:
    sockets = [await join_bare(http, address, number) for number in range(PHYSICIANS)]
    frame = "all" + "x" * (size - 3)

    async def change(_number: int) -> None:
        await sockets[0].send_str(frame)
        await asyncio.sleep(1 / 40)

    return sockets, change


async def measured() -> None:
    """Print every run."""
    print(f"idle participants: {IDLE}; physicians available: {PHYSICIANS}, changes of the queue: {CHANGES}")
    for run in range(RUNS):
        kib = {kind: await idle(kind) for kind in ("bare", "ours")}
        print(
            f"run {run + 1}  idle  ours {kib['ours']:5.1f} KiB  bare {kib['bare']:5.1f} KiB  "
            f"ratio {kib['ours'] / kib['bare']:.2f} (aim ≤ 1.5)"
        )
        per_cpu, per_s, octets = await fan_out("ours", 0)
        bare_cpu, bare_s, _ = await fan_out("bare", octets)
        print(
            f"run {run + 1}  fan-out of {octets} octets  ours {per_cpu:7.0f} /CPU s ({per_s:6.0f} /s)  "
            f"bare {bare_cpu:7.0f} /CPU s ({bare_s:6.0f} /s)  ratio {per_cpu / bare_cpu:.2f} (aim ≥ 0.7)"
        )


async def main() -> None:
    """Measure, or be one of the two servers."""
    if len(sys.argv) > 1:
        interpreter.serve()
        with tempfile.TemporaryDirectory() as folder:
            async with AsyncExitStack():
                await {"ours": ours, "bare": bare}[sys.argv[1]](Path(folder))
    else:
        await measured()


if __name__ == "__main__":
    uvloop.run(main())
