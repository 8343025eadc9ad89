"""From an indication to durable at the booth, against one fsync.

Ours: decode the packet, recognise that it is new, write it as Observations with their device, seal them, and one
COMMIT: when this returns the screen may say « enregistré ». The baseline is what no program can do without: one write
of as many octets as that COMMIT writes, and its fsync. One packet after another, as a device sends them; medians of
rounds that take turns.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from booth_client import ledger as rows
from booth_client.ledger import Booth, Ledger, Visit
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.events import Indicated
from gateway.devices.reading import DeviceIdentity, DeviceTime

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CUFF = DeviceIdentity(address="C0:FF:EE:00:00:01", manufacturer="A", model="M1")
VISIT = Visit(
    id="00000000-0000-4000-8000-000000000001",
    patient_id="00000000-0000-4000-9000-000000000001",
    started=START,
    consented=True,
)
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Cabine",
    location="Mairie",
    software_version="0",
    system_id="0011223344556677",
)
ROUNDS = 5
PACKETS = 200
COMMIT_OCTETS = 12 * 4120  # about a dozen pages of the log, each with its header


def indications(first: int) -> list[Indicated]:
    """Return PACKETS packets, all different, from number *first* on."""
    found = []
    for number in range(first, first + PACKETS):
        at = START + timedelta(seconds=number)
        time = DeviceTime(year=at.year, month=at.month, day=at.day, hour=at.hour, minute=at.minute, second=at.second)
        packet = BloodPressureMeasurement(
            systolic=Decimal(132), diastolic=Decimal(81), map=Decimal(98), timestamp=time, pulse=Decimal(72)
        )
        found.append(Indicated(device=CUFF, connection="1", characteristic="2A35", value=packet.encode(), at=at))
    return found


async def keep(ledger: Ledger, first: int) -> list[float]:
    """Return the seconds that each of a round's packets took."""
    took = []
    for event in indications(first):
        began = perf_counter()
        readings = decode(event.characteristic, event.value).readings()
        await ledger.keep(event, readings, visit=VISIT, now=event.at)
        took.append(perf_counter() - began)
    return took


def synced(path: Path) -> float:
    """Return the seconds that a write of as many octets as a COMMIT's took, with its fsync."""
    octets = os.urandom(COMMIT_OCTETS)
    with path.open("ab", buffering=0) as file:
        began = perf_counter()
        file.write(octets)
        os.fsync(file.fileno())
        return perf_counter() - began


async def measure(folder: Path) -> tuple[list[float], list[float]]:
    """Return the seconds of ours and of the baseline, all rounds together."""
    ours: list[float] = []
    baseline: list[float] = []
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event(), zone=UTC)
        await ledger.open_visit(VISIT, now=START)
        for round_ in range(ROUNDS):
            ours += await keep(ledger, round_ * PACKETS)
            baseline += await asyncio.to_thread(lambda: [synced(folder / "fsync") for _ in range(PACKETS)])
    return ours, baseline


def main() -> None:
    """Measure and print us, the baseline and their ratio."""
    # Where the program's own files would be: a folder in memory would make every fsync free.
    with tempfile.TemporaryDirectory(prefix="durable-", dir=Path.cwd()) as folder:
        ours, baseline = asyncio.run(measure(Path(folder)))
    us, them = statistics.median(ours), statistics.median(baseline)
    p99 = statistics.quantiles(ours, n=100)[-1]
    print(
        f"indication -> durable at the booth: {us * 1000:.2f} ms (p99 {p99 * 1000:.2f}),"
        f" one fsync {them * 1000:.2f} ms, ratio {us / them:.1f},"
        f" over it {(us - them) * 1000:.2f} ms (aim: ratio at most 2)"
    )


if __name__ == "__main__":
    main()
