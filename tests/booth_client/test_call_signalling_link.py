"""The booth's link to a real signalling server, which is killed, stopped, silent and strict."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType, web

from booth_client.signalling_link import LinkDeadlines, SignallingLink, Superseded, pause
from signalling import messages as m
from signalling.envelope import Envelope
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_people import BOOTH, CALL
from tests.signalling.program import serving
from tests.signalling.record import Record

ROOT = Path(__file__).parents[2]
QUICK = LinkDeadlines(first_pause_s=0.05, longest_pause_s=0.2, hello_s=2, ticket_s=2)
ASKED = m.Enqueue(reason="cough", language="fr", place="Caudry, mairie")


@dataclass(kw_only=True)
class Booth:
    link: SignallingLink
    heard: list[Envelope] = field(default_factory=list)
    told: list[str | None] = field(default_factory=list)

    async def hears(self, kind: type[m.Message], *, times: int = 1, seconds: float = PATIENCE) -> m.Message:
        async with asyncio.timeout(seconds):
            while len(found := [each.body for each in self.heard if isinstance(each.body, kind)]) < times:
                await asyncio.sleep(0.01)
        return found[-1]


@asynccontextmanager
async def booth(address: str, **options: Any) -> AsyncIterator[Booth]:
    async with ClientSession(headers={"X-Who": f"booth|{BOOTH}|caudry-mairie"}) as session:
        told: list[str | None] = []
        link = SignallingLink(session, address, **{"deadlines": QUICK, "tell": told.append, **options})
        made = Booth(link=link, told=told)

        async def hear() -> None:
            async for envelope in link:
                made.heard.append(envelope)

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(link.run()), tasks.create_task(hear())]
            yield made
            for task in running:
                task.cancel()


@asynccontextmanager
async def program(record: Path, port: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    arguments = (sys.executable, "-m", "tests.signalling.program", str(record), str(port))
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process, (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_killed_and_restarted_server_is_found_again_and_the_place_in_the_queue_is_kept(tmp_path: Path) -> None:
    record = tmp_path / "record.db"
    async with program(record, 0) as (first, address), booth(address) as waiting:
        await waiting.link.send(ASKED, call=CALL)
        await waiting.hears(m.Queued)
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
        said = asyncio.ensure_future(waiting.link.send(ASKED, call=CALL))  # said while the server is dead
        async with program(record, int(address.rpartition(":")[2])):
            welcome = await waiting.hears(m.Welcome, times=2)
            assert isinstance(welcome, m.Welcome)
            assert (welcome.fresh, welcome.calls) == (True, [CALL])
            await said
            await waiting.hears(m.Queued, times=2)
            assert waiting.told[0] is None
            assert waiting.told[-1] is None
            assert any(why for why in waiting.told)


def test_pauses_double_to_five_seconds_and_are_spread_by_half() -> None:
    usual = LinkDeadlines()
    for chance, share in ((0.0, 0.5), (0.5, 1.0), (1.0, 1.5)):
        expected = [share * each for each in (0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0)]
        assert [pause(tries, chance, usual) for tries in range(7)] == pytest.approx(expected)
    assert pause(100_000, 1.0, usual) == 7.5


def test_after_a_restart_of_the_server_its_booths_come_back_spread_out_and_ever_more_so() -> None:
    usual, chance = LinkDeadlines(), random.Random(1)
    back = [0.0] * 2000
    for tries in range(6):
        back = [each + pause(tries, chance.random(), usual) for each in back]
        first, last = min(back), max(back)
        tenths = Counter(min(int(10 * (each - first) / (last - first)), 9) for each in back)
        assert last - first >= 0.19 * 2**tries, "they are spread over about as long as each waits"
        assert max(tenths.values()) < 2000 / 3, "and no tenth of that has a third of them"


async def test_what_was_missed_on_a_broken_connection_is_heard_once_and_in_order(tmp_path: Path) -> None:
    async with serving(Record(path=tmp_path / "record.db")) as (_, address), booth(address) as waiting:
        for number in range(3):
            await waiting.link.send(ASKED, call=CALL)
            await waiting.hears(m.Queued, times=number + 1)
            assert waiting.link._socket is not None
            waiting.link._socket._response.close()  # the connection is lost without a word
            await waiting.hears(m.Welcome, times=number + 2)
        welcomes = [each.body for each in waiting.heard if isinstance(each.body, m.Welcome)]
        assert [each.fresh for each in welcomes] == [True, False, False, False]
        counted = [each.seq for each in waiting.heard if each.seq]
        assert counted == list(range(1, len(counted) + 1))


async def test_a_second_program_of_the_same_booth_ends_the_first_instead_of_fighting_it(tmp_path: Path) -> None:
    async def both(address: str) -> None:
        async with booth(address) as first:
            await first.hears(m.Welcome)
            async with booth(address) as second:
                await second.hears(m.Welcome)
                await asyncio.sleep(5)

    async with serving(Record(path=tmp_path / "record.db")) as (_, address):
        with pytest.raises(ExceptionGroup) as caught:
            await both(address)
        assert caught.group_contains(Superseded, match="another program")


async def test_a_gateway_that_gives_no_ticket_is_told_and_asked_again() -> None:
    asked: list[float] = []

    async def refuse(_request: web.Request) -> web.Response:
        asked.append(asyncio.get_running_loop().time())
        return web.json_response({"what": "Nobody is signed in."}, status=401)

    async with _server([web.post("/signalling/ticket", refuse)]) as address, booth(address) as waiting:
        async with asyncio.timeout(PATIENCE):
            while len(asked) < 5:
                await asyncio.sleep(0.01)
        assert waiting.told[0] == "the gateway gave no ticket: 401"
        pauses = [after - before for before, after in pairwise(asked)]
        assert all(0.02 <= pause <= 0.4 for pause in pauses)


async def test_a_server_that_skips_a_message_is_asked_for_a_snapshot() -> None:
    hellos: list[dict[str, Any]] = []

    async def ticket(_request: web.Request) -> web.Response:
        return web.json_response({"ticket": "t"})

    async def skip(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("teleborne.v1",))
        await socket.prepare(request)
        hellos.append((await socket.receive_json())["body"])
        body = {"participant": "p-1", "role": "booth", "resume": "r", "fresh": True, "calls": []}
        await socket.send_json({"v": 1, "type": "welcome", "id": "1", "body": body})
        for seq in (1, 1, 3):
            queued = {"before": seq, "minutes": None}
            await socket.send_json({"v": 1, "type": "queued", "id": "2", "call": CALL, "seq": seq, "body": queued})
        async for frame in socket:
            assert frame.type is WSMsgType.TEXT
        return socket

    routes = [web.post("/signalling/ticket", ticket), web.get("/signalling/v1", skip)]
    async with _server(routes) as address, booth(address) as waiting:
        await waiting.hears(m.Welcome, times=2)
        assert hellos[:2] == [{}, {}]
        queued = [each.body for each in waiting.heard if isinstance(each.body, m.Queued)]
        assert {each.before for each in queued} == {1}


@asynccontextmanager
async def _server(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
