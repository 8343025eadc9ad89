"""A house for a call: one origin with a physician's page and a real signalling server; a simulated booth beside it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, web
from playwright.async_api import Browser, Page
from playwright.async_api import Error as PlaywrightError

from booth_client.channels import Request
from booth_client.conversation import Conversation
from booth_client.protection import State, Status
from booth_client.signalling_link import LinkDeadlines, SignallingLink
from booth_client.synthetic import Picture, Voice
from signalling import messages as m
from signalling.credential import make_credential
from signalling.errors import BindingError
from signalling.server import Limits, SignallingServer
from signalling.side import Endpoint
from tests.peers.kiosk import FLAGS
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_people import BOOTH, CALL, PHYSICIAN, People
from tests.signalling.program import who
from tests.signalling.record import Record

__all__ = ["MEDIA_FLAGS", "House", "SimulatedBooth", "house", "physician_page", "prepare", "simulated_booth"]

MEDIA_FLAGS: Final = (
    *FLAGS,
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
Relays = Callable[[str, datetime], list[m.IceServer]]
QUICK: Final = LinkDeadlines(first_pause_s=0.05, longest_pause_s=0.3)
_ROOT: Final = Path(__file__).parents[2]
_PAGE: Final = Path(__file__).parent / "webrtc_page"


@dataclass(kw_only=True)
class House:
    url: str
    people: People
    server: SignallingServer
    running: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Let the signalling server live."""
        self.running = asyncio.ensure_future(self.server.run())

    async def shut(self) -> None:
        """End the signalling server's life: every socket is closed, and none is taken."""
        assert self.running is not None
        self.running.cancel()
        await asyncio.wait([self.running])


@dataclass(kw_only=True)
class SimulatedBooth:
    """A whole patient: the link to signalling and both endpoints, and all that they told."""

    link: SignallingLink
    agent: Conversation
    av: Conversation
    states: list[State] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    heard: list[m.Message] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)

    async def until(self, true: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.01)

    async def protected(self, *, generation: int = 1, seconds: float = PATIENCE) -> None:
        def both() -> bool:
            states = (self.agent.state, self.av.state)
            return all(s.status is Status.PROTECTED and s.generation >= generation for s in states)

        await self.until(both, seconds=seconds)

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Join the queue, and talk with whoever takes the visit."""
        talking = False
        async for envelope in self.link:
            self.heard.append(envelope.body)
            match envelope.body:
                case m.Welcome(calls=calls) if CALL not in calls:
                    asked = m.Enqueue(reason="cough", language="fr", place="Caudry, mairie")
                    tasks.create_task(self.link.send(asked, call=CALL))
                case m.Admitted() as admitted if not talking:
                    talking = True
                    for conversation in (self.agent, self.av):
                        tasks.create_task(self._talk(conversation, admitted))
            for conversation in (self.agent, self.av):
                conversation.receive(envelope)

    async def _talk(self, conversation: Conversation, admitted: m.Admitted) -> None:
        try:
            await conversation.run(CALL, admitted)
        except BindingError as error:
            self.flaws.append(error.flaw)


@asynccontextmanager
async def house(people: People, record: Record, *, relays: Relays = lambda _who, _now: []) -> AsyncIterator[House]:
    """Serve the page and signalling on one origin; with *relays* the page's talk goes by them alone."""
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=1)
    origins: set[str] = set()
    server = SignallingServer(
        authenticate=who,
        record=record.record,
        claim=record.claim,
        restore=record.restore,
        origins=origins,
        limits=Limits(tick_s=0.05, restore_again_s=0.05),
        ice_servers=relays,
    )
    app.add_routes([*server.routes(), web.get("/", _index)])
    app.router.add_static("/page", _PAGE)
    app.router.add_static("/shared", _ROOT / "gateway" / "ui" / "shared")
    for path, file in (("/device-ca", people.device_ca), ("/registration", people.registration)):
        app.router.add_get(path, partial(_der, file))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server._origins = frozenset({url})
        await runner.setup()
        await web.SockSite(runner, listening).start()
        made = House(url=url, people=people, server=server)
        made.open()
        try:
            yield made
        finally:
            await made.shut()
            await runner.cleanup()


@asynccontextmanager
async def simulated_booth(people: People, url: str) -> AsyncIterator[SimulatedBooth]:
    """Run a simulated patient, who joins the queue by itself."""
    name = BOOTH.removeprefix("urn:teleborne:booth:")
    async with ClientSession(headers={"X-Who": f"booth|{BOOTH}|{name}"}) as session, AsyncExitStack() as closing:
        link = SignallingLink(session, url, deadlines=QUICK)
        states: list[State] = []
        requests: list[Request] = []
        frames: list[int] = []
        given: dict[str, Any] = {"signer": people.booth, "anchors": people.anchors, "say": link.send}
        agent = Conversation(Endpoint.AGENT, tell=states.append, hear=requests.append, **given)
        av = Conversation(
            Endpoint.AV,
            tell=states.append,
            sources=(Picture(), Voice()),
            watch=lambda frame: frames.append(frame.pts or 0),
            **given,
        )
        for conversation in (agent, av):
            await closing.enter_async_context(conversation)
        booth = SimulatedBooth(link=link, agent=agent, av=av, states=states, requests=requests, frames=frames)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(_together(link, booth))
            yield booth
            running.cancel()


@asynccontextmanager
async def physician_page(
    browser: Browser, house: House, *, before: str = "", camera: bool = True
) -> AsyncIterator[Page]:
    """Open the physician's page and let it take the first patient; *before* runs in the page before it starts."""
    context = await browser.new_context(permissions=["camera", "microphone"])
    context.set_default_timeout(PATIENCE * 1000)
    try:
        page = await context.new_page()
        await prepare(page, house, before=before, camera=camera)
        yield page
    finally:
        await context.close()


async def prepare(page: Page, house: House, *, before: str = "", camera: bool = True) -> None:
    """Load the page, certify its key, and start."""
    authority = house.people.registration_key

    async def certify(jwk: dict[str, Any]) -> str:
        return make_credential(authority, subject=PHYSICIAN, name="Dr Claire Martin", jwk=jwk, now=datetime.now(UTC))

    with contextlib.suppress(PlaywrightError):  # a page that is loaded again has it already
        await page.expose_function("certify", certify)
    await page.goto(house.url)
    await page.wait_for_function("window.physician !== undefined")
    if camera:
        await page.evaluate("physician.show().then(() => true)")
    await page.evaluate(before or "0")
    await page.evaluate(f"physician.start({{subject: '{PHYSICIAN}', name: 'Dr Claire Martin'}})")


async def _together(link: SignallingLink, booth: SimulatedBooth) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(link.run())
        tasks.create_task(booth.run(tasks))


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PAGE / "index.html")


async def _der(file: Path, _request: web.Request) -> web.Response:
    return web.Response(body=ssl.PEM_cert_to_DER_cert(file.read_text()))
