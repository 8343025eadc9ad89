"""A call of a visit, from its offer to the first decoded picture of the patient, against plain Chromium to Chromium.

Ours is the whole road, every part of it real and a process of its own: the kiosk's page in Chromium offers, its agent
signs the binding with the booth's key, the gateway carries it, the physician's page in another Chromium verifies it,
signs its answer, and both sides reveal, connect, compare the certificate that DTLS showed and exchange signed confirms.
Only then is the camera attached. The kiosk's page is loaded again for every call, which makes a new connection with
everything anew. The baseline is the same two Chromium with the same cameras, two bare RTCPeerConnections whose offer
already carries the picture, both ways as in the visit, and a WebSocket that passes their messages on: nothing is
signed, nothing is looked at.

After the calls, what a visit that goes on costs the booth's program: the agent's connection with its heartbeat, the
kiosk's page and the gateway's socket; sound and pictures go from page to page, past it.

Beside it, where Janus is installed, its echo test: the page of the patient calls the media server and sees itself.

The clock starts where the offering page calls setLocalDescription, and stops in the first requestVideoFrameCallback of
the answering page's video; both read this machine's clock. Calls of all kinds take turns.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import WSMsgType, web
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.janus import ECHO, PROGRAM, janus
from benchmarks.process import cost
from tests.peers.faces import Face, camera_flags, draw
from tests.peers.kiosk import CHROMIUM, FLAGS, MEDIA_FLAGS, Visitor, visitor
from tests.peers.programs import KIOSK, TO_THE_QUEUE, programs
from tests.peers.webrtc_people import reachable

CALLS = 24
TALK_S = 20.0
WARM_UP = 2
MEDIA = ["camera", "microphone"]
AGAIN = {"TELEBORNE_BOOTH_DEVICES": "cuff", "TELEBORNE_BOOTH_VIRTUAL_HANDS_AFTER_S": "0.5"}

OFFERING = """(() => {
  const set = RTCPeerConnection.prototype.setLocalDescription;
  RTCPeerConnection.prototype.setLocalDescription = function (...given) {
    window.offered = performance.timeOrigin + performance.now();
    return set.apply(this, given);
  };
})()"""
SEEING = """(() => {
  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", { ...source, set(stream) {
    source.set.call(this, stream);
    if (stream === null || this.muted) return;
    this.requestVideoFrameCallback(() => window.saw?.(performance.timeOrigin + performance.now()));
  }});
})()"""
EXPECT = "void (window.seen = new Promise((saw) => { window.saw = saw; }))"

PLAIN = """async () => {
  const line = new WebSocket(location.href.replace("http", "ws") + "line");
  await new Promise((open) => { line.onopen = open; });
  const say = (what) => line.send(JSON.stringify(what));
  const camera = { video: { width: 640, height: 480 }, audio: true };
  const own = await navigator.mediaDevices.getUserMedia(camera);
  let peer;
  const made = () => {
    peer?.close();
    peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    peer.onicecandidate = ({ candidate }) => say({ candidate });
    peer.ontrack = ({ track, streams: [stream] }) => {
      if (track.kind === "video") Object.assign(document.querySelector("video"), { srcObject: stream }).play();
    };
  };
  let told = Promise.resolve();
  line.onmessage = ({ data }) => { told = told.then(async () => {
    const { offer, answer, candidate } = JSON.parse(data);
    if (offer) {
      made();
      await peer.setRemoteDescription(offer);
      own.getTracks().forEach((track) => peer.addTrack(track, own));
      await peer.setLocalDescription();
      say({ answer: peer.localDescription });
    } else if (answer) await peer.setRemoteDescription(answer);
    else await peer.addIceCandidate(candidate ?? undefined);
  }); };
  window.call = async () => {
    made();
    own.getTracks().forEach((track) => peer.addTrack(track, own));
    await peer.setLocalDescription();
    say({ offer: peer.localDescription });
  };
}"""


@asynccontextmanager
async def plain_page() -> AsyncIterator[str]:
    """Serve an empty page with a video, and pass on what two such pages say."""
    lines: set[web.WebSocketResponse] = set()

    async def line(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        lines.add(socket)
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                for other in lines - {socket}:
                    await other.send_str(frame.data)
        lines.discard(socket)
        return socket

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><video autoplay playsinline></video>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/line", line)])
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "localhost", 0)
        await site.start()
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def seen_after(answering: Page, offering: Page) -> float:
    """Wait for the picture and return the milliseconds since the offer."""
    async with asyncio.timeout(30):
        seen = await answering.evaluate("window.seen")
    return float(seen) - float(await offering.evaluate("window.offered"))


async def plain_call(offering: Page, answering: Page) -> float:
    """Call once without anything around it."""
    await answering.evaluate(EXPECT)
    await offering.evaluate("call()")
    return await seen_after(answering, offering)


async def echo_call(page: Page) -> float:
    """Call the media server once, which sends the picture back."""
    await page.evaluate(EXPECT)
    await page.evaluate("call()")
    return await seen_after(page, page)


async def call_in_the_visit(kiosk: Visitor, desk: Page) -> float:
    """Load the kiosk's page again, which calls again."""
    await desk.evaluate(EXPECT)
    await kiosk.page.reload()
    return await seen_after(desk, kiosk.page)


async def opened(stack: AsyncExitStack, face: Face) -> Browser:
    """Open a Chromium whose camera shows that face."""
    playwright = await stack.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*MEDIA_FLAGS, *camera_flags(face)])
    stack.push_async_callback(browser.close)
    return browser


async def pages_of(browser: Browser, *, script: str) -> Page:
    """Open a page that may use the camera and in which *script* runs first."""
    context = await browser.new_context(permissions=MEDIA, locale="fr-FR")
    await context.add_init_script(script)
    return await context.new_page()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Milliseconds of each call: in the visit, plain, to Janus where it is there; what the booth's program costs."""

    visit: Sequence[float]
    plain: Sequence[float]
    echo: Sequence[float]
    share: float
    megabytes: float


async def measure(folder: Path) -> Measured:
    """Call, again and again, and then let the visit go on."""
    async with AsyncExitStack() as stack:
        artist = await stack.enter_async_context(async_playwright())
        faces = await draw(await artist.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)), folder)
        theirs, own = await opened(stack, faces["patient"]), await opened(stack, faces["physician"])
        here = await stack.enter_async_context(programs(folder, **AGAIN))
        kiosk = await stack.enter_async_context(visitor(theirs, here.kiosk, permissions=MEDIA))
        await kiosk.page.context.add_init_script(OFFERING)
        await kiosk.page.reload()
        desk = await pages_of(own, script=SEEING)
        await desk.goto(f"{here.folder.gateway_url}/demo/sign-in?person=claire-martin")
        await desk.get_by_role("switch").click()
        await kiosk.page.wait_for_selector('h1:has-text("voir un médecin")')
        await kiosk.goes(*TO_THE_QUEUE)
        await desk.locator(".take").click()
        await kiosk.goes(">doctor-coming", "ready>in-visit")

        address = await stack.enter_async_context(plain_page())
        ends = [await pages_of(theirs, script=OFFERING), await pages_of(own, script=SEEING)]
        for end in ends:
            await end.goto(address)
            await end.evaluate(PLAIN)
        mirror = await mirror_page(stack, theirs, address, folder) if PROGRAM else None
        visit, plain, echo = [], [], []
        for _ in range(WARM_UP + CALLS):
            visit.append(await call_in_the_visit(kiosk, desk))
            plain.append(await plain_call(*ends))
            if mirror is not None:
                echo.append(await echo_call(mirror))
        share, megabytes = await cost(here.running[KIOSK].pid, TALK_S)
        return Measured(
            visit=visit[WARM_UP:], plain=plain[WARM_UP:], echo=echo[WARM_UP:], share=share, megabytes=megabytes
        )


async def mirror_page(stack: AsyncExitStack, browser: Browser, address: str, folder: Path) -> Page:
    """Open a page that calls Janus."""
    page = await pages_of(browser, script=f"{OFFERING};{SEEING}")
    await page.goto(address)
    await page.evaluate(ECHO, await stack.enter_async_context(janus(folder / "janus")))
    return page


def p95(times: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def main() -> None:
    """Measure and print us, the baseline and their ratio."""
    reachable()
    with tempfile.TemporaryDirectory(prefix="visit-") as folder:
        found = asyncio.run(measure(Path(folder)))
    us, them = statistics.median(found.visit), statistics.median(found.plain)
    print(
        f"offer -> first decoded picture, {len(found.visit)} calls: {us:.0f} ms (p95 {p95(found.visit):.0f}), every"
        f" signature and confirm included; plain Chromium to Chromium {them:.0f} ms (p95 {p95(found.plain):.0f});"
        f" ratio {us / them:.2f} (aim: at most 1.5)"
    )
    print(
        f"Janus's echo test: {statistics.median(found.echo):.0f} ms (p95 {p95(found.echo):.0f})"
        if found.echo
        else "Janus is not installed (Debian package janus): its echo test is not beside"
    )
    print(f"the booth's program in a visit: {found.share:.1%} of a core, {found.megabytes:.0f} MB")


if __name__ == "__main__":
    main()
