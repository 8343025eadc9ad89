"""Reads and refusals leave a row too, on both engines, without making a read wait for the disk."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from gateway.database import Database, Keyring
from gateway.errors import Unavailable
from gateway.fhir.json import loads
from gateway.store import audit, open_store
from gateway.store.tables import audit as rows
from tests.store.endpoint import Endpoint, everything, heart_rate, patient_alone


async def trail(database: Database) -> list[tuple[Any, ...]]:
    words = (rows.c.who, rows.c.interaction, rows.c.type, rows.c.id, rows.c.status)
    asked = select(*words).where(rows.c.version == 0).order_by(rows.c.serial)
    return [tuple(each) for each in await database.look(lambda connection: connection.execute(asked).all())]


async def test_every_read_and_every_refusal_is_recorded_with_who_it_was(database: Database, keyring: Keyring) -> None:
    async with open_store(database, keyring) as store:
        endpoint = Endpoint(store=store, principal=everything())
        await endpoint.save(heart_rate(id="a", patient="p2"))
        for url in ("Observation/a", "Observation?code=8867-4", "Observation/a/_history", "_history", "metadata"):
            await endpoint.get(url)
        await endpoint.get("Patient/p2/$everything")
        citizen = Endpoint(store=store, principal=patient_alone("p1"))
        await citizen.get("Observation/a")
        await citizen.get("Location")
        await Endpoint(store=store, principal=None).get("Observation/a")
    assert await trail(database) == [
        ("integrator", "read", "Observation", "a", 200),
        ("integrator", "search-type", "Observation", "", 200),
        ("integrator", "history-instance", "Observation", "a", 200),
        ("integrator", "history-system", "_history", "", 200),
        ("integrator", "refused", "Patient", "p2", 404),
        ("citizen-p1", "refused", "Observation", "a", 404),
        ("citizen-p1", "refused", "Location", "", 403),
    ]
    assert await database.look(lambda connection: list(audit.broken(connection))) == []


class Full:
    """A database whose disk is full, for writing."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.full = False

    async def act(self, fn: Any, /, *, adds: bool = False) -> Any:
        if self.full:
            raise Unavailable("The disk is full.")
        return await self.database.act(fn, adds=adds)

    async def look(self, fn: Any, /, *, brief: bool = False) -> Any:
        return await self.database.look(fn, brief=brief)


async def test_what_cannot_be_recorded_is_not_shown_and_is_again_as_soon_as_it_can(
    database: Database, keyring: Keyring
) -> None:
    disk = Full(database)
    async with open_store(disk, keyring) as store:
        endpoint = Endpoint(store=store, principal=everything())
        await endpoint.save(heart_rate(id="a"))
        disk.full = True
        answers = [(await endpoint.get("Observation/a")).status]
        while answers[-1] == 200:
            answers.append((await endpoint.get("Observation/a")).status)
        refused = await endpoint.get("Observation/a")
        assert (refused.status, loads(refused.body)["issue"][0]["code"]) == (503, "transient")
        disk.full = False
        while (await endpoint.get("Observation/a")).status != 200:
            await asyncio.sleep(0.05)
    found = await trail(database)
    assert [each[4] for each in found] == [200] * (answers.count(200) + 1)
