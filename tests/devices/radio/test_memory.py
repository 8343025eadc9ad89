"""What a device remembers is asked for from the last kept number on, for every profile that numbers its records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from bumble.gatt import Characteristic

from booth_client import ledger as rows
from booth_client.journey import Act, Result
from booth_client.ledger import Booth, Ledger
from booth_client.measure import Measurements
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.cgm_session import CgmSessionStart
from gateway.devices.enhanced_blood_pressure import BloodPressureRecord
from gateway.devices.events import Ended, EndReason
from gateway.devices.generic_health_sensor import StoredHealthObservation
from gateway.devices.health_observation import Numeric, Observation
from gateway.devices.reading import DeviceTime
from gateway.devices.record_access import Op, RecordAccess
from gateway.devices.virtual import Glucometer, GlucoseSensor, VirtualDevice
from gateway.devices.virtual.device import Offer
from gateway.devices.virtual.memory import MemoryDevice
from gateway.devices.virtual.table import elapsed_time
from tests.peers.listener import Listener, listening

BOOTH = Booth(
    device_id="6c3a3b5e-55b1-4a4e-9d12-0b6f8e0f1a01",
    name="caudry-mairie",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0254420000000001",
)
AT = DeviceTime(year=2026, month=3, day=3, hour=14, minute=5, second=0)
NOTIFY = Characteristic.Properties.NOTIFY


class _Archive(MemoryDevice):
    """A device whose memory holds what it is told; `measure` adds the record of *value*."""

    measured: ClassVar[str]

    def record(self, number: int, value: int) -> bytes:
        raise NotImplementedError

    def fill(self, values: list[int]) -> None:
        self._memory.records.clear()
        for number, value in enumerate(values, 1):
            self.remember((self.measured, self.record(number, value)), number=number)

    async def measure(self, *, value: int = 120) -> bytes:
        number = len(self.records) + 1
        self.remember((self.measured, packet := self.record(number, value)), number=number)
        async with self._in_somebodys_hands():
            await self._let_read()
        return packet


class _Archivist(_Archive):
    """A cuff that keeps its records for who asks by number."""

    key, about, kind, name, model = "archivist", "-", 0x71, "TB Archivist", "TB-BP9"
    service: ClassVar[str] = "1810"
    measured: ClassVar[str] = "2B36"
    offers: ClassVar[tuple[Offer, ...]] = (Offer(uuid="2B36", properties=NOTIFY),)

    def record(self, number: int, value: int) -> bytes:
        pressure = BloodPressureMeasurement(
            systolic=Decimal(value), diastolic=Decimal(80), map=Decimal(95), timestamp=AT
        ).encode()
        return BloodPressureRecord(counter=number, seq=number, uuid=0x2A35, octets=pressure).encode()


class _Sensor(_Archive):
    """A generic health sensor with a memory: it knows the combined report, and numbers of four octets."""

    key, about, kind, name, model = "archive", "-", 0x72, "TB Archive", "TB-GS9"
    service: ClassVar[str] = "1840"
    measured: ClassVar[str] = "2BDD"
    offers: ClassVar[tuple[Offer, ...]] = (Offer(uuid="2BDD", properties=NOTIFY),)

    def record(self, number: int, value: int) -> bytes:
        breaths = Observation(
            class_=1, obs_type=151562, time=elapsed_time(AT), value=Numeric(unit=2784, value=Decimal(value))
        )
        return StoredHealthObservation(counter=number, record=number, observation=breaths).encode()


@dataclass
class Keeper:
    """A ledger that remembers, and what is asked of devices for its sake."""

    ledger: Ledger
    asked: list[RecordAccess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.measurements = Measurements(self.ledger, visit=lambda: None, report=self._told)

    async def _told(self, _act: Act, _result: Result) -> None:
        """Nobody is there."""

    async def meets(self, device: VirtualDevice, use: Callable[[], Any]) -> Listener:
        """Hold one session while somebody uses the device."""
        assert isinstance(device, MemoryDevice)
        answer = device._memory.answer

        async def noted(value: bytes) -> Any:
            self.asked.append(RecordAccess.decode(value))
            return await answer(value)

        device._memory.answer = noted  # type: ignore[method-assign]  # listens at the device's door
        async with listening([device], memory=self.ledger.remembered, first=self.measurements.receive) as booth:
            await use()
            await booth.until_ended()
        device._memory.answer = answer  # type: ignore[method-assign]
        assert booth.all(Ended)[0].reason in (EndReason.COMPLETE, EndReason.HUNG_UP)
        return booth


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Keeper(Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event()))


@pytest.mark.parametrize(
    ("device", "uuid", "everything", "asks"),
    [
        (Glucometer(history=3), "2A18", 4, (Op.REPORT, 2)),
        (GlucoseSensor(worn_min=45), "2AA7", 4, (Op.REPORT, 2)),
        (_Archivist(), "2B36", 1, (Op.REPORT, 2)),
        (_Sensor(), "2BDD", 1, (Op.COMBINED_REPORT, 4)),
    ],
    ids=["glucose", "continuous glucose", "blood pressure", "generic health sensor"],
)
async def test_a_numbered_memory_is_read_whole_once_and_then_from_the_last_kept_record_on(
    keeper: Keeper, device: MemoryDevice, uuid: str, everything: int, asks: tuple[Op, int]
) -> None:
    first = await keeper.meets(device, device.measure)
    second = await keeper.meets(device, device.measure)
    assert len(first.packets(uuid)) == everything
    assert second.packets(uuid) == [first.packets(uuid)[-1], device.records[-1].packets[0][1]]
    last = device.records[-2].number
    assert keeper.asked == [
        RecordAccess.report(op=asks[0]),
        RecordAccess.report(at_least=last, op=asks[0], octets=asks[1]),
    ]
    kept = await keeper.ledger.quarantine.all()
    numbers = len(device.records) if uuid != "2AA7" else sum(len(each.packets) for each in device.records[3:]) + 9
    assert len(kept) == numbers, "each record once"


@pytest.mark.parametrize("device", [_Archivist(), _Sensor()], ids=["blood pressure", "generic health sensor"])
async def test_a_memory_that_counts_anew_is_read_whole(keeper: Keeper, device: _Archive) -> None:
    device.fill([111, 112])
    await keeper.meets(device, lambda: device.measure(value=113))
    device.fill([131, 132, 133])
    booth = await keeper.meets(device, lambda: device.measure(value=134))
    records = [record.packets[0][1] for record in device.records]
    assert booth.packets(device.measured) == [*records[2:], *records], "from the third on, then all of them"
    assert len(await keeper.ledger.quarantine.all()) == 7


async def test_a_sensor_that_begins_another_session_is_read_whole(keeper: Keeper) -> None:
    worn = GlucoseSensor(worn_min=60)
    await keeper.meets(worn, worn.measure)
    replaced = GlucoseSensor(worn_min=120)
    booth = await keeper.meets(replaced, replaced.measure)
    assert keeper.asked == [RecordAccess.report(), RecordAccess.report()]
    assert len(booth.packets("2AA7")) == len(replaced.records)


async def test_a_sensor_whose_session_began_at_no_known_time_leaves_no_number(keeper: Keeper) -> None:
    class _Dateless(GlucoseSensor):
        def own_offers(self) -> tuple[Offer, ...]:
            start = CgmSessionStart(
                time=DeviceTime(year=0, month=0, day=0, hour=0, minute=0, second=0), tz_15min=-128, dst_15min=255
            )
            others = [offer for offer in super().own_offers() if offer.uuid != "2AAA"]
            return (*others, Offer(uuid="2AAA", properties=Characteristic.Properties.READ, read=start.sealed().encode))

    dateless = _Dateless()
    for _ in range(2):
        await keeper.meets(dateless, dateless.measure)
    assert keeper.asked == [RecordAccess.report(), RecordAccess.report()]
    assert not await keeper.ledger.quarantine.all()
