"""A real FHIR client library, fhirpy, works against the gateway with a SMART token.

https://github.com/beda-software/fhir-py
"""

from __future__ import annotations

from typing import Any

import pytest
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import ForbiddenError, OperationOutcome, ResourceNotFound

from tests.peers.running import PATIENT, Running, heart_rate


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
