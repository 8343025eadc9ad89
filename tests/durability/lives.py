"""The processes of the kill experiment: a booth, a gateway, and the link between them; see `kill`."""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from booth_client import ledger as booth_ledger
from booth_client.clock import Clock, Machine, open_clock
from booth_client.dating import dated
from booth_client.gateway_time import told
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.timekeeping import keep_time
from gateway import outbox
from gateway.database import Database, open_database, open_keyring
from gateway.delivery import Backoff, deliver
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceIdentity, DeviceTime
from gateway.fhir.rest import Request
from gateway.identity.principal import booth
from gateway.store import METADATA, open_store
from tests.peers.flaky import Fault, FlakyLink

__all__ = ["BASE", "BODIES", "START", "Ground", "fork", "measured_now", "number_of", "visit_of"]

BASE: Final = "http://gateway/fhir/R4"

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LATER: Final = START + timedelta(days=200)
CUFF: Final = DeviceIdentity(address="C0:FF:EE:00:00:01", manufacturer="A", model="M1")
BOOTH: Final = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Kill",
    location="Kill",
    software_version="0",
    system_id="0011223344556677",
)
VISITS: Final = [
    Visit(
        id=f"00000000-0000-4000-8000-{n:012}",
        patient_id=f"00000000-0000-4000-9000-{n:012}",
        started=START,
        consented=True,
    )
    for n in range(6)
]
AGAIN: Final = 12
BACKLOG: Final = 1000
"""Letters on their way from which on nobody measures: what is left in the end is delivered in a minute."""
LINK_WEIGHTS: Final = (150, 1, 1, 1, 1, 0.1, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where the processes meet: the folder of their files, and their ports."""

    folder: Path
    gateway_port: int
    link_port: int

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.db"

    def note(self, name: str) -> int:
        return os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def set_machine(self, boot: int, began: datetime, off: timedelta, *, empty: bool) -> None:
        """Have the booth's machine be in that start, since *began*, its clock and its battery as they are."""
        new = self.folder / "machine.new"
        new.write_text(f"{boot:036} {began.isoformat()} {int(off.total_seconds())} {int(empty)}\n")
        new.rename(self.folder / "machine")

    def machine(self) -> Machine:
        """Return what the booth sees of its machine; its clock may be set at any time."""
        ((boot, began, *_),) = self.lines("machine")

        def says() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=int(self.lines("machine")[0][2]))

        def battery() -> datetime | None:
            return None if int(self.lines("machine")[0][3]) else says()

        start = datetime.fromisoformat(began)
        return Machine(boot=boot, count=lambda: datetime.now(UTC) - start, says=says, battery=battery)

    def lines(self, name: str) -> list[list[str]]:
        path = self.folder / name
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def packet(number: int) -> Indicated:
    """Return the packet of that number (below 320,000), which its values tell (`number_of`)."""
    at = START + timedelta(seconds=number)
    time_ = DeviceTime(year=at.year, month=at.month, day=at.day, hour=at.hour, minute=at.minute, second=at.second)
    value = BloodPressureMeasurement(
        systolic=Decimal(100 + number % 80),
        diastolic=Decimal(60 + number // 8000 % 40),
        map=Decimal(90 + number // 80 % 100),
        timestamp=time_,
        pulse=Decimal(70),
    ).encode()
    return Indicated(device=CUFF, connection="1", characteristic="2A35", value=value, at=LATER)


def number_of(observation: dict[str, Any]) -> int | None:
    """Return which packet a blood pressure came in; None: it is none."""
    parts = {each["code"]["coding"][0]["code"]: each for each in observation.get("component", ())}
    if not parts.keys() >= {"8480-6", "8462-4", "8478-0"}:
        return None
    systolic, diastolic, mean = (int(parts[code]["valueQuantity"]["value"]) for code in ("8480-6", "8462-4", "8478-0"))
    return systolic - 100 + 80 * (mean - 90) + 8000 * (diastolic - 60)


def measured_now(number: int, clock: Clock, ledger: Ledger) -> Indicated:
    """Return the packet as it is measured now; the cuff's own clock is of another year, and told before it."""
    event = replace(packet(number), at=clock())
    (reading, *_) = decode("2A35", event.value).readings()
    assert reading.device_time is not None
    ledger.hear_clock(ClockRead(device=event.device, said=reading.device_time, at=event.at))
    return event


def visit_of(number: int, clock: Clock) -> Visit:
    """Return whose packet that is, their visit on the clock as it shows now."""
    return replace(VISITS[number % len(VISITS)], started=clock(), clock=clock.mark)


async def checkpoint_often(database: Database, chance: random.Random) -> None:
    pages = chance.choice((3, 1000))
    await database.act(lambda connection: connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {pages}").scalar())


async def hear(session: ClientSession, url: str, clock: Clock) -> None:
    """Hear what time it is from every answer of the gateway."""
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        with suppress(ClientError, OSError, TimeoutError):
            async with session.get(f"{url}/metadata", timeout=ClientTimeout(total=1)) as answer:
                at = told(answer.headers)
            if at is not None:
                clock.hear(at, took=timedelta(seconds=loop.time() - began))
        await asyncio.sleep(0.1)


async def be_booth(ground: Ground, chance: random.Random) -> None:
    tried, kept, times = ground.note("tried"), ground.note("kept"), ground.note("times")
    wake = asyncio.Event()
    async with (
        open_keyring(ground.url("booth-keys"), ground.folder / "booth-kek") as keyring,
        open_database(ground.url("booth"), booth_ledger.METADATA, outbox.METADATA) as database,
        ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        await checkpoint_often(database, chance)
        clock = await open_clock(database, machine=ground.machine(), floor=START)
        ledger = Ledger(database, keyring, booth=BOOTH, wake=wake, zone=UTC, clock=clock)
        url = f"http://127.0.0.1:{ground.link_port}/fhir/R4"
        given: dict[str, Any] = {"session": session, "base_url": url, "wake": wake, "now": clock, "poll_s": 0.1}
        given |= {"backoff": Backoff(first_s=0.02, cap_s=0.2), "deadline_s": 3.0}
        given["leaving"] = lambda body: dated(body, clock.off)

        async def carry() -> None:
            await clock.known.wait()
            await deliver(database, keyring, **given)

        async def set_clock() -> None:
            clock.set()

        tasks.create_task(carry())
        tasks.create_task(hear(session, url, clock))
        tasks.create_task(keep_time(clock, database, set_clock=set_clock, kept_by_others=lambda: False, look_s=0.1))
        for number in range(len(VISITS)):
            await ledger.open_visit(visit_of(number, clock), now=clock())
        before = [int(line[0]) for line in ground.lines("tried")]
        upcoming = iter(range(max(before, default=-1) + 1, sys.maxsize))
        again = iter(before[-AGAIN:])
        draining = ground.folder / "drain"

        async def person() -> None:
            while True:
                number = next(again, None)
                if number is None:
                    if draining.exists():
                        return
                    if await database.look(outbox.waiting) > BACKLOG:
                        await asyncio.sleep(chance.uniform(0, 0.2))
                        continue
                    number = next(upcoming)
                    os.write(tried, f"{number}\n".encode())
                readings = decode("2A35", packet(number).value).readings()
                os.write(times, f"{number} {datetime.now(UTC).isoformat()}\n".encode())
                visit, event = visit_of(number, clock), measured_now(number, clock, ledger)
                result = await ledger.keep(event, readings, visit=visit, now=clock())
                os.write(kept, f"{number} {result.outcome} {' '.join(result.ids)}\n".encode())
                await asyncio.sleep(chance.uniform(0, 0.015))

        for _ in range(6):
            tasks.create_task(person())


async def be_gateway(ground: Ground, chance: random.Random) -> None:
    principal = booth("kill")
    async with (
        open_keyring(ground.url("gateway-keys"), ground.folder / "gateway-kek") as keyring,
        open_database(ground.url("gateway"), METADATA) as database,
        open_store(database, keyring) as store,
    ):
        await checkpoint_often(database, chance)

        async def put(request: web.Request) -> web.Response:
            try:
                body = await request.read()
            except ConnectionResetError:  # the link was cut in the middle of it
                return web.Response(status=400)
            headers = {name.lower(): value for name, value in request.headers.items()}
            path = request.match_info["path"]
            answer = await store.handle(
                Request(method="PUT", path=path, base=BASE, headers=headers, body=body), principal
            )
            return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

        app = web.Application()
        app.router.add_put("/fhir/R4/{path:.+}", put)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", ground.gateway_port, reuse_address=True).start()
        await asyncio.Event().wait()


async def be_link(ground: Ground, chance: random.Random) -> None:
    note = ground.note("faults")
    surely = chance.sample(list(Fault), k=len(Fault))  # each once, then as chance has it

    def choose() -> Fault:
        if (ground.folder / "drain").exists():
            return Fault.NONE
        fault = surely.pop() if surely else chance.choices(list(Fault), LINK_WEIGHTS)[0]
        if fault is not Fault.NONE:
            os.write(note, f"{fault.name}\n".encode())
        return fault

    async with FlakyLink(ground.gateway_port, port=ground.link_port, choose=choose):
        await asyncio.Event().wait()


Body = Callable[[Ground, random.Random], Coroutine[Any, Any, None]]
BODIES: Final[dict[str, Body]] = {"booth": be_booth, "gateway": be_gateway, "link": be_link}


def fork(body: Body, ground: Ground, seed: int) -> int:
    """Start *body* in a process that does not outlive this one; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        asyncio.run(body(ground, random.Random(seed)))
    except BaseException:  # noqa: BLE001  a forked child must never return into its parent's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
