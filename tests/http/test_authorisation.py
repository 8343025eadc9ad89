"""Every caller, interaction, type and record over real HTTP: what is answered is what the table of permissions says.

The table is written once more here, by hand, so that a slip in the product's own shows.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import aiohttp
import pytest

from tests.peers.running import FHIR_JSON, OTHER_PATIENT, PATIENT, Running, heart_rate

TYPES = ("Patient", "Observation", "Device", "Encounter", "Consent", "Task", "QuestionnaireResponse")
VISITOR = "33333333-3333-4333-8333-333333333333"
"""Somebody whose visit is at the booth `mairie`, which wrote all of their record."""

RECORDS = {"own": PATIENT, "other": OTHER_PATIENT, "visit": VISITOR}
OWN = {"citizen": "own", "booth": "visit"}
"""Which record is a caller's own."""

# A capital: in every record. A small letter: in one's own only.
ALLOWED: dict[str, dict[str, str]] = {
    "nobody": {},
    "physician": dict.fromkeys(TYPES, "RS"),
    "citizen": dict.fromkeys(TYPES, "rs") | {"Observation": "crs", "Task": ""},
    "everything": dict.fromkeys(TYPES, "CRUS"),
    "reader": {"Observation": "RS"},
    "deliverer": {"Observation": "CU", "Device": "CU"},
    "looker": dict.fromkeys(TYPES, "R"),
    # Whoever comes anew is a new person: that names no record yet.
    "booth": dict.fromkeys(TYPES, "cu") | {"Patient": "Cu"},
    "another booth": {"Patient": "C"},
}


def resource(type_: str, patient: str, **more: Any) -> dict[str, Any]:
    reference = {"reference": f"Patient/{patient}"}
    bodies: dict[str, dict[str, Any]] = {
        "Patient": {},
        "Observation": heart_rate(patient),
        "Device": {"patient": reference},
        "Encounter": {
            "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"},
            "subject": reference,
        },
        "Consent": {
            "status": "active",
            "scope": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]
            },
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
            "patient": reference,
            "policyRule": {"text": "consent 1"},
        },
        "QuestionnaireResponse": {"status": "completed", "subject": reference},
        "Task": {
            "status": "requested",
            "intent": "order",
            "code": {"coding": [{"system": "urn:teleborne:task", "code": "call-back"}]},
            "for": reference,
            "encounter": {"reference": f"Encounter/encounter-{record_of(patient)}"},
            "authoredOn": "2026-11-20T08:30:00+01:00",
            "lastModified": "2026-11-20T08:30:00+01:00",
            "reasonCode": {"coding": [{"system": "urn:teleborne:call-back:because", "code": "wait"}]},
        },
    }
    return {"resourceType": type_, **bodies[type_], **more}


def record_of(patient: str) -> str:
    return next(record for record, id_ in RECORDS.items() if id_ == patient)


def stored_id(type_: str, record: str) -> str:
    return RECORDS[record] if type_ == "Patient" else f"{type_.lower()}-{record}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    session: aiohttp.ClientSession
    base: str


@asynccontextmanager
async def callers(running: Running) -> AsyncIterator[dict[str, Caller]]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        yield {
            "nobody": Caller(session=await enter(aiohttp.ClientSession()), base=running.fhir),
            "physician": Caller(session=await enter(running.person("claire")), base=running.fhir),
            "citizen": Caller(session=await enter(running.person("marcelle")), base=running.fhir),
            "everything": Caller(session=await enter(running.program()), base=running.fhir),
            "reader": Caller(
                session=await enter(running.program("reader", "system/Observation.rs")), base=running.fhir
            ),
            "deliverer": Caller(
                session=await enter(running.program("everything", "system/Observation.cu system/Device.cu")),
                base=running.fhir,
            ),
            "looker": Caller(session=await enter(running.program("everything", "system/*.r")), base=running.fhir),
            "booth": Caller(session=await enter(running.booth()), base=running.booths_fhir),
            "another booth": Caller(session=await enter(running.booth("pharmacie")), base=running.booths_fhir),
        }


async def store_all(found: dict[str, Caller]) -> None:
    # The Patients first: what refers to them comes after.
    for type_, record in product(TYPES, RECORDS):
        id_ = stored_id(type_, record)
        body = resource(type_, RECORDS[record], id=id_)
        caller = found["booth" if record == "visit" else "everything"]
        async with caller.session.put(f"{caller.base}/{type_}/{id_}", json=body, headers=FHIR_JSON) as answer:
            assert answer.status == 201, await answer.text()


async def ask(caller: Caller, letter: str, type_: str, record: str, *, language: str) -> tuple[int, dict[str, Any]]:
    url, id_ = f"{caller.base}/{type_}", stored_id(type_, record)
    body = resource(type_, RECORDS[record])
    requests = {
        "c": ("POST", url, body),
        "r": ("GET", f"{url}/{id_}", None),
        "u": ("PUT", f"{url}/{id_}", body | {"id": id_, "language": language}),
        "s": ("GET", url, None),
    }
    method, address, content = requests[letter]
    headers = FHIR_JSON if content is not None else {}
    data = json.dumps(content) if content is not None else None
    async with caller.session.request(method, address, data=data, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def expected(name: str, letter: str, type_: str, record: str) -> set[int]:
    letters = ALLOWED[name].get(type_, "")
    if name == "nobody":
        return {401}
    if letter.upper() in letters or (letter in letters and record == OWN.get(name)):
        return {200, 201}
    if letter == "s" and letter in letters:
        return {200}  # but with one's own only: see below
    return {403, 404}  # 404: who may not see it, need not learn that it is there


async def test_the_matrix_holds_over_http(running: Running) -> None:
    wrong: list[str] = []
    cases = 0
    async with callers(running) as found:
        await store_all(found)
        # Updates last: they change what is read.
        for letter, name, type_, record in product("rscu", ALLOWED, TYPES, RECORDS):
            # Everybody has something else to say: what changes nothing is not refused.
            said = f"x-{name.replace(' ', '')}"
            status, told = await ask(found[name], letter, type_, record, language=said)
            cases += 1
            if status not in expected(name, letter, type_, record):
                wrong.append(f"{name} {letter} {type_} {record}: {status} {told}")
            if status >= 400 and told["resourceType"] != "OperationOutcome":
                wrong.append(f"{name} {letter} {type_} {record}: {told}")
            shown = json.dumps(told) if status < 400 else ""
            others = [text for each in ("other", "visit") for text in (RECORDS[each], stored_id(type_, each))]
            if name == "citizen" and any(text in shown for text in others):
                wrong.append(f"{name} {letter} {type_} {record}: another patient shows: {told}")
    assert wrong == []
    assert cases == 4 * len(ALLOWED) * len(TYPES) * len(RECORDS)


@pytest.mark.parametrize(
    "query",
    [
        f"patient={OTHER_PATIENT}",
        f"patient=Patient/{OTHER_PATIENT}",
        f"patient=Patient/{PATIENT},Patient/{OTHER_PATIENT}",
        f"subject=Patient/{OTHER_PATIENT}",
        "_id=observation-other",
        "_id=observation-own,observation-other",
        "code=8867-4",
        "date=ge2020",
        "category=vital-signs",
        "_lastUpdated=ge2020-01-01",
        "_sort=-date",
        "_sort=-_lastUpdated&_count=1",
    ],
)
async def test_no_search_parameter_shows_a_citizen_another_record(running: Running, query: str) -> None:
    async with callers(running) as found:
        await store_all(found)
        url: str | None = f"{running.fhir}/Observation?{query}"
        while url is not None:
            async with found["citizen"].session.get(url) as answer:
                bundle = await answer.json(content_type=None)
                assert answer.status in {200, 403}, bundle
            resources = [entry["resource"] for entry in bundle.get("entry", [])]
            assert all(one["subject"]["reference"] == f"Patient/{PATIENT}" for one in resources)
            url = next((link["url"] for link in bundle.get("link", []) if link["relation"] == "next"), None)


async def test_a_citizen_cannot_write_into_another_record_or_in_another_s_name(running: Running) -> None:
    async with callers(running) as found:
        await store_all(found)
        citizen = found["citizen"].session
        url = f"{running.fhir}/Observation"
        for body in (
            heart_rate(OTHER_PATIENT),
            heart_rate(subject={"reference": f"{running.fhir}/Patient/{OTHER_PATIENT}"}),
            heart_rate(subject={"identifier": {"value": "1"}}),
            heart_rate(subject={"display": "me"}),
        ):
            async with citizen.post(url, json=body, headers=FHIR_JSON) as answer:
                assert answer.status in {403, 422}, await answer.text()
        condition = {"If-None-Exist": "_id=observation-other"}
        async with citizen.post(url, json=heart_rate(), headers=FHIR_JSON | condition) as answer:
            assert "observation-other" not in answer.headers.get("Location", "")
            assert OTHER_PATIENT not in await answer.text()


async def test_a_token_for_some_types_opens_no_other(running: Running) -> None:
    async with running.program("everything", "system/Patient.r system/Device.rs") as session:
        async with session.get(f"{running.fhir}/Device") as answer:
            assert answer.status == 200
        async with session.get(f"{running.fhir}/Patient") as answer:
            assert answer.status == 403
