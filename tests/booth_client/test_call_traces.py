"""What a call asks for before it is made, and what it leaves behind: nothing."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from booth_client.call import Call
from booth_client.synthetic import Picture, Voice
from signalling import messages as m
from signalling.side import Endpoint
from tests.peers.webrtc_people import CALL, People, admitted
from tests.peers.webrtc_physician import talking
from tests.peers.webrtc_visit import visiting

pytestmark = pytest.mark.usefixtures("network")


async def test_the_connection_is_gathered_while_the_patient_waits_and_asks_no_server(folk: People) -> None:
    async with visiting(folk, run=False) as visit:
        prepared = visit.conversation._prepared
        assert prepared is not None
        ours = prepared._pc.localDescription.sdp
        assert " typ host" in ours
        assert " typ srflx" not in ours
        assert prepared._pc._RTCPeerConnection__configuration.iceServers == []  # type: ignore[attr-defined]  # private
        async with talking(visit.wire, visit.conversation.run(CALL, admitted())):
            await visit.protected()
            (offer,) = visit.wire.heard(m.Offer)
            assert isinstance(offer, m.Offer)
            assert offer.sdp == ours


async def test_a_relay_that_gives_no_address_is_told(folk: People, unused_tcp_port: int) -> None:
    relay = m.IceServer(urls=[f"turn:127.0.0.1:{unused_tcp_port}?transport=tcp"], username="1:p", credential="x")
    visit_with_relay = admitted()
    given = m.Admitted(you="p-1", peers=visit_with_relay.peers, ice_servers=[relay])
    async with visiting(folk, run=False) as visit, talking(visit.wire, visit.conversation.run(CALL, given)):
        await visit.protected()
        assert visit.conversation.state.without_relay


async def test_thirty_calls_leave_no_task_socket_or_thread(folk: People) -> None:
    async def one(endpoint: Endpoint) -> None:
        sources = (Picture(), Voice()) if endpoint is Endpoint.AV else ()
        async with visiting(folk, endpoint, sources=sources) as visit:
            await visit.protected()

    async def left() -> tuple[set[asyncio.Task[Any]], int]:
        await asyncio.sleep(0.05)
        tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        return tasks, len(list(Path("/proc/self/fd").iterdir()))

    await one(Endpoint.AV)
    tasks, files = await left()
    for number in range(30):
        await one(Endpoint.AV if number % 5 == 0 else Endpoint.AGENT)
    after, files_after = await left()
    assert (after, files_after <= files) == (tasks, True)


async def test_a_call_that_is_given_up_at_any_moment_leaves_nothing(folk: People) -> None:
    for wait_s in (0, 0.001, 0.003, 0.006, 0.01, 0.015, 0.02, 0.03, 0.05):
        async with visiting(folk) as _:
            await asyncio.sleep(wait_s)
    for wait_s in (0, 0.001, 0.002, 0.004, 0.008):
        gathering = asyncio.ensure_future(Call(Endpoint.AV, sources=(Picture(),)).__aenter__())
        await asyncio.sleep(wait_s)
        if not gathering.cancel():
            await (await gathering).close()
        await asyncio.wait([gathering])
    await asyncio.sleep(0.05)
    gc.collect()  # a socket that was forgotten is a warning, and warnings are errors
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
