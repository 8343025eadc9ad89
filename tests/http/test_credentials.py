"""Sessions, tokens and used assertions on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.database import Database, open_database
from gateway.errors import Unauthenticated
from gateway.store.credentials import METADATA, REMEMBERED, Credentials, Grant

LIFE = timedelta(minutes=5)


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'credentials.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    async with open_database(url, METADATA) as opened:
        yield opened


@pytest.fixture
def credentials(database: Database, clock: Clock) -> Credentials:
    return Credentials(database, idle=timedelta(minutes=15), absolute=timedelta(hours=8), now=clock)


async def grant(credentials: Credentials, clock: Clock, jti: str, client: str = "a") -> str:
    return await credentials.grant(client=client, scopes="x", jti=jti, jti_expires=clock.now + LIFE, lifetime=LIFE)


async def test_of_many_uses_of_one_assertion_exactly_one_is_granted(credentials: Credentials, clock: Clock) -> None:
    answers = await asyncio.gather(*(grant(credentials, clock, "1") for _ in range(12)), return_exceptions=True)
    (token,) = [answer for answer in answers if isinstance(answer, str)]
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 11
    assert await credentials.token(token) == Grant(client="a", scopes="x")


async def test_an_assertion_s_number_is_its_client_s_own(credentials: Credentials, clock: Clock) -> None:
    assert await grant(credentials, clock, "1", "a") != await grant(credentials, clock, "1", "b")


async def test_a_token_ends_on_time_though_it_is_remembered(credentials: Credentials, clock: Clock) -> None:
    token = await grant(credentials, clock, "1")
    clock.now += LIFE - timedelta(seconds=1)
    assert await credentials.token(token) is not None
    clock.now += timedelta(seconds=1)
    assert await credentials.token(token) is None
    assert timedelta(seconds=5) > REMEMBERED


async def test_what_expired_is_swept_and_nothing_before(
    credentials: Credentials, database: Database, clock: Clock
) -> None:
    async def rows() -> list[int]:
        return await database.look(lambda c: sorted(len(c.execute(t.select()).all()) for t in METADATA.sorted_tables))

    session = await credentials.sign_in("claire")
    await grant(credentials, clock, "1")
    await credentials.sweep()
    assert await rows() == [1, 1, 1]
    clock.now += timedelta(minutes=6)
    await credentials.sweep()
    assert await rows() == [0, 0, 1]
    assert await credentials.lasts(session)
    clock.now += timedelta(minutes=10)
    assert not await credentials.lasts(session)
    await credentials.sweep()
    assert await rows() == [0, 0, 0]


async def test_using_a_session_prolongs_it_and_watching_does_not(credentials: Credentials, clock: Clock) -> None:
    session = await credentials.sign_in("claire")
    for _ in range(3):
        clock.now += timedelta(minutes=10)
        assert await credentials.person(session) == "claire"
    clock.now += timedelta(minutes=10)
    assert await credentials.lasts(session)
    clock.now += timedelta(minutes=5)
    assert not await credentials.lasts(session)
    assert await credentials.person(session) is None


async def test_signing_out_counts_at_once(credentials: Credentials) -> None:
    session = await credentials.sign_in("claire")
    await credentials.sign_out(session)
    assert await credentials.person(session) is None
    await credentials.sign_out(session)
