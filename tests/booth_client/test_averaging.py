"""Two pressures taken one after the other are kept with their mean, at once and as an Observation of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from booth_client import ledger as rows
from booth_client.journey import Act, Result
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.measure import Measurements
from booth_client.words import Arm
from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.date_time import device_time
from gateway.devices.events import Indicated
from gateway.devices.reading import DeviceIdentity
from gateway.fhir.validation import check

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
CUFF = DeviceIdentity(address="F0:54:42:01:00:01")
LOOSE = 1 << 1
BOOTH = Booth(
    device_id="6c3a3b5e-55b1-4a4e-9d12-0b6f8e0f1a01",
    name="caudry-mairie",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0254420000000001",
)


def visit(last: str = "1") -> Visit:
    return Visit(
        id=f"7e0c7a52-0c4c-4f0b-8a3e-1d5f0b9c2a1{last}",
        patient_id=f"e9d4f7a0-5a44-4b8c-9a55-2f3f5b7a6c2{last}",
        started=T0,
        consented=True,
    )


@dataclass
class Desk:
    """A ledger, what is told of it, and what it has to send."""

    database: Database
    keyring: Keyring
    visit: Visit = field(default_factory=visit)
    told: list[Result] = field(default_factory=list)
    in_a_row: bool = True
    arm: Arm | None = None

    def __post_init__(self) -> None:
        ledger = Ledger(self.database, self.keyring, booth=BOOTH, wake=asyncio.Event(), zone=UTC)
        self.measurements = Measurements(
            ledger,
            visit=lambda: self.visit,
            report=self._told,
            arm=lambda: self.arm,
            in_a_row=lambda: self.in_a_row,
        )

    async def _told(self, _act: Act, result: Result) -> None:
        self.told.append(result)

    async def hears(self, systolic: str, diastolic: str, *, after_s: int, status: int = 0) -> Result:
        at = T0 + timedelta(seconds=after_s)
        value = BloodPressureMeasurement(
            systolic=Decimal(systolic),
            diastolic=Decimal(diastolic),
            map=Decimal(98),
            timestamp=device_time(at),
            status=status,
        ).encode()
        event = Indicated(device=CUFF, connection=str(after_s), characteristic="2A35", value=value, at=at)
        await self.measurements.receive(event)
        return self.told[-1]

    async def means(self) -> list[dict[str, Any]]:
        """Return the means that were to be sent, in order."""
        resources = await self.resources()
        return [each for each in resources if each.get("derivedFrom")]

    async def resources(self) -> list[dict[str, Any]]:
        def take(connection: Any) -> list[bytes]:
            found = outbox.lease(connection, destination="gateway", now=T0 + timedelta(days=9), limit=100, lease_s=0)
            return [letter.open(self.keyring) or b"{}" for letter in found]

        return [json.loads(body, parse_float=Decimal) for body in await self.database.act(take)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Desk(database, keyring)


def numbers(result: Result) -> list[object]:
    return [measure.value for measure in result.mean]


async def test_the_mean_of_the_last_two_is_told_and_sent_and_names_them_and_all_are_kept(desk: Desk) -> None:
    assert (await desk.hears("162", "98", after_s=10)).mean == ()
    assert numbers(await desk.hears("150", "94", after_s=80)) == [156, 96]
    assert numbers(await desk.hears("146", "92", after_s=150)) == [148, 93]

    resources = await desk.resources()
    pressures = [each for each in resources if each.get("component") and "derivedFrom" not in each]
    assert [each["component"][0]["valueQuantity"]["value"] for each in pressures] == [162, 150, 146]
    first, second = await desk.means()
    assert first["id"] == second["id"], "the mean moves on: the record has one, of the last two"
    assert [each["reference"] for each in second["derivedFrom"]] == [
        f"Observation/{each['id']}" for each in pressures[1:]
    ]
    assert [part["valueQuantity"]["value"] for part in second["component"]] == [148, 93]
    assert [each["code"] for each in second["code"]["coding"]] == ["96607-7"]
    assert second["effectivePeriod"] == {"start": "2026-03-03T14:06:20+00:00", "end": "2026-03-03T14:07:30+00:00"}
    assert second["subject"] == pressures[0]["subject"]
    assert second["encounter"] == pressures[0]["encounter"]
    check(second)


async def test_what_is_measured_again_outside_a_row_has_no_mean(desk: Desk) -> None:
    await desk.hears("130", "75", after_s=10)
    desk.in_a_row = False  # the physician asks for another
    assert (await desk.hears("126", "75", after_s=80)).mean == ()
    assert await desk.means() == []


async def test_a_mean_is_of_one_arm_and_each_pressure_says_of_which(desk: Desk) -> None:
    row = [(Arm.LEFT, "150", 10), (Arm.RIGHT, "130", 80), (Arm.LEFT, "152", 150), (Arm.LEFT, "148", 220)]
    found = []
    for arm, systolic, after_s in row:
        desk.arm = arm
        found.append(numbers(await desk.hears(systolic, "81", after_s=after_s)))
    assert found == [[], [], [], [150, 81]]
    resources = await desk.resources()
    sites = [each["bodySite"]["coding"][0]["code"] for each in resources if "bodySite" in each]
    assert sites == ["368208006", "368209003", "368208006", "368208006"]
    for each in resources:
        if "bodySite" in each:
            check(each)


async def test_a_mean_is_not_rounded(desk: Desk) -> None:
    await desk.hears("131", "80", after_s=10)
    assert numbers(await desk.hears("132", "81", after_s=80)) == [Decimal("131.5"), Decimal("80.5")]


async def test_what_the_cuff_itself_doubts_has_no_part_in_a_mean(desk: Desk) -> None:
    await desk.hears("132", "81", after_s=10)
    assert (await desk.hears("180", "120", after_s=80, status=LOOSE)).mean == ()
    assert numbers(await desk.hears("134", "83", after_s=150)) == [133, 82]


async def test_pressures_that_lie_far_apart_in_time_have_no_mean(desk: Desk) -> None:
    await desk.hears("132", "81", after_s=10)
    assert (await desk.hears("134", "83", after_s=400)).mean == ()
    assert await desk.means() == []


async def test_two_people_have_no_mean(desk: Desk) -> None:
    await desk.hears("132", "81", after_s=10)
    desk.visit = visit("2")
    assert (await desk.hears("134", "83", after_s=60)).mean == ()
    assert await desk.means() == []


async def test_the_same_packet_again_makes_no_mean_with_itself(desk: Desk) -> None:
    await desk.hears("132", "81", after_s=10)
    told = len(desk.told)
    event_at = 10
    await desk.hears("132", "81", after_s=event_at)
    assert len(desk.told) == told
    assert await desk.means() == []
