"""The signalling server and its record: claims, kills, and a record that does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import aiohttp

from signalling.consultation import Step
from tests.peers.patience import PATIENCE
from tests.signalling.client import Client, hang_up_all
from tests.signalling.record import Record
from tests.signalling.scenes import CALL, COUGH, OTHER, eventually, server_of, talking


async def test_two_physicians_on_two_servers_and_one_wins(http: aiohttp.ClientSession, record: Record) -> None:
    async with server_of(record) as (_, first), contextlib.AsyncExitStack() as stack:
        booth = Client.booth(http, first, "caudry-03")
        await booth.join()
        await booth.say("enqueue", COUGH, call=CALL)
        await booth.hear("queued")
        _, second = await stack.enter_async_context(server_of(record))
        physicians = [Client.physician(http, first, 1, "Dr Roy"), Client.physician(http, second, 2, "Dr Martin")]
        for physician in physicians:
            await physician.join()
            await physician.say("available", {"on": True})
            await physician.hear("waiting")
        await asyncio.gather(*(physician.say("take", call=CALL) for physician in physicians))
        answers = [await _verdict(physician) for physician in physicians]
        assert sorted(answers) == ["admitted", "taken"]
        (owner,) = [visit.physician for visit in await record.restore()]
        winner = physicians[answers.index("admitted")]
        assert owner is not None
        assert winner.who == f"physician|{owner.subject}|{owner.name}"


async def _verdict(physician: Client) -> str:
    async with asyncio.timeout(PATIENCE):
        while True:
            kind = str((await physician.next())["type"])
            if kind in ("admitted", "taken"):
                return kind


async def test_a_killed_server_comes_back_with_every_visit(http: aiohttp.ClientSession, record: Record) -> None:
    program = await _start(record.path, 0)
    address = await _address(program)
    try:
        booth, physician = await talking(http, address)
        waiting = Client.booth(http, address, "bertry-01")
        await waiting.join()
        await waiting.say("enqueue", COUGH, call=OTHER)
        await waiting.hear("queued")
        await eventually(record, Step.ACTIVE)
        program.send_signal(signal.SIGKILL)
        await program.wait()
        program = await _start(record.path, int(address.rpartition(":")[2]))
        assert await _address(program) == address
        for side in (booth, physician, waiting):
            assert (await side.join())["fresh"] is True
        assert (await booth.hear("admitted"))["body"]["peers"][0]["generations"] == {"av": 1}
        assert (await physician.hear("admitted"))["call"] == CALL
        assert (await waiting.hear("queued", before=0))["call"] == OTHER
        for side in (booth, physician):
            await side.say("connected", {"endpoint": "av"}, call=CALL)
        await physician.say("hang-up", {"reason": "finished"}, call=CALL)
        await booth.hear("ended", reporting=True)
    finally:
        await hang_up_all()
        if program.returncode is None:
            program.terminate()
            await program.wait()


async def _start(path: Path, port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.signalling.program", str(path), str(port), stdout=asyncio.subprocess.PIPE
    )


async def _address(program: asyncio.subprocess.Process) -> str:
    assert program.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return (await program.stdout.readline()).decode().strip()


async def test_nobody_is_told_what_the_record_did_not_keep(http: aiohttp.ClientSession, record: Record) -> None:
    async with server_of(record) as (server, address):
        booth = Client.booth(http, address, "caudry-03")
        await booth.join()
        record.broken = True
        await booth.say("enqueue", COUGH, call=CALL)
        assert await booth.closed() == 1012
        assert [message["type"] for message in booth.heard] == ["welcome"]
        record.broken = False
        async with asyncio.timeout(PATIENCE):
            while not server.ready:
                await asyncio.sleep(0.01)
        assert (await booth.join())["fresh"] is True
        await booth.say("enqueue", COUGH, call=CALL)
        await booth.hear("queued")


async def test_a_claim_that_the_record_does_not_answer_may_be_tried_again(
    http: aiohttp.ClientSession, record: Record
) -> None:
    async with server_of(record) as (_, address):
        booth, physician = Client.booth(http, address, "caudry-03"), Client.physician(http, address, 1, "Dr Roy")
        await booth.join()
        await booth.say("enqueue", COUGH, call=CALL)
        await booth.hear("queued")
        await physician.join()
        await physician.say("available", {"on": True})
        await physician.hear("waiting")
        record.broken = True
        asked = await physician.say("take", call=CALL)
        assert (await physician.hear("error", code="try-again"))["body"]["re"] == asked
        record.broken = False
        await physician.say("take", call=CALL)
        await physician.hear("admitted")
