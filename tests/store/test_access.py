"""Who sees and writes what, through the whole endpoint; the rules themselves are tested with gateway.identity."""

from __future__ import annotations

from gateway.fhir.json import dumps, loads
from gateway.identity import Scopes
from gateway.identity.principal import booth, program
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


PATCH = b'[{"op":"test","path":"/status","value":"final"}]'


async def test_who_may_not_read_learns_nothing_by_writing(endpoint: Endpoint) -> None:
    await endpoint.save({"resourceType": "Patient", "id": "p1", "name": [{"family": "Dupont"}]})
    await endpoint.save(heart_rate(id="a", identifier=[{"system": "urn:x", "value": "7"}]))
    deliverer = Endpoint(store=endpoint.store, principal=booth("b"))
    patched = await deliverer.ask("PATCH", "Observation/a", PATCH, content_type="application/json-patch+json")
    assert patched.status == 403
    for condition, status in (("name=Dupont", 403), ("_id=p1", 403), ("identifier=urn:x|none", 201)):
        created = await deliverer.post("Patient", {"resourceType": "Patient"}, if_none_exist=condition)
        assert created.status == status
    assert (await deliverer.put("Patient?name=Dupont", {"resourceType": "Patient"})).status == 403
    found = await deliverer.post("Observation", heart_rate(), if_none_exist="identifier=urn:x|7")
    assert (found.status, found.body) == (200, b"")
    for url in ("Observation/a/_history", "_history", "Observation/_history", "Patient/p1/$everything"):
        assert (await deliverer.get(url)).status == 403
    assert (await deliverer.ask("DELETE", "Observation/a")).status == 403


async def test_every_new_way_in_asks_for_its_own_letter(endpoint: Endpoint) -> None:
    await endpoint.save({"resourceType": "Patient", "id": "p1"})
    await endpoint.save(heart_rate(id="a"))
    patch = {"content_type": "application/json-patch+json"}
    ways: list[tuple[str, str, bytes, dict[str, str], str]] = [
        ("GET", "Observation/a/_history", b"", {}, "r"),
        ("GET", "Observation/_history", b"", {}, "rs"),
        ("GET", "Observation/$lastn?patient=p1", b"", {}, "rs"),
        ("GET", "Patient/p1/Observation", b"", {}, "s"),
        ("POST", "Observation/$validate", dumps(heart_rate()), {"content_type": "application/json"}, "r"),
        ("PATCH", "Observation/a", PATCH, patch, "ru"),
        ("PATCH", "Observation?_id=a", PATCH, patch, "rus"),
        ("PUT", "Observation?_id=a", dumps(heart_rate()), {"content_type": "application/json"}, "us"),
        ("DELETE", "Observation?_id=a", b"", {}, "ds"),
        ("DELETE", "Observation/a", b"", {}, "d"),
    ]
    for method, url, body, headers, letters in ways:
        for granted in ("r", "u", "d", "s", "rs", "ru", "us", "ds", "rus", "c"):
            scopes = Scopes.parse(f"system/Observation.{granted}")
            caller = Endpoint(store=endpoint.store, principal=program(client_id="x", name="x", scopes=scopes))
            answer = await caller.ask(method, url, body, **headers)
            allowed = set(letters) <= set(granted)
            assert (answer.status < 400) == allowed, (method, url, granted, answer.status, answer.body)
            await endpoint.save(heart_rate(id="a"))
