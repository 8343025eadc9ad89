"""Packets of a cuff as a booth keeps them, of one person and the next, and the letters that come of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from booth_client.ledger import Booth, Kept, Ledger, Visit
from gateway import outbox
from gateway.database import Database, Keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.events import Indicated
from gateway.devices.reading import DeviceIdentity, DeviceTime

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
