"""Many at once: one resource from identical conditional creates, no lost update, no version twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from time import perf_counter

import pytest
from sqlalchemy import text

from gateway.database import open_database, open_keyring
from gateway.fhir.json import loads
from gateway.store import METADATA, open_store
from tests.peers.postgresql import PostgreSQLServer
from tests.store.endpoint import Endpoint, everything, heart_rate
from tests.store.race import CLIENTS, crossing, race, stored

ROUNDS = 5


async def test_identical_conditional_creates_at_the_same_time_make_one_resource(endpoint: Endpoint) -> None:
    for number in range(ROUNDS):
        resource = heart_rate(identifier=[{"system": "urn:round", "value": str(number)}])
        condition = f"identifier=urn:round|{number}"
        answers = await asyncio.gather(
            *(endpoint.post("Observation", resource, if_none_exist=condition) for _ in range(CLIENTS))
        )
        assert Counter(each.status for each in answers) == {201: 1, 200: CLIENTS - 1}
        assert len({loads(each.body)["id"] for each in answers}) == 1
    assert len(await endpoint.ids("Observation")) == ROUNDS


async def test_the_order_of_the_criteria_does_not_matter(endpoint: Endpoint) -> None:
    resource = heart_rate(identifier=[{"system": "urn:x", "value": "1"}])
    conditions = ("identifier=urn:x|1&patient=p1", "patient=Patient/p1&identifier=urn:x|1")
    answers = await asyncio.gather(
        *(endpoint.post("Observation", resource, if_none_exist=conditions[each % 2]) for each in range(CLIENTS))
    )
    assert Counter(each.status for each in answers) == {201: 1, 200: CLIENTS - 1}


async def test_an_update_that_creates_is_made_once(endpoint: Endpoint) -> None:
    answers = await asyncio.gather(*(endpoint.put("Observation/a", heart_rate(id="a")) for _ in range(CLIENTS)))
    assert Counter(each.status for each in answers) == {201: 1, 200: CLIENTS - 1}
    assert {each.headers["ETag"] for each in answers} == {'W/"1"'}


async def test_of_updates_that_expect_the_same_version_one_wins(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a", value="1"))
    answers = await asyncio.gather(
        *(
            endpoint.put("Observation/a", heart_rate(id="a", value=str(each)), if_match='W/"1"')
            for each in range(2, 2 + CLIENTS)
        )
    )
    assert Counter(each.status for each in answers) == {200: 1, 412: CLIENTS - 1}


async def test_no_update_is_lost_and_no_version_is_given_twice(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a", value="1"))
    answers = await asyncio.gather(
        *(endpoint.put("Observation/a", heart_rate(id="a", value=str(each))) for each in range(2, 2 + CLIENTS))
    )
    assert sorted(int(loads(each.body)["meta"]["versionId"]) for each in answers) == list(range(2, 2 + CLIENTS))
    values = set()
    for version in range(1, 2 + CLIENTS):
        values.add(loads((await endpoint.get(f"Observation/a/_history/{version}")).body)["valueQuantity"]["value"])
    assert values == set(range(1, 2 + CLIENTS))


async def test_three_processes_on_one_database_make_one_resource_too(
    postgresql_server: PostgreSQLServer, tmp_path: Path
) -> None:
    await one_each(
        postgresql_server.make_database(), postgresql_server.make_database(), tmp_path, nodes=3, rounds=ROUNDS
    )


async def test_transactions_of_three_processes_that_mean_the_same_never_wait_for_each_other(
    postgresql_server: PostgreSQLServer, tmp_path: Path
) -> None:
    database, keys = postgresql_server.make_database(), postgresql_server.make_database()
    async with (
        open_keyring(keys, tmp_path / "kek") as keyring,
        open_database(database, METADATA) as opened,
        open_store(opened, keyring) as store,
    ):
        for name in "abcd":
            whole = heart_rate(id=name, identifier=[{"system": "urn:x", "value": name}])
            assert (await Endpoint(store=store, principal=everything()).put(f"Observation/{name}", whole)).status == 201
        assert await asyncio.to_thread(crossing, database, keys, tmp_path, nodes=3, rounds=10) == {200: 240}
        told = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert await opened.look(lambda connection: connection.execute(told).scalar_one()) == 0


@pytest.mark.soak
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_a_thousand_rounds_make_a_thousand_resources(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        database, keys, nodes = f"sqlite:///{tmp_path}/store.db", f"sqlite:///{tmp_path}/keys.db", 1
    else:
        server = request.getfixturevalue("postgresql_server")
        database, keys, nodes = server.make_database(), server.make_database(), 3
    began = perf_counter()
    await one_each(database, keys, tmp_path, nodes=nodes, rounds=1_000)
    print(f"{engine}: 1000 rounds of 64 on {nodes} processes, one resource each, {perf_counter() - began:.0f} s")  # noqa: T201  the figure of the long form


async def one_each(database: str, keys: str, folder: Path, *, nodes: int, rounds: int) -> None:
    async with (
        open_keyring(keys, folder / "kek") as keyring,
        open_database(database, METADATA) as opened,
        open_store(opened, keyring),
    ):
        pass  # the tables and the keys are there before the nodes start
    answers = await asyncio.to_thread(race, database, keys, folder, nodes=nodes, rounds=rounds)
    assert answers == [Counter({201: 1, 200: CLIENTS - 1})] * rounds
    assert await stored(database) == rounds
