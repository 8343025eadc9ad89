"""What becomes of a device's packets: shown while they come, judged, kept, and only then called saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from booth_client import ledger as rows
from booth_client.journey import Act, Device, Result
from booth_client.ledger import Booth, Ledger, Visit, Why
from booth_client.measure import Live, Measurements
from booth_client.recognising import readable, with_meal
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.circumstance import Circumstance
from gateway.devices.date_time import device_time
from gateway.devices.events import Appeared, Ended, EndReason, Indicated
from gateway.devices.pulse_oximeter import PlxContinuous
from gateway.devices.reading import DeviceIdentity, Kind, Measure, Name, Reading, Unit
from gateway.devices.thermometer import TemperatureMeasurement
from gateway.devices.weight_scale import WeightMeasurement

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
CUFF = DeviceIdentity(address="F0:54:42:01:00:01")
BOOTH = Booth(
    device_id="6c3a3b5e-55b1-4a4e-9d12-0b6f8e0f1a01",
    name="caudry-mairie",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0254420000000001",
)
VISIT = Visit(
    id="7e0c7a52-0c4c-4f0b-8a3e-1d5f0b9c2a11",
    patient_id="e9d4f7a0-5a44-4b8c-9a55-2f3f5b7a6c22",
    started=T0,
    consented=True,
)


@dataclass
class Desk:
    """Measurements with everything they tell."""

    ledger: Ledger
    visit: Visit | None = VISIT
    told: list[tuple[Act, Device]] = field(default_factory=list)
    shown: list[Live] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.measurements = Measurements(
            self.ledger, visit=lambda: self.visit, report=self.report, show=self.shown.append
        )

    async def report(self, act: Act, result: Result) -> None:
        self.told.append((act, result.device))

    async def hears(self, characteristic: str, value: bytes, *, after_s: float = 1.0) -> None:
        at = T0 + timedelta(seconds=after_s)
        event = Indicated(device=CUFF, connection="1", characteristic=characteristic, value=value, at=at)
        await self.measurements.receive(event)

    async def begins(self) -> None:
        await self.measurements.receive(Appeared(address=CUFF.address, name=None, services=("1809",), at=T0))

    async def ends(self, reason: EndReason) -> None:
        await self.measurements.receive(Ended(address=CUFF.address, reason=reason, at=T0))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Desk(Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event(), zone=UTC))


def pressure(systolic: int, diastolic: int) -> bytes:
    return BloodPressureMeasurement(
        systolic=Decimal(systolic), diastolic=Decimal(diastolic), map=Decimal(98), timestamp=device_time(T0)
    ).encode()


def warmth(celsius: str) -> bytes:
    """Return what a thermometer without a clock sends."""
    return TemperatureMeasurement(temperature=Decimal(celsius)).encode()


def finger(spo2: int) -> bytes:
    return PlxContinuous(spo2=Decimal(spo2), pr=Decimal(72)).encode()


async def test_the_cuffs_pressure_is_shown_at_most_once_a_second(desk: Desk) -> None:
    for tenths in range(25):
        value = IntermediateCuffPressure(cuff=Decimal(60 + tenths)).encode()
        await desk.hears("2A36", value, after_s=tenths / 10)
    assert [live.measures[0].value for live in desk.shown] == [60, 70, 80]
    assert desk.told == [(Act.SEEN, Device.CUFF)] * 25


async def test_the_fingers_oxygen_is_shown_once_it_is_steady(desk: Desk) -> None:
    for second, spo2 in enumerate((80, 92, 97, 97, 98)):
        await desk.hears("2A5F", finger(spo2), after_s=second)
    assert [measure.value for live in desk.shown for measure in live.measures if measure.name is Name.SPO2] == [98]
    assert await desk.ledger.quarantine.count() == 0


async def test_a_reading_is_called_saved_once_and_its_repeat_is_not_told(desk: Desk) -> None:
    await desk.hears("2A35", pressure(132, 81))
    await desk.hears("2A35", pressure(132, 81), after_s=1.5)
    assert desk.told == [(Act.SAVED, Device.CUFF)]


@pytest.mark.parametrize(
    ("systolic", "diastolic", "act", "quarantined"),
    [(132, 81, Act.SAVED, 0), (230, 81, Act.CONFIRM, 0), (305, 81, Act.IMPLAUSIBLE, 1)],
)
async def test_a_reading_is_judged_before_it_is_anybodys(
    desk: Desk, systolic: int, diastolic: int, act: Act, quarantined: int
) -> None:
    await desk.hears("2A35", pressure(systolic, diastolic))
    assert desk.told == [(act, Device.CUFF)]
    assert await desk.ledger.quarantine.count() == quarantined


async def test_a_second_weight_a_tenth_away_is_asked_for_once_more_and_both_are_kept(desk: Desk) -> None:
    for after_s, kilograms in enumerate(("72.4", "81.0", "80.9"), 1):
        value = WeightMeasurement(
            weight=Decimal(kilograms), timestamp=device_time(T0 + timedelta(seconds=after_s))
        ).encode()
        await desk.hears("2A9D", value, after_s=after_s)
    assert [act for act, _ in desk.told] == [Act.SAVED, Act.CONFIRM, Act.SAVED]


async def test_a_reading_without_a_visit_is_set_aside_and_nobody_is_told(desk: Desk) -> None:
    desk.visit = None
    await desk.hears("2A1C", TemperatureMeasurement(temperature=Decimal("37.2")).encode())
    assert desk.told == []
    assert await desk.ledger.quarantine.count() == 1


async def test_octets_that_are_no_packet_ask_for_another_measurement(desk: Desk) -> None:
    await desk.hears("2A35", b"\x01")
    assert desk.told == [(Act.IMPLAUSIBLE, Device.CUFF)]


@pytest.mark.parametrize(
    ("reason", "told"),
    [(EndReason.LOST, [(Act.LOST, Device.CUFF)]), (EndReason.HUNG_UP, []), (EndReason.SILENCE, [])],
)
async def test_a_device_that_vanishes_in_mid_measurement_is_told(
    desk: Desk, reason: EndReason, told: list[tuple[Act, Device]]
) -> None:
    await desk.hears("2A36", IntermediateCuffPressure(cuff=Decimal(60)).encode())
    desk.told.clear()
    await desk.ends(reason)
    assert desk.told == told


async def test_a_reading_without_a_time_is_the_visitors_when_they_were_asked_and_nothing_else_came(desk: Desk) -> None:
    desk.measurements.expect(Device.THERMOMETER)
    await desk.begins()
    await desk.hears("2A1C", warmth("37.2"))
    assert desk.told == []
    assert await desk.ledger.quarantine.count() == 1, "durable on arrival, and nobody's yet"
    await desk.ends(EndReason.HUNG_UP)
    assert desk.told == [(Act.SAVED, Device.THERMOMETER)]
    assert await desk.ledger.quarantine.count() == 0


async def test_two_readings_without_a_time_come_of_a_memory_and_are_a_humans_to_attribute(desk: Desk) -> None:
    desk.measurements.expect(Device.THERMOMETER)
    await desk.begins()
    for celsius in ("39.4", "36.8"):
        await desk.hears("2A1C", warmth(celsius))
    await desk.ends(EndReason.HUNG_UP)
    assert desk.told == [(Act.UNSAVED, Device.THERMOMETER)]
    assert {each.why for each in await desk.ledger.quarantine.all()} == {Why.NO_TIME}
    assert await desk.ledger.quarantine.count() == 2


@pytest.mark.parametrize("asked", [None, Device.CUFF])
async def test_a_reading_without_a_time_that_nobody_was_asked_for_is_a_humans_to_attribute(
    desk: Desk, asked: Device | None
) -> None:
    desk.measurements.expect(asked)
    await desk.begins()
    await desk.hears("2A1C", warmth("37.2"))
    await desk.ends(EndReason.HUNG_UP)
    assert desk.told == []
    assert await desk.ledger.quarantine.count() == 1


async def test_a_reading_without_a_time_of_a_session_that_began_before_they_were_asked_is_a_humans(desk: Desk) -> None:
    await desk.begins()
    desk.measurements.expect(Device.THERMOMETER)
    await desk.hears("2A1C", warmth("37.2"))
    await desk.ends(EndReason.SILENCE)
    assert desk.told == [(Act.LOST, Device.THERMOMETER)]
    assert await desk.ledger.quarantine.count() == 1


async def test_a_reading_without_a_time_stays_set_aside_when_the_person_has_left_meanwhile(desk: Desk) -> None:
    desk.measurements.expect(Device.THERMOMETER)
    await desk.begins()
    await desk.hears("2A1C", warmth("37.2"))
    desk.visit = None
    await desk.ends(EndReason.HUNG_UP)
    assert await desk.ledger.quarantine.count() == 1


@pytest.mark.parametrize(
    ("said", "meal", "kept"),
    [
        (frozenset(), Circumstance.FASTING, {Circumstance.FASTING}),
        (frozenset(), None, set()),
        ({Circumstance.AFTER_MEAL}, Circumstance.FASTING, {Circumstance.AFTER_MEAL}),
    ],
)
def test_what_a_person_says_of_their_meal_stands_where_the_meter_says_nothing(
    said: frozenset[Circumstance], meal: Circumstance | None, kept: set[Circumstance]
) -> None:
    glucose = Measure(name=Name.GLUCOSE, value=Decimal("0.00104"), unit=Unit.KILOGRAM_PER_LITRE)
    reading = Reading(kind=Kind.GLUCOSE, measures=(glucose,), circumstances=frozenset(said))
    assert with_meal((reading,), meal)[0].circumstances == kept


def test_a_glucose_is_read_as_on_the_meter_digit_for_digit() -> None:
    sent = {Unit.KILOGRAM_PER_LITRE: "0.00104", Unit.MOLE_PER_LITRE: "0.0058"}
    shown = [readable(Measure(name=Name.GLUCOSE, value=Decimal(value), unit=unit)) for unit, value in sent.items()]
    assert [(f"{each.value:f}", each.unit) for each in shown] == [
        ("104", Unit.MILLIGRAM_PER_DECILITRE),
        ("5.8", Unit.MILLIMOLE_PER_LITRE),
    ]
