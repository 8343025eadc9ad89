"""Every letter arrives exactly once, whatever the link and the other side do."""

from __future__ import annotations

import asyncio
import random
import resource
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import Connection

from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.delivery import Backoff, Status, deliver
from gateway.errors import Unavailable
from tests.peers.flaky import Fault, FlakyLink
from tests.peers.patience import PATIENCE
from tests.peers.receiver import Receiver, receiver

FAST = Backoff(first_s=0.01, cap_s=0.05)


@dataclass(slots=True, kw_only=True)
class Sender:
    """A booth's outbox with its delivery; `run` starts one over the link to *url*."""

    database: Database
    keyring: Keyring
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    status: Status = field(default_factory=Status)

    def listen(self, status: Status) -> None:
        self.status = status

    async def put(self, *paths: str, record: str = "Patient/1", body: bytes = b'{"a":1.50}') -> None:
        def act(connection: Connection) -> None:
            key = self.keyring.key(record)
            for path in paths:
                now = datetime.now(UTC)
                outbox.put(connection, destination="gateway", path=path, body=body, key=key, now=now)

        await self.database.act(act)
        self.wake.set()

    async def refused(self) -> tuple[outbox.Refused, ...]:
        return await self.database.look(outbox.refused)

    @asynccontextmanager
    async def run(self, url: str, *, backoff: Backoff = FAST, poll_s: float = 0.05) -> AsyncIterator[None]:
        async with ClientSession() as session:
            work = asyncio.create_task(
                deliver(
                    self.database,
                    self.keyring,
                    session=session,
                    base_url=url,
                    wake=self.wake,
                    report=self.listen,
                    backoff=backoff,
                    chance=random.Random(4),
                    deadline_s=0.5,
                    poll_s=poll_s,
                )
            )
            try:
                yield
            finally:
                ended = work.done()
                work.cancel()
                await asyncio.gather(work, return_exceptions=not ended)

    async def emptied(self) -> None:
        await until(lambda: self.status.waiting == 0 and self.status.last_success is not None)
        assert await self.database.look(outbox.waiting) == 0


async def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def sender(tmp_path: Path) -> AsyncIterator[Sender]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", outbox.METADATA) as database,
    ):
        yield Sender(database=database, keyring=keyring)


@pytest.fixture
async def peer() -> AsyncIterator[Receiver]:
    async with receiver() as peer:
        yield peer


async def test_a_letter_arrives_as_it_was_put_and_leaves_the_outbox(sender: Sender, peer: Receiver) -> None:
    await sender.put("Observation/1")
    async with sender.run(peer.url):
        await sender.emptied()
    assert peer.versions == {"Observation/1": [b'{"a":1.50}']}
    assert sender.status.reason is None


async def test_a_letter_put_while_it_waits_leaves_at_once(sender: Sender, peer: Receiver) -> None:
    async with sender.run(peer.url, poll_s=30):
        await asyncio.sleep(0.1)
        await sender.put("Observation/1")
        await until(lambda: bool(peer.order))


async def test_a_record_arrives_in_order_while_others_go_beside(sender: Sender, peer: Receiver) -> None:
    for number in range(30):
        for record in range(5):
            await sender.put(f"Observation/{record}-{number}", record=f"Patient/{record}")
    async with sender.run(peer.url):
        await until(lambda: len(peer.order) == 150)
        await sender.emptied()
    for record in range(5):
        mine = [path for path in peer.order if path.startswith(f"Observation/{record}-")]
        assert mine == [f"Observation/{record}-{number}" for number in range(30)]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
async def test_whatever_the_link_does_once_there_is_exactly_one_resource(
    sender: Sender, peer: Receiver, fault: Fault
) -> None:
    faults = iter([fault])
    async with FlakyLink(peer.port, choose=lambda: next(faults, Fault.NONE)) as link:
        await sender.put("Patient/1", "Observation/1")
        async with sender.run(f"http://127.0.0.1:{link.port}/fhir/R4"):
            await sender.emptied()
        assert link.faults == [fault]
    assert {path: len(versions) for path, versions in peer.versions.items()} == {"Patient/1": 1, "Observation/1": 1}
    assert peer.order == ["Patient/1", "Observation/1"]


async def test_over_a_link_that_fails_at_random_everything_arrives_once_and_in_order(
    sender: Sender, peer: Receiver
) -> None:
    chance = random.Random(7)
    weights = [12, 1, 1, 1, 1, 0.2, 0.2]
    for number in range(150):
        await sender.put(f"Observation/{number % 6}-{number}", record=f"Patient/{number % 6}")
    async with FlakyLink(peer.port, choose=lambda: chance.choices(list(Fault), weights)[0]) as link:
        async with sender.run(f"http://127.0.0.1:{link.port}/fhir/R4"):
            await sender.emptied()
        assert len(set(link.faults)) >= 4
    assert len(peer.order) == 150
    assert all(len(versions) == 1 for versions in peer.versions.values())
    for record in range(6):
        mine = [int(path.rpartition("-")[2]) for path in peer.order if path.startswith(f"Observation/{record}-")]
        assert mine == sorted(mine)


async def test_while_the_link_is_down_the_status_says_why_and_afterwards_all_arrives(
    sender: Sender, peer: Receiver
) -> None:
    async with FlakyLink(peer.port) as link, sender.run(f"http://127.0.0.1:{link.port}/fhir/R4"):
        link.down = True
        await sender.put(*(f"Observation/{number}" for number in range(20)))
        await until(lambda: sender.status.reason is not None)
        assert sender.status.waiting == 20
        assert "no connection to http://127.0.0.1" in str(sender.status.reason)
        assert sender.status.last_failure is not None
        link.down = False
        await sender.emptied()
        assert sender.status.reason is None
    assert len(peer.order) == 20


async def test_a_dead_link_is_probed_with_one_letter_and_ever_more_rarely(sender: Sender, peer: Receiver) -> None:
    for number in range(40):
        await sender.put(f"Observation/{number}", record=f"Patient/{number}")
    peer.script = lambda _: web.Response(status=503)
    async with sender.run(peer.url, backoff=Backoff(first_s=0.2, cap_s=0.4), poll_s=0.01):
        await asyncio.sleep(1.5)
        assert 2 <= peer.requests <= 40
        peer.script = lambda _: None
        await sender.emptied()


async def test_a_permanent_refusal_is_kept_in_view_and_blocks_nothing(sender: Sender, peer: Receiver) -> None:
    outcome = {"issue": [{"code": "invalid", "expression": ["Observation.status"], "diagnostics": "132 is secret"}]}
    peer.script = lambda path: web.json_response(outcome, status=422) if path == "Observation/1" else None
    await sender.put("Observation/1", "Observation/2")
    async with sender.run(peer.url):
        await sender.emptied()
    (refused,) = await sender.refused()
    assert refused.reason == "Observation/1: HTTP 422 invalid at Observation.status"
    assert peer.order == ["Observation/2"]
    assert sender.status.refused == 1
    peer.script = lambda _: None
    await sender.database.act(lambda connection: outbox.readmit(connection, refused.seq, now=datetime.now(UTC)))
    async with sender.run(peer.url):
        await until(lambda: len(peer.order) == 2)


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 412, 413, 415, 422])
async def test_what_can_never_succeed_is_not_tried_twice(sender: Sender, peer: Receiver, status: int) -> None:
    peer.script = lambda _: web.Response(status=status, text="<html>")
    await sender.put("Observation/1")
    async with sender.run(peer.url):
        await until(lambda: sender.status.refused == 1)
        await asyncio.sleep(0.15)
    assert peer.requests == 1


@pytest.mark.parametrize("status", [302, 401, 403, 408, 425, 500, 507])
async def test_what_may_succeed_later_holds_back_its_own_record_only(
    sender: Sender, peer: Receiver, status: int
) -> None:
    answers = Counter[str]()

    def script(path: str) -> web.Response | None:
        answers[path] += 1
        headers = {"Location": f"{peer.url}/elsewhere"}
        return web.Response(status=status, headers=headers) if path == "Patient/1" and answers[path] <= 3 else None

    peer.script = script
    await sender.put("Patient/1", "Observation/1")
    await sender.put("Patient/2", "Observation/2", record="Patient/2")
    async with sender.run(peer.url):
        await sender.emptied()
    assert answers == {"Patient/1": 4, "Observation/1": 1, "Patient/2": 1, "Observation/2": 1}
    assert peer.order.index("Patient/2") < peer.order.index("Patient/1") < peer.order.index("Observation/1")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
async def test_what_retry_after_says_is_done(sender: Sender, peer: Receiver, status: int, *, as_date: bool) -> None:
    times: list[float] = []

    def script(_: str) -> web.Response | None:
        times.append(asyncio.get_running_loop().time())
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        headers = {"Retry-After": at if as_date else "1"}
        return web.Response(status=status, headers=headers) if len(times) == 1 else None

    peer.script = script
    await sender.put("Observation/1")
    async with sender.run(peer.url):
        await sender.emptied()
    assert len(times) == 2
    assert times[1] - times[0] >= 0.95


async def test_an_erased_record_is_never_sent(sender: Sender, peer: Receiver) -> None:
    await sender.put("Observation/1")
    await sender.put("Observation/2", record="Patient/2")
    sender.keyring.destroy("Patient/1")
    async with sender.run(peer.url):
        await sender.emptied()
    assert peer.order == ["Observation/2"]


async def test_a_damaged_body_is_refused_and_blocks_nothing(sender: Sender, peer: Receiver) -> None:
    await sender.put("Observation/1", "Observation/2")
    await sender.database.act(
        lambda connection: connection.exec_driver_sql("UPDATE outbox SET body = zeroblob(50) WHERE seq = 1")
    )
    async with sender.run(peer.url):
        await sender.emptied()
    assert peer.order == ["Observation/2"]
    assert "sealed value" in (await sender.refused())[0].reason


async def test_letters_under_way_at_a_stop_go_on_at_the_next_start(sender: Sender, peer: Receiver) -> None:
    async with FlakyLink(peer.port, choose=lambda: Fault.SILENCE) as link:
        await sender.put("Observation/1")
        async with sender.run(f"http://127.0.0.1:{link.port}/fhir/R4"):
            await until(lambda: bool(link.faults))
    async with sender.run(peer.url):
        await until(lambda: peer.order == ["Observation/1"])


async def test_a_side_that_does_not_speak_tls_gets_nothing_and_the_status_says_so(
    sender: Sender, peer: Receiver
) -> None:
    await sender.put("Observation/1")
    async with sender.run(peer.url.replace("http:", "https:")):
        await until(lambda: sender.status.reason is not None)
    assert "no connection to https://" in str(sender.status.reason)
    assert peer.requests == 0


async def test_a_full_disk_at_the_booth_makes_it_wait_and_not_end(sender: Sender, peer: Receiver) -> None:
    await sender.put(*(f"Observation/{number}" for number in range(30)))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with sender.run(peer.url):
        await until(lambda: bool(peer.order))
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            await until(lambda: sender.status.reason is not None)
            reason = sender.status.reason
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert str(reason).startswith("booth.db: ")
    async with sender.run(peer.url):
        await sender.emptied()
    assert len(peer.order) == 30
    assert all(len(versions) == 1 for versions in peer.versions.values())


class _Unsure:
    """A database whose first lease is on the disk although the commit failed, as a failing fsync may leave it."""

    def __init__(self, database: Database) -> None:
        self.failed = 0
        self._database = database

    async def act(self, fn: Callable[[Connection], Any]) -> Any:
        done = await self._database.act(fn)
        if isinstance(done, tuple) and not self.failed:
            self.failed += 1
            raise Unavailable("the disk failed in a commit")
        return done


async def test_a_lease_that_is_on_the_disk_though_its_commit_failed_holds_no_letter_back(
    sender: Sender, peer: Receiver
) -> None:
    unsure: Any = _Unsure(sender.database)
    await sender.put("Observation/1", "Observation/2")
    sender.database = unsure
    async with sender.run(peer.url):
        await until(lambda: len(peer.versions) == 2)
    assert unsure.failed == 1
    assert list(peer.versions) == ["Observation/1", "Observation/2"]
