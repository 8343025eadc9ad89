"""Somebody in front of the kiosk: finds the screen by its state, touches its buttons, and looks."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as TooLate

from tests.peers.patience import PATIENCE
from tests.peers.reader import exactly

__all__ = ["CHROMIUM", "FLAGS", "MEDIA_FLAGS", "PICTURED", "SHOTS", "SIZES", "Visitor", "visitor"]

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MEDIA_FLAGS: Final = (
    *FLAGS,
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)
SIZES: Final = ((1080, 1920), (1920, 1080), (1280, 800))
PICTURED: Final = SIZES if "PICTURES" in os.environ else ()
"""Of which sizes pictures of all shades of a screen are taken: none unless somebody wants to look (`make pictures`)."""
_ROOT: Final = Path(__file__).parents[2]
SHOTS: Final = _ROOT / "artifacts" / "screenshots" / "kiosk"
_AXE: Final = _ROOT / "tests" / "vendor" / "axe.min.js"
_DEAF_MS: Final = 520

_NOTES: Final = """() => {
  if (window.shown) return;
  const shown = (window.shown = []);
  const note = () => {
    const { state, question } = document.querySelector("main[data-state]")?.dataset ?? {};
    const name = question ? `${state}:${question}` : state;
    if (name && name !== shown.at(-1)) shown.push(name);
  };
  for (const press of ["pointerdown", "keydown"]) addEventListener(press, () => { shown.length = 0; }, true);
  const attributeFilter = ["data-state", "data-question"];
  new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter });
  note();
}"""
"""The page notes which screens it showed since the last press: one that goes by itself may be gone before a look."""
_SEEN: Final = """([state, selector]) => {
  const shown = window.shown ?? [];
  const is = (one) => one === state || one.split(":")[0] === state;
  const at = document.querySelector(selector) ? shown.length : shown.findIndex(is);
  return at >= 0 && (shown.splice(0, at + 1), true);
}"""
_SAYS: Final = """(text) => document.querySelector("h1")?.innerText.split(/\\s+/).filter(Boolean).join(" ") === text"""
_ANEW: Final = """(before) => performance.timeOrigin !== before && document.querySelector('main[data-state="idle"]')"""

_OUTSIDE: Final = """() => {
  const bad = [];
  const seen = (e) => { const s = getComputedStyle(e); return s.visibility !== "hidden" && s.display !== "none"; };
  for (const e of document.querySelectorAll("#booth *:not(svg *)")) {
    const r = e.getBoundingClientRect();
    const name = `${e.tagName.toLowerCase()}.${e.className} ${e.textContent.trim().slice(0, 24)}`;
    if (!seen(e) || !r.width) continue;
    const inside = r.top >= -1 && r.left >= -1 && r.bottom <= innerHeight + 1 && r.right <= innerWidth + 1;
    if (!inside) bad.push(`outside: ${name}`);
    const hides = getComputedStyle(e).overflowY === "hidden";
    const whole = e.scrollWidth <= e.clientWidth + 1 && (!hides || e.scrollHeight <= e.clientHeight + 1);
    if (!whole && e.clientWidth) bad.push(`cut: ${name}`);
  }
  const floor = document.querySelector("main").getBoundingClientRect().bottom + 1;
  for (const e of document.querySelectorAll(".asked *, .shown > *")) {
    const r = e.getBoundingClientRect();
    if (r.width && r.bottom > floor) bad.push(`under the bar: ${e.textContent.trim().slice(0, 24)}`);
  }
  const boxes = [...document.querySelectorAll(".words > *, .answers button, .bar button, .top > *, .shown > *")]
    .map((e) => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width && r.height && e.textContent.trim());
  boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
    if (a.contains(b) || b.contains(a)) return;
    if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      bad.push(`over: ${a.textContent.trim().slice(0, 20)} / ${b.textContent.trim().slice(0, 20)}`);
  }));
  return bad;
}"""
_SMALL: Final = """() => {
  const bad = [];
  for (const e of document.querySelectorAll("button")) {
    const r = e.getBoundingClientRect();
    const least = e.matches(".main") ? 112 : 72;
    if (r.width < 72 || r.height < least) bad.push(`target ${r.width}x${r.height}: ${e.textContent.trim()}`);
  }
  for (const e of document.querySelectorAll("#booth *:not(svg *)")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (own && parseFloat(getComputedStyle(e).fontSize) < 24) bad.push(`text: ${e.textContent.trim()}`);
  }
  return bad;
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One person with eyes and a finger, at one page; what they look at is pictured at these sizes."""

    page: Page
    complaints: list[str]
    pictured: tuple[tuple[int, int], ...] = SIZES[:1]

    async def sees(self, state: str, *, seconds: float = PATIENCE) -> None:
        """Wait until a screen is shown, or was since the last press; "questions:since" is that question's."""
        name, _, question = state.partition(":")
        asked = f'[data-question="{question}"]' if question else ""
        there = f'main[data-state="{name}"]{asked}'
        try:
            await self.page.wait_for_function(_SEEN, arg=[state, there], timeout=seconds * 1000)
        except TooLate as error:
            now = await self.page.evaluate("document.querySelector('main')?.dataset.state")
            raise AssertionError(f"{state} did not come in {seconds} s; the screen is {now}") from error

    async def notes(self) -> None:
        """Let the page note its screens from now on, and after each load."""
        await self.page.add_init_script(f"({_NOTES})()")
        await self.page.evaluate(_NOTES)

    async def is_wiped(self) -> None:
        """Wait, from the goodbye on, for the first screen of a page that was loaded anew for the next person."""
        await self.sees("goodbye")
        theirs = await self.page.evaluate("performance.timeOrigin")
        await self.page.wait_for_function(_ANEW, arg=theirs)

    async def touches(self, act: str) -> None:
        """Touch a button of the screen (in the question first, else in the frame) once the page listens again."""
        await self.page.wait_for_timeout(_DEAF_MS)
        await self.page.locator(f'button[data-act="{act}"]').first.click()

    async def presses(self, act: str) -> None:
        """Reach a button by Tab from where the focus is, and press it with Enter, once the page listens again."""
        await self.page.wait_for_timeout(_DEAF_MS)
        for _ in range(1 + await self.page.locator("button:enabled").count()):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate("document.activeElement.dataset.act") == act:
                await self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"no Tab leads to {act}")

    async def keys(self, *steps: str) -> None:
        """Walk as `goes` does, by the keyboard alone."""
        for step in steps:
            act, _, state = step.partition(">")
            if act:
                await self.presses(act)
            if state:
                await self.sees(state)

    async def goes(self, *steps: str) -> None:
        """Walk: "touch>language" touches and waits for the screen, ">result" only waits."""
        for step in steps:
            act, _, state = step.partition(">")
            if act:
                await self.touches(act)
            if state:
                await self.sees(state)

    async def reads(self) -> str:
        """Return the sentence of the screen."""
        return " ".join((await self.page.inner_text("h1")).split())

    async def says(self, sentence: str) -> None:
        """Wait until *sentence* is the screen's: a part of it may come with what the page loads later."""
        with suppress(TooLate):
            await self.page.wait_for_function(_SAYS, arg=sentence)
        assert await self.reads() == sentence

    async def finds(self, text: str) -> None:
        """Wait until the page says *text*, in a state that it is already in."""
        await self.page.get_by_text(exactly(text)).first.wait_for()

    async def text(self) -> str:
        """Return everything on the page."""
        return await self.page.inner_text("body")

    async def looks(self, name: str) -> None:
        """See at the three sizes that nothing is outside, cut off, laid over something or too small; take pictures."""
        for width, height in SIZES:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.evaluate("document.fonts.ready")
            if (width, height) in self.pictured:
                SHOTS.mkdir(parents=True, exist_ok=True)
                await self.page.screenshot(path=SHOTS / f"{name}-{width}x{height}.png")
            wrong = [*await self.page.evaluate(_OUTSIDE), *await self.page.evaluate(_SMALL)]
            self.complaints.extend(f"{name} {width}x{height}: {what}" for what in wrong)

    async def checks(self, name: str) -> None:
        """Let axe look at the page as it is."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = await self.page.evaluate(
            "axe.run().then(r => r.violations.map(v => ({id: v.id, where: v.nodes.map(n => n.html.slice(0, 120))})))"
        )
        self.complaints.extend(f"{name}: {json.dumps(one)}" for one in found)


@asynccontextmanager
async def visitor(
    browser: Browser,
    url: str,
    *,
    script: str = "",
    pictured: tuple[tuple[int, int], ...] = PICTURED or SIZES[:1],
    **context: Any,
) -> AsyncIterator[Visitor]:
    """Open the kiosk in a browser context of its own; errors and warnings of the page are complaints.

    *script* runs in the page before its own do. *pictured* are the sizes of which pictures are taken.
    """
    options: dict[str, Any] = {"viewport": {"width": 1080, "height": 1920}, "reduced_motion": "reduce", **context}
    opened = await browser.new_context(**options)
    opened.set_default_timeout(PATIENCE * 1000)
    try:
        page = await opened.new_page()
        await page.add_init_script(script)
        await page.add_init_script(f"({_NOTES})()")
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(f"page: {error}"))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(url)
        await page.wait_for_selector("main[data-state]")
        yield Visitor(page=page, complaints=complaints, pictured=pictured)
    finally:
        await opened.close()
