"""What becomes of a packet at the booth: kept once, for the right person, before anybody is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from booth_client.journey import Topic
from booth_client.ledger import Agreement, Ledger, Outcome, Visit, Why
from gateway.database import Database, Keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceTime, Reading
from tests.peers.kept import ANNE, BERNARD, BOOTH, CUFF, NOW, PARIS, a_visit, keep, letters, observed, packet, said


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
