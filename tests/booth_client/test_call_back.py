"""The wish to be called back leaves the booth as its other letters do: durable first, sealed, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from booth_client import ledger as module
from booth_client.journey import Act, Journey, Plan
from booth_client.ledger import Booth, Ledger
from booth_client.visits import Visits
from gateway import outbox
from gateway.care.call_back import Because, Status
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.fhir.task import call_back_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="caudry-03",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0011223344556677",
    phone="03 27 00 00 03",
)


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[tuple[Database, Keyring]]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        yield database, keyring


@pytest.fixture
def visits(parts: tuple[Database, Keyring]) -> Visits:
    return Visits(
        Ledger(*parts, booth=BOOTH, wake=asyncio.Event()),
        journey=lambda: Journey(plan=Plan(), since=NOW),
        now=lambda: NOW,
    )


async def letters(parts: tuple[Database, Keyring]) -> list[tuple[str, dict[str, Any]]]:
    database, keyring = parts

    def peek(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
        found = outbox.lease(connection, destination="gateway", now=datetime.now(UTC), limit=99, lease_s=0)
        return [(letter.path, json.loads(letter.open(keyring) or b"")) for letter in found]

    return await database.act(peek)


async def test_the_wish_is_on_the_disk_with_the_number_and_the_place(
    visits: Visits, parts: tuple[Database, Keyring], tmp_path: Path
) -> None:
    assert await visits.open() is None
    assert visits.current is not None
    assert await visits.want_a_call(Because.CUT, phone="06 12 34 56 78") is None
    (wish,) = [body for path, body in await letters(parts) if path.startswith("Task/")]
    wanted = call_back_of(wish)
    assert (wanted.status, wanted.because, wanted.encounter) == (Status.WAITING, Because.CUT, visits.current.id)
    assert (wanted.phone, wanted.place_phone) == ("06 12 34 56 78", "03 27 00 00 03")
    octets = b"".join(path.read_bytes() for path in tmp_path.glob("booth.db*"))
    assert b"06 12 34" not in octets


async def test_each_call_of_a_visit_has_an_encounter_of_its_own_and_what_follows_belongs_to_it(
    visits: Visits, parts: tuple[Database, Keyring]
) -> None:
    assert await visits.open() is None
    assert await visits.call("cough") is None
    assert visits.current is not None
    stay = visits.current.id
    assert visits.current.encounter == stay
    assert await visits.call("cough") is None
    again = visits.current.encounter
    assert again != stay
    assert await visits.want_a_call(Because.UNSAFE, phone=None) is None
    sent = dict(await letters(parts))
    assert "partOf" not in sent[f"Encounter/{stay}"]
    assert sent[f"Encounter/{again}"]["partOf"] == {"reference": f"Encounter/{stay}"}
    (wish,) = [body for path, body in sent.items() if path.startswith("Task/")]
    assert call_back_of(wish).encounter == again
    assert await visits.wipe() is Act.WIPED
    assert [path for path, _ in await letters(parts)].count(f"Encounter/{again}") == 1  # the gateway ends it


async def test_nobody_is_called_back_whom_no_visit_knows(visits: Visits, parts: tuple[Database, Keyring]) -> None:
    assert await visits.want_a_call(Because.OFFLINE, phone=None) is None
    assert await letters(parts) == []
