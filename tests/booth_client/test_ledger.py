"""What becomes of a packet at the booth: kept once, for the right person, before anybody is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information

from booth_client import ledger as module
from booth_client.journey import Topic
from booth_client.ledger import Agreement, Booth, Kept, Ledger, Outcome, Visit, Why
from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceIdentity, DeviceTime, Reading
from gateway.errors import Unavailable

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CUFF = DeviceIdentity(address="C0:FF:EE:00:00:01", manufacturer="A", model="M1", system_id="1234560000C0FFEE")
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Cabine de Caudry",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0011223344556677",
)


def a_visit(number: int, started: datetime = NOW, *, consented: bool = True, home: bool = False) -> Visit:
    return Visit(
        id=f"00000000-0000-4000-8000-{number:012}",
        patient_id=f"00000000-0000-4000-9000-{number:012}",
        started=started,
        consented=consented,
        home=home,
    )


ANNE, BERNARD = a_visit(1), a_visit(2, NOW + timedelta(minutes=10))


def said(at: datetime) -> DeviceTime:
    local = at.astimezone(PARIS)
    names = ("year", "month", "day", "hour", "minute", "second")
    return DeviceTime(**{name: getattr(local, name) for name in names})


def packet(systolic: int, at: datetime | None) -> bytes:
    return BloodPressureMeasurement(
        systolic=Decimal(systolic),
        diastolic=Decimal(81),
        map=Decimal(98),
        timestamp=said(at) if at else None,
        pulse=Decimal(72),
    ).encode()


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[tuple[Database, Keyring]]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        yield database, keyring


@pytest.fixture
def ledger(parts: tuple[Database, Keyring]) -> Ledger:
    return Ledger(*parts, booth=BOOTH, wake=asyncio.Event(), zone=PARIS)


async def keep(
    ledger: Ledger,
    value: bytes,
    *,
    visit: Visit | None = ANNE,
    at: datetime = NOW + timedelta(minutes=1),
    connection: str = "1",
    device: DeviceIdentity = CUFF,
    anew: bool = False,
) -> Kept:
    event = Indicated(device=device, connection=connection, characteristic="2A35", value=value, at=at)
    return await ledger.keep(event, decode("2A35", value).readings(), visit=visit, now=at, anew=anew)


async def letters(parts: tuple[Database, Keyring]) -> list[tuple[str, dict[str, Any]]]:
    database, keyring = parts

    def peek(connection: Any) -> list[tuple[str, dict[str, Any]]]:
        found = outbox.lease(connection, destination="gateway", now=datetime.now(UTC), limit=1000, lease_s=0)
        return [(letter.path, json.loads(letter.open(keyring) or b"")) for letter in found]

    return await database.act(peek)


def observed(found: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [resource for _, resource in found if "effectiveDateTime" in resource and "encounter" in resource]


async def test_a_measurement_of_the_visit_is_saved_with_its_device_and_encounter(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    agreement = Agreement(topic=Topic.READINGS, at=NOW, version="1", text="J'accepte.", permit=True)
    await ledger.open_visit(ANNE, agreements=[agreement], now=NOW)
    kept = await keep(ledger, packet(132, NOW + timedelta(seconds=40)))
    assert kept.outcome is Outcome.SAVED
    found = await letters(parts)
    types = [path.partition("/")[0] for path, _ in found]
    assert types == ["Device", "Patient", "Encounter", "Consent", "Device", "Observation", "Observation"]
    pressure, pulse = observed(found)
    assert [pressure["id"], pulse["id"]] == list(kept.ids)
    assert pressure["subject"] == {"reference": f"Patient/{ANNE.patient_id}"}
    assert pressure["encounter"] == {"reference": f"Encounter/{ANNE.id}"}
    assert pressure["effectiveDateTime"] == "2026-03-01T09:00:40+00:00"
    assert [part["valueQuantity"]["value"] for part in pressure["component"]][:2] == [132, 81]


async def test_a_repeat_is_recognised_for_ever_and_also_after_the_visit_and_a_restart(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    value = packet(132, NOW + timedelta(seconds=40))
    assert (await keep(ledger, value)).outcome is Outcome.SAVED
    assert (await keep(ledger, value)).outcome is Outcome.REPEAT
    assert (await keep(ledger, value, connection="2", at=NOW + timedelta(days=900))).outcome is Outcome.REPEAT
    again = Ledger(*parts, booth=BOOTH, wake=asyncio.Event(), zone=PARIS)
    assert (await keep(again, value, visit=None)).outcome is Outcome.REPEAT
    assert len(observed(await letters(parts))) == 2


async def test_the_next_person_gets_nothing_of_a_cuff_that_sends_all_it_remembers(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    before = [packet(118, NOW - timedelta(days=day)) for day in range(1, 30)]
    annes = [packet(132, NOW + timedelta(seconds=40)), packet(128, NOW + timedelta(seconds=100))]
    for value in [*before, *annes]:
        await keep(ledger, value, at=NOW + timedelta(minutes=2))
    bernards = packet(151, BERNARD.started + timedelta(seconds=50))
    unseen = packet(127, NOW + timedelta(seconds=160))  # Anne's third, which the cuff could not send in time
    at = BERNARD.started + timedelta(minutes=2)
    outcomes = [
        (await keep(ledger, value, visit=BERNARD, at=at, connection="2")).outcome
        for value in [*before, *annes, unseen, bernards]
    ]
    assert outcomes == [Outcome.REPEAT] * 31 + [Outcome.QUARANTINED, Outcome.SAVED]
    whose = {
        resource["component"][0]["valueQuantity"]["value"]: resource["subject"]["reference"]
        for resource in observed(await letters(parts))
        if "component" in resource
    }
    assert whose == {
        132: f"Patient/{ANNE.patient_id}",
        128: f"Patient/{ANNE.patient_id}",
        151: f"Patient/{BERNARD.patient_id}",
    }


async def test_two_people_with_the_same_numbers_are_two_measurements(ledger: Ledger) -> None:
    assert (await keep(ledger, packet(120, NOW + timedelta(seconds=40)))).outcome is Outcome.SAVED
    at = BERNARD.started + timedelta(seconds=40)
    assert (await keep(ledger, packet(120, at), visit=BERNARD, at=at)).outcome is Outcome.SAVED


@pytest.mark.parametrize(
    ("visit", "time", "why"),
    [
        (None, NOW + timedelta(seconds=40), Why.NO_VISIT),
        (a_visit(3, consented=False), NOW + timedelta(seconds=40), Why.NO_CONSENT),
        (ANNE, NOW - timedelta(seconds=6), Why.STALE),
        (ANNE, NOW + timedelta(minutes=5), Why.NO_REAL_TIME),
    ],
)
async def test_what_is_nobodys_is_set_aside_sealed_and_counted(
    ledger: Ledger, parts: tuple[Database, Keyring], visit: Visit | None, time: datetime, why: Why
) -> None:
    kept = await keep(ledger, packet(132, time), visit=visit)
    assert (kept.outcome, kept.why, kept.ids) == (Outcome.QUARANTINED, why, ())
    assert await ledger.quarantine.count() == 1
    assert await letters(parts) == []


async def test_a_date_that_does_not_exist_proves_nothing(ledger: Ledger) -> None:
    zero = BloodPressureMeasurement(
        systolic=Decimal(132),
        diastolic=Decimal(81),
        map=Decimal(98),
        timestamp=DeviceTime(year=0, month=0, day=0, hour=0, minute=0, second=0),
    ).encode()
    assert (await keep(ledger, zero)).why is Why.NO_REAL_TIME
    assert (await keep(ledger, zero)).outcome is Outcome.REPEAT


@pytest.mark.parametrize(
    "wrong_by", [timedelta(days=-3000), timedelta(hours=-1), timedelta(minutes=7), timedelta(days=40)]
)
async def test_a_wrong_clock_is_put_right_by_what_it_said_on_connecting(
    ledger: Ledger, parts: tuple[Database, Keyring], wrong_by: timedelta
) -> None:
    connected = NOW + timedelta(minutes=1)
    ledger.hear_clock(ClockRead(device=CUFF, said=said(connected + wrong_by), at=connected))
    mine, old = packet(132, NOW + timedelta(seconds=40) + wrong_by), packet(118, NOW - timedelta(hours=2) + wrong_by)
    at = connected + timedelta(seconds=2)
    assert (await keep(ledger, mine, at=at)).outcome is Outcome.SAVED
    assert (await keep(ledger, old, at=at)).why is Why.STALE
    (pressure, _) = observed(await letters(parts))
    assert pressure["effectiveDateTime"] == "2026-03-01T09:00:40+00:00"
    assert any("CoincidentTimeStamp" in extension["url"] for extension in pressure["extension"])


async def test_a_measurement_taken_after_the_slow_clock_was_set_means_what_it_says(ledger: Ledger) -> None:
    ledger.hear_clock(ClockRead(device=CUFF, said=said(NOW - timedelta(days=900)), at=NOW))
    assert (await keep(ledger, packet(132, NOW + timedelta(seconds=40)))).outcome is Outcome.SAVED


@pytest.mark.parametrize("hour", [0, 1])
async def test_in_the_hour_that_comes_twice_in_autumn_a_fresh_measurement_is_fresh(ledger: Ledger, hour: int) -> None:
    now = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)  # 02:30 in Paris, twice
    visit = a_visit(4, now - timedelta(minutes=2))
    assert (await keep(ledger, packet(132, now - timedelta(seconds=20)), visit=visit, at=now)).outcome is Outcome.SAVED


@pytest.mark.parametrize(
    ("after", "connection", "outcome"),
    [
        (1.5, "1", Outcome.REPEAT),
        (2.5, "1", Outcome.SAVED),
        (2.5, "2", Outcome.REPEAT),  # the link broke before our confirmation reached the device
        (10.5, "2", Outcome.SAVED),
    ],
)
async def test_without_a_device_time_the_same_octets_are_a_repeat_at_once_or_on_the_next_connection(
    ledger: Ledger, after: float, connection: str, outcome: Outcome
) -> None:
    value, at = packet(132, None), NOW + timedelta(minutes=1)
    assert (await keep(ledger, value, at=at, connection="1")).outcome is Outcome.SAVED
    again = at + timedelta(seconds=after)
    assert (await keep(ledger, value, at=again, connection=connection)).outcome is outcome


async def test_asked_to_measure_once_more_the_same_octets_on_another_connection_are_another_measurement(
    ledger: Ledger,
) -> None:
    value, at = packet(132, None), NOW + timedelta(minutes=1)
    assert (await keep(ledger, value, at=at, connection="1")).outcome is Outcome.SAVED
    soon = at + timedelta(seconds=1.5)
    assert (await keep(ledger, value, at=soon, connection="1", anew=True)).outcome is Outcome.REPEAT
    assert (await keep(ledger, value, at=soon, connection="2", anew=True)).outcome is Outcome.SAVED


async def test_what_is_only_shown_is_never_kept(ledger: Ledger, parts: tuple[Database, Keyring]) -> None:
    live = replace(decode("2A35", packet(132, NOW)).readings()[0], stored=False)
    readings: tuple[tuple[Reading, ...], ...] = ((), (live,))
    for each in readings:
        event = Indicated(device=CUFF, connection="1", characteristic="2A35", value=b"", at=NOW)
        assert (await ledger.keep(event, each, visit=ANNE, now=NOW)).outcome is Outcome.NOTHING
    assert await letters(parts) == []


async def test_the_same_packet_a_hundred_times_at_one_instant_is_saved_once(ledger: Ledger) -> None:
    value = packet(132, NOW + timedelta(seconds=40))
    kept = await asyncio.gather(*(keep(ledger, value, connection=str(n)) for n in range(100)))
    assert sorted(each.outcome for each in kept) == [Outcome.REPEAT] * 99 + [Outcome.SAVED]


async def test_another_cuff_with_the_same_packet_is_another_measurement(ledger: Ledger) -> None:
    value = packet(132, NOW + timedelta(seconds=40))
    other = replace(CUFF, system_id="FFFF560000C0FFEE")
    assert (await keep(ledger, value)).outcome is Outcome.SAVED
    assert (await keep(ledger, value, device=other)).outcome is Outcome.SAVED


async def test_at_home_everything_is_the_one_persons_and_no_person_is_written_over(
    ledger: Ledger, parts: tuple[Database, Keyring]
) -> None:
    home = a_visit(5, home=True)
    await ledger.open_visit(home, now=NOW)
    assert (await keep(ledger, packet(132, NOW - timedelta(days=3)), visit=home)).outcome is Outcome.SAVED
    assert {path.partition("/")[0] for path, _ in await letters(parts)} == {"Device", "Observation"}


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
