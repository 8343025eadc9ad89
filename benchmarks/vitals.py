"""From a device's indication to the physician's side of the call, against a round trip on the same data channel.

Ours: decode the packet, recognise that it is new, make it durable (one COMMIT, fsync), write it as a message, and let
it arrive and be read on the other side, past SCTP, DTLS and ICE. The baseline is what no program can do without, in
turns with it: twice the way of a ping on the same connection, and one write of as many octets as the COMMIT with its
fsync. Both sides are aiortc in one process, which costs both alike; p50 and p99 in milliseconds. Beside it, what a
second of an examination costs: stethoscope, pulse wave and heartbeat, as processor time of both ends together, against
the same connection with nobody examining.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from benchmarks.indication import BOOTH, VISIT, indications, synced
from booth_client import ledger as rows
from booth_client.channels import Ping
from booth_client.conversation import Conversation
from booth_client.instruments import Instruments
from booth_client.ledger import Ledger
from booth_client.stethoscope import stethoscope
from booth_client.words import Exam
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.catalogue import decode
from gateway.devices.reading import Name, Unit
from signalling.side import Endpoint
from tests.peers.webrtc_people import CALL, admitted, people, reachable
from tests.peers.webrtc_physician import Wire, talking

READINGS: Final = 200
EXAMINED_S: Final = 10.0
WAVE_PERIOD: Final = timedelta(milliseconds=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One proved connection, and what the physician's side has heard."""

    conversation: Conversation
    wire: Wire
    instruments: Instruments

    @property
    def seen(self) -> list[dict[str, Any]]:
        """Return every message that the physician's side has read."""
        return self.wire.physicians[-1].seen


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Line]:
    """Open a call between the booth's agent and a physician."""
    reachable()
    folk = people(folder)
    wire, held = Wire(people=folk), Instruments(by_exam={Exam.LISTEN: stethoscope("synthetic")})
    given: dict[str, Any] = {"signer": folk.booth, "anchors": folk.anchors, "say": wire.say}
    async with (
        asyncio.TaskGroup() as tasks,
        Conversation(Endpoint.AGENT, sources=held.sources(), **given) as conversation,
    ):
        wire.conversation = conversation
        running = tasks.create_task(held.run())
        async with talking(wire, conversation.run(CALL, admitted())):
            await until(lambda: wire.physicians and wire.physicians[-1].proved.is_set())
            await asyncio.sleep(0.5)
            yield Line(conversation=conversation, wire=wire, instruments=held)
        running.cancel()


async def until(true: Callable[[], Any]) -> None:
    """Let other work go on until *true* is; the clock is the event loop's own pace."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  what arrives is noticed at once
            await asyncio.sleep(0)


async def heard(line: Line, kind: str, many: int, *, after: int) -> None:
    """Wait until the physician's side has read *many* messages of that *kind* behind the first *after* of any."""
    await until(lambda: sum(each["k"] == kind for each in line.seen[after:]) >= many)


async def indication(line: Line, ledger: Ledger, event: Any) -> float:
    """Return the seconds from a packet to the reading at the other side."""
    before, began = len(line.seen), time.perf_counter()
    readings = decode(event.characteristic, event.value).readings()
    await ledger.keep(event, readings, visit=VISIT, now=event.at)
    for reading in readings:
        line.conversation.vital(reading, device="cuff", at=event.at)
    await heard(line, "vital", len(readings), after=before)
    return time.perf_counter() - began


async def round_trip(line: Line, number: int) -> float:
    """Return the seconds of a ping and its pong."""
    call: Any = line.conversation._current  # noqa: SLF001  the baseline speaks on the same channel
    before, began = len(line.seen), time.perf_counter()
    call.say(Ping(n=1_000_000 + number))
    await heard(line, "ping", 1, after=before)
    one_way = time.perf_counter() - began
    return 2 * one_way


async def examine(line: Line, seconds: float, *, listens: bool) -> float:
    """Return the processor seconds of both ends per second of a call, with an examination or without."""
    line.instruments.use(Exam.LISTEN if listens else None)
    began, spent = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        await asyncio.sleep(0.12)
        if listens:
            line.conversation.wave(
                [Decimal(100)] * 15,
                name=Name.PLETH,
                unit=Unit.DIMENSIONLESS,
                first_at=datetime.now(UTC),
                period=WAVE_PERIOD,
            )
    line.instruments.use(None)
    return (time.process_time() - spent) / (time.perf_counter() - began)


def p(times: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile in ms."""
    return statistics.median(times) * 1000, statistics.quantiles(times, n=100)[98] * 1000


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="vitals-", dir=Path.cwd()) as name:
        folder = Path(name)
        async with (
            open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
            open_database(f"sqlite:///{folder}/booth.db", rows.METADATA, outbox.METADATA) as database,
            connected(folder / "people") as line,
        ):
            ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event())
            await ledger.open_visit(VISIT, now=VISIT.started)
            ours, trips, written = list[float](), list[float](), list[float]()
            for number, event in enumerate(indications(0)[:READINGS], start=1):
                trips.append(await round_trip(line, number))
                written.append(await asyncio.to_thread(synced, folder / "fsync"))
                ours.append(await indication(line, ledger, event))
            quiet = await examine(line, EXAMINED_S, listens=False)
            busy = await examine(line, EXAMINED_S, listens=True)
    both = [trip + write for trip, write in zip(trips, written, strict=True)]
    (half, most), (half_both, most_both) = p(ours), p(both)
    print(f"indication → physician's side: p50 {half:.2f} ms, p99 {most:.2f} ms, durable first")
    for name, times in (("data channel round trip", trips), ("one fsync", written)):
        print(f"{name + ':':30} p50 {p(times)[0]:.2f} ms, p99 {p(times)[1]:.2f} ms")
    print(f"ratio to both together: p50 {half / half_both:.2f}, p99 {most / most_both:.2f} (aim ≤ 2)")
    print(f"CPU of both ends: {busy:.3f} of a core while the physician listens, {quiet:.3f} while not")


if __name__ == "__main__":
    asyncio.run(main())
