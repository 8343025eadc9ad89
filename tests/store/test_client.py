"""A client library that nobody here wrote works against the endpoint over real HTTP."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from gateway.http.fhir import routes
from gateway.identity import Principal
from gateway.store import Store
from tests.store.endpoint import LOINC, everything, heart_rate


@pytest.fixture
async def client(store: Store) -> AsyncIterator[AsyncFHIRClient]:
    async def authenticate(_request: web.Request) -> Principal:
        return everything()

    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = web.Application()
    app.add_routes(routes(store, authenticate, base_url=base_url))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield AsyncFHIRClient(f"{base_url}/fhir/R4")
    finally:
        await runner.cleanup()


def observation(client: AsyncFHIRClient, value: int, **more: Any) -> Any:
    resource = heart_rate(**more)
    resource["valueQuantity"]["value"] = value
    return client.resource(resource.pop("resourceType"), **resource)


async def test_fhirpy_creates_reads_updates_and_searches(client: AsyncFHIRClient) -> None:
    patient = client.resource("Patient", name=[{"family": "Martin"}], birthDate="1950-01-01")
    await patient.save()
    assert patient["meta"]["versionId"] == "1"
    for minute in range(5):
        at = f"2026-11-22T10:0{minute}:00Z"
        await observation(client, 70 + minute, patient=patient.id, at=at).create()
    found = client.resources("Observation").search(patient=patient.id, code=f"{LOINC}|8867-4", date__ge="2026-11-22")
    assert [each["effectiveDateTime"][14:16] for each in await found.sort("-date").limit(3).fetch()] == [
        "04",
        "03",
        "02",
    ]
    assert await found.count() == 5
    assert len(await found.limit(2).fetch_all()) == 5
    first = await found.sort("date").first()
    assert first is not None
    first["status"] = "amended"
    await first.save()
    again = await client.reference("Observation", first.id).to_resource()
    assert (again["status"], again["meta"]["versionId"]) == ("amended", "2")


async def test_fhirpy_creates_once_under_a_condition(client: AsyncFHIRClient) -> None:
    resource = observation(client, 72, identifier=[{"system": "urn:x", "value": "1"}])
    search = client.resources("Observation").search(identifier="urn:x|1")
    one, made = await search.get_or_create(resource)
    two, made_again = await search.get_or_create(resource)
    assert (made, made_again, one.id) == (True, False, two.id)


async def test_fhirpy_gets_errors_it_understands(client: AsyncFHIRClient) -> None:
    with pytest.raises(ResourceNotFound):
        await client.reference("Observation", "none").to_resource()
    with pytest.raises(OperationOutcome, match="colour"):
        await client.resources("Observation").search(colour="red").fetch()
    with pytest.raises(OperationOutcome, match="status"):
        await client.resource("Observation", code={"text": "x"}).create()
