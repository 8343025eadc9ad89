"""A booth on a busy day: people come one after the other, measure, and everything goes wrong; then it is all counted.

The booth's own parts are real, from bleak to the ledger on disk. Between two people the clock jumps by minutes.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

from booth_client.journey import Act, Device, Result
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.measure import Measurements
from gateway import outbox
from gateway.database import Database, Keyring
from gateway.devices.catalogue import decode
from gateway.devices.events import Appeared, DeviceEvent, Ended, EndReason
from gateway.devices.reading import Kind, Reading
from gateway.devices.virtual import Cuff, Glucometer, Oximeter, Scale, Sent, Thermometer, VirtualDevice
from tests.peers.listener import Listener
from tests.peers.patience import PATIENCE

__all__ = ["BusyBooth", "Count", "Day", "Heard", "devices_of"]

_BOOTH: Final = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Cabine",
    location="Mairie",
    software_version="0",
    system_id="0011223344556677",
)
_KEPT: Final = {"2A35": "8480-6", "2A5E": "59408-5", "2A1C": "8310-5", "2A9D": "29463-7", "2A18": "2345-7"}
"""The LOINC code of the first number of each record."""
_SENT_AS: Final = {
    "cuff": "2A35",
    "oximeter": "2A5E",
    "thermometer": "2A1C",
    "scale": "2A9D",
    "glucometer": "2A18",
}
_GLUCOSE: Final = Decimal(100000)

_GLUCOSE_HEAD: Final = 10
"""So many octets tell a glucose record: flags, number and base time; what follows may have a context joined to it."""

Number = tuple[str, Decimal]
"""The LOINC code and the value of a record's first number."""

Record = tuple[str, bytes]
"""What tells one record: its device's address and its octets."""


@dataclass
class Day:
    """The day's clock: real time, with jumps."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Heard(Listener):
    """The radio's listener: hands everything to the booth, counts, and keeps nothing."""

    booth: BusyBooth | None = None
    ends: Counter[EndReason] = field(default_factory=Counter)
    open: int = 0

    async def deliver(self, event: DeviceEvent) -> None:
        assert self.booth is not None
        await self.booth.measurements.receive(event)
        async with self.news:
            self.open += isinstance(event, Appeared) - isinstance(event, Ended)
            if isinstance(event, Ended):
                self.ends[event.reason] += 1
                if event.reason is EndReason.BOND_LOST:
                    await self.booth.operator(event.address)
            self.news.notify_all()


@dataclass
class Count:
    """What became of the day's records."""

    delivered: int = 0
    saved: int = 0
    aside: int = 0
    missing: list[Record] = field(default_factory=list)
    twice: list[Record] = field(default_factory=list)
    wrong: list[tuple[str, Number]] = field(default_factory=list)


def devices_of(day: Day, sent: list[tuple[str, Sent]]) -> tuple[VirtualDevice, ...]:
    """Return the booth's objects: two cuffs (one sends all it remembers, each time), and one of each other kind."""
    usual: dict[str, Any] = {"now": day.now, "window_s": 40.0}
    devices: tuple[VirtualDevice, ...] = (
        Cuff(number=1, inflates_s=0.02, live_packets=2, memory=True, **usual),
        Cuff(number=2, inflates_s=0.02, live_packets=2, **usual),
        Oximeter(every_s=0.01, live_packets=2, **usual),
        Thermometer(**usual),
        Scale(**usual),
        Glucometer(history=20, **usual),
    )
    for device in devices:
        device.on_sent = partial(_note, sent, device.address)
    return devices


def _note(sent: list[tuple[str, Sent]], address: str, one: Sent) -> None:
    sent.append((address, one))


@dataclass
class BusyBooth:
    """The booth with its ledger; `operator` is who forgets a device whose bond is stale."""

    database: Database
    keyring: Keyring
    day: Day
    devices: Sequence[VirtualDevice]
    sent: list[tuple[str, Sent]]
    random: Random
    operator: Any = None
    measured: dict[Record, tuple[str, Number]] = field(default_factory=dict)
    delivered: set[Record] = field(default_factory=set)
    found: dict[str, Counter[Number]] = field(default_factory=lambda: defaultdict(Counter))
    said: Counter[Act] = field(default_factory=Counter)
    visit: Visit | None = None
    people: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.database, self.keyring, booth=_BOOTH, wake=asyncio.Event())
        self.measurements = Measurements(self.ledger, visit=lambda: self.visit, report=self._report)

    async def _report(self, act: Act, _result: Result) -> None:
        self.said[act] += 1

    async def person(self, used: Sequence[VirtualDevice] | None = None) -> None:
        """Let somebody come and use *used* or some of the objects; one in six has not agreed, and nothing is theirs."""
        self.people += 1
        number, agreed = self.people, self.random.random() > 1 / 6
        visit = Visit(
            id=str(UUID(int=number)),
            patient_id=str(UUID(int=1 << 64 | number)),
            started=self.day.now(),
            consented=True,
        )
        if agreed:
            await self.ledger.open_visit(visit, now=self.day.now())
            self.visit = visit
        if used is None:
            used = self.random.sample(self.devices, self.random.randint(1, 3))
        if any(isinstance(device, Thermometer) for device in used):  # the one without a clock
            self.measurements.expect(Device.THERMOMETER)
        try:
            async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as hands:
                for device in used:
                    hands.create_task(self._use(device, visit.patient_id if agreed else ""))
        except TimeoutError as error:
            names = [device.name for device in used]
            raise AssertionError(f"person {number} waits for ever for one of {names}") from error

    async def leave(self) -> None:
        """Let the person go, minutes pass, and count what was put down so far."""
        if self.visit is not None:
            await self.ledger.close_visit(self.visit, now=self.day.now())
            self.visit = None
        await self._collect()
        await self.ledger.wipe(now=self.day.now())
        self.day.ahead += timedelta(minutes=self.random.randint(2, 20))
        cuff = self.devices[0]
        del cuff._records[:-8]  # a cuff's memory has an end too

    async def _use(self, device: VirtualDevice, patient: str) -> None:
        number = 2 * self.people + device.number  # so that no two cuffs measure the same
        values: dict[str, Any] = {
            "cuff": {"systolic": 130 + number % 80, "diastolic": 50 + number // 80 % 60},
            "oximeter": {"spo2": 95 + number % 5},
            "thermometer": {"temperature": Decimal(35_0000 + number) / 10000},
            "scale": {"weight": Decimal(60) + Decimal("0.005") * number},
            "glucometer": {"glucose": 60 + self.people % 500},
        }
        octets = await device.measure(**values[device.key])
        characteristic = _SENT_AS[device.key]
        first = _number(characteristic, decode(characteristic, octets).readings()[0])
        self.measured[_record(device.address, characteristic, octets)] = patient, first

    async def _collect(self) -> None:
        for address, sent in self.sent:
            if sent.characteristic in _KEPT:
                self.delivered.add(_record(address, sent.characteristic, sent.value))
        self.sent.clear()

        def take(connection: Any) -> list[bytes | None]:
            now = datetime.now(UTC) + timedelta(days=3650)
            found = outbox.lease(connection, destination="gateway", now=now, limit=1000, lease_s=0)
            opened = [letter.open(self.keyring) for letter in found]
            for letter in found:
                outbox.done(connection, letter.seq)
            return opened

        for body in await self.database.act(take):
            resource = json.loads(body or b"{}", parse_float=Decimal)
            if resource.get("subject", {}).get("reference", "").startswith("Patient/"):
                for number in _numbers_in(resource):
                    self.found[resource["subject"]["reference"].removeprefix("Patient/")][number] += 1

    async def count(self) -> Count:
        """Say what became of every record that a device considered delivered."""
        await self._collect()
        held: Counter[Record] = Counter()
        for each in await self.ledger.quarantine.all():
            event = each.aside.event
            held[_record(event.device.address, event.characteristic, event.value)] += 1
        saved = sum(numbers.total() for numbers in self.found.values())
        count = Count(delivered=len(self.delivered), saved=saved, aside=held.total())
        theirs: dict[str, Counter[Number]] = defaultdict(Counter)
        for record, (patient, number) in self.measured.items():
            theirs[patient][number] += 1
            there = held[record] + self.found[patient][number]
            count.missing += [record] if record in self.delivered and not there else []
            count.twice += [record] if there > 1 else []
        others = set(held) - set(self.measured)
        count.twice += [record for record in others if held[record] > 1]
        for patient, numbers in self.found.items():
            count.wrong += [(patient, number) for number in numbers if numbers[number] > theirs[patient][number]]
        return count


def _record(address: str, characteristic: str, octets: bytes) -> Record:
    return address, octets[:_GLUCOSE_HEAD] if characteristic == "2A18" else octets


def _number(characteristic: str, reading: Reading) -> Number:
    value = reading.measures[0].value
    assert isinstance(value, Decimal)
    return _KEPT[characteristic], (value * _GLUCOSE if reading.kind is Kind.GLUCOSE else value).normalize()


def _numbers_in(resource: dict[str, Any]) -> list[Number]:
    parts = [resource, *resource.get("component", ())]
    return [
        (code, Decimal(part["valueQuantity"]["value"]).normalize())
        for part in parts
        if "valueQuantity" in part
        for code in {coding["code"] for coding in part["code"]["coding"]} & set(_KEPT.values())
    ]
