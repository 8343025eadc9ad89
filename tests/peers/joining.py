"""Those who join a visit in real browsers: by a link, or as a colleague; and whether each really gets each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from playwright.async_api import Browser, Page

from booth_client.app import open_booth
from tests.peers.hostile import Attack, Relay
from tests.peers.house import House, house
from tests.peers.kiosk import Visitor, visitor
from tests.peers.moving import moves
from tests.peers.patience import PATIENCE
from tests.peers.reader import Reader, reader
from tests.peers.taken_over import taken_over
from tests.peers.two_pages import settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, rises

__all__ = [
    "FEW_PICTURES",
    "KEEP_PEERS",
    "MEDIA",
    "Three",
    "agreed",
    "comes_in",
    "digits",
    "everybody",
    "link_of",
    "met",
]
__all__ += ["panel", "plays", "relay_of", "streams"]

MEDIA: Final = ["camera", "microphone"]
FEW_PICTURES: Final = "--use-fake-device-for-media-stream=fps=10"
"""Test cameras that leave a small machine time for twelve connections."""

KEEP_PEERS: Final = """
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.peers.push(this); }
  };
"""
_STREAMS: Final = """async () => {
  const found = [];
  for (const peer of window.peers) {
    // Face to face: the physician sends nothing to a booth's instruments.
    if (peer.connectionState !== "connected" || !peer.getSenders().some(({track}) => track)) continue;
    const one = {frames: 0, heard: 0};
    for (const each of (await peer.getStats()).values()) {
      if (each.type !== "inbound-rtp") continue;
      if (each.kind === "video") one.frames = each.framesDecoded ?? 0;
      else one.heard = each.totalAudioEnergy ?? 0;
    }
    found.push(one);
  }
  return found;
}"""


_WHY: Final = """async () => {
  const told = [];
  for (const peer of window.peers.filter(({connectionState}) => connectionState !== "closed")) {
    const rows = [...(await peer.getStats()).values()].filter(({type}) => /^(in|out)bound-rtp$/.test(type)).map((row) =>
      `${row.type} ${row.kind} ${row.packetsReceived ?? row.packetsSent} ${row.framesDecoded ?? row.framesSent ?? ""}`);
    const sent = peer.getSenders().map(({track}) => track && `${track.kind} ${track.readyState}`);
    told.push([peer.connectionState, peer.signalingState, ...sent, ...rows].join("; "));
  }
  return told.join("\\n");
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Three:
    """A patient at a kiosk, their physician, and somebody's browser that has no link yet."""

    there: House
    patient: Visitor
    physician: PhysicianAtDesk
    guest: Reader

    @property
    def pages(self) -> tuple[Page, ...]:
        return self.patient.page, self.physician.page, self.guest.page


def relay_of(there: House, folder: Path) -> Relay:
    return Relay(folder=folder / "relay", ally=there.signer("pharmacie"), colleague=there.physician())


@asynccontextmanager
async def met(browser: Browser, folder: Path, attack: Attack | None = None) -> AsyncIterator[Three]:
    """Patient and physician talk, the guest has no link yet; with an *attack* the server is not honest."""
    async with AsyncExitStack() as open_:
        there = await open_.enter_async_context(house(folder / "house"))
        relay = relay_of(there, folder)
        relay.attacks(attack)
        server = await open_.enter_async_context(taken_over(there.running, "mairie", relay)) if attack else None
        kiosk = await open_.enter_async_context(open_booth(settings_of(there, folder, server=server)))
        assert kiosk is not None
        async with (
            visitor(browser, kiosk.url, script=KEEP_PEERS, permissions=MEDIA) as patient,
            at_desk(browser, there.running) as physician,
            reader(browser, there.running, permissions=MEDIA) as guest,
        ):
            for page in (physician.page, guest.page):
                await page.add_init_script(KEEP_PEERS)
            if attack:
                await relay.between(physician.page)
            await physician.page.reload()
            await physician.is_available()
            await patient.goes(*TO_WAITING)
            await physician.takes()
            await patient.goes(">doctor-coming", "ready>in-visit")
            await rises(patient)
            yield Three(there=there, patient=patient, physician=physician, guest=guest)


async def panel(page: Page) -> None:
    """Open the physician's panel of who takes part, unless it is open."""
    if await page.locator("dialog[open]").count() == 0:
        await page.get_by_role("button", name=re.compile("^(Inviter|Quelqu’un attend)$")).click()
    await page.get_by_role("dialog").wait_for()


async def link_of(page: Page, part: str) -> str:
    """Make a link in the physician's panel, and return it."""
    await panel(page)
    await page.get_by_role("dialog").get_by_role("button", name=part, exact=True).click()
    return str(await page.locator("input.link").input_value())


async def plays(page: Page, video: str) -> None:
    """See that a picture moves."""
    await moves(page, video, seconds=PATIENCE)


async def digits(page: Page, where: str) -> str:
    """Return six digits as somebody reads them out."""
    await page.wait_for_selector(where)
    return "".join((await page.inner_text(where)).split())


async def comes_in(three: Three, *, name: str = "Amina B.", button: str = "Entrer avec la caméra") -> str:
    """Let the guest come by a link and the physician open; return the link. The patient is asked then."""
    page, guest = three.physician.page, three.guest.page
    link = await link_of(page, "Interprète")
    assert "#" in link
    await guest.goto(link)
    await guest.get_by_label("Votre nom").fill(name)
    await guest.get_by_role("button", name=button).click()
    await guest.wait_for_selector('main[data-screen="door"]')
    await page.get_by_text("Vient bien par votre lien.").wait_for()
    await page.get_by_role("button", name="Faire entrer").click()
    await guest.wait_for_selector('main[data-screen="asked"]')
    return link


async def agreed(three: Three) -> None:
    """Let the patient agree to the guest, and find the same digits."""
    await three.patient.sees("third-party")
    await three.patient.goes("yes>third-digits")
    await three.patient.goes("yes>in-visit")


async def streams(page: Page) -> list[dict[str, Any]]:
    """Return what comes on each of a page's connections: pictures decoded, and how loud it was altogether."""
    found: list[dict[str, Any]] = await page.evaluate(_STREAMS)
    return found


async def everybody(*pages: Page, seconds: float = PATIENCE) -> None:
    """See that each page decodes a picture, and hears a sound, from each of the others."""
    for number, page in enumerate(pages):
        before = now = await streams(page)
        began, course = monotonic(), [f"0.0 s: {now}"]
        try:
            async with asyncio.timeout(seconds):
                while not _all_rise(before, last := now, len(pages) - 1):
                    now = await streams(page)
                    if _another(before, now):
                        before = now
                    if [each["frames"] for each in now] != [each["frames"] for each in last]:
                        course.append(f"{monotonic() - began:.1f} s: {now}")
                    await asyncio.sleep(0.2)
        except TimeoutError:
            why = [f"page {each}:\n{await other.evaluate(_WHY)}" for each, other in enumerate(pages)]
            told = "\n".join([*course[-20:], *why])
            raise AssertionError(f"page {number} of {len(pages)} gets {before}, then {now}\n{told}") from None


def _another(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> bool:
    """Say whether another connection has taken the place of one, and is to be counted anew."""
    pairs = zip(before, now, strict=False)
    return len(before) != len(now) or any(new["frames"] < old["frames"] for old, new in pairs)


def _all_rise(before: list[dict[str, Any]], now: list[dict[str, Any]], others: int) -> bool:
    if len(before) != others or len(now) != others:
        return False
    pairs = list(zip(before, now, strict=True))
    return all(new["frames"] >= old["frames"] + 5 and new["heard"] > old["heard"] for old, new in pairs)
