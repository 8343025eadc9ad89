"""The programs that `trouble` lets a failing disk meet: each tells in a file what it acknowledged and what it refused.

The booth's machine is a year behind until it hears the right time in the middle of its packets, and sets its clock.

They go on until all is kept, however often the disk says no: what was refused is done again, as a person measures once
more and a booth sends once more; a program that stopped is started again, as systemd does.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, web

from booth_client import ledger as booth_ledger
from booth_client.clock import Clock, Machine, open_clock
from booth_client.dating import dated
from booth_client.ledger import Kept, Ledger
from booth_client.timekeeping import keep_time
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.delivery import Backoff, deliver
from gateway.devices.catalogue import decode
from gateway.errors import SettingsError, Unavailable
from gateway.fhir.device import phd_device
from gateway.fhir.json import dumps
from gateway.fhir.patient import provisional_patient
from gateway.fhir.rest import Request
from gateway.identity.principal import booth
from gateway.store import METADATA, open_store
from tests.durability.lives import BASE, BOOTH, CUFF, measured_now, packet, visit_of
from tests.durability.recorded import PEOPLE, checkpoint_often

__all__ = ["LOUD", "PROGRAMS", "Notes", "live"]

LOUD: Final = (SettingsError, Unavailable)
"""Errors that say in words what the operator has to repair, or that it is to be tried again."""

_LIVES: Final = 100
_HEARD_AT: Final = 3
"""The packet from which on the booth hears what time it is."""
_OFF: Final = timedelta(minutes=5)
_BEHIND: Final = Machine(boot="0" * 36, says=lambda: datetime.now(UTC) - timedelta(days=365))
_BRISK: Final = Backoff(first_s=0.001, cap_s=0.01)


class Notes:
    """What would have been shown or answered, a line each, in the order in which it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())

    def said(self, word: str) -> set[str]:
        """Return what was said after *word*."""
        lines = self._path.read_text().splitlines()
        return {line.partition(" ")[2] for line in lines if line.partition(" ")[0] == word}


async def be_booth(folder: Path, notes: Notes, numbers: Iterable[int]) -> None:
    """Keep packets in the ledger, and deliver their letters, until none waits."""
    wake = asyncio.Event()
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/booth.db", booth_ledger.METADATA, outbox.METADATA) as database,
        _other_side(notes) as url,
        ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        await _until_done(partial(checkpoint_often, database), notes)
        clock = await open_clock(database, machine=_BEHIND)
        ledger = Ledger(database, keyring, booth=BOOTH, wake=wake, zone=UTC, clock=clock)
        given: dict[str, Any] = {"base_url": url, "wake": wake, "backoff": _BRISK, "poll_s": 0.01, "deadline_s": 5.0}
        given |= {"session": session, "now": clock, "leaving": lambda body: dated(body, clock.off)}
        looks: dict[str, Any] = {"set_clock": _at_once(clock), "kept_by_others": lambda: False, "look_s": 0.01}
        beside = [
            tasks.create_task(deliver(database, keyring, **given)),
            tasks.create_task(keep_time(clock, database, **looks)),
        ]
        done = {int(line.split()[0]) for line in notes.said("packet")}
        upcoming = iter([number for number in numbers if number not in done])

        async def person() -> None:
            for number in upcoming:
                if number >= _HEARD_AT:
                    clock.hear(datetime.now(UTC))
                readings = decode("2A35", packet(number).value).readings()
                await _until_done(partial(_opened, ledger, number, clock), notes)
                kept = await _until_done(partial(_kept, ledger, number, clock), notes)
                # A repeat says that an earlier life has kept it, and was stopped before it said so.
                paths = " ".join(f"Observation/{id_}" for id_ in kept.ids)
                notes.say(f"kept {readings[0].device_time} {paths}".rstrip())
                notes.say(f"packet {number}")

        await asyncio.gather(*(person() for _ in range(PEOPLE)))
        clock.hear(datetime.now(UTC))
        while await _until_done(partial(database.act, outbox.waiting), notes):
            await asyncio.sleep(0.005)
        for task in beside:
            task.cancel()


def _at_once(clock: Clock) -> Callable[[], Coroutine[Any, Any, None]]:
    async def set_clock() -> None:
        clock.set()

    return set_clock


async def _opened(ledger: Ledger, number: int, clock: Clock) -> None:
    await ledger.open_visit(visit_of(number, clock), now=clock())


async def _kept(ledger: Ledger, number: int, clock: Clock) -> Kept:
    visit, event = visit_of(number, clock), measured_now(number, clock, ledger)
    return await ledger.keep(event, decode("2A35", event.value).readings(), visit=visit, now=clock())


@asynccontextmanager
async def _other_side(notes: Notes) -> AsyncIterator[str]:
    """A gateway that only says that it has what came."""

    async def put(request: web.Request) -> web.Response:
        notes.say(f"sent {request.match_info['path']}")
        told = json.loads(await request.read())
        if "effectiveDateTime" in told:
            off = datetime.now(UTC) - datetime.fromisoformat(told["effectiveDateTime"])
            notes.say(f"dated {'right' if abs(off) < _OFF else 'wrong'}")
        return web.Response(status=200)

    app = web.Application()
    app.router.add_put("/{path:.+}", put)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def be_gateway(folder: Path, notes: Notes, numbers: Iterable[int]) -> None:
    """Store resources, each until it is answered 2xx."""
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/gateway.db", METADATA) as database,
        open_store(database, keyring) as store,
    ):
        await _until_done(partial(checkpoint_often, database), notes)
        done = {int(line) for line in notes.said("packet")}
        upcoming = iter([number for number in numbers if number not in done])

        async def client() -> None:
            for number in upcoming:
                id_ = f"00000000-0000-4000-8000-{number:012}"
                resource = provisional_patient(id=id_) if number % 2 else phd_device(CUFF, id=id_)
                path = f"{resource['resourceType']}/{id_}"
                headers = {"content-type": "application/fhir+json"}
                request = Request(method="PUT", path=path, base=BASE, headers=headers, body=dumps(resource))
                handle = partial(store.handle, request, booth("trouble"))
                answer = await _until_done(handle, notes)
                while answer.status == 503:
                    notes.say(f"refused {answer.status}")
                    answer = await _until_done(handle, notes)
                assert answer.status in (200, 201), answer.body
                notes.say(f"stored {path}")
                notes.say(f"packet {number}")

        await asyncio.gather(*(client() for _ in range(PEOPLE)))


async def _until_done(work: Callable[[], Coroutine[Any, Any, Any]], notes: Notes) -> Any:
    """Do *work* again for as long as it is refused in words."""
    while True:
        try:
            return await work()
        except Unavailable as error:
            notes.say(f"refused {error}")
            await asyncio.sleep(0)


PROGRAMS: Final[dict[str, Callable[[Path, Notes, Iterable[int]], Coroutine[Any, Any, None]]]] = {
    "booth": be_booth,
    "gateway": be_gateway,
}


def live(program: str, folder: Path, numbers: Iterable[int]) -> None:
    """Live, one life after another, until all is done. Raises what is no loud stop, and RuntimeError after many."""
    notes = Notes(folder / "acknowledged")
    for _ in range(_LIVES):
        try:
            return asyncio.run(PROGRAMS[program](folder, notes, numbers))
        except LOUD as error:
            notes.say(f"stopped {error}")
        except BaseExceptionGroup as group:
            _, other = group.split(LOUD)
            if other is not None:
                raise
            notes.say(f"stopped {group.exceptions[0]}")
    raise RuntimeError(f"stopped {_LIVES} times, though the disk is well again")
