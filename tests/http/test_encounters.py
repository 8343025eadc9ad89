"""A visit's steps become the history of its Encounter, whatever comes first and whatever the booth says late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.fhir.report import practitioner_id
from tests.peers.running import FHIR_JSON, Running
from tests.peers.visitors import CALL, COUGH, MARTIN, Participant, eventually, talking, visiting
from tests.signalling.client import hang_up_all

ENCOUNTER = "8d0f2b9e-1c44-4d0a-b5a1-3f6a1f9c0d21"
PERSON = "0d3d7a52-6b3f-4f0e-8a44-3f1f5b1f2c10"
ASKED = {"encounter": f"Encounter/{ENCOUNTER}", "patient": f"Patient/{PERSON}"}


def encounter(status: str = "in-progress", **period: str) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": ENCOUNTER,
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR", "display": "virtual"},
        "subject": {"reference": f"Patient/{PERSON}"},
        "period": {"start": "2026-11-22T09:00:00Z", **period},
        "location": [{"location": {"display": "Mairie de Caudry"}}],
    }


@asynccontextmanager
async def town(running: Running) -> AsyncIterator[tuple[aiohttp.ClientSession, Participant, Participant]]:
    async with running.booth() as kiosk, running.person("claire") as desk:
        yield kiosk, Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        await hang_up_all()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with visiting(tmp_path) as found:
        yield found


async def put(http: aiohttp.ClientSession, running: Running, resource: dict[str, Any]) -> int:
    url = f"{running.booths_fhir}/{resource['resourceType']}/{resource['id']}"
    async with http.put(url, json=resource, headers=FHIR_JSON) as answer:
        return answer.status


async def stored(running: Running, desk: aiohttp.ClientSession) -> dict[str, Any]:
    async with desk.get(f"{running.fhir}/Encounter/{ENCOUNTER}") as answer:
        body: dict[str, Any] = await answer.json(content_type=None)
        return body


async def open_visit(http: aiohttp.ClientSession, running: Running) -> None:
    assert await put(http, running, {"resourceType": "Patient", "id": PERSON}) == 201
    assert await put(http, running, encounter()) == 201


async def test_the_encounter_says_who_talked_with_the_patient_and_when_it_was_over(running: Running) -> None:
    async with town(running) as (kiosk, booth, physician):
        await open_visit(kiosk, running)
        await talking(booth, physician, **ASKED)

        async def told(**elements: Any) -> bool:
            found = await stored(running, physician.http)
            return all(found.get(name) == value for name, value in elements.items())

        async def attended() -> bool:
            return "participant" in await stored(running, physician.http)

        await eventually(attended)
        found = await stored(running, physician.http)
        (participant,) = found["participant"]
        number = MARTIN.removeprefix("rpps:")
        assert participant["individual"] == {
            "reference": f"Practitioner/{practitioner_id(number)}",
            "display": "Dr Claire Martin",
        }
        assert [each["status"] for each in found["statusHistory"]] == ["arrived", "in-progress"]
        assert (found["status"], found["class"]["code"]) == ("in-progress", "VR")
        await physician.say("hang-up", {"reason": "finished"}, call=CALL)
        await physician.say("reported", {"documents": ["DocumentReference/d1"]}, call=CALL)
        await eventually(lambda: told(status="finished"))
        found = await stored(running, physician.http)
        assert set(found["period"]) == {"start", "end"}
        assert set(found["participant"][0]["period"]) == {"start", "end"}
        async with physician.http.get(f"{running.fhir}/Encounter?_id={ENCOUNTER}") as answer:
            assert (await answer.json(content_type=None))["entry"]


async def test_a_booth_whose_clock_is_ahead_gets_a_visit_that_ends_no_earlier_than_it_began(running: Running) -> None:
    async with town(running) as (kiosk, booth, physician):
        await open_visit(kiosk, running)
        ahead = encounter() | {"period": {"start": "2099-01-01T00:00:00+01:00"}}
        assert await put(kiosk, running, ahead) == 200
        await talking(booth, physician, **ASKED)
        await physician.say("hang-up", {"reason": "finished"}, call=CALL)
        await physician.say("reported", {"documents": ["DocumentReference/d1"]}, call=CALL)

        async def finished() -> bool:
            return bool((await stored(running, physician.http))["status"] == "finished")

        await eventually(finished)
        assert set((await stored(running, physician.http))["period"].values()) == {"2099-01-01T00:00:00+01:00"}


async def test_an_encounter_that_arrives_after_the_patient_was_taken_is_told_all_the_same(running: Running) -> None:
    async with town(running) as (kiosk, booth, physician):
        await talking(booth, physician, **ASKED)
        await open_visit(kiosk, running)

        async def attended() -> bool:
            return "participant" in await stored(running, physician.http)

        await eventually(attended)


async def test_what_the_booth_says_late_does_not_undo_what_the_gateway_knows(running: Running) -> None:
    async with town(running) as (kiosk, booth, physician):
        await open_visit(kiosk, running)
        await talking(booth, physician, **ASKED)
        await physician.say("hang-up", {"reason": "finished"}, call=CALL)
        await physician.say("reported", {"documents": ["DocumentReference/d1"]}, call=CALL)

        async def finished() -> bool:
            return bool((await stored(running, physician.http))["status"] == "finished")

        await eventually(finished)
        before = await stored(running, physician.http)
        assert await put(kiosk, running, encounter()) == 200
        assert await put(kiosk, running, encounter("finished", end="2026-11-22T11:00:00Z")) == 200
        after = await stored(running, physician.http)
        for name in ("status", "period", "participant", "statusHistory"):
            assert after[name] == before[name]
        version = after["meta"]["versionId"]
        assert await put(kiosk, running, encounter("finished", end="2026-11-22T11:00:00Z")) == 200
        assert (await stored(running, physician.http))["meta"]["versionId"] == version


async def test_a_booth_cannot_have_another_booth_s_encounter_written(running: Running) -> None:
    async with town(running) as (_, booth, physician), running.booth("pharmacie") as another:
        await open_visit(another, running)
        await talking(booth, physician, **ASKED)
        await physician.say("hang-up", {"reason": "finished"}, call=CALL)
        await physician.hear("ended", reporting=True)
        assert (await stored(running, physician.http))["meta"]["versionId"] == "1"


async def test_only_who_took_the_visit_writes_its_report(running: Running) -> None:
    async with town(running) as (kiosk, booth, physician), running.person("roy") as other:
        await open_visit(kiosk, running)
        await talking(booth, physician, **ASKED)
        path = f"{running.url}/visits/{ENCOUNTER}/report/draft"
        async with other.get(path) as answer:
            assert answer.status == 403
        async with physician.http.get(path) as answer:
            assert (answer.status, (await answer.json())["place"]) == (200, "Mairie de Caudry")


async def takes(physician: Participant) -> None:
    await physician.join()
    await physician.say("available", {"on": True})
    await physician.hear("waiting")
    await physician.say("take", call=CALL)
    await physician.hear("admitted")


async def test_who_takes_a_visit_that_was_given_back_writes_its_report_and_reads_nothing_of_the_other(
    running: Running,
) -> None:
    async with town(running) as (kiosk, booth, physician), running.person("roy") as desk:
        await open_visit(kiosk, running)
        await booth.join()
        await booth.say("enqueue", COUGH | ASKED, call=CALL)
        await booth.hear("queued")
        await takes(physician)
        path = f"{running.url}/visits/{ENCOUNTER}/report/draft"
        async with physician.http.put(path, json={"reason": "Toux"}) as answer:
            assert answer.status == 204
        await physician.say("hand-back", {"reason": "other-speciality"}, call=CALL)
        await physician.hear("ended")
        async with desk.get(path) as answer:
            assert answer.status == 409  # nobody has it: it is the first writer's
        await takes(Participant.at_a_desk(running, desk))
        async with desk.get(path) as answer:
            assert (answer.status, "Toux" in await answer.text()) == (200, False)
        async with desk.put(path, json={"reason": "Douleur"}) as answer:
            assert answer.status == 204
        async with physician.http.put(path, json={"reason": "Toux"}) as answer:
            assert answer.status == 403
        async with desk.get(path) as answer:
            assert "Douleur" in await answer.text()
