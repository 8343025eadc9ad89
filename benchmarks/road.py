"""From an indication to the physician's page, against one round trip over a WebRTC data channel in the same browser.

Ours is the whole road, every part of it real: a scale on the virtual radio, bleak, the session, the booth's ledger and
outbox (one fsync), delivery over mutual TLS, the gateway's check and store (another fsync), server-sent events, the
physician's page in Chromium, and its DOM changed. The clock starts when bleak hands the octets over and stops in a
MutationObserver of the page that finds the new weight on it; both read this machine's clock. The baseline is what a
call would need: "ping" and "pong" between two RTCPeerConnections of the same Chromium. It keeps nothing and checks
nothing; the two fsyncs that ours waits for are printed beside it. Medians.

Where an indication becomes durable at the booth is measured in indication.py.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog
import uvloop
from playwright.async_api import Page, async_playwright

from booth_client import ledger as rows
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.link import fhir_base, open_session, tls
from gateway import outbox
from gateway.app import Gateway, gateway
from gateway.database import open_database, open_keyring
from gateway.delivery import deliver
from gateway.devices.ble import Radio
from gateway.devices.catalogue import decode
from gateway.devices.events import ClockRead, DeviceEvent, Indicated
from gateway.devices.virtual import Body, Scale, VirtualRadio
from tests.peers.kiosk import CHROMIUM, FLAGS
from tests.peers.town import booth_settings, gateway_settings

WEIGHINGS = 25
WARM_UP = 4
PINGS = 500
LOOPBACK = ("--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns")
VISIT = Visit(
    id="00000000-0000-4000-8000-000000000001",
    patient_id="00000000-0000-4000-9000-000000000001",
    started=datetime.now(UTC),
    consented=True,
)
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Cabine",
    location="Mairie",
    software_version="0",
    system_id="0011223344556677",
)

WATCH = """() => {
  window.expect = (wanted) => { window.seen = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.body.textContent.includes(wanted)) return;
      observer.disconnect();
      resolve(performance.timeOrigin + performance.now());
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  }); };
}"""
PING_PONG = """async (pings) => {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  const channel = a.createDataChannel("ping");
  b.ondatachannel = (event) => { event.channel.onmessage = ({ data }) => event.channel.send(data); };
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  await new Promise((resolve) => { channel.onopen = resolve; });
  const took = [];
  for (let n = 0; n < pings; n++) {
    const began = performance.now();
    await new Promise((resolve) => { channel.onmessage = resolve; channel.send("ping"); });
    took.push(performance.now() - began);
  }
  a.close();
  b.close();
  return took;
}"""


@dataclass(slots=True, kw_only=True)
class Road:
    """A booth whose only device is a scale: `arrived` and `kept` are when its latest packet came and was durable."""

    scale: Scale
    ledger: Ledger
    arrived: float = 0.0
    kept: list[float] = field(default_factory=list)

    async def receive(self, event: DeviceEvent) -> None:
        """Keep what the scale sends."""
        if isinstance(event, ClockRead):
            self.ledger.hear_clock(event)
        elif isinstance(event, Indicated):
            self.arrived = event.at.timestamp()
            began = perf_counter()
            readings = decode(event.characteristic, event.value).readings()
            await self.ledger.keep(event, readings, visit=VISIT, now=event.at)
            self.kept.append(perf_counter() - began)


@asynccontextmanager
async def booth(folder: Path, running: Gateway) -> AsyncIterator[Road]:
    """Run the booth: radio, ledger, outbox, delivery."""
    link = booth_settings(folder, str(running.booths_url)).gateway
    async with AsyncExitStack() as stack:
        keyring = await stack.enter_async_context(open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek"))
        database = await stack.enter_async_context(
            open_database(f"sqlite:///{folder}/booth.db", rows.METADATA, outbox.METADATA)
        )
        session = await stack.enter_async_context(open_session(tls(link)))
        wake, scale = asyncio.Event(), Scale(body=Body(seed=1))
        air = await stack.enter_async_context(VirtualRadio((scale,)))
        ledger = Ledger(database, keyring, booth=BOOTH, wake=wake)
        road = Road(scale=scale, ledger=ledger)
        await ledger.open_visit(VISIT, now=datetime.now(UTC))
        radio = Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend)
        async with asyncio.TaskGroup() as tasks:
            carrying = deliver(database, keyring, session=session, base_url=fhir_base(link), wake=wake)
            running_for_ever = [tasks.create_task(carrying), tasks.create_task(radio.run(road.receive))]
            yield road
            for task in running_for_ever:
                task.cancel()


async def weigh(road: Road, page: Page, number: int) -> float:
    """Weigh once and return the seconds from the indication to the page."""
    weight = Decimal(60) + Decimal(number) / 20
    await asyncio.sleep(1.05)  # the scale's clock has whole seconds, and the page shows the latest weight
    await page.evaluate("(wanted) => expect(wanted)", f"{weight:.2f}".replace(".", ","))
    await road.scale.measure(weight=weight)
    async with asyncio.timeout(10):
        seen_ms: float = await page.evaluate("window.seen")
    return seen_ms / 1000 - road.arrived


def fsyncs(path: Path) -> list[float]:
    """Return the seconds of small writes, each with its fsync."""
    took = []
    with path.open("ab", buffering=0) as file:
        for _ in range(200):
            began = perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return took


async def measure(folder: Path) -> tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[float]]:
    """Return the seconds to the page, to durable at the booth, of a data channel's round trips, and of an fsync."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(gateway(gateway_settings(folder)))
        road = await stack.enter_async_context(booth(folder, running))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *LOOPBACK])
        stack.push_async_callback(browser.close)
        page = await browser.new_page(locale="fr-FR", viewport={"width": 1440, "height": 900})
        await page.goto(f"{running.people_url}/demo/sign-in?person=martin")
        await page.wait_for_selector('main:not([data-screen="opening"])')
        await page.evaluate(WATCH)
        for number in range(WARM_UP):
            await weigh(road, page, number)
        road.kept.clear()
        seen = [await weigh(road, page, number) for number in range(WARM_UP, WARM_UP + WEIGHINGS)]
        trips: list[Any] = await page.evaluate(PING_PONG, PINGS)
        return seen, road.kept, [trip / 1000 for trip in trips], await asyncio.to_thread(fsyncs, folder / "fsync")


def main() -> None:
    """Measure and print us, the baseline and their ratio."""
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    # Where the program's own files would be: a folder in memory would make every fsync free.
    with (
        tempfile.TemporaryDirectory(prefix="durable-", dir=Path.cwd()) as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        seen, kept, trips, disk = runner.run(measure(Path(folder)))
    us, them, fsync = (statistics.median(each) * 1000 for each in (seen, trips, disk))
    print(
        f"indication -> physician's page: {us:.2f} ms (p90 {statistics.quantiles(seen, n=10)[-1] * 1000:.2f}),"
        f" of it durable at the booth {statistics.median(kept) * 1000:.2f} ms;"
        f" one data-channel round trip {them:.2f} ms, ratio {us / them:.1f};"
        f" with the two fsyncs ({fsync:.2f} ms each) {us / (them + 2 * fsync):.1f} (aim: ratio at most 2)"
    )


if __name__ == "__main__":
    main()
