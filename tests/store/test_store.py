"""What the store keeps beside the resources: who wrote, who is told, and what a thief of the file gets."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from gateway.database import Database, Keyring, SealBroken, open_database, open_keyring
from gateway.fhir.json import loads
from gateway.store import METADATA, Change, Store, open_store
from gateway.store.audit import broken
from gateway.store.tables import audit, resource
from tests.peers.patience import PATIENCE
from tests.store.endpoint import Endpoint, everything, heart_rate


async def test_a_write_and_its_audit_row_are_there_together(endpoint: Endpoint, database: Database) -> None:
    await endpoint.save(heart_rate(id="a"))
    await endpoint.save(heart_rate(id="a"))
    await endpoint.save(heart_rate(id="a", value="80"))
    assert (await endpoint.put("Observation/a", heart_rate(id="a", value="9"), if_match='W/"7"')).status == 412
    rows = await database.look(lambda connection: connection.execute(select(audit).order_by(audit.c.serial)).all())
    assert [(row.who, row.interaction, row.type, row.id, row.version, row.status) for row in rows] == [
        ("integrator", "update", "Observation", "a", 1, 201),
        ("integrator", "update", "Observation", "a", 2, 200),
    ]


async def test_every_edited_deleted_or_swapped_audit_row_is_found(endpoint: Endpoint, database: Database) -> None:
    await asyncio.gather(*(endpoint.save(heart_rate()) for _ in range(20)))

    def faults(connection: Connection) -> list[tuple[str, int]]:
        return list(broken(connection))

    assert await database.look(faults) == []
    rows = await database.look(lambda connection: connection.execute(select(audit).order_by(audit.c.serial)).all())
    lengths = {row.chain: row.number for row in rows}
    victim = next(row for row in rows if row.number < lengths[row.chain]) if len(lengths) < len(rows) else rows[0]
    here = audit.c.serial == victim.serial

    await database.act(lambda connection: connection.execute(update(audit).where(here).values(who="nobody")))
    assert (victim.chain, victim.number) in await database.look(faults)
    await database.act(lambda connection: connection.execute(update(audit).where(here).values(who=victim.who)))
    assert await database.look(faults) == []
    if victim.number < lengths[victim.chain]:
        await database.act(lambda connection: connection.execute(delete(audit).where(here)))
        assert await database.look(faults) == [(victim.chain, victim.number + 1)]
        await database.act(lambda connection: connection.execute(insert(audit), [victim._asdict()]))


async def test_listeners_hear_of_each_version_once_and_in_order(endpoint: Endpoint, store: Store) -> None:
    heard: list[Change] = []
    stop = store.on_change(heard.append)
    await endpoint.save({"resourceType": "Device", "id": "d"})
    for value in range(10):
        await endpoint.save(heart_rate(id="a", value=str(value)))
    await endpoint.save(heart_rate(id="a", value="9"))
    await endpoint.get("Observation/a")
    assert [(each.type, each.version, each.patient) for each in heard] == [
        ("Device", 1, None),
        *(("Observation", version, "p1") for version in range(1, 11)),
    ]
    assert heard[-1].body == (await endpoint.get("Observation/a")).body
    stop()
    await endpoint.save(heart_rate(id="a", value="99"))
    assert len(heard) == 11


async def test_a_caller_that_hangs_up_does_not_keep_a_commit_from_the_listeners(
    endpoint: Endpoint, store: Store
) -> None:
    heard: list[Change] = []
    store.on_change(heard.append)
    task = asyncio.ensure_future(endpoint.post("Observation", heart_rate()))
    for _ in range(2):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(PATIENCE):
        while not heard:
            await asyncio.sleep(0.01)
    assert await endpoint.ids("Observation") == [heard[0].id]


async def test_what_is_on_the_disk_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with (
        open_database(f"sqlite:///{path}", METADATA) as database,
        open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek") as keyring,
        open_store(database, keyring) as store,
    ):
        endpoint = Endpoint(store=store, principal=everything())
        patient = {
            "resourceType": "Patient",
            "name": [{"family": "Dubois", "given": ["Marcelle"]}],
            "identifier": [{"system": "urn:ins", "value": "248037502100541"}],
            "telecom": [{"system": "phone", "value": "0612345678"}],
        }
        await endpoint.save(patient)
        await endpoint.save(heart_rate(value="123.456", note=[{"text": "Essoufflée"}]))
        assert len(await endpoint.ids("Patient?identifier=248037502100541&name=dub")) == 1
    stored = b"".join(each.read_bytes() for each in tmp_path.glob("*.db*")).lower()
    for secret in (b"dubois", b"marcelle", b"248037502100541", b"0612345678", b"123.456", "essoufflée".encode()):
        assert secret not in stored


async def test_a_row_in_the_place_of_another_does_not_open(endpoint: Endpoint, database: Database) -> None:
    for name in ("a", "b"):
        await endpoint.save(heart_rate(id=name, value="1" if name == "a" else "2"))

    def swap(connection: Connection) -> None:
        body = select(resource.c.body).where(resource.c.id == "a").scalar_subquery()
        connection.execute(update(resource).where(resource.c.id == "b").values(body=body))

    await database.act(swap)
    with pytest.raises(SealBroken):
        await endpoint.get("Observation/b")


async def test_what_is_sealed_with_a_destroyed_key_is_gone(endpoint: Endpoint, keyring: Keyring) -> None:
    await endpoint.save(heart_rate(id="a"))
    await endpoint.save(heart_rate(id="a", value="80"))
    await endpoint.save(heart_rate(id="b", patient="p2"))
    keyring.destroy("p1")
    assert (await endpoint.get("Observation/a")).status == 410
    assert (await endpoint.get("Observation/a/_history/1")).status == 410
    assert await endpoint.ids("Observation") == ["b"]


async def test_time_that_runs_backwards_does_not_make_a_version_older(database: Database, keyring: Keyring) -> None:
    start = datetime(2026, 11, 22, 10, 0, 0, 123_999, tzinfo=UTC)
    now = start
    async with open_store(database, keyring, now=lambda: now) as store:
        endpoint = Endpoint(store=store, principal=everything())
        # The third asks twice: for a first version, in case there is none, and for the one after the second.
        for value, passed_s, expected in (("1", 0, "00.123999Z"), ("2", -3600, "00.124000Z"), ("3", 1, "01.124000Z")):
            now = start + timedelta(seconds=passed_s)
            response = await endpoint.put("Observation/a", heart_rate(id="a", value=value))
            assert loads(response.body)["meta"]["lastUpdated"] == f"2026-11-22T10:00:{expected}"


async def test_a_store_that_cannot_write_says_so_and_acknowledges_nothing(tmp_path: Path) -> None:
    closing = AsyncExitStack()
    async with open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek") as keyring, closing:
        database = await closing.enter_async_context(open_database(f"sqlite:///{tmp_path}/store.db", METADATA))
        async with open_store(database, keyring) as store:
            await closing.aclose()
            response = await Endpoint(store=store, principal=everything()).post("Observation", heart_rate())
    assert response.status == 503
    assert response.headers["Retry-After"] == "1"
    assert loads(response.body)["issue"][0]["code"] == "transient"
