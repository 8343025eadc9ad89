"""What a helper does at a booth arrives in the gateway's audit: once, also after days without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from booth_client.help_log import METADATA as HELPED
from booth_client.help_log import HelpLog
from booth_client.helping import Deed
from gateway import delivery, outbox
from gateway.config import GatewaySettings
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.errors import Invalid, Malformed
from gateway.fhir.helper_deed import DEEDS, HelperDeed, helper_deed, read
from gateway.fhir.json import dumps
from gateway.store import audit
from tests.peers.operator import OPERATOR
from tests.peers.patience import PATIENCE
from tests.peers.running import FHIR_JSON, PEOPLE, Running, running_gateway

THEN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
MARIE = HelperDeed(at=THEN, by="Marie", deed="identity")


@asynccontextmanager
async def booth(folder: Path) -> AsyncIterator[tuple[Database, Keyring]]:
    async with (
        open_keyring(f"sqlite:///{folder}/keyring.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/booth.db", HELPED, outbox.METADATA) as database,
    ):
        yield database, keyring


def with_operator(settings: GatewaySettings) -> GatewaySettings:
    return replace(settings, people=(*PEOPLE, OPERATOR))


async def helped(folder: Path) -> None:
    """Let Marie help while there is no network at all."""
    async with booth(folder) as (database, keyring):
        log = HelpLog(database, keyring, name="mairie", wake=asyncio.Event())
        for minute, (by, deed) in enumerate(
            [("", Deed.REFUSED), ("Marie", Deed.BADGE), ("Marie", Deed.GUIDED), ("Marie", Deed.IDENTITY)]
        ):
            await log.note(by, deed, now=THEN + timedelta(minutes=minute))


async def delivered(folder: Path, there: Running) -> None:
    """Let the booth's delivery run until nothing waits."""
    async with booth(folder) as (database, keyring), there.booth() as session:
        given: dict[str, Any] = {"wake": asyncio.Event(), "report": lambda _: None}
        carry = delivery.deliver(database, keyring, session=session, base_url=there.booths_fhir, **given)
        carrying = asyncio.ensure_future(carry)
        async with asyncio.timeout(PATIENCE):
            while await database.look(outbox.waiting):
                await asyncio.sleep(0.02)
        carrying.cancel()
        assert await database.look(outbox.refusals) == 0


async def seen(operator: aiohttp.ClientSession, there: Running) -> list[dict[str, Any]]:
    async with operator.get(f"{there.url}/fleet/audit") as answer:
        assert answer.status == 200
        return [each for each in (await answer.json())["acts"] if each["what"].startswith("help:")]


async def test_what_was_done_offline_is_in_the_audit_days_later_at_its_own_time(tmp_path: Path) -> None:
    await helped(tmp_path)
    async with running_gateway(tmp_path, change=with_operator) as there, there.person("odile") as odile:
        await delivered(tmp_path, there)
        acts = await seen(odile, there)
        assert [(each["what"], each["name"], each["booth"]) for each in acts] == [
            ("help:identity", "Marie", "mairie"),
            ("help:guided", "Marie", "mairie"),
            ("help:badge", "Marie", "mairie"),
            ("help:refused", "", "mairie"),
        ]
        assert datetime.fromisoformat(acts[-1]["at"]) == THEN
        async with there.program() as program, program.get(f"{there.fhir}/AuditEvent?subtype=badge") as answer:
            (event,) = [each["resource"] for each in (await answer.json())["entry"]]
        assert (event["type"]["code"], event["agent"][0]["altId"]) == ("110100", "Marie")
        assert event["entity"][0]["what"]["identifier"]["value"] == "urn:teleborne:booth:mairie"


async def test_a_deed_that_is_told_twice_or_at_once_many_times_is_there_once(tmp_path: Path) -> None:
    letter = helper_deed(MARIE, id="d-1", booth="mairie")
    async with running_gateway(tmp_path, change=with_operator) as there, there.person("odile") as odile:
        async with there.booth() as mairie, there.booth("pharmacie") as pharmacie:

            async def put(session: aiohttp.ClientSession) -> int:
                url = f"{there.booths_fhir}/AuditEvent/d-1"
                async with session.put(url, data=dumps(letter), headers=FHIR_JSON) as answer:
                    return answer.status

            assert set(await asyncio.gather(*(put(mairie) for _ in range(8)))) == {201}
            assert len(await seen(odile, there)) == 1
            assert await put(pharmacie) == 201  # another booth's own Marie, in the same millisecond
        assert sorted(each["booth"] for each in await seen(odile, there)) == ["mairie", "pharmacie"]
        async with open_database(f"sqlite:///{there.settings.data_dir}/gateway.db", patient=True) as database:
            assert await database.look(lambda connection: list(audit.broken(connection))) == []
            kept = await database.look(
                lambda c: c.execute(text("SELECT count(*) FROM audit WHERE interaction LIKE 'help:%'")).scalar_one()
            )
        assert kept == 2


async def test_nobody_but_a_booth_tells_of_helpers(tmp_path: Path) -> None:
    letter = helper_deed(MARIE, id="d-1", booth="mairie")
    async with (
        running_gateway(tmp_path, change=with_operator) as there,
        there.program() as program,
        there.person("odile") as odile,
    ):
        for who in (program, odile):
            async with who.put(f"{there.fhir}/AuditEvent/d-1", data=dumps(letter), headers=FHIR_JSON) as answer:
                assert answer.status in (403, 405)
        assert await seen(odile, there) == []


def test_every_deed_is_told_and_comes_back_as_it_was() -> None:
    assert [each.name.lower() for each in Deed] == list(DEEDS)
    for deed in DEEDS:
        for by in ("Marie", ""):
            told = HelperDeed(at=THEN, by=by, deed=deed)
            assert read(dumps(helper_deed(told, id="d-1", booth="mairie"))) == told


@pytest.mark.parametrize(
    "change",
    [
        {"entity": [{"what": {"reference": "Patient/p1"}}]},
        {"outcomeDesc": "Marcelle Dubois, 132/81"},
        {"agent": [{"altId": "M" * 41, "requestor": True}]},
        {"agent": [{"altId": "Marie\u0007", "requestor": True}]},
        {"agent": []},
        {"subtype": [{"system": "urn:teleborne:helper-deed", "code": "measured 132"}]},
        {"recorded": "2026-11-20T08:00:00"},
        {"resourceType": "Observation"},
    ],
    ids=str,
)
def test_nothing_beyond_who_what_and_when_is_taken(change: dict[str, Any]) -> None:
    letter = helper_deed(MARIE, id="d-1", booth="mairie") | change
    with pytest.raises((Malformed, Invalid)):
        read(dumps(letter))
