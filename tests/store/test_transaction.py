"""Transactions and batches, on both engines: all or nothing, each reference put right, nothing twice."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import pytest

from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Response
from gateway.identity import Scopes
from gateway.identity.principal import booth, program
from tests.store.endpoint import BASE, Endpoint, heart_rate, patient_alone

ONE = "urn:uuid:0b5f2c1e-6a43-4a57-9d0b-2d1f3a5c7e90"
TWO = "urn:uuid:5138af77-df7e-4b9d-ba17-07ba3ebb950a"
Resource = dict[str, Any]


def entry(method: str, url: str, resource: Resource | None = None, full_url: str = "", **request: str) -> Resource:
    made: Resource = {"fullUrl": full_url} if full_url else {}
    if resource is not None:
        made["resource"] = resource
    return made | {"request": {"method": method, "url": url, **request}}


def patient(**more: Any) -> Resource:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "p"}], **more}


async def send(endpoint: Endpoint, *entries: Resource, type_: str = "transaction", **headers: str) -> Response:
    return await endpoint.post("", {"resourceType": "Bundle", "type": type_, "entry": list(entries)}, **headers)


async def done(endpoint: Endpoint, *entries: Resource, **headers: str) -> list[Resource]:
    response = await send(endpoint, *entries, **headers)
    assert response.status == 200, response.body
    bundle = loads(response.body)
    assert bundle["type"] == "transaction-response"
    found: list[Resource] = bundle["entry"]
    return found


def issue(response: Response) -> Resource:
    found: Resource = loads(response.body)["issue"][0]
    return found


def id_of(answer: Resource) -> str:
    return str(answer["response"]["location"].split("/")[1])


async def count(endpoint: Endpoint, type_: str) -> int:
    return int((await endpoint.bundle(f"{type_}?_summary=count"))["total"])


async def test_entries_refer_to_each_other_by_what_they_are_called_in_the_bundle(endpoint: Endpoint) -> None:
    answers = await done(
        endpoint,
        entry("POST", "Observation", heart_rate() | {"subject": {"reference": ONE}}, TWO),
        entry("POST", "Patient", patient(), ONE),
        entry("PUT", "Observation/own", heart_rate(id="own", derivedFrom=[{"reference": TWO}])),
    )
    assert [each["response"]["status"] for each in answers] == ["201 Created"] * 3
    first, person = id_of(answers[0]), id_of(answers[1])
    assert answers[0]["response"]["location"] == f"Observation/{first}/_history/1"
    assert answers[0]["response"]["etag"] == 'W/"1"'
    assert "resource" not in answers[0]
    kept = loads((await endpoint.get(f"Observation/{first}")).body)
    assert kept["subject"] == {"reference": f"Patient/{person}"}
    assert loads((await endpoint.get("Observation/own")).body)["derivedFrom"] == [{"reference": f"Observation/{first}"}]
    assert await endpoint.ids(f"Observation?patient={person}") == [first]


async def test_references_beside_the_full_url_in_narratives_and_in_addresses_are_put_right_too(
    endpoint: Endpoint,
) -> None:
    text = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{ONE}">lui</a></div>',
    }
    paper = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": "Patient/temp"},
        "text": text,
        "identifier": [{"value": ONE}],
        "content": [{"attachment": {"url": TWO, "contentType": "text/plain"}}],
    }
    answers = await done(
        endpoint,
        entry("POST", "DocumentReference", paper, "https://elsewhere.example/fhir/DocumentReference/1"),
        entry("POST", "Patient", patient(), "https://elsewhere.example/fhir/Patient/temp"),
        entry("POST", "Patient", patient(), ONE),
        entry("POST", "Binary", {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="}, TWO),
    )
    kept = loads((await endpoint.get(f"DocumentReference/{id_of(answers[0])}")).body)
    assert kept["subject"]["reference"] == f"Patient/{id_of(answers[1])}"
    assert f'href="Patient/{id_of(answers[2])}"' in kept["text"]["div"]
    assert kept["content"][0]["attachment"]["url"] == f"Binary/{id_of(answers[3])}"
    assert kept["identifier"] == [{"value": ONE}]


async def test_a_french_feed_that_names_its_device_by_the_id_in_it_is_understood(endpoint: Endpoint) -> None:
    device = {"resourceType": "Device", "id": "d36bfdb6", "deviceName": [{"name": "b", "type": "other"}]}
    measured = heart_rate(device={"reference": "Device/d36bfdb6"})
    answers = await done(
        endpoint,
        entry("POST", "Observation", measured, ONE),
        entry("POST", "Device", device, TWO, ifNoneExist="identifier=urn:oid:1.2|7"),
    )
    kept = loads((await endpoint.get(f"Observation/{id_of(answers[0])}")).body)
    assert kept["device"]["reference"] == f"Device/{id_of(answers[1])}"


async def test_what_exists_is_found_and_referred_to_instead_of_created_again(endpoint: Endpoint) -> None:
    conditional = entry("POST", "Patient", patient(), ONE, ifNoneExist="identifier=urn:x|p")
    for round_ in range(3):
        answers = await done(
            endpoint, entry("POST", "Observation", heart_rate() | {"subject": {"reference": ONE}}), conditional
        )
        assert answers[1]["response"]["status"] == ("200 OK" if round_ else "201 Created")
    assert await count(endpoint, "Patient") == 1
    person = (await endpoint.ids("Patient"))[0]
    assert len(await endpoint.ids(f"Observation?patient={person}")) == 3


async def test_transactions_at_once_that_create_the_same_patient_share_one(endpoint: Endpoint) -> None:
    def bundle(number: int) -> list[Resource]:
        entries = [
            entry("POST", "Patient", patient(), ONE, ifNoneExist="identifier=urn:x|p"),
            entry(
                "PUT",
                "Patient?identifier=urn:x|q",
                {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "q"}]},
            ),
            entry("POST", "Observation", heart_rate(value=str(60 + number)) | {"subject": {"reference": ONE}}),
        ]
        return entries if number % 2 else entries[::-1]

    answers = await asyncio.gather(*(send(endpoint, *bundle(number)) for number in range(12)))
    assert {each.status for each in answers} == {200}
    assert await count(endpoint, "Patient") == 2
    person = (await endpoint.ids("Patient?identifier=urn:x|p"))[0]
    assert len(await endpoint.ids(f"Observation?patient={person}")) == 12


async def test_a_conditional_reference_means_the_one_that_meets_it(endpoint: Endpoint) -> None:
    await endpoint.save(patient(id="p9"))
    measured = heart_rate() | {"subject": {"reference": "Patient?identifier=urn:x|p"}}
    answers = await done(endpoint, entry("POST", "Observation", measured))
    kept = loads((await endpoint.get(f"Observation/{id_of(answers[0])}")).body)
    assert kept["subject"] == {"reference": "Patient/p9"}
    none = heart_rate() | {"subject": {"reference": "Patient?identifier=urn:x|nobody"}}
    assert (await send(endpoint, entry("POST", "Observation", none))).status == 412
    await endpoint.save(patient(id="p10"))
    assert (await send(endpoint, entry("POST", "Observation", measured))).status == 412
    assert await count(endpoint, "Observation") == 1


async def test_deletes_come_first_then_posts_then_puts_then_gets_and_answers_keep_their_places(
    endpoint: Endpoint,
) -> None:
    await endpoint.save(patient(id="old"))
    answers = await done(
        endpoint,
        entry("GET", "Patient?identifier=urn:x|p"),
        entry("PUT", "Patient/new", patient(id="new")),
        entry("POST", "Patient", patient(), ifNoneExist="identifier=urn:x|p"),
        entry("DELETE", "Patient/old"),
    )
    found = answers[0]["resource"]["entry"]
    assert {each["resource"]["id"] for each in found} == {"new", id_of(answers[2])}
    assert [each["response"]["status"] for each in answers] == [
        "200 OK",
        "201 Created",
        "201 Created",
        "204 No Content",
    ]


@pytest.mark.parametrize(
    ("bad", "status", "where"),
    [
        (entry("POST", "Observation", heart_rate(status="foo")), 422, "Bundle.entry[1].resource.status"),
        (
            entry("POST", "Observation", heart_rate() | {"subject": {"reference": TWO}}),
            422,
            "Bundle.entry[1].resource.subject.reference",
        ),
        (entry("PUT", "Patient/kept", patient(id="kept"), ifMatch='W/"9"'), 412, "Bundle.entry[1]"),
        (entry("GET", "Patient/nobody"), 404, "Bundle.entry[1].resource"),
        (entry("DELETE", "Patient?colour=red"), 400, "Bundle.entry[1]"),
        (entry("PUT", "Patient/p8", patient(id="p8")), 400, "Bundle.entry[1].request.url"),
        (entry("POST", "Patient", patient(), ONE), 400, "Bundle.entry[1].fullUrl"),
        (entry("TRACE", "Patient"), 400, "Bundle.entry[1].request.method"),
        (entry("POST", "Patient"), 400, "Bundle.entry[1].resource"),
        (entry("GET", "https://elsewhere.example/Patient/1"), 400, "Bundle.entry[1].request.url"),
        (entry("POST", "", {"resourceType": "Bundle", "type": "batch"}), 400, "Bundle.entry[1].request.url"),
        ({"resource": patient()}, 400, "Bundle.entry[1].request"),
        (
            entry("POST", "Observation", heart_rate() | {"subject": {"reference": "Robot?identifier=1"}}),
            422,
            "Bundle.entry[1].resource.subject.reference",
        ),
        (
            entry("POST", "Observation", heart_rate() | {"subject": {"reference": "Medication?code=1"}}),
            422,
            "Bundle.entry[1].resource.subject.reference",
        ),
    ],
)
async def test_one_bad_entry_and_nothing_of_the_transaction_is_kept(
    endpoint: Endpoint, bad: Resource, status: int, where: str
) -> None:
    await endpoint.save(patient(id="kept"))
    good = entry("PUT", "Patient/p8", patient(id="p8"), ONE)
    response = await send(endpoint, good, bad)
    assert response.status == status, response.body
    assert issue(response)["expression"] == [where]
    assert (await endpoint.get("Patient/p8")).status == 404
    assert await count(endpoint, "Observation") == 0


async def test_one_resource_written_twice_in_a_transaction_is_refused_however_it_is_named(endpoint: Endpoint) -> None:
    await endpoint.save(patient(id="p9"))
    named = entry("PUT", "Patient/p9", patient(id="p9", active=True))
    for other in (
        entry("DELETE", "Patient/p9"),
        entry("PUT", "Patient?identifier=urn:x|p", patient(active=False)),
        entry("PATCH", "Patient/p9", json_patch({"op": "add", "path": "/active", "value": False})),
    ):
        response = await send(endpoint, named, other)
        assert response.status == 400, response.body
        assert "same resource" in issue(response)["diagnostics"]
    twice = entry("POST", "Patient", patient(), ifNoneExist="identifier=urn:x|new")
    assert (await send(endpoint, twice, twice)).status == 400
    assert (await endpoint.get("Patient/p9")).headers["ETag"] == 'W/"1"'
    assert await count(endpoint, "Patient") == 1


def json_patch(*operations: Resource) -> Resource:
    data = b64encode(dumps(list(operations))).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


async def test_a_patch_is_carried_by_a_binary(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a", value="72.00"))
    change = json_patch({"op": "replace", "path": "/status", "value": "amended"})
    answers = await done(endpoint, entry("PATCH", "Observation/a", change), prefer="return=representation")
    assert answers[0]["response"] | {"lastModified": ""} == {"status": "200 OK", "etag": 'W/"2"', "lastModified": ""}
    assert dumps(answers[0]["resource"]["valueQuantity"]["value"]) == b"72.00"


async def test_a_batch_answers_each_entry_as_if_it_had_come_alone(endpoint: Endpoint) -> None:
    response = await send(
        endpoint,
        entry("POST", "Observation", heart_rate(status="foo")),
        entry("PUT", "Patient/p1", patient(id="p1")),
        entry("GET", "Patient/nobody"),
        entry("GET", "metadata"),
        entry("PUT", "Patient/p1", patient(id="p1"), ifNoneMatch="*"),
        type_="batch",
    )
    assert response.status == 200
    bundle = loads(response.body)
    assert bundle["type"] == "batch-response"
    assert [each["response"]["status"][:3] for each in bundle["entry"]] == ["422", "201", "404", "200", "412"]
    assert bundle["entry"][0]["response"]["outcome"]["issue"][0]["expression"] == ["Observation.status"]
    assert bundle["entry"][3]["resource"]["resourceType"] == "CapabilityStatement"
    assert (await endpoint.get("Patient/p1")).status == 200


async def test_permissions_hold_for_every_entry(endpoint: Endpoint) -> None:
    await endpoint.save(patient(id="p2"))
    await endpoint.save(heart_rate(id="of-p2", patient="p2"))
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    own, others = heart_rate(patient="p1"), heart_rate(patient="p2")
    assert (await send(citizen, entry("POST", "Observation", own))).status == 200
    for bad in (
        entry("POST", "Observation", others),
        entry("PUT", "Observation/of-p2", own | {"id": "of-p2"}),
        entry("DELETE", "Observation/of-p2"),
        entry("POST", "Observation", own | {"subject": {"reference": "Patient?identifier=urn:x|p"}}),
    ):
        assert (await send(citizen, bad)).status in (403, 412), bad
    assert (await send(citizen, entry("GET", "Observation/of-p2"))).status == 404
    batch = await send(citizen, entry("GET", "Observation/of-p2"), entry("GET", "Observation"), type_="batch")
    answers = loads(batch.body)["entry"]
    assert answers[0]["response"]["status"].startswith("404")
    assert b"of-p2" not in dumps(answers[1])
    reader = Endpoint(
        store=endpoint.store, principal=program(client_id="r", name="r", scopes=Scopes.parse("system/Patient.r"))
    )
    assert (await send(reader, entry("GET", "Patient/p2"))).status == 200
    assert (await send(reader, entry("POST", "Patient", patient()))).status == 403
    nobody = Endpoint(store=endpoint.store, principal=None)
    assert (await send(nobody, entry("GET", "Patient/p2"))).status == 401
    assert (
        await send(Endpoint(store=endpoint.store, principal=booth("b")), entry("DELETE", "Patient/p2"))
    ).status == 403


async def test_what_is_no_batch_and_no_transaction_is_refused(endpoint: Endpoint) -> None:
    for body, status in (
        ({"resourceType": "Bundle", "type": "collection"}, 400),
        ({"resourceType": "Patient"}, 400),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, 400),
        ({"resourceType": "Bundle", "type": "batch", "entry": [7]}, 400),
    ):
        assert (await endpoint.post("", body)).status == status
    assert (await endpoint.ask("POST", "", b"<Bundle/>", content_type="application/fhir+xml")).status == 415
    empty = await endpoint.post("", {"resourceType": "Bundle", "type": "transaction"})
    assert loads(empty.body) == {"resourceType": "Bundle", "type": "transaction-response"}
    many = {"resourceType": "Bundle", "type": "batch", "entry": [entry("GET", "metadata")] * 1001}
    assert issue(await endpoint.post("", many))["expression"] == ["Bundle.entry[1000]"]


async def test_locations_are_absolute_or_read_beside_the_base(endpoint: Endpoint) -> None:
    alone = await endpoint.post("Patient", patient())
    assert alone.headers["Location"].startswith(f"{BASE}/Patient/")
    answers = await done(endpoint, entry("POST", f"{BASE}/Patient", patient()))
    assert answers[0]["response"]["location"].startswith("Patient/")
