"""Many at once: one resource from identical conditional creates, no lost update, no version twice."""

from __future__ import annotations

import asyncio
from collections import Counter

from gateway.database import Keyring, open_database
from gateway.fhir.json import loads
from gateway.store import METADATA, open_store
from tests.store.endpoint import Endpoint, everything, heart_rate

CLIENTS = 64
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


async def test_two_nodes_on_one_database_make_one_resource_too(postgresql_url: str, keyring: Keyring) -> None:
    async with (
        open_database(postgresql_url, METADATA) as here,
        open_database(postgresql_url, METADATA) as there,
        open_store(here, keyring) as one,
        open_store(there, keyring) as two,
    ):
        nodes = [Endpoint(store=store, principal=everything()) for store in (one, two)]
        for number in range(ROUNDS):
            resource = heart_rate(identifier=[{"system": "urn:round", "value": str(number)}])
            condition = f"identifier=urn:round|{number}"
            answers = await asyncio.gather(
                *(nodes[each % 2].post("Observation", resource, if_none_exist=condition) for each in range(CLIENTS))
            )
            assert Counter(each.status for each in answers) == {201: 1, 200: CLIENTS - 1}
