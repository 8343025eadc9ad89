"""Our audit as AuditEvents, on both engines: who did what, found by the standard parameters, never to be written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text

from gateway.database import Database
from gateway.fhir.json import loads
from gateway.fhir.validation import check
from gateway.identity import Scopes
from gateway.identity.principal import program
from gateway.store import Store
from tests.peers.patience import PATIENCE
from tests.store.endpoint import Endpoint, heart_rate, patient_alone

PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Dubois"}]}


def another(store: Store, scopes: str, client: str = "other") -> Endpoint:
    return Endpoint(store=store, principal=program(client_id=client, name=client, scopes=Scopes.parse(scopes)))


async def events(endpoint: Endpoint, question: str, count: int) -> list[dict[str, Any]]:
    """Return what a search finds once it finds *count*: what was read is written down behind the answer."""
    async with asyncio.timeout(PATIENCE):
        while True:
            bundle = await endpoint.bundle(f"AuditEvent?{question}")
            found = [each["resource"] for each in bundle.get("entry", ())]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)


@pytest.fixture
async def filled(endpoint: Endpoint, store: Store) -> Endpoint:
    """Give an endpoint behind which a patient has a reading, which another program read and a citizen was refused."""
    await endpoint.save(PATIENT)
    await endpoint.save(heart_rate(id="a"))
    await endpoint.save(heart_rate(id="b", patient="p2"))
    await endpoint.save(heart_rate(id="a", value="73"))
    assert (await another(store, "system/Observation.rs").get("Observation/a")).status == 200
    assert (await Endpoint(store=store, principal=patient_alone("p2")).get("Observation/a")).status == 404
    await endpoint.ask("DELETE", "Observation/b")
    return endpoint


async def test_a_write_a_read_and_a_refusal_are_events_that_every_check_finds_right(filled: Endpoint) -> None:
    found = await events(filled, "entity=Observation/a", 4)
    for each in found:
        check(each)
    said = [(each["agent"][0]["altId"], each["action"], each["outcome"]) for each in found]
    assert sorted(said) == [
        ("citizen-p2", "E", "4"),
        ("integrator", "U", "0"),
        ("integrator", "U", "0"),
        ("other", "R", "0"),
    ]
    first = found[-1]
    assert first["entity"][0]["what"]["reference"] == "Observation/a/_history/1"
    assert first["entity"][1]["what"]["reference"] == "Patient/p1"
    read = await filled.get(f"AuditEvent/{first['id']}")
    assert loads(read.body) == first
    assert (await filled.get(f"AuditEvent/{first['id']}/_history/1")).status == 200


async def test_they_are_found_by_the_standard_parameters(filled: Endpoint) -> None:
    await events(filled, "altid=citizen-p2", 1)
    numbers = {
        "altid=other": 1,
        "agent:identifier=other": 1,
        "action=D": 1,
        "subtype=delete": 1,
        "subtype=http://hl7.org/fhir/restful-interaction|update": 4,
        "action=U&entity=Observation/b": 1,
        "patient=p1&action=U": 3,
        "patient=Patient/p2&action=D": 1,
        "entity=Patient/p1&altid=integrator": 3,
        "outcome=4": 1,
        "type=rest&altid=other": 1,
        "type=login": 0,
        "_tag=x": 0,
        "agent=Practitioner/x": 0,
        "date=gt2020-01-01&altid=other": 1,
        "date=lt2020-01-01": 0,
        "_lastUpdated=ge2020-01-01&action=D": 1,
        "altid:not=integrator&entity=Observation/a": 2,
    }
    assert {each: len(await events(filled, each, 0)) for each in numbers} == numbers
    assert len(await events(filled, "patient=p1", 5)) == 5


async def test_they_come_in_the_order_of_time_page_by_page(filled: Endpoint) -> None:
    newest = await filled.ids("AuditEvent?action=U&_count=1")
    assert len(newest) == 4
    assert await filled.ids("AuditEvent?action=U&_sort=date&_count=3") == newest[::-1]
    assert (await filled.bundle("AuditEvent?action=U&_summary=count"))["total"] == 4
    assert (await filled.bundle("AuditEvent?action=U&_total=accurate&_count=1"))["total"] == 4


async def test_nobody_writes_them_and_who_may_not_does_not_see_them(filled: Endpoint, store: Store) -> None:
    event = (await events(filled, "action=D", 1))[0]
    assert (await filled.put(f"AuditEvent/{event['id']}", event)).status == 405
    assert (await filled.post("AuditEvent", event)).status == 405
    assert (await filled.ask("DELETE", f"AuditEvent/{event['id']}")).status == 405
    for caller in (another(store, "system/Observation.cruds"), Endpoint(store=store, principal=patient_alone("p1"))):
        assert (await caller.get("AuditEvent")).status == 403
        assert (await caller.get(f"AuditEvent/{event['id']}")).status == 403
    assert (await another(store, "system/AuditEvent.rs").get(f"AuditEvent/{event['id']}")).status == 200


@pytest.mark.parametrize(
    "question",
    [
        "agent-name=x",
        "entity-role=1",
        "agent.name=x",
        "patient.family=x",
        "_sort=action",
        "_include=AuditEvent:entity",
    ],
)
async def test_what_a_row_does_not_say_is_refused_by_name(endpoint: Endpoint, question: str) -> None:
    answer = await endpoint.get(f"AuditEvent?{question}")
    assert (answer.status, loads(answer.body)["resourceType"]) == (400, "OperationOutcome")


async def test_nothing_comes_along_or_is_found_by_events(endpoint: Endpoint) -> None:
    assert (await endpoint.get("Observation?_revinclude=AuditEvent:entity")).status == 400
    assert (await endpoint.get("Observation?_has:AuditEvent:entity:action=R")).status == 400


@pytest.mark.parametrize("id_", ["0", "x", "01", "9" * 30, "-1"])
async def test_an_id_that_is_none_is_not_there(endpoint: Endpoint, id_: str) -> None:
    assert (await endpoint.get(f"AuditEvent/{id_}")).status == 404


@pytest.mark.usefixtures("filled")
async def test_a_page_is_one_stretch_of_one_index(database: Database) -> None:
    def plans(connection: Connection) -> list[str]:
        if connection.dialect.name != "sqlite":
            return []
        asked = {
            "who = 'x'": "audit_by_who",
            "interaction = 'x'": "audit_by_interaction",
            "type = 'x' AND id = 'y'": "audit_of_resource",
            "at > 5": "audit_by_time",
        }
        wrong = []
        for condition, index in asked.items():
            plan = connection.execute(
                text(f"EXPLAIN QUERY PLAN SELECT * FROM audit WHERE {condition} ORDER BY at DESC, serial DESC LIMIT 51")
            ).all()
            told = " ".join(str(row[3]) for row in plan)
            if index not in told or "TEMP B-TREE" in told:
                wrong.append(told)
        return wrong

    assert await database.look(plans) == []
