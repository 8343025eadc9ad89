"""Searches that follow references: chains, _has, what comes along, compartments; and what they must not give away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.fhir.json import loads
from gateway.identity import Principal, Scopes
from gateway.identity.principal import program
from gateway.store import Store
from tests.store.endpoint import BASE, Endpoint, heart_rate, patient_alone

RESOURCES: list[Mapping[str, Any]] = [
    {"resourceType": "Organization", "id": "o1", "name": "Maison de santé de Caudry"},
    {"resourceType": "Organization", "id": "o2", "name": "Pôle nord", "partOf": {"reference": "Organization/o1"}},
    {"resourceType": "Practitioner", "id": "g1", "name": [{"family": "Martin"}]},
    {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": "Dubois"}],
        "identifier": [{"system": "urn:ins", "value": "248"}],
        "managingOrganization": {"reference": "Organization/o2"},
    },
    {
        "resourceType": "Patient",
        "id": "p2",
        "name": [{"family": "Durand"}],
        "generalPractitioner": [{"reference": "Practitioner/g1"}],
    },
    {"resourceType": "Device", "id": "d1", "deviceName": [{"name": "Tensiomètre A", "type": "model-name"}]},
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"},
        "subject": {"reference": "Patient/p1"},
    },
    heart_rate(id="a", encounter={"reference": "Encounter/e1"}, device={"reference": "Device/d1"}),
    heart_rate(id="b", at="2026-11-21", performer=[{"reference": "Patient/p2"}]),
    heart_rate(id="c", patient="p2", at="2026-11-20", value="140"),
]

FOUND = [
    ("Observation?subject:Patient.family=dub", "a b"),
    ("Observation?patient.family=dub", "a b"),
    ("Observation?subject.family=dur", "c"),
    ("Observation?patient.identifier=urn:ins|248&code=8867-4", "a b"),
    ("Observation?patient.identifier=urn:ins|249", ""),
    ("Observation?patient._id=p1", "a b"),
    ("Observation?performer:Patient.family=dur", "b"),
    ("Observation?performer.family=dub", ""),
    ("Observation?device.device-name=tensio", "a"),
    ("Observation?encounter.status=finished", "a"),
    ("Observation?patient.organization.name=pole", "a b"),
    ("Observation?patient.organization.partof.name:contains=caudry", "a b"),
    ("Observation?patient.general-practitioner:Practitioner.family=martin", "c"),
    ("Patient?organization.name=pole", "p1"),
    ("Patient?_has:Observation:patient:code=8867-4", "p1 p2"),
    ("Patient?_has:Observation:patient:value-quantity=gt130", "p2"),
    ("Patient?_has:Observation:subject:encounter=e1", "p1"),
    ("Patient?_has:Observation:performer:code=8867-4", "p2"),
    ("Patient?_has:Observation:patient:code=zz", ""),
    ("Patient?_has:Observation:patient:encounter.status=finished&family=dub", "p1"),
    ("Organization?_has:Patient:organization:_has:Observation:patient:code=8867-4", "o2"),
    ("Device?_has:Observation:device:patient.family=dub", "d1"),
    ("Encounter?_has:Observation:encounter:date=2026-11-22", "e1"),
    ("Patient/p1/Observation", "a b"),
    ("Patient/p2/Observation", "b c"),
    ("Patient/p2/Observation?code=8867-4&date=2026-11-21", "b"),
    ("Patient/p1/Encounter", "e1"),
    ("Encounter/e1/Observation", "a"),
    ("Device/d1/Observation", "a"),
]


@pytest.fixture
async def filled(endpoint: Endpoint) -> Endpoint:
    for each in RESOURCES:
        await endpoint.save(each)
    return endpoint


async def test_a_search_follows_references_both_ways(filled: Endpoint, subtests: pytest.Subtests) -> None:
    for url, found in FOUND:
        with subtests.test(url):
            got = await filled.ids(url)
            assert sorted(got) == found.split()
            joined = url + ("&" if "?" in url else "?")
            assert await filled.ids(joined + "_count=1") == got
            assert (await filled.bundle(joined + "_total=accurate"))["total"] == len(got)


async def test_a_chain_of_many_is_the_same_chain(filled: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is too common to be looked up beforehand is tried on each row: the answers must be the same.
    monkeypatch.setattr("gateway.store.resolving._FEW", 0)
    for url, found in FOUND:
        assert sorted(await filled.ids(url)) == found.split(), url


async def came(endpoint: Endpoint, url: str) -> dict[str, list[str]]:
    """Search and return the ids by search mode."""
    by_mode: dict[str, list[str]] = {"match": [], "include": []}
    for each in (await endpoint.bundle(url)).get("entry", ()):
        by_mode[each["search"]["mode"]].append(f"{each['resource']['resourceType']}/{each['resource']['id']}")
    return {mode: sorted(found) for mode, found in by_mode.items()}


INCLUDED = [
    ("Observation?_id=a&_include=Observation:patient", "Patient/p1"),
    ("Observation?_id=a&_include=Observation:subject:Patient", "Patient/p1"),
    ("Observation?_id=a&_include=Observation:subject:Group", ""),
    ("Observation?_id=a&_include=Observation:device&_include=Observation:encounter", "Device/d1 Encounter/e1"),
    ("Observation?_id=a&_include=*", "Device/d1 Encounter/e1 Patient/p1"),
    ("Observation?_id=b&_include=Observation:*", "Patient/p1 Patient/p2"),
    (
        "Observation?_id=a&_include=Observation:patient&_include:iterate=Patient:organization",
        "Organization/o2 Patient/p1",
    ),
    (
        (
            "Observation?_id=a&_include=Observation:patient&_include:iterate=Patient:organization"
            "&_include:iterate=Organization:partof"
        ),
        "Organization/o1 Organization/o2 Patient/p1",
    ),
    ("Patient?_id=p1&_revinclude=Observation:patient", "Observation/a Observation/b"),
    ("Patient?_id=p2&_revinclude=Observation:performer", "Observation/b"),
    ("Encounter?_revinclude=Observation:encounter&_revinclude:iterate=Provenance:target", "Observation/a"),
    (
        "Patient?_id=p1,p2&_include=Patient:general-practitioner&_revinclude=Encounter:patient",
        "Encounter/e1 Practitioner/g1",
    ),
    ("Observation?_include=Observation:patient&_count=1", "Patient/p1"),
]


async def test_what_comes_along_is_marked_and_comes_once(filled: Endpoint, subtests: pytest.Subtests) -> None:
    for url, along in INCLUDED:
        with subtests.test(url):
            assert (await came(filled, url))["include"] == along.split()


async def test_a_total_counts_matches_and_not_what_comes_along(filled: Endpoint) -> None:
    bundle = await filled.bundle("Observation?patient=p1&_include=Observation:patient&_total=accurate")
    assert (bundle["total"], len(bundle["entry"])) == (2, 3)


async def test_a_deleted_resource_is_neither_found_nor_followed(filled: Endpoint) -> None:
    assert (await filled.ask("DELETE", "Organization/o2")).status == 204
    assert await filled.ids("Organization") == ["o1"]
    assert await filled.ids("Patient?organization.name=pole") == []
    assert (await came(filled, "Patient?_id=p1&_include=Patient:organization"))["include"] == []


def reader(scopes: str) -> Principal:
    return program(client_id="narrow", name="A narrow program", scopes=Scopes.parse(scopes))


@pytest.mark.usefixtures("filled")
async def test_a_patient_finds_in_every_way_only_their_own(store: Store) -> None:
    p2 = Endpoint(store=store, principal=patient_alone("p2"))
    assert await p2.ids("Observation") == ["c"]
    assert await p2.ids("Observation?patient.family=dub") == []
    assert await p2.ids("Observation?patient.family=dur") == ["c"]
    assert await p2.ids("Observation?performer:Patient.family=dur") == []
    assert await p2.ids("Patient?_has:Observation:performer:code=8867-4") == []
    assert await p2.ids("Patient?_has:Observation:patient:code=8867-4") == ["p2"]
    assert await p2.ids("Patient/p1/Observation") == []
    assert (await p2.bundle("Observation?patient=p1&_total=accurate&_summary=count"))["total"] == 0
    assert (await p2.bundle("Observation?code=8867-4&_total=accurate&_count=0"))["total"] == 1
    assert await came(p2, "Patient?_revinclude=Observation:performer&_revinclude=Observation:patient") == {
        "match": ["Patient/p2"],
        "include": ["Observation/c"],
    }


@pytest.mark.usefixtures("filled")
async def test_what_somebody_may_not_search_is_no_condition_for_them_either(store: Store) -> None:
    narrow = Endpoint(store=store, principal=reader("system/Observation.rs"))
    for url in (
        "Observation?patient.family=dub",
        "Observation?subject:Patient.identifier=urn:ins|248",
        "Observation?_include=Observation:patient",
        "Observation?code=8867-4&patient.organization.name=pole",
        "Observation?_has:Provenance:target:agent=x",
        "Observation?_revinclude=Provenance:target",
    ):
        assert (await narrow.get(url)).status == 403, url
    assert (await came(narrow, "Observation?_include=*&_id=a"))["include"] == []
    broader = Endpoint(store=store, principal=reader("system/Observation.rs system/Patient.rs"))
    # A chain that names no type looks only where this caller may look.
    assert sorted(await broader.ids("Observation?subject.family=dub")) == ["a", "b"]
    assert (await came(broader, "Observation?_include=*&_id=a"))["include"] == ["Patient/p1"]


async def test_too_much_that_would_come_along_is_refused_in_words(
    filled: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.including._MOST", 1)
    answer = await filled.get("Patient?_revinclude=Observation:patient")
    assert answer.status == 400
    assert "smaller pages" in loads(answer.body)["issue"][0]["diagnostics"]


async def test_a_compartment_that_r4_does_not_know_is_refused(filled: Endpoint) -> None:
    assert (await filled.get("Patient/p1/Organization")).status == 404
    assert (await filled.get("Organization/o1/Patient")).status == 404
    link = (await filled.bundle("Patient/p1/Observation?_count=1"))["link"]
    assert all(each["url"].startswith(f"{BASE}/Patient/p1/Observation?_count=1") for each in link)


async def test_a_compartment_is_searched_by_a_form_as_well(filled: Endpoint) -> None:
    asked = {"content_type": "application/x-www-form-urlencoded"}
    answer = await filled.ask("POST", "Patient/p1/Observation/_search?_sort=date", b"_count=1", **asked)
    by_get = await filled.get("Patient/p1/Observation?_sort=date&_count=1")
    assert (answer.status, answer.body) == (200, by_get.body)
    assert (await filled.ask("POST", "Patient/p1/Organization/_search", b"", **asked)).status == 404


async def test_a_compartment_of_what_cannot_be_an_id_is_refused(filled: Endpoint) -> None:
    assert (await filled.get("Patient/é x/Observation")).status == 400
