"""A real FHIR client library, fhirpy, works against the gateway with a SMART token.

https://github.com/beda-software/fhir-py
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import ForbiddenError, OperationOutcome, ResourceNotFound

from gateway.config import GatewaySettings
from tests.peers.running import PATIENT, Running, heart_rate, running_gateway


@pytest.fixture(params=["sqlite", "postgresql"])
async def running(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    """Give a whole gateway on each engine."""
    changed: Callable[[GatewaySettings], GatewaySettings] = replace
    if request.param == "postgresql":
        changed = partial(replace, database=request.getfixturevalue("postgresql_url"))
    async with running_gateway(tmp_path, change=changed) as found:
        yield found


async def test_fhirpy_creates_searches_updates_and_reads(running: Running) -> None:
    client = AsyncFHIRClient(running.fhir, authorization=f"Bearer {await running.token()}")
    patient = client.resource("Patient", id=PATIENT, name=[{"family": "Dubois", "given": ["Marcelle"]}])
    await patient.save()
    for value in (61, 64, 59):
        observation = client.resource("Observation", **_content(value))
        await observation.save()
        assert observation.id
    found = await client.resources("Observation").search(patient=f"Patient/{PATIENT}", code="8867-4").fetch_all()
    assert sorted(one["valueQuantity"]["value"] for one in found) == [59, 61, 64]
    paged = await client.resources("Observation").search(patient=PATIENT).limit(1).fetch_all()
    assert len(paged) == 3
    first = found[0]
    first["status"] = "amended"
    await first.save()
    again = await client.get("Observation", str(first.id))
    assert again["status"] == "amended"
    assert again["meta"]["versionId"] == "2"


async def test_fhirpy_creates_once_follows_chains_includes_pages_and_counts(running: Running) -> None:
    client = AsyncFHIRClient(running.fhir, authorization=f"Bearer {await running.token()}")
    for number in range(7):
        person = client.resource("Patient", name=[{"family": f"Dubois {number % 2}"}], identifier=[_identifier(number)])
        search = client.resources("Patient").search(identifier=f"urn:example|{number}")
        made, created = await search.get_or_create(person)
        again, created_again = await search.get_or_create(person)
        assert (created, created_again, made.id) == (True, False, again.id)
        content = _content(60 + number) | {"subject": {"reference": f"Patient/{made.id}"}}
        await client.resource("Observation", **content).create()
    chained = client.resources("Observation").search(patient__family="Dubois 1").limit(2)
    assert sorted([each["valueQuantity"]["value"] for each in await chained.fetch_all()]) == [61, 63, 65]
    assert await chained.count() == 3
    with_people = await chained.include("Observation", "subject").fetch_raw()
    assert [each.resource.resourceType for each in with_people.entry] == ["Observation"] * 2 + ["Patient"] * 2
    having = client.resources("Patient").has("Observation", "patient", code="8867-4", value_quantity="ge66")
    assert [each["identifier"][0]["value"] for each in await having.fetch_all()] == ["6"]


async def test_fhirpy_sends_transactions_patches_and_reads_the_history(running: Running) -> None:
    token = f"Bearer {await running.token()}"
    client = AsyncFHIRClient(running.fhir, authorization=token)
    own = "urn:uuid:1f9f4d2a-53a4-4d5d-9d3c-4b6d3e1a9a01"
    pulse = _content(66) | {"resourceType": "Observation", "subject": {"reference": own}}
    entries = [
        {
            "fullUrl": own,
            "resource": {"resourceType": "Patient", "identifier": [_identifier(1)]},
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:example|1"},
        },
        {"resource": pulse, "request": {"method": "POST", "url": "Observation"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    await client.execute("", data=bundle)
    done = await client.execute("", data=bundle)
    assert [each.response.status[:3] for each in done.entry] == ["200", "201"]
    place = "/".join(done.entry[1].response.location.split("/")[-4:-2])
    patching = AsyncFHIRClient(
        running.fhir, authorization=token, extra_headers={"Content-Type": "application/json-patch+json"}
    )
    change: Any = [{"op": "replace", "path": "/status", "value": "amended"}]
    changed = await patching.execute(place, method="patch", data=change)
    assert (changed["status"], changed["meta"]["versionId"]) == ("amended", "2")
    await client.execute(place, method="delete")
    history = await client.execute(f"{place}/_history", method="get")
    assert [each["request"]["method"] for each in history["entry"]] == ["DELETE", "PATCH", "POST"]
    with pytest.raises(ResourceNotFound):
        await client.reference(reference=place).to_resource()


def _identifier(number: int) -> dict[str, str]:
    return {"system": "urn:example", "value": str(number)}


async def test_fhirpy_understands_the_errors(running: Running) -> None:
    client = AsyncFHIRClient(running.fhir, authorization=f"Bearer {await running.token()}")
    with pytest.raises(ResourceNotFound):
        await client.get("Observation", "there-is-none")
    with pytest.raises(OperationOutcome) as refused:
        await client.resource("Observation", status="nonsense").save()
    assert refused.value.resource["resourceType"] == "OperationOutcome"
    reader = AsyncFHIRClient(
        running.fhir, authorization=f"Bearer {await running.token('reader', 'system/Observation.rs')}"
    )
    with pytest.raises(ForbiddenError):
        await reader.resource("Observation", **_content(60)).save()


def _content(value: int) -> dict[str, Any]:
    return {name: element for name, element in heart_rate(value=value).items() if name != "resourceType"}
