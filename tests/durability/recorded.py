"""The programs that `power` records: they acknowledge in a file what a screen or an HTTP answer would have said."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from booth_client import ledger as booth_ledger
from booth_client.clock import Machine, open_clock
from booth_client.ledger import Ledger
from gateway import outbox
from gateway.database import Database, open_database, open_keyring
from gateway.devices.catalogue import decode
from gateway.fhir.device import phd_device
from gateway.fhir.json import dumps
from gateway.fhir.patient import provisional_patient
from gateway.fhir.rest import Request
from gateway.identity.principal import booth
from gateway.store import METADATA, open_store
from tests.durability.lives import BASE, BOOTH, CUFF, measured_now, visit_of

LIVES = 3
PEOPLE = 3


async def checkpoint_often(database: Database) -> None:
    await database.act(lambda connection: connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 12").scalar())


async def be_booth(folder: Path, acks: int, numbers: range) -> None:
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/booth.db", booth_ledger.METADATA, outbox.METADATA) as database,
    ):
        await checkpoint_often(database)
        # Each life is a start of the machine, whose clock is two years behind, then one, then right; no power cut is
        # between two of them, so that each is dated by what the gateway says in its middle.
        life = numbers.start // len(numbers)
        off = timedelta(days=365 * (life - LIVES + 1))
        machine = Machine(boot=f"{life:036}", says=lambda: datetime.now(UTC) + off)
        clock = await open_clock(database, machine=machine)
        os.write(acks, f"started {machine.boot}\n".encode())
        ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event(), zone=UTC, clock=clock)
        upcoming = iter(numbers)

        async def person() -> None:
            for number in upcoming:
                if number == numbers[len(numbers) // 2]:
                    clock.hear(datetime.now(UTC))
                    clock.set()
                    await clock.keep(database)
                    os.write(acks, f"heard {machine.boot}\n".encode())
                await ledger.open_visit(visit_of(number, clock), now=clock())
                visit, event = visit_of(number, clock), measured_now(number, clock, ledger)
                readings = decode("2A35", event.value).readings()
                kept = await ledger.keep(event, readings, visit=visit, now=clock())
                paths = " ".join(f"Observation/{id_}" for id_ in kept.ids)
                os.write(acks, f"kept {readings[0].device_time} {paths}\n".encode())

        async def carrier() -> None:
            for _ in numbers:
                letters = await database.act(
                    lambda connection: outbox.lease(connection, destination="gateway", now=clock(), limit=2, lease_s=0)
                )
                for letter in letters:
                    os.write(acks, f"sent {letter.path}\n".encode())
                    await database.act(partial(outbox.done, seq=letter.seq))
                    if letter.path.startswith("Observation/"):
                        os.write(acks, f"arrived {letter.path}\n".encode())

        await asyncio.gather(carrier(), *(person() for _ in range(PEOPLE)))


async def be_gateway(folder: Path, acks: int, numbers: range) -> None:
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/gateway.db", METADATA) as database,
        open_store(database, keyring) as store,
    ):
        await checkpoint_often(database)
        upcoming = iter(numbers)

        async def client() -> None:
            for number in upcoming:
                id_ = f"00000000-0000-4000-8000-{number:012}"
                resource = provisional_patient(id=id_) if number % 2 else phd_device(CUFF, id=id_)
                path = f"{resource['resourceType']}/{id_}"
                headers = {"content-type": "application/fhir+json"}
                request = Request(method="PUT", path=path, base=BASE, headers=headers, body=dumps(resource))
                answer = await store.handle(request, booth("power"))
                assert answer.status == 201, answer.body
                os.write(acks, f"stored {path}\n".encode())

        await asyncio.gather(*(client() for _ in range(PEOPLE)))


def main() -> None:
    """Live a few times, one life after another, as the named program in the given folder."""
    program, folder, readings = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    acks = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    body = {"booth": be_booth, "gateway": be_gateway}[program]
    each = -(-readings // LIVES)
    for life in range(LIVES):
        asyncio.run(body(folder, acks, range(life * each, (life + 1) * each)))


if __name__ == "__main__":
    main()
