"""Who sees and writes what, through the whole endpoint; the rules themselves are tested with gateway.identity."""

from __future__ import annotations

from gateway.fhir.json import loads
from tests.store.endpoint import Endpoint, heart_rate, patient_alone


async def test_nobody_known_reads_only_the_capabilities(endpoint: Endpoint) -> None:
    nobody = Endpoint(store=endpoint.store, principal=None)
    id_ = await endpoint.save(heart_rate())
    assert (await nobody.get("metadata")).status == 200
    for response in (
        await nobody.get(f"Observation/{id_}"),
        await nobody.get("Observation"),
        await nobody.get(f"Observation/{id_}/_history/1"),
        await nobody.ask("POST", "Observation/_search"),
        await nobody.post("Observation", heart_rate()),
        await nobody.put("Observation/x", heart_rate(id="x")),
    ):
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert loads(response.body)["resourceType"] == "OperationOutcome"


async def test_a_patient_sees_their_own_record_and_cannot_tell_others_from_nothing(endpoint: Endpoint) -> None:
    for name in ("p1", "p2"):
        await endpoint.save({"resourceType": "Patient", "id": name})
        await endpoint.save(heart_rate(patient=name, id=f"of-{name}", identifier=[{"system": "urn:x", "value": name}]))
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    assert (await citizen.get("Observation/of-p1")).status == 200
    assert (await citizen.get("Observation/of-p1/_history/1")).status == 200
    for url in ("Observation/of-p2", "Observation/of-p2/_history/1", "Patient/p2"):
        there = await citizen.get(url)
        absent = await citizen.get(url.replace("p2", "p3"))
        assert there.status == absent.status == 404
        assert there.body.replace(b"p2", b"p3") == absent.body
    assert await citizen.ids("Observation") == ["of-p1"]
    assert await citizen.ids("Patient") == ["p1"]
    assert await citizen.ids("Observation?code=8867-4") == ["of-p1"]
    for url in ("Observation?patient=p2", "Observation?_id=of-p2", "Observation?identifier=p2", "Patient?_id=p2"):
        assert await citizen.ids(url) == []
        assert (await citizen.bundle(f"{url}&_total=accurate"))["total"] == 0


async def test_a_patient_writes_into_their_own_record_only(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(patient="p2", id="of-p2", identifier=[{"system": "urn:x", "value": "7"}]))
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    assert (await citizen.post("Observation", heart_rate(patient="p1"))).status == 201
    refused = await citizen.post("Observation", heart_rate(patient="p2"))
    assert refused.status == 403
    assert loads(refused.body)["resourceType"] == "OperationOutcome"
    # A condition that another's resource would meet is not met by it.
    mine = heart_rate(patient="p1", identifier=[{"system": "urn:x", "value": "7"}])
    assert (await citizen.post("Observation", mine, if_none_exist="identifier=urn:x|7")).status == 201
