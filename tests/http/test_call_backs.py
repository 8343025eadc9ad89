"""Those who are to be called back, over HTTP on a whole gateway: asked for by a booth, taken and closed by a person."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.care.call_back import Because, CallBack
from gateway.fhir.task import call_back_id, call_back_task
from tests.peers.desk import ENCOUNTER, Desk, visited
from tests.peers.running import FHIR_JSON, PATIENT, Running

NOW = datetime.now(UTC)
WANTED = CallBack(
    id=call_back_id(ENCOUNTER),
    patient=PATIENT,
    encounter=ENCOUNTER,
    asked=NOW,
    changed=NOW,
    because=Because.CUT,
    phone="06 12 34 56 78",
    place="Mairie de Caudry",
)
TASK = f"/call-backs/{WANTED.id}"
LIST = "/fhir/R4/Task?code=call-back&status=requested,accepted&_sort=authored-on"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with visited(tmp_path) as found:
        yield found


@pytest.fixture
async def desk(running: Running) -> AsyncIterator[Desk]:
    async with running.person("claire") as session:
        yield Desk(running, session)


async def delivered(running: Running, wanted: CallBack) -> tuple[int, dict[str, Any]]:
    url = f"{running.booths_fhir}/Task/{wanted.id}"
    async with (
        running.booth() as booth,
        booth.put(url, data=json.dumps(call_back_task(wanted)), headers=FHIR_JSON) as answer,
    ):
        return answer.status, json.loads(await answer.read() or b"{}")


async def listed(desk: Desk) -> list[dict[str, Any]]:
    status, bundle = await desk.send("GET", LIST)
    assert status == 200, bundle
    return [entry["resource"] for entry in bundle.get("entry", ())]


async def act(desk: Desk, what: str, seen: dict[str, Any], **more: Any) -> tuple[int, Any]:
    return await desk.send("POST", f"{TASK}/{what}", {"version": seen["meta"]["versionId"], **more})


async def test_what_a_booth_asks_for_is_on_the_list_until_a_person_has_closed_it(running: Running, desk: Desk) -> None:
    assert (await delivered(running, WANTED))[0] == 201
    (waits,) = await listed(desk)
    assert waits["input"][0]["valueContactPoint"]["value"] == "06 12 34 56 78"
    status, taken = await act(desk, "take", waits)
    assert (status, taken["status"], taken["owner"]["display"]) == (200, "accepted", "Dr Claire Martin")
    assert [each["status"] for each in await listed(desk)] == ["accepted"]
    status, closed = await act(desk, "close", taken, ending="reached")
    assert (status, closed["status"], closed["statusReason"]["text"]) == (200, "completed", "Joint par téléphone")
    assert await listed(desk) == []


async def test_a_booth_that_says_it_again_takes_nothing_back(running: Running, desk: Desk) -> None:
    await delivered(running, WANTED)
    (waits,) = await listed(desk)
    _, taken = await act(desk, "take", waits)
    assert (await delivered(running, replace(WANTED, phone="07 00 00 00 00")))[0] == 200
    (still,) = await listed(desk)
    assert still == taken
    claims = {**call_back_task(WANTED), "status": "completed"}
    async with running.booth() as booth:
        url = f"{running.booths_fhir}/Task/{WANTED.id}"
        async with booth.put(url, data=json.dumps(claims), headers=FHIR_JSON) as answer:
            assert answer.status == 422
        async with booth.get(url) as answer:
            assert answer.status == 403


async def test_of_two_who_take_it_at_once_one_does(running: Running, desk: Desk) -> None:
    await delivered(running, WANTED)
    (waits,) = await listed(desk)
    async with running.person("roy") as session:
        roy = Desk(running, session)
        answers = await asyncio.gather(act(desk, "take", waits), act(roy, "take", waits))
        assert sorted(status for status, _ in answers) == [200, 409]
        (taken,) = await listed(desk)
        first, second = (desk, roy) if taken["owner"]["display"] == "Dr Claire Martin" else (roy, desk)
        assert (await act(second, "close", taken, ending="reached"))[0] == 403
        assert (await act(second, "give-back", taken))[0] == 403
        status, over = await act(second, "take", taken)
        assert status == 200
        assert (await act(first, "close", over, ending="reached"))[0] == 403
        assert (await act(second, "give-back", over))[1]["status"] == "requested"


async def test_one_is_closed_with_how_it_ended_and_only_once(running: Running, desk: Desk) -> None:
    await delivered(running, WANTED)
    (waits,) = await listed(desk)
    assert (await act(desk, "close", waits, ending="reached"))[0] == 409
    _, taken = await act(desk, "take", waits)
    assert (await act(desk, "close", taken))[0] == 422
    assert (await act(desk, "close", taken, ending="gone home"))[0] == 400
    _, closed = await act(desk, "close", taken, ending="wrong-number")
    assert closed["status"] == "failed"
    assert (await act(desk, "take", closed))[0] == 409


async def test_a_physician_puts_the_patient_of_their_own_visit_on_the_list(running: Running, desk: Desk) -> None:
    asked = f"/visits/{ENCOUNTER}/call-back"
    assert (await desk.send("POST", asked, {"phone": "appelez-moi"}))[0] == 400
    status, task = await desk.send("POST", asked, {"phone": "06 98 76 54 32"})
    assert (status, task["status"], task["owner"]["display"]) == (200, "accepted", "Dr Claire Martin")
    assert task["requester"]["display"] == "Dr Claire Martin"
    assert task["description"] == "Mairie de Caudry"
    assert [each["id"] for each in await listed(desk)] == [WANTED.id]
    assert (await delivered(running, WANTED))[0] == 200
    assert [each["owner"]["display"] for each in await listed(desk)] == ["Dr Claire Martin"]


async def test_nobody_but_physicians_with_a_number_call_back(running: Running, desk: Desk) -> None:
    await delivered(running, WANTED)
    (waits,) = await listed(desk)
    for who in ("marcelle", "locum"):
        async with running.person(who) as session:
            other = Desk(running, session)
            assert (await act(other, "take", waits))[0] == 403
            assert (await other.send("POST", f"/visits/{ENCOUNTER}/call-back", {}))[0] == 403
    async with running.person("marcelle") as session:
        assert (await Desk(running, session).send("GET", LIST))[0] == 403
    desk.session.cookie_jar.clear()
    assert (await act(desk, "take", waits))[0] == 401


async def test_the_list_outlives_the_gateway(tmp_path: Path) -> None:
    async with visited(tmp_path) as running:
        await delivered(running, WANTED)
    async with visited(tmp_path, arrived=False) as running, running.person("claire") as session:
        desk = Desk(running, session)
        (waits,) = await listed(desk)
        assert (await act(desk, "take", waits))[1]["status"] == "accepted"
