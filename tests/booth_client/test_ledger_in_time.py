"""What the booth's ledger has after a power cut, a wipe, thirty days, a full disk and a long life."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information

from booth_client.ledger import Ledger, Outcome
from gateway import outbox
from gateway.database import Database, Keyring
from gateway.errors import Unavailable
from tests.peers.kept import ANNE, BOOTH, NOW, PARIS, keep, letters, packet


async def test_a_visit_that_a_power_cut_interrupted_is_found_and_closed_once(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    await ledger.open_visit(ANNE, now=NOW)
    await ledger.open_visit(ANNE, now=NOW)
    again = Ledger(*parts, booth=BOOTH, wake=asyncio.Event(), zone=PARIS)
    assert await again.open_visits() == (ANNE,)
    for _ in range(2):
        await again.close_visit(ANNE, now=NOW + timedelta(minutes=9))
    assert await again.open_visits() == ()
    encounters = [resource for path, resource in await letters(parts) if path.startswith("Encounter/")]
    assert [encounter["status"] for encounter in encounters] == ["in-progress", "finished"]


async def test_a_wipe_destroys_a_visits_key_once_its_last_letter_has_arrived(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    database, keyring = parts
    await ledger.open_visit(ANNE, now=NOW)
    await ledger.close_visit(ANNE, now=NOW)
    key_id = keyring.key(f"Patient/{ANNE.patient_id}").key_id
    assert await ledger.wipe(now=NOW) == 1
    assert keyring.find(key_id) is not None

    def arrive(connection: Any) -> None:
        for letter in outbox.lease(connection, destination="gateway", now=NOW, limit=99, lease_s=9):
            outbox.done(connection, letter.seq)

    await database.act(arrive)
    assert await ledger.wipe(now=NOW) == 0
    assert keyring.find(key_id) is None


async def test_what_was_set_aside_is_forgotten_after_thirty_days(ledger: Ledger) -> None:
    await keep(ledger, packet(132, NOW), visit=None)
    await ledger.wipe(now=NOW + timedelta(days=29))
    assert await ledger.quarantine.count() == 1
    await ledger.wipe(now=NOW + timedelta(days=32))
    assert await ledger.quarantine.count() == 0


async def test_nothing_personal_can_be_read_in_the_booths_files(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.open_visit(ANNE, now=NOW)
    value = packet(132, NOW + timedelta(seconds=40))
    await keep(ledger, value)
    await keep(ledger, packet(99, NOW - timedelta(days=1)))
    octets = b"".join(path.read_bytes() for path in tmp_path.glob("booth.db*"))
    assert b"ledger" in octets
    for secret in (value, b"systolic", b"valueQuantity", b"mm[Hg]", b"Caudry"):
        assert secret not in octets


async def test_when_it_cannot_be_stored_it_says_so_and_the_same_packet_can_be_kept_later(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    def pages(limit: int) -> Any:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}").scalar()

    values = [packet(100 + number, NOW + timedelta(seconds=number)) for number in range(60)]
    await parts[0].act(pages(1))
    results = await asyncio.gather(*(keep(ledger, value) for value in values), return_exceptions=True)
    refused = [value for value, result in zip(values, results, strict=True) if isinstance(result, Unavailable)]
    assert refused
    await parts[0].act(pages(100_000))
    again = [(await keep(ledger, value)).outcome for value in values]
    assert again.count(Outcome.SAVED) == len(refused)
    assert again.count(Outcome.REPEAT) == len(values) - len(refused)


async def test_finding_a_repeat_reads_no_more_than_a_few_pages_however_long_the_ledger(
    ledger: Ledger, tmp_path: Path
) -> None:
    await keep(ledger, packet(132, NOW))
    with sqlite3.connect(tmp_path / "booth.db") as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM ledger WHERE device = '' AND type = '' AND device_time = '' AND raw = x''"
        ).fetchall()
    assert [row[3] for row in plan] == [
        "SEARCH ledger USING PRIMARY KEY (device=? AND type=? AND device_time=? AND raw=?)"
    ]
    connection.close()
