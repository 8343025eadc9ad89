"""A call of a visit, from its offer to the first decoded picture of the patient, against plain Chromium to Chromium.

Ours is the whole road, every part of it real and a process of its own: the kiosk's page in Chromium offers, its agent
signs the binding with the booth's key, the gateway carries it, the physician's page in another Chromium verifies it,
signs its answer, and both sides reveal, connect, compare the certificate that DTLS showed and exchange signed confirms.
Only then is the camera attached. The kiosk's page is loaded again for every call, which makes a new connection with
everything anew. The baseline is the same two Chromium with the same cameras, two bare RTCPeerConnections whose offer
already carries the picture, and a WebSocket that passes their messages on: nothing is signed, nothing is looked at.

The clock starts where the offering page calls setLocalDescription, and stops in the first requestVideoFrameCallback of
the answering page's video; both read this machine's clock. Calls of both kinds take turns.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import WSMsgType, web
from playwright.async_api import Browser, Page, async_playwright

from tests.peers.faces import Face, camera_flags, draw
from tests.peers.kiosk import CHROMIUM, FLAGS, MEDIA_FLAGS, Visitor, visitor
from tests.peers.programs import programs
from tests.peers.webrtc_people import reachable

CALLS = 24
WARM_UP = 2
MEDIA = ["camera", "microphone"]
AGAIN = {"TELEBORNE_BOOTH_DEVICES": "cuff", "TELEBORNE_BOOTH_VIRTUAL_HANDS_AFTER_S": "0.5"}
TO_THE_QUEUE = (
    *("touch>language", "french>safety", "no>who-phone", "without>consent", "yes>do-cuff", "skip>skip"),
    *("continue>consent-visit", "yes>company", "no>consent-share", "yes>reason"),
    *("cough>questions:since", "days>questions:allergies", "no>questions:medicines"),
    *("yes>questions:oxygen", "no>waiting"),
)

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

PLAIN = """async (offers) => {
  const line = new WebSocket(location.href.replace("http", "ws") + "line");
  await new Promise((open) => { line.onopen = open; });
  const say = (what) => line.send(JSON.stringify(what));
  const camera = { video: { width: 640, height: 480 }, audio: true };
  const own = offers ? await navigator.mediaDevices.getUserMedia(camera) : null;
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


async def measure(folder: Path) -> tuple[Sequence[float], Sequence[float]]:
    """Return the milliseconds of each call in the visit and of each plain one."""
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
        for end, offers in zip(ends, (True, False), strict=True):
            await end.goto(address)
            await end.evaluate(PLAIN, offers)
        visit, plain = [], []
        for _ in range(WARM_UP + CALLS):
            visit.append(await call_in_the_visit(kiosk, desk))
            plain.append(await plain_call(*ends))
        return visit[WARM_UP:], plain[WARM_UP:]


def p95(times: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def main() -> None:
    """Measure and print us, the baseline and their ratio."""
    reachable()
    with tempfile.TemporaryDirectory(prefix="visit-") as folder:
        visit, plain = asyncio.run(measure(Path(folder)))
    us, them = statistics.median(visit), statistics.median(plain)
    print(
        f"offer -> first decoded picture, {len(visit)} calls: {us:.0f} ms (p95 {p95(visit):.0f}), every signature and"
        f" confirm included; plain Chromium to Chromium {them:.0f} ms (p95 {p95(plain):.0f}); ratio {us / them:.2f}"
        " (aim: at most 1.5)"
    )


if __name__ == "__main__":
    main()
