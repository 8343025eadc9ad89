"""The signalling server over real WebSockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signalling.consultation import Step
from signalling.server import Limits, SignallingServer
from tests.signalling.client import Client, hang_up_all
from tests.signalling.program import serving
from tests.signalling.record import Record

CALL, OTHER = "8d0f0000-0000-4000-8000-000000000001", "8d0f0000-0000-4000-8000-000000000002"
COUGH = {"reason": "cough", "language": "fr", "place": "Caudry, mairie"}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(path=tmp_path / "visits.sqlite")


@asynccontextmanager
async def server_of(record: Record, limits: Limits | None = None) -> AsyncIterator[tuple[SignallingServer, str]]:
    """A server whose clients hang up before it ends."""
    async with serving(record, limits=limits) as server:
        try:
            yield server
        finally:
            await hang_up_all()


@pytest.fixture
async def address(record: Record) -> AsyncIterator[str]:
    async with server_of(record) as (_, address):
        yield address


async def admitted(http: aiohttp.ClientSession, address: str) -> tuple[Client, Client]:
    """A booth and a physician in one visit."""
    booth, physician = Client.booth(http, address, "caudry-03"), Client.physician(http, address, 1, "Dr Roy")
    await booth.join()
    await physician.join()
    await booth.say("enqueue", COUGH, call=CALL)
    await booth.hear("queued", before=0)
    await physician.say("available", {"on": True})
    await physician.hear("waiting")
    await physician.say("take", call=CALL)
    await booth.hear("admitted")
    await physician.hear("admitted")
    return booth, physician


async def talking(http: aiohttp.ClientSession, address: str) -> tuple[Client, Client]:
    """The same two, connected."""
    booth, physician = await admitted(http, address)
    await booth.say("offer", {"endpoint": "av", "sdp": "v=0", "binding": "b"}, call=CALL)
    await physician.hear("offer")
    for side in (booth, physician):
        await side.say("connected", {"endpoint": "av"}, call=CALL)
    return booth, physician


async def eventually(record: Record, step: Step) -> None:
    async with asyncio.timeout(5):
        while record.steps().get(CALL) is not step:
            await asyncio.sleep(0.01)


async def test_a_whole_visit_goes_through_every_step(http: aiohttp.ClientSession, address: str, record: Record) -> None:
    booth, physician = await talking(http, address)
    await eventually(record, Step.ACTIVE)
    await physician.say("candidate", {"endpoint": "av", "candidate": ""}, call=CALL)
    relayed = await booth.hear("candidate")
    you = next(message for message in booth.heard if message["type"] == "admitted")["body"]["peers"][0]
    assert relayed["from"] == you["participant"]
    assert you["subject"] == "rpps:00000000001"
    await physician.say("hang-up", {"reason": "finished"}, call=CALL)
    await booth.hear("ended", reporting=True)
    await physician.say("reported", {"documents": ["DocumentReference/d1"]}, call=CALL)
    assert (await booth.hear("reported"))["body"]["documents"] == ["DocumentReference/d1"]
    assert "reporting" not in (await booth.hear("ended", reason="finished"))["body"]
    assert record.steps() == {CALL: Step.ENDED}


async def test_a_participant_that_comes_back_gets_what_it_missed(http: aiohttp.ClientSession, address: str) -> None:
    booth, physician = await admitted(http, address)
    await physician.drop()
    await booth.hear("peer", present=False, grace_s=120)
    await booth.say("offer", {"endpoint": "av", "sdp": "v=0 while away", "binding": "b"}, call=CALL)
    await asyncio.sleep(0.1)
    welcome = await physician.join()
    assert welcome["fresh"] is False
    assert (await physician.hear("offer"))["body"]["sdp"] == "v=0 while away"
    await booth.hear("peer", present=True)


async def test_a_welcome_lost_on_the_way_loses_nothing(http: aiohttp.ClientSession, address: str) -> None:
    booth, physician = await admitted(http, address)
    await physician.drop()
    await booth.hear("peer", present=False)
    await booth.say("offer", {"endpoint": "av", "sdp": "v=0", "binding": "b"}, call=CALL)
    resume, last_seq = physician.resume, physician.last_seq
    await physician.open()
    await physician.say("hello", {"resume": resume, "last_seq": last_seq})
    await booth.hear("peer", present=True)
    await physician.drop()
    assert (await physician.join())["fresh"] is False
    await physician.hear("offer")


async def test_a_reload_without_memory_gets_a_snapshot(http: aiohttp.ClientSession, address: str) -> None:
    _, physician = await admitted(http, address)
    await physician.drop()
    physician.resume = None
    welcome = await physician.join()
    assert (welcome["fresh"], welcome["calls"]) == (True, [CALL])
    assert (await physician.hear("admitted"))["call"] == CALL


async def test_a_report_sent_while_the_booths_agent_restarts_reaches_it(
    http: aiohttp.ClientSession, address: str, record: Record
) -> None:
    booth, physician = await talking(http, address)
    await eventually(record, Step.ACTIVE)
    await physician.say("hang-up", {"reason": "finished"}, call=CALL)
    await physician.hear("ended")
    await booth.drop()
    await physician.hear("peer", present=False)
    await physician.say("reported", {"documents": ["DocumentReference/d1"]}, call=CALL)
    await physician.hear("ended", reason="finished")
    booth.resume = None
    assert (await booth.join())["fresh"] is True
    await booth.hear("reported")


async def test_a_ticket_opens_one_socket_only(http: aiohttp.ClientSession, address: str) -> None:
    booth = Client.booth(http, address, "caudry-03")
    ticket = await booth.ticket()
    await booth.open(ticket)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await booth.open(ticket)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"ticket": "guess"}, 401),
        ({"headers": {"Origin": "https://attacker.example"}}, 403),
        ({"headers": {}}, 403),
        ({"protocols": ()}, 400),
        ({"protocols": ("teleborne.v2",)}, 400),
    ],
    ids=["unknown ticket", "another origin", "a physician without origin", "no sub-protocol", "another sub-protocol"],
)
async def test_a_socket_is_refused(
    http: aiohttp.ClientSession, address: str, options: dict[str, Any], status: int
) -> None:
    physician = Client.physician(http, address, 1, "Dr Roy")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await physician.open(**options)
    assert refused.value.status == status


async def test_nobody_gets_a_ticket_without_signing_in_or_from_another_page(
    http: aiohttp.ClientSession, address: str
) -> None:
    physician = Client.physician(http, address, 1, "Dr Roy")
    for headers, status in (({}, 401), (physician.headers | {"Origin": "https://attacker.example"}, 403)):
        async with http.post(f"{address}/signalling/ticket", headers=headers) as answer:
            assert answer.status == status
            assert set(await answer.json()) == {"what", "remedy"}


async def test_a_frame_beyond_64_kib_closes_the_socket(http: aiohttp.ClientSession, address: str) -> None:
    booth, _ = await admitted(http, address)
    await booth.say("offer", {"endpoint": "av", "sdp": "v" * 64 * 1024, "binding": "b"}, call=CALL)
    assert await booth.closed() == 1009


async def test_too_many_messages_close_the_socket_and_the_rest_goes_on(
    http: aiohttp.ClientSession, address: str
) -> None:
    booth, physician = await admitted(http, address)
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            await booth.say("candidate", {"endpoint": "agent", "candidate": ""}, call=CALL)
    assert await booth.closed() == 4002
    assert booth.heard[-1]["body"]["code"] == "too-fast"
    assert (await booth.join())["fresh"] is False
    await physician.hear("peer", present=True)


async def test_a_second_tab_takes_over_and_the_first_is_told_so(http: aiohttp.ClientSession, address: str) -> None:
    booth, first = await admitted(http, address)
    second = Client.physician(http, address, 1, "Dr Roy")
    await second.join()
    assert await first.closed() == 4000
    await booth.say("offer", {"endpoint": "av", "sdp": "v=0", "binding": "b"}, call=CALL)
    await second.hear("offer")
    assert all(message["body"].get("present", True) for message in booth.heard if message["type"] == "peer")


@pytest.mark.parametrize("frame", ["", "[]", "{}", '{"v":2,"type":"take","id":"x"}', "\ud800"])
async def test_a_frame_that_is_no_message_is_answered(http: aiohttp.ClientSession, address: str, frame: str) -> None:
    booth = Client.booth(http, address, "caudry-03")
    await booth.join()
    assert booth.socket is not None
    await booth.socket.send_frame(frame.encode("utf-8", "replace"), aiohttp.WSMsgType.TEXT)
    assert (await booth.hear("error"))["body"]["code"] == "bad-message"


async def test_a_socket_without_hello_is_closed(http: aiohttp.ClientSession, record: Record) -> None:
    async with server_of(record, limits=Limits(hello_s=0.1)) as (_, address):
        silent, rude = Client.booth(http, address, "a"), Client.booth(http, address, "b")
        await silent.open()
        assert await silent.closed() == 4003
        await rude.open()
        await rude.say("enqueue", COUGH, call=CALL)
        assert await rude.closed() == 4003


async def test_somebody_signed_out_loses_the_socket_and_the_ticket(http: aiohttp.ClientSession, record: Record) -> None:
    async with server_of(record) as (server, address):
        physician = Client.physician(http, address, 1, "Dr Roy")
        await physician.join()
        ticket = await physician.ticket()
        server.dismiss("rpps:00000000001")
        assert await physician.closed() == 4004
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await physician.open(ticket)


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
    async with asyncio.timeout(5):
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
        assert (await booth.hear("admitted"))["body"]["generations"] == {"av": 1}
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
    async with asyncio.timeout(20):
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
        async with asyncio.timeout(5):
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


async def test_a_slow_reader_is_closed_and_holds_up_nobody(http: aiohttp.ClientSession, record: Record) -> None:
    limits = Limits(per_second=5000, burst=5000, send_s=0.5, tick_s=0.05)
    async with server_of(record, limits=limits) as (_, address):
        booth, slow = await admitted(http, address)
        other, another = Client.booth(http, address, "bertry-01"), Client.physician(http, address, 2, "Dr Martin")
        await other.join()
        await another.join()
        assert slow.socket is not None
        connection = slow.socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.pause_reading()
        sdp = "v" * 60_000
        for _ in range(200):
            await booth.say("offer", {"endpoint": "av", "sdp": sdp, "binding": "b"}, call=CALL)
        await other.say("enqueue", COUGH, call=OTHER)
        await other.hear("queued")
        await booth.hear("peer", present=False)
        connection.transport.resume_reading()
        await slow.closed()


async def test_the_program_ends_its_sockets_when_it_is_stopped(http: aiohttp.ClientSession, record: Record) -> None:
    async with serving(record) as (_, address):
        booth = Client.booth(http, address, "caudry-03")
        await booth.join()
        closed = asyncio.ensure_future(booth.closed())
    assert await closed == 1001
