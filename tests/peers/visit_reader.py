"""A physician at the visit's page: sees it at three sizes, reads the picture's number, and says what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser

from tests.peers.patience import PATIENCE
from tests.peers.reader import Reader, reader
from tests.peers.running import Running

__all__ = ["SIZES", "PhysicianAtDesk", "at_desk"]

SIZES: Final = ((1440, 900), (1024, 768), (390, 844))
_SHOTS: Final = Path(__file__).parents[2] / "artifacts" / "screenshots" / "visit"

_NUMBER: Final = """() => {
  const video = document.querySelector("video.far");
  if (!video || video.videoWidth === 0) return null;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.drawImage(video, 0, 0);
  const row = Math.floor(canvas.height - canvas.height * 24 / 480);
  const bits = Array.from({length: 24}, (_, cell) =>
    pen.getImageData(Math.floor((2 * cell + 1) * canvas.width / 48), row, 1, 1).data[1] > 125 ? 1 : 0);
  if (bits.slice(0, 2).join("") !== "10" || bits.slice(-2).join("") !== "01") return null;
  const code = parseInt(bits.slice(2, -2).join(""), 2), number = code >> 4;
  const check = [0, 4, 8, 12].reduce((sum, shift) => sum + ((number >> shift) & 15), 0) * 7 % 16;
  return check === (code & 15) ? number : null;
}"""

_DRAWN: Final = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(kw_only=True)
class PhysicianAtDesk:
    """One physician at one page; `person` is the reader that sees it."""

    person: Reader

    @property
    def page(self) -> Any:
        return self.person.page

    async def is_available(self) -> None:
        """Say so with the switch, and wait until the server knows."""
        await self.page.get_by_role("switch").click()
        await self.page.wait_for_selector(
            '.switch[aria-checked="true"] ~ .nobody, .switch[aria-checked="true"] ~ .cards'
        )

    async def takes(self) -> None:
        """Take the first patient, and wait for their picture."""
        await self.page.locator(".take").first.click()
        await self.page.wait_for_selector('.screen[data-how="talking"]')

    async def number(self) -> int | None:
        """Return the number in the barcode of the picture shown now, None where it cannot be read."""
        found: int | None = await self.page.evaluate(_NUMBER)
        return found

    async def sees_it_move(self, *, after: int = -1, seconds: float = PATIENCE) -> int:
        """Wait until a picture of a later number than *after* is shown, and return its number."""
        for _ in range(int(seconds * 20)):
            number = await self.number()
            if number is not None and number > after:
                return number
            await self.page.wait_for_timeout(50)
        raise AssertionError(f"no picture after {after} was shown")

    async def looks(self, name: str, *sizes: tuple[int, int], tab: str | None = None) -> None:
        """Take a picture at each size, and complain of what is outside, cut, too small, or found by axe.

        On a telephone the part called *tab* is shown. Where no size is named: also in the dark and in forced colours.
        """
        before = self.page.viewport_size
        _SHOTS.mkdir(parents=True, exist_ok=True)
        for width, height in sizes or SIZES:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.evaluate("document.fonts.ready")
            if tab and width < 500:
                await self.page.locator("nav.tabs").get_by_role("button", name=tab).click()
            await self.page.evaluate(_DRAWN)
            await self._takes(f"{name}-{width}x{height}")
            await self.person.checks(f"{name} {width}x{height}")
        await self.page.set_viewport_size(before)
        if not sizes:
            await self._looks_in_other_colours(name)

    async def _looks_in_other_colours(self, name: str) -> None:
        await self.page.emulate_media(color_scheme="dark")
        await self._takes(f"{name}-dark")
        await self.person.checks(f"{name} dark")
        await self.page.emulate_media(color_scheme="light", forced_colors="active")
        await self._takes(f"{name}-forced")
        await self.page.emulate_media(forced_colors="none")

    async def _takes(self, name: str) -> None:
        await self.page.screenshot(path=_SHOTS / f"{name}.png", animations="disabled")


@asynccontextmanager
async def at_desk(
    browser: Browser, running: Running, who: str = "claire", **context: Any
) -> AsyncIterator[PhysicianAtDesk]:
    """Sign a physician in, in a browser of their own that may use the camera."""
    options: dict[str, Any] = {"permissions": ["camera", "microphone"], **context}
    async with reader(browser, running, **options) as person:
        await person.signs_in(who)
        await person.page.wait_for_selector(".switch")
        yield PhysicianAtDesk(person=person)
