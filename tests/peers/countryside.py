"""A visit between two real pages over the countryside's network: kiosk and physician, by the relay alone.

A gateway with its authority and a real coturn behind a proxy that loses, delays, narrows, cuts and moves; a booth with
its kiosk; two browser contexts, both forbidden any way but the relay.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from booth_client.app import open_booth
from certs_example.make import make
from gateway.app import gateway
from gateway.authority import AuthoritySettings, initialise, register, run_authority
from gateway.config import GatewaySettings, ReportSettings, TurnSettings
from gateway.config.visit import AuthorityLink
from gateway.http.session import DEMO_ACR
from gateway.http.statement_key import statement_key
from signalling import jws
from tests.peers.coturn import SECRET, Coturn, free_port
from tests.peers.impairment import Impairment, Link, impaired
from tests.peers.kiosk import Visitor, visitor
from tests.peers.moving import shown_by
from tests.peers.patience import PATIENCE
from tests.peers.programs import Programs, programs
from tests.peers.reader import Reader
from tests.peers.town import booth_settings, gateway_settings
from tests.peers.visit_reader import PhysicianAtDesk
from tests.peers.visiting import BRISK, DEVICES, TO_WAITING

__all__ = ["RELAY_ALONE", "Countryside", "countryside", "with_programs"]

RELAY_ALONE = """(() => { const Real = RTCPeerConnection; window.peers = [];
  window.RTCPeerConnection = class extends Real {
    constructor(settings) { super({...settings, iceTransportPolicy: "relay"}); window.peers.push(this); } }; })()"""

_SOUNDS = """async () => { let sounds = 0;
  for (const peer of window.peers) if (peer.connectionState !== "closed")
    for (const one of (await peer.getStats()).values())
      if (one.type === "inbound-rtp" && one.kind === "audio") sounds += one.packetsReceived;
  return sounds; }"""
_WAYS = """async () => { const found = [];
  for (const peer of window.peers) if (peer.connectionState === "connected") {
    const all = [...(await peer.getStats()).values()], by = (id) => all.find((one) => one.id === id);
    const pair = by(all.find((one) => one.type === "transport")?.selectedCandidatePairId);
    if (pair) found.push(by(pair.localCandidateId).candidateType); }
  return found; }"""


@dataclass(kw_only=True)
class Countryside:
    """The visit's two people, and the line between them."""

    kiosk: Visitor
    desk: PhysicianAtDesk
    line: Impairment
    folder: Path
    restart: Callable[[], Any]
    complaints: list[str] = field(default_factory=list)

    async def frames(self) -> tuple[int, int]:
        """Return how many pictures the kiosk and the physician's page have shown."""
        return await asyncio.gather(shown_by(self.kiosk.page, ".remote video"), shown_by(self.desk.page, "video.far"))

    async def sounds(self) -> tuple[int, int]:
        one, other = await asyncio.gather(*(page.evaluate(_SOUNDS) for page in (self.kiosk.page, self.desk.page)))
        return int(one), int(other)

    async def ways(self) -> set[str]:
        """Return by what sort of address the connections of both pages go."""
        found = await asyncio.gather(*(page.evaluate(_WAYS) for page in (self.kiosk.page, self.desk.page)))
        return {way for each in found for way in each}

    async def moves(self, *, seconds: float = PATIENCE) -> float:
        """Wait until both pages show new pictures; return after how many seconds. A new element counts anew."""
        loop = asyncio.get_running_loop()
        began, before = loop.time(), await self.frames()
        async with asyncio.timeout(seconds):
            while True:
                now = await self.frames()
                before = (min(before[0], now[0]), min(before[1], now[1]))
                if all(shown >= seen + 3 for shown, seen in zip(now, before, strict=True)):
                    return loop.time() - began
                await asyncio.sleep(0.05)

    async def is_heard(self, *, seconds: float = PATIENCE) -> None:
        """Wait until sound arrives on both sides."""
        before = await self.sounds()
        async with asyncio.timeout(seconds):
            while not all(now >= heard + 20 for now, heard in zip(await self.sounds(), before, strict=True)):
                await asyncio.sleep(0.1)

    async def begins(self, *, seconds: float = PATIENCE, way: tuple[str, ...] = TO_WAITING) -> None:
        """Wait, be taken, be ready, and see each other."""
        await self.desk.is_available()
        await self.kiosk.goes(*way)
        await self.desk.page.locator(".take").first.click()
        await self.kiosk.goes(">doctor-coming", "ready>in-visit")
        await self.desk.page.wait_for_selector('.screen[data-how="talking"]', timeout=seconds * 1000)
        await self.moves(seconds=seconds)

    async def generation(self) -> int:
        """Return how many connections for picture and sound there have been."""
        return int(await self.kiosk.page.evaluate("window.peers.length"))


@asynccontextmanager
async def countryside(
    browser: Browser, folder: Path, relay: Coturn, *, link: Link | None = None, ttl_s: int = 7200
) -> AsyncIterator[Countryside]:
    """Set the scene; the gateway can be started again on its own ports with `restart`."""
    (folder / "turn.secret").write_text(SECRET, encoding="utf-8")
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(impaired(relay.port, link))
        url, certificate = await stack.enter_async_context(_authority(folder))
        turn = TurnSettings(
            urls=(f"turn:127.0.0.1:{line.port}?transport=udp",), secret_file=folder / "turn.secret", ttl_s=ttl_s
        )
        settings = _settings(folder, url=url, certificate=certificate, turn=turn)
        running = AsyncExitStack()
        stack.push_async_callback(running.aclose)
        here = await running.enter_async_context(gateway(settings))
        assert here.booths_url is not None

        async def restart() -> None:
            await running.aclose()
            await running.enter_async_context(gateway(settings))

        trust = replace(_trust(folder), registration_authority=certificate)
        booth = booth_settings(folder, here.booths_url, virtual=BRISK, devices=DEVICES, visits=True, trust=trust)
        kiosk = await stack.enter_async_context(open_booth(booth))
        assert kiosk is not None
        media: dict[str, Any] = {"permissions": ["camera", "microphone"]}
        patient = await stack.enter_async_context(visitor(browser, kiosk.url, script=RELAY_ALONE, **media))
        desk = await stack.enter_async_context(_desk(browser, here.people_url))
        yield Countryside(kiosk=patient, desk=desk, line=line, folder=folder, restart=restart)


@asynccontextmanager
async def with_programs(
    browser: Browser, folder: Path, relay: Coturn, *, ttl_s: int = 7200
) -> AsyncIterator[tuple[Countryside, Programs]]:
    """Set the same scene with every program in a process of its own, so that each can be killed."""
    (folder / "turn.secret").write_text(SECRET, encoding="utf-8")
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(impaired(relay.port))
        turn = {
            "TELEBORNE_GATEWAY_TURN_URLS": f"turn:127.0.0.1:{line.port}?transport=udp",
            "TELEBORNE_GATEWAY_TURN_SECRET_FILE": str(folder / "turn.secret"),
            "TELEBORNE_GATEWAY_TURN_TTL_S": str(ttl_s),
        }
        few = {"TELEBORNE_BOOTH_DEVICES": "cuff", "TELEBORNE_BOOTH_WAYS": "", "TELEBORNE_BOOTH_QUESTIONS": "false"}
        here = await stack.enter_async_context(programs(folder, **few, **turn))
        media: dict[str, Any] = {"permissions": ["camera", "microphone"]}
        patient = await stack.enter_async_context(visitor(browser, here.kiosk, script=RELAY_ALONE, **media))
        desk = await stack.enter_async_context(_desk(browser, here.folder.gateway_url, who="claire-martin"))
        desk.person.expected = ("Failed to load resource", "WebSocket connection")

        async def restart() -> None:
            await here.kill("gateway")
            await here.start("gateway")

        yield Countryside(kiosk=patient, desk=desk, line=line, folder=folder, restart=restart), here


def _trust(folder: Path) -> Any:
    return booth_settings(folder, "https://localhost:9").trust


def _settings(folder: Path, *, url: str, certificate: Path, turn: TurnSettings) -> GatewaySettings:
    usual = gateway_settings(folder, booth_port=free_port())
    return replace(
        usual,
        listen=replace(usual.listen, port=free_port()),
        authority=AuthorityLink(url=url),
        report=ReportSettings(organisation="Maison de santé", authority=certificate),
        turn=turn,
    )


@asynccontextmanager
async def _authority(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    make(folder / "certificates")
    (folder / "gateway").mkdir(exist_ok=True)
    certificate = initialise(folder / "authority")
    register(folder / "authority", "gateway", jws.jwk_of(statement_key(folder / "gateway").public_key()))
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = AuthoritySettings(directory=folder / "authority", acr=(DEMO_ACR,), port=0)
    serving = asyncio.ensure_future(run_authority(settings, started=address.set_result))
    try:
        yield await address, certificate
    finally:
        serving.cancel()
        await asyncio.wait([serving])


@asynccontextmanager
async def _desk(browser: Browser, url: str, *, who: str = "martin") -> AsyncIterator[PhysicianAtDesk]:
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        color_scheme="light",
        permissions=["camera", "microphone"],
    )
    context.set_default_timeout(PATIENCE * 1000)
    try:
        page = await context.new_page()
        await page.add_init_script(RELAY_ALONE)
        person = Reader(page=page, url=url)
        page.on("console", person.heard)
        page.on("pageerror", lambda error: person.complaints.append(f"page: {error}"))
        await person.signs_in(who)
        await page.wait_for_selector(".switch")
        yield PhysicianAtDesk(person=person)
        assert not person.complaints, "\n".join(person.complaints)
    finally:
        await context.close()
