"""The signalling server over real WebSockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiohttp
import pytest

from signalling.consultation import Step
from signalling.server import Limits
from tests.signalling.client import Client
from tests.signalling.program import serving
from tests.signalling.record import Record
from tests.signalling.scenes import CALL, COUGH, OTHER, admitted, eventually, server_of, talking


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


async def test_a_ticket_that_leaked_opens_nothing_for_somebody_else(http: aiohttp.ClientSession, address: str) -> None:
    ticket = await Client.booth(http, address, "caudry-mairie").ticket()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await Client.booth(http, address, "walincourt-mairie").open(ticket)
    assert refused.value.status == 401


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


async def test_a_late_hello_on_an_earlier_socket_takes_nothing_over(http: aiohttp.ClientSession, address: str) -> None:
    """As of a side that gave up waiting for its welcome and came again, while the server was slow."""
    late, booth = Client.booth(http, address, "caudry-03"), Client.booth(http, address, "caudry-03")
    await late.open()
    await booth.join()
    await late.say("hello", {})
    assert await late.closed() == 4000
    await booth.say("enqueue", COUGH, call=CALL)
    await booth.hear("queued")


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
