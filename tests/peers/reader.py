"""Somebody who reads our pages: opens them in a real browser, looks at every state, and complains of what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, ConsoleMessage, Page

from tests.peers.patience import PATIENCE
from tests.peers.running import Running

__all__ = ["SIZES", "Reader", "exactly", "reader"]

SIZES: Final = ((1440, 900), (390, 844))
_ROOT: Final = Path(__file__).parents[2]
_SHOTS: Final = _ROOT / "artifacts" / "screenshots" / "pages"
_AXE: Final = _ROOT / "tests" / "vendor" / "axe.min.js"

_WRONG: Final = """() => {
  const bad = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) bad.push(`scrolls sideways: ${scrollWidth}`);
  if (document.querySelectorAll("h1").length !== 1) bad.push(`${document.querySelectorAll("h1").length} h1`);
  if (!document.title.includes("Téléborne")) bad.push(`title ${document.title}`);
  const shown = (e) => e.checkVisibility({visibilityProperty: true}) && !e.closest(".unseen, .skip");
  for (const e of document.querySelectorAll("#app *:not(svg *)")) {
    if (!shown(e) || e.tagName === "INPUT") continue;
    const r = e.getBoundingClientRect();
    const name = `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`;
    if (r.width && (r.left < -1 || r.right > innerWidth + 1)) bad.push(`outside: ${name}`);
    if (e.clientWidth && e.scrollWidth > e.clientWidth + 1) bad.push(`cut: ${name}`);
  }
  const targets = "button, a.button, input:not([type=radio], [type=checkbox]), summary, label.radio, label.check";
  for (const e of document.querySelectorAll(targets)) {
    const r = e.getBoundingClientRect();
    if (shown(e) && (r.height < 44 || r.width < 44)) bad.push(`small ${r.width}x${r.height}: ${e.textContent.trim()}`);
  }
  return bad;
}"""


def exactly(text: str) -> re.Pattern[str]:
    """Match *text* with its capitals, anywhere in an element; a plain string would match whatever their case."""
    return re.compile(r"\s+".join(map(re.escape, text.split())))


@dataclass(kw_only=True)
class Reader:
    """One person at one page; `complaints` is what was wrong, `expected` what a test means to go wrong."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    async def opens(self, path: str) -> None:
        """Go to a page and wait until it has more than « opening » to show."""
        await self.page.goto(f"{self.url}{path}")
        await self.page.wait_for_selector('main:not([data-screen="opening"])')

    async def signs_in(self, person: str) -> None:
        """Enter the demo as somebody and wait for their page."""
        await self.opens(f"/demo/sign-in?person={person}")

    async def sees(self, *texts: str, within: str = "main") -> None:
        """Wait for each text, its capitals as written; no-break spaces count as spaces."""
        for text in texts:
            await self.page.locator(within).get_by_text(exactly(text)).first.wait_for()

    async def reads(self, selector: str = "main") -> str:
        """Return the text of the first such element, its spaces made plain."""
        return " ".join((await self.page.locator(selector).first.inner_text()).split())

    async def looks(self, name: str) -> None:
        """Take a picture at both sizes; nothing may be cut off or too small, and axe finds nothing."""
        before = self.page.viewport_size
        for width, height in SIZES:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.evaluate("document.fonts.ready")
            _SHOTS.mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=_SHOTS / f"{name}-{width}x{height}.png", animations="disabled")
            await self.checks(f"{name} {width}x{height}")
        if before is not None:
            await self.page.set_viewport_size(before)

    async def checks(self, name: str) -> None:
        """Complain of what is outside, cut, too small, or found by axe, on the page as it is."""
        self.complaints.extend(f"{name}: {what}" for what in await self.page.evaluate(_WRONG))
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = await self.page.evaluate(
            "axe.run().then(r => r.violations.map(v => ({id: v.id, where: v.nodes.map(n => n.html.slice(0, 160))})))"
        )
        self.complaints.extend(f"{name}: {json.dumps(one, ensure_ascii=False)}" for one in found)

    def heard(self, said: ConsoleMessage) -> None:
        """Take what the browser says about the page."""
        if said.type in ("error", "warning") and not any(each in said.text for each in self.expected):
            self.complaints.append(said.text)


@asynccontextmanager
async def reader(browser: Browser, running: Running, **context: Any) -> AsyncIterator[Reader]:
    """Open a browser of their own for somebody in France; at the end nothing may have been wrong."""
    options: dict[str, Any] = {
        "viewport": {"width": SIZES[0][0], "height": SIZES[0][1]},
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "color_scheme": "light",
        **context,
    }
    opened = await browser.new_context(**options)
    opened.set_default_timeout(PATIENCE * 1000)
    try:
        page = await opened.new_page()
        person = Reader(page=page, url=running.url)
        page.on("console", person.heard)
        page.on("pageerror", lambda error: person.complaints.append(f"page: {error}"))
        yield person
        if person.complaints:
            raise AssertionError("\n".join(person.complaints))
    finally:
        await opened.close()
