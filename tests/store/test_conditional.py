"""Conditional update and delete, on both engines; conditional create stands with the other interactions."""

from __future__ import annotations

import asyncio

from gateway.fhir.json import loads
from tests.store.endpoint import Endpoint, heart_rate

SEVEN = [{"system": "urn:x", "value": "7"}]
URL = "Observation?identifier=urn:x|7"


async def test_a_conditional_update_creates_then_updates_the_one_and_refuses_several(endpoint: Endpoint) -> None:
    first = await endpoint.put(URL, heart_rate(identifier=SEVEN))
    assert first.status == 201
    id_ = loads(first.body)["id"]
    second = await endpoint.put(URL, heart_rate(identifier=SEVEN, value="80"))
    assert (second.status, second.headers["ETag"], loads(second.body)["id"]) == (200, 'W/"2"', id_)
    same = await endpoint.put(URL, heart_rate(identifier=SEVEN, value="80", id=id_))
    assert (same.status, same.headers["ETag"]) == (200, 'W/"2"')
    assert (await endpoint.put(URL, heart_rate(identifier=SEVEN, id="other"))).status == 400
    await endpoint.save(heart_rate(id="another", identifier=SEVEN))
    assert (await endpoint.put(URL, heart_rate(identifier=SEVEN))).status == 412
    assert (await endpoint.put("Observation", heart_rate())).status == 400
    assert (await endpoint.put("Observation?colour=red", heart_rate())).status == 400


async def test_a_conditional_update_with_an_id_of_its_own_takes_nobody_elses_place(endpoint: Endpoint) -> None:
    created = await endpoint.put(URL, heart_rate(identifier=SEVEN, id="mine"))
    assert (created.status, loads(created.body)["id"]) == (201, "mine")
    await endpoint.save(heart_rate(id="taken"))
    other = heart_rate(identifier=[{"system": "urn:x", "value": "8"}], id="taken")
    assert (await endpoint.put("Observation?identifier=urn:x|8", other)).status == 409
    assert (await endpoint.get("Observation/taken")).headers["ETag"] == 'W/"1"'


async def test_identical_conditional_updates_at_once_make_one_resource(endpoint: Endpoint) -> None:
    answers = await asyncio.gather(*(endpoint.put(URL, heart_rate(identifier=SEVEN)) for _ in range(16)))
    assert sorted(each.status for each in answers) == [200] * 15 + [201]
    assert len(await endpoint.ids(URL)) == 1
    assert {each.headers["ETag"] for each in answers} == {'W/"1"'}


async def test_a_conditional_delete_deletes_the_one_and_leaves_several(endpoint: Endpoint) -> None:
    assert (await endpoint.ask("DELETE", URL)).status == 204
    await endpoint.save(heart_rate(id="a", identifier=SEVEN))
    assert (await endpoint.ask("DELETE", URL)).status == 204
    assert (await endpoint.get("Observation/a")).status == 410
    await endpoint.save(heart_rate(id="b", identifier=SEVEN))
    await endpoint.save(heart_rate(id="c", identifier=SEVEN))
    assert (await endpoint.ask("DELETE", URL)).status == 412
    assert sorted(await endpoint.ids(URL)) == ["b", "c"]
    assert (await endpoint.ask("DELETE", "Observation")).status == 400
