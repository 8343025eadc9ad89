"""What happened in a village before a page is opened: visits at booths and a month at home, told by real booths."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import aiohttp

from gateway.devices.reading import DeviceIdentity, Kind, Measure, Name, Number, Quality, Reading, Special, Unit
from gateway.fhir.device import device_id, gateway_device, phd_device
from gateway.fhir.encounter import booth_encounter
from gateway.fhir.json import dumps
from gateway.fhir.observation import observation
from gateway.fhir.patient import patient, provisional_patient
from tests.peers.running import FHIR_JSON, PATIENT, Running

__all__ = ["BOOTH", "CUFF", "SCALE", "pressure", "send", "single", "tell", "visit", "was_measured"]

Resource = dict[str, Any]

BOOTH: Final = str(uuid.UUID(int=0xB0))
CUFF: Final = DeviceIdentity(
    address="C0:FF:EE:00:00:02",
    name="Tensiomètre n° 2",
    manufacturer="A&D",
    model="UA-651BLE",
    serial="7",
    firmware="1.0",
)
SCALE: Final = DeviceIdentity(
    address="C0:FF:EE:00:00:04", name="Balance n° 4", manufacturer="A&D", model="UC-352BLE", serial="9", firmware="1.0"
)
CLIP: Final = DeviceIdentity(
    address="C0:FF:EE:00:00:03", name="Pince n° 3", manufacturer="Nonin", model="3230", serial="5", firmware="1.0"
)
THERMOMETER: Final = DeviceIdentity(
    address="C0:FF:EE:00:00:01",
    name="Thermomètre n° 1",
    manufacturer="A&D",
    model="UT-201BLE",
    serial="3",
    firmware="1.0",
)


def pressure(systolic: str, diastolic: str, *qualities: Quality) -> Reading:
    """Return a cuff's reading, its numbers as the device says them."""
    upper = Measure(name=Name.SYSTOLIC, value=Decimal(systolic), unit=Unit.MMHG)
    lower = Measure(name=Name.DIASTOLIC, value=Decimal(diastolic), unit=Unit.MMHG)
    return Reading(kind=Kind.BLOOD_PRESSURE, measures=(upper, lower), qualities=frozenset(qualities))


_SINGLE: Final = {
    Kind.PULSE_RATE: (Name.PULSE, Unit.PER_MINUTE),
    Kind.OXYGEN_SATURATION: (Name.SPO2, Unit.PERCENT),
    Kind.BODY_TEMPERATURE: (Name.TEMPERATURE, Unit.CELSIUS),
    Kind.BODY_WEIGHT: (Name.WEIGHT, Unit.KILOGRAM),
}


def single(kind: Kind, value: str | Special, *qualities: Quality) -> Reading:
    """Return a reading of one number, as the device says it."""
    name, unit = _SINGLE[kind]
    number: Number = value if isinstance(value, Special) else Decimal(value)
    return Reading(kind=kind, measures=(Measure(name=name, value=number, unit=unit),), qualities=frozenset(qualities))


def was_measured(
    reading: Reading, *, who: str, device: DeviceIdentity, at: datetime, encounter: str | None = None
) -> Resource:
    """Return the reading as the booth sends it."""
    return observation(
        reading,
        id=str(uuid.uuid4()),
        patient=f"Patient/{who}",
        device=f"Device/{device_id(device)}",
        gateway_device=f"Device/{BOOTH}",
        effective=at,
        issued=at,
        device_key=device.key,
        encounter=f"Encounter/{encounter}" if encounter else None,
    )


def visit(
    *, number: int, place: str, start: datetime, readings: Iterable[tuple[Reading, DeviceIdentity]]
) -> Iterator[Resource]:
    """Yield an unidentified person's visit and what was measured in it, a minute apart."""
    who, encounter = str(uuid.UUID(int=0x1000 + number)), str(uuid.UUID(int=0x2000 + number))
    yield provisional_patient(id=who)
    yield booth_encounter(id=encounter, patient=f"Patient/{who}", status="in-progress", start=start, location=place)
    for minute, (reading, device) in enumerate(readings, start=1):
        at = start + timedelta(minutes=minute)
        yield was_measured(reading, who=who, device=device, at=at, encounter=encounter)


def devices() -> Iterator[Resource]:
    """Yield the booth and its objects."""
    yield gateway_device(id=BOOTH, name="Borne de Caudry", software_version="0.1.0", system_id="0011223344556677")
    kinds = {CUFF: Kind.BLOOD_PRESSURE, SCALE: Kind.BODY_WEIGHT, CLIP: Kind.OXYGEN_SATURATION}
    yield from (phd_device(each, kinds=(kind,)) for each, kind in kinds.items())
    yield phd_device(THERMOMETER, kinds=(Kind.BODY_TEMPERATURE,))


def marcelle(now: datetime) -> Iterator[Resource]:
    """Yield Marcelle and her year: a weight a day for a month, her blood pressure twice a week, two months without."""
    yield patient(
        id=PATIENT, family="Dubois", given=["Marcelle"], birth_date=date(1942, 3, 2), gender="female", test=True
    )
    for day in range(30):
        at = now - timedelta(days=29 - day, hours=1, minutes=7)
        grams = 68400 + (day * 37) % 700 - day * 11
        value = f"{grams // 1000}.{grams % 1000 // 10:02}"
        yield was_measured(single(Kind.BODY_WEIGHT, value), who=PATIENT, device=SCALE, at=at)
    for week in range(40):
        if not 4 < week < 13:
            at = now - timedelta(days=7 * week + 1, hours=2)
            yield was_measured(
                pressure(str(128 + week * 7 % 17), str(76 + week * 5 % 11)), who=PATIENT, device=CUFF, at=at
            )


def visits(now: datetime) -> Iterator[Resource]:
    """Yield three visits of today and yesterday; the last one is still going on."""
    first = (single(Kind.BODY_WEIGHT, "81.05"), SCALE), (single(Kind.BODY_TEMPERATURE, "36.6"), THERMOMETER)
    yield from visit(number=1, place="Pharmacie de Bertry", start=now - timedelta(days=1, hours=3), readings=[*first])
    doubtful = pressure("141", "88", Quality.BODY_MOVEMENT, Quality.CUFF_LOOSE)
    yield from visit(
        number=2,
        place="Pharmacie de Bertry",
        start=now - timedelta(hours=2, minutes=10),
        readings=[(doubtful, CUFF), (single(Kind.OXYGEN_SATURATION, Special.NAN), CLIP)],
    )
    yield from visit(
        number=3,
        place="Mairie de Caudry",
        start=now - timedelta(minutes=9),
        readings=[
            (single(Kind.BODY_WEIGHT, "72.40"), SCALE),
            (single(Kind.BODY_TEMPERATURE, "37.2"), THERMOMETER),
            (single(Kind.OXYGEN_SATURATION, "97"), CLIP),
            (single(Kind.PULSE_RATE, "68"), CLIP),
            (pressure("132", "81"), CUFF),
        ],
    )


async def send(booth: aiohttp.ClientSession, running: Running, resources: Iterable[Resource]) -> None:
    """PUT the resources as a booth does, in order."""
    for resource in resources:
        url = f"{running.booths_fhir}/{resource['resourceType']}/{resource['id']}"
        async with booth.put(url, data=dumps(resource), headers=FHIR_JSON) as answer:
            assert answer.status in (200, 201), await answer.text()


async def tell(running: Running, *, now: datetime | None = None) -> None:
    """Let a booth deliver all of it."""
    at = now or datetime.now(UTC)
    async with running.booth() as booth:
        await send(booth, running, [*devices(), *marcelle(at), *visits(at)])
