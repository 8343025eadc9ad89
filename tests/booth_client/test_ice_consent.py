"""The question whether the other side still wants our packets, over lines that answer late or never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aioice import Connection

from booth_client.ice_consent import patiently
from tests.peers.impairment import Link, impaired
from tests.peers.webrtc_people import reachable

EVERY_S, EXPIRES_S = 0.2, 4.0


@asynccontextmanager
async def connected(link: Link) -> AsyncIterator[tuple[Connection, Connection]]:
    """Yield two ends whose packets all pass *link*, which is good while they find each other."""
    reachable()
    one, other = Connection(ice_controlling=True), Connection(ice_controlling=False)
    await asyncio.gather(one.gather_candidates(), other.gather_candidates())
    here, there = (next(each for each in end.local_candidates if ":" not in each.host) for end in (one, other))
    async with (
        impaired(here.port, link, host=here.host) as to_here,
        impaired(there.port, link, host=there.host) as to_there,
    ):
        for end, far, way, found in ((one, other, to_there, there), (other, one, to_here, here)):
            end.remote_username, end.remote_password = far.local_username, far.local_password
            patiently(end, every_s=EVERY_S, expires_s=EXPIRES_S)
            found.host, found.port = "127.0.0.1", way.port
            await end.add_remote_candidate(found)
            await end.add_remote_candidate(None)
        try:
            await asyncio.gather(one.connect(), other.connect())
            yield one, other
        finally:
            await asyncio.gather(one.close(), other.close())


async def test_consent_outlives_a_line_that_answers_later_than_the_library_waits() -> None:
    link = Link()
    async with connected(link) as (one, other):
        link.delay_s = 0.4
        await asyncio.sleep(2 * EXPIRES_S)
        link.delay_s = 0
        await one.send(b"still here")
        assert await other.recv() == b"still here"


async def test_consent_ends_where_nobody_answers() -> None:
    link = Link()
    async with connected(link) as (one, _):
        link.cut = True
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(3 * EXPIRES_S):
                await one.recv()
        with pytest.raises(ConnectionError):
            await one.send(b"to somebody who does not want it")
