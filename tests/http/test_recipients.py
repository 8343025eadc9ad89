"""A program that is registered as a recipient, over HTTP: what it is granted, and that no other road leads around."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from booth_client.attribution import Visit
from booth_client.consent import agreement
from booth_client.letters import Booth, agreed, opening
from booth_client.words import Topic
from gateway.config import GatewaySettings
from gateway.fhir.json import dumps
from tests.peers.running import FHIR_JSON, PATIENT, Running, heart_rate, running_gateway


def recipient(settings: GatewaySettings) -> GatewaySettings:
    everything, reader = settings.clients
    return replace(settings, clients=(everything, replace(reader, scopes="system/*.cruds", recipient=True)))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path, change=recipient) as running:
        yield running


async def status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        await answer.read()
        return answer.status


async def test_a_recipient_is_granted_reading_of_what_may_be_shared_and_nothing_else(house: Running) -> None:
    form = house.programs["reader"].form(house.token_url, "system/*.cruds")
    async with aiohttp.ClientSession() as session, session.post(house.token_url, data=form) as answer:
        granted = str((await answer.json())["scope"]).split()
    assert "system/Composition.rs" in granted
    assert not [each for each in granted if "*" in each or set(each.rpartition(".")[2]) - set("rs")]


async def test_a_recipient_reads_a_record_once_the_patient_said_yes_at_the_booth_and_by_no_other_road(
    house: Running,
) -> None:
    come = Visit(id=str(uuid4()), patient_id=PATIENT, started=datetime.now(UTC), consented=True)
    place = Booth(device_id=str(uuid4()), name="mairie", location="Caudry", software_version="1", system_id="0" * 16)
    async with house.booth() as booth, house.program("reader") as reader:

        async def deliver(*letters: dict[str, Any]) -> None:
            for body in letters:
                url = f"{house.booths_fhir}/{body['resourceType']}/{body['id']}"
                async with booth.put(url, data=dumps(body), headers=FHIR_JSON) as answer:
                    assert answer.status in (200, 201), await answer.text()

        async def says(*, permit: bool) -> None:
            said = agreement(Topic.SHARE, "fr", at=datetime.now(UTC), permit=permit, before=True)
            await deliver(*agreed(come, [said]))

        await deliver(*opening(come, place, []), heart_rate(id="pulse"))
        assert await status(reader, f"{house.fhir}/Observation/pulse") == 403
        await says(permit=True)
        assert await status(reader, f"{house.fhir}/Observation/pulse") == 200
        for around in ("/live", "/live?patient=" + PATIENT, "/visits/e1/report/report.pdf", "/visits/e1/report/draft"):
            assert await status(reader, house.url + around) == 403, around
        await says(permit=False)
        assert await status(reader, f"{house.fhir}/Observation/pulse") == 403
