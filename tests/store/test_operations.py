"""$validate, $everything and $lastn, and how much of a resource an answer shows, on both engines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.fhir.json import dumps, loads
from gateway.identity import Scopes
from gateway.identity.principal import program
from tests.store.endpoint import BASE, Endpoint, heart_rate, patient_alone

Resource = dict[str, Any]
R4 = "http://hl7.org/fhir/StructureDefinition/"


async def issues(endpoint: Endpoint, url: str, resource: Resource, **headers: str) -> list[Resource]:
    response = await endpoint.post(url, resource, **headers)
    assert response.status == 200, response.body
    found = loads(response.body)
    assert found["resourceType"] == "OperationOutcome"
    return list(found["issue"])


async def test_validation_names_every_broken_rule_and_keeps_nothing(endpoint: Endpoint) -> None:
    assert [each["severity"] for each in await issues(endpoint, "Observation/$validate", heart_rate())] == [
        "information"
    ]
    bad = heart_rate(status="foo", meta={"profile": [R4 + "heartrate"]})
    del bad["subject"]
    bad["valueQuantity"]["code"] = "bpm"
    found = await issues(endpoint, "Observation/$validate", bad)
    assert {each["expression"][0] for each in found} == {
        "Observation.status",
        "Observation.subject",
        "Observation.value.code",
    }
    assert all(each["severity"] == "error" and each["diagnostics"] and each["details"]["text"] for each in found)
    assert await endpoint.ids("Observation") == []


async def test_validation_takes_parameters_a_profile_and_a_stored_resource(endpoint: Endpoint) -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": heart_rate()},
            {"name": "profile", "valueUri": R4 + "bodyweight"},
            {"name": "mode", "valueCode": "create"},
        ],
    }
    found = await issues(endpoint, "Observation/$validate", parameters)
    assert any(each["expression"] == ["Observation.code.coding"] for each in found)
    found = await issues(endpoint, f"Observation/$validate?profile={R4}bodyweight", heart_rate())
    assert found[0]["severity"] == "error"
    id_ = await endpoint.save(heart_rate())
    stored = await endpoint.get(f"Observation/{id_}/$validate")
    assert loads(stored.body)["issue"][0]["severity"] == "information"
    french = await issues(endpoint, "Observation/$validate", heart_rate(), accept_language="fr")
    assert french[0]["details"]["text"] == "Aucune règle n'est enfreinte."
    for url, status in (
        ("Observation/$validate?profile=http://a.b/c", 400),
        ("Observation/$validate?mode=spoil", 400),
        ("Patient/$validate", 400),
    ):
        assert (await endpoint.post(url, heart_rate())).status == status
    assert (await endpoint.get("Observation/none/$validate")).status == 404


async def record(endpoint: Endpoint, patient: str, readings: int) -> None:
    await endpoint.save({"resourceType": "Patient", "id": patient})
    await endpoint.save({"resourceType": "Practitioner", "id": "doctor"})
    await endpoint.save({"resourceType": "Device", "id": "cuff"})
    for number in range(readings):
        device, performer = {"reference": "Device/cuff"}, [{"reference": "Practitioner/doctor"}]
        at = f"2026-11-{number + 1:02}T10:00:00Z"
        await endpoint.save(
            heart_rate(id=f"{patient}-{number}", patient=patient, at=at, device=device, performer=performer)
        )
    encounter = {
        "resourceType": "Encounter",
        "id": f"{patient}-visit",
        "status": "finished",
        "class": {"code": "VR"},
        "subject": {"reference": f"Patient/{patient}"},
    }
    await endpoint.save(encounter)


async def everything(endpoint: Endpoint, url: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    next_url: str | None = url
    while next_url is not None:
        bundle = await endpoint.bundle(next_url)
        assert bundle["type"] == "searchset"
        found += [
            (each["fullUrl"].removeprefix(f"{BASE}/"), each["search"]["mode"]) for each in bundle.get("entry", ())
        ]
        next_url = next((each["url"] for each in bundle["link"] if each["relation"] == "next"), None)
    return found


async def test_everything_of_a_patient_comes_in_pages_with_what_it_names(endpoint: Endpoint) -> None:
    await record(endpoint, "p1", 5)
    await record(endpoint, "p2", 1)
    own = {"Patient/p1", "Encounter/p1-visit", *(f"Observation/p1-{number}" for number in range(5))}
    for count in (1, 3, 100):
        found = await everything(endpoint, f"Patient/p1/$everything?_count={count}")
        matches = [name for name, mode in found if mode == "match"]
        assert len(matches) == len(set(matches))
        assert set(matches) == own
        assert {name for name, mode in found if mode == "include"} == {"Practitioner/doctor", "Device/cuff"}
    assert len({*(await everything(endpoint, "Patient/$everything"))}) == len(own) + 3 + 2


async def test_everything_may_be_narrowed(endpoint: Endpoint) -> None:
    await record(endpoint, "p1", 3)
    found = await everything(endpoint, "Patient/p1/$everything?_type=Observation&start=2026-11-02&end=2026-11-02")
    assert ("Observation/p1-1", "match") in found
    assert not {("Observation/p1-0", "match"), ("Observation/p1-2", "match"), ("Patient/p1", "match")} & {*found}
    assert await everything(endpoint, "Patient/p1/$everything?_since=2099-01-01T00:00:00Z") == []
    for url, status in (
        ("Patient/nobody/$everything", 404),
        ("Patient/p1/$everything?_type=Robot", 400),
        ("Patient/p1/$everything?_cursor=x", 400),
        ("Patient/p1/$everything?start=soon", 400),
        ("Patient/p1/$everything?colour=red", 400),
        ("Encounter/p1-visit/$everything", 404),
    ):
        assert (await endpoint.get(url)).status == status, url


def parameters(**given: Any) -> dict[str, Any]:
    kinds = {str: "valueString", int: "valueInteger", bool: "valueBoolean", Decimal: "valueDecimal"}
    return {"resourceType": "Parameters", "parameter": [{"name": n, kinds[type(v)]: v} for n, v in given.items()]}


async def test_an_operation_may_be_posted_with_its_parameters_in_the_body_the_address_or_both(
    endpoint: Endpoint,
) -> None:
    await record(endpoint, "p1", 3)
    whole = await everything(endpoint, "Patient/p1/$everything")
    for url, body in (
        ("Patient/p1/$everything", b""),
        ("Patient/p1/$everything", {"resourceType": "Parameters"}),
        ("Patient/p1/$everything", parameters(_count=500)),
    ):
        answer = await endpoint.post(url, body)
        assert answer.status == 200, answer.body
        entries = loads(answer.body)["entry"]
        found = [(each["fullUrl"].removeprefix(f"{BASE}/"), each["search"]["mode"]) for each in entries]
        assert found == whole
    narrow = loads((await endpoint.post("Patient/p1/$everything?_count=1", parameters(_type="Observation"))).body)
    assert [each["resource"]["resourceType"] for each in narrow["entry"]][:1] == ["Observation"]
    following = next(each["url"] for each in narrow["link"] if each["relation"] == "next")
    assert "_type=Observation" in following
    assert (await endpoint.get(following)).status == 200
    last = loads((await endpoint.post("Observation/$lastn", parameters(patient="p1", max=2))).body)
    assert last["entry"] == (await endpoint.bundle("Observation/$lastn?patient=p1&max=2"))["entry"]
    entry = {"resource": parameters(patient="p1"), "request": {"method": "POST", "url": "Observation/$lastn"}}
    batch = loads((await endpoint.post("", {"resourceType": "Bundle", "type": "batch", "entry": [entry]})).body)
    assert batch["entry"][0]["response"]["status"].startswith("200")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resourceType": "Patient"}, 400),
        ([], 400),
        (parameters(colour="red"), 400),
        ({"resourceType": "Parameters", "parameter": [{"name": "_count"}]}, 400),
        ({"resourceType": "Parameters", "parameter": ["_count"]}, 400),
        ({"resourceType": "Parameters", "parameter": [{"name": "_count", "valuePeriod": {"start": "2026"}}]}, 400),
        ({"resourceType": "Parameters", "parameter": [{"name": "_count", "valueInteger": 1, "valueCode": "1"}]}, 400),
        (parameters(_count="many"), 400),
        (parameters(_count=True), 400),
        (parameters(_count=Decimal("1.5")), 400),
    ],
)
async def test_a_posted_operation_that_cannot_be_read_is_refused_in_words(
    endpoint: Endpoint, body: Any, status: int
) -> None:
    await endpoint.save({"resourceType": "Patient", "id": "p1"})
    answer = await endpoint.post("Patient/p1/$everything", body)
    assert answer.status == status
    assert loads(answer.body)["issue"][0]["diagnostics"]
    xml = await endpoint.ask("POST", "Patient/p1/$everything", b"<Parameters/>", content_type="application/fhir+xml")
    assert xml.status == 415


async def test_a_posted_operation_shows_no_more_than_the_same_by_its_address(endpoint: Endpoint) -> None:
    await record(endpoint, "p1", 1)
    await record(endpoint, "p2", 1)
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    assert (await citizen.post("Patient/p2/$everything", b"")).status == 404
    assert "entry" not in loads((await citizen.post("Observation/$lastn", parameters(patient="p2"))).body)
    lenient = await endpoint.post("Patient/p1/$everything", parameters(colour="red"), prefer="handling=lenient")
    assert lenient.status == 200


async def test_everything_and_the_last_of_each_stay_inside_what_the_caller_may_see(endpoint: Endpoint) -> None:
    await record(endpoint, "p1", 2)
    await record(endpoint, "p2", 2)
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    own = {name for name, _ in await everything(citizen, "Patient/p1/$everything")}
    assert own >= {"Patient/p1", "Observation/p1-0"}
    assert not [name for name in own if "p2" in name or "doctor" in name]
    assert {name for name, _ in await everything(citizen, "Patient/$everything")} == own
    assert (await citizen.get("Patient/p2/$everything")).status == 404
    assert {name for name, _ in await everything(citizen, "Observation/$lastn?max=9")} == {
        "Observation/p1-0",
        "Observation/p1-1",
    }
    assert await everything(citizen, "Observation/$lastn?patient=p2") == []
    narrow = Scopes.parse("system/Patient.rs system/Encounter.rs")
    reader = Endpoint(store=endpoint.store, principal=program(client_id="r", name="r", scopes=narrow))
    assert {name for name, _ in await everything(reader, "Patient/p1/$everything")} == {
        "Patient/p1",
        "Encounter/p1-visit",
    }
    assert (await reader.get("Observation/$lastn?patient=p1")).status == 403


async def test_the_last_of_each_code_are_found_however_many_others_there_are(endpoint: Endpoint) -> None:
    words = {"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p1"}}
    await endpoint.save(
        words | {"id": "old", "code": {"text": "Groupe"}, "effectiveDateTime": "2001-01-01", "valueString": "A"}
    )
    twin = {
        "coding": [
            {"system": "http://loinc.org", "code": "8867-4"},
            {"system": "urn:iso:std:iso:11073:10101", "code": "149546"},
        ]
    }
    for number in range(120):
        at = f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
        one = heart_rate(id=f"h{number}", at=at)
        await endpoint.save(one | {"code": twin} if number % 2 else one)
    last = [name for name, _ in await everything(endpoint, "Observation/$lastn?patient=p1")]
    assert last == ["Observation/h119", "Observation/old"]
    three = [
        name
        for name, _ in await everything(endpoint, "Observation/$lastn?patient=Patient/p1&max=3&category=vital-signs")
    ]
    assert three == ["Observation/h119", "Observation/h118", "Observation/h117"]
    for url in (
        "Observation/$lastn",
        "Observation/$lastn?patient=p1&max=0",
        "Observation/$lastn?patient=p1&colour=red",
    ):
        assert (await endpoint.get(url)).status == 400


@pytest.mark.parametrize(
    "url", ["Observation/a", "Observation/a/_history/1", "Observation?_id=a", "Observation/a/_history"]
)
async def test_only_what_is_asked_for_is_shown_and_marked_as_a_part(endpoint: Endpoint, url: str) -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">72</div>'}
    await endpoint.save(
        heart_rate(id="a", text=text, note=[{"text": "x"}], value="72.00", meta={"tag": [{"code": "t"}]})
    )

    async def shown(asked: str) -> Resource:
        found = await endpoint.bundle(f"{url}{'&' if '?' in url else '?'}{asked}")
        resource: Resource = found["entry"][0]["resource"] if found["resourceType"] == "Bundle" else found
        return resource

    whole = await shown("_summary=false")
    assert [each["code"] for each in whole["meta"]["tag"]] == ["t"]
    summary = await shown("_summary=true")
    assert "note" not in summary
    assert "text" not in summary
    assert "category" not in summary
    assert dumps(summary["valueQuantity"]["value"]) == b"72.00"
    assert [each["code"] for each in summary["meta"]["tag"]] == ["t", "SUBSETTED"]
    assert set(await shown("_summary=data")) == set(whole) - {"text"}
    assert set(await shown("_summary=text")) == {"resourceType", "id", "meta", "text", "status", "code"}
    elements = await shown("_elements=subject,Observation.value")
    assert set(elements) == {"resourceType", "id", "meta", "status", "code", "subject", "valueQuantity"}


async def test_a_summary_reaches_into_the_parts_of_an_element(endpoint: Endpoint) -> None:
    component = [{"code": {"text": "a"}, "valueString": "b", "interpretation": [{"text": "c"}]}]
    await endpoint.save(heart_rate(id="a", component=component))
    summary = await endpoint.bundle("Observation/a?_summary=true")
    assert summary["component"] == [{"code": {"text": "a"}, "valueString": "b"}]
