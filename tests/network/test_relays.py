"""The booth's ways to our relays, each tried against a real coturn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from booth_client.relays import Outcome, Relays, keep_looking
from gateway.config import TurnSettings
from signalling.messages import IceServer
from tests.peers.coturn import Coturn, coturn
from tests.peers.patience import PATIENCE
from tests.peers.visitors import consulting, visiting

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


@contextmanager
def silence() -> Iterator[int]:
    """A UDP port that takes everything and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


async def outcomes(relays: Relays, *servers: object) -> list[Outcome]:
    return [each.outcome for each in await relays.look(*servers)]  # type: ignore[arg-type]  # as given by the relay


async def test_udp_tcp_and_tls_each_give_an_address_and_give_it_back(relay: Coturn) -> None:
    before = asyncio.all_tasks()
    found = await Relays(trust=relay.trust()).look(relay.servers())
    assert [(each.url, each.outcome) for each in found] == [
        (relay.udp, Outcome.WORKS),
        (relay.tcp, Outcome.WORKS),
        (relay.tls, Outcome.WORKS),
    ]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_pass_that_is_out_of_date_is_told_as_refused(relay: Coturn) -> None:
    old = relay.servers(relay.udp, relay.tcp, lifetime=timedelta(minutes=-1))
    assert await outcomes(Relays(), old) == [Outcome.REFUSED] * 2


async def test_a_pass_with_another_secret_is_told_as_refused(relay: Coturn) -> None:
    assert await outcomes(Relays(), relay.servers(relay.udp, secret="south-of-it")) == [Outcome.REFUSED]


async def test_a_certificate_of_nobody_we_know_is_told_as_untrusted(relay: Coturn) -> None:
    (tried,) = await Relays().look(relay.servers(relay.tls))
    assert tried.outcome is Outcome.UNTRUSTED
    assert "CERTIFICATE_VERIFY_FAILED" in tried.detail


async def test_a_relay_that_says_nothing_is_told_as_silent(monkeypatch: pytest.MonkeyPatch, relay: Coturn) -> None:
    monkeypatch.setattr("booth_client.relays.TRY_S", 0.3)
    with silence() as port:
        away = relay.servers(f"turn:127.0.0.1:{port}?transport=udp", "turn:127.0.0.1:1?transport=tcp")
        assert await outcomes(Relays(), away) == [Outcome.SILENT] * 2


async def test_the_first_way_that_works_is_used(monkeypatch: pytest.MonkeyPatch, relay: Coturn) -> None:
    monkeypatch.setattr("booth_client.relays.TRY_S", 0.5)
    with silence() as port:
        servers = relay.servers(f"turn:127.0.0.1:{port}?transport=udp", relay.tcp, relay.tls)
        relays = Relays(trust=relay.trust())
        assert [each.urls for each in relays.choose(servers)] == [[f"turn:127.0.0.1:{port}?transport=udp"]]
        await relays.look(servers)
        assert [each.urls for each in relays.choose(servers)] == [[relay.tcp]]


async def test_a_way_that_gave_a_call_no_address_is_not_the_next_ones(relay: Coturn) -> None:
    servers, relays = relay.servers(), Relays()
    relays.fail(relays.choose(servers))
    assert [each.urls for each in relays.choose(servers)] == [[relay.tcp]]


async def test_a_pass_that_runs_out_is_asked_for_anew_before_a_connection_begins(relay: Coturn) -> None:
    asked = 0

    async def ask() -> list[IceServer]:
        nonlocal asked
        asked += 1
        return relay.servers(lifetime=timedelta(minutes=2))

    async def away() -> list[IceServer]:
        raise TimeoutError

    old, good = relay.servers(lifetime=timedelta(seconds=10)), relay.servers()
    assert await Relays(ask=ask).fresh(good) == good
    assert asked == 0
    renewed = await Relays(ask=ask).fresh(old)
    assert int((renewed[0].username or "").partition(":")[0]) > int((old[0].username or "").partition(":")[0])
    assert asked == 1
    for helpless in (Relays(), Relays(ask=away)):
        assert await helpless.fresh(old) == old
    assert await Relays(ask=ask).fresh([]) == []


async def test_without_relays_there_is_nothing_to_choose() -> None:
    relays = Relays()
    assert relays.choose([]) == []
    assert await relays.look([]) == ()


async def test_a_booth_asks_its_gateway_and_knows_the_way_before_the_first_visit(relay: Coturn, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("north-of-the-mill")
    turn = TurnSettings(urls=("turn:127.0.0.1:1?transport=tcp", relay.tcp), secret_file=tmp_path / "secret")
    async with (
        visiting(tmp_path, change=lambda settings: replace(consulting(settings), turn=turn)) as running,
        running.booth() as session,
        asyncio.TaskGroup() as tasks,
    ):
        relays, again = Relays(), asyncio.Event()
        assert running.booths_url is not None
        looking = tasks.create_task(keep_looking(relays, session, running.booths_url, again=again))
        async with asyncio.timeout(PATIENCE):
            while len(relays.tried) < 2:
                await asyncio.sleep(0.05)
        assert [each.urls for each in relays.choose(relay.servers(*turn.urls))] == [[relay.tcp]]
        relays.tried.clear()
        again.set()
        async with asyncio.timeout(PATIENCE):
            while len(relays.tried) < 2:
                await asyncio.sleep(0.05)
        looking.cancel()
