"""The pictures of docs/tour.md: taken while a journey is walked, made small, and all of them or a complaint.

They are written to artifacts/tour/; `make tour` walks the journeys and copies them to docs/tour/.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page

__all__ = ["DOCUMENT", "FOLDER", "MADE", "PICTURES", "Tour", "named"]

_ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = _ROOT / "docs" / "tour.md"
FOLDER: Final = _ROOT / "docs" / "tour"
MADE: Final = _ROOT / "artifacts" / "tour"

_KIOSK: Final = (
    *("idle", "safety", "consent", "cuff", "result", "reason", "waiting", "doctor-coming", "in-visit"),
    *("visit-measure", "writing", "report", "papers", "code", "goodbye"),
)
_PHYSICIAN: Final = ("sign-in", "provider", "queue", "talking", "again", "security", "note", "signing", "over")
PICTURES: Final = frozenset({*(f"kiosk-{name}" for name in _KIOSK), *(f"physician-{name}" for name in _PHYSICIAN)})
"""What a walk takes."""

_WIDTHS: Final = {"kiosk": 405, "physician": 960}
_SMALLER: Final = """async ([png, width]) => {
  const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(width, Math.round(picture.height * width / picture.width));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const octets = new Uint8Array(await (await canvas.convertToBlob({type: "image/webp", quality: 0.82})).arrayBuffer());
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}"""


@dataclass(kw_only=True)
class Tour:
    """One walk; `taken` are the pictures so far."""

    browser: Browser
    taken: set[str] = field(default_factory=set)

    async def takes(self, page: Page, name: str) -> None:
        """Take a picture of *page* as it is."""
        await page.evaluate("document.fonts.ready")
        png = base64.b64encode(await page.screenshot(animations="disabled")).decode()
        table = await self.browser.new_page()
        try:
            small: Any = await table.evaluate(_SMALLER, [png, _WIDTHS[name.partition("-")[0]]])
        finally:
            await table.close()
        MADE.mkdir(parents=True, exist_ok=True)
        (MADE / f"{name}.webp").write_bytes(base64.b64decode(small))
        self.taken.add(name)


def named() -> list[str]:
    """Return the names of the pictures that docs/tour.md shows, in its order."""
    return re.findall(r"\(tour/([a-z-]+)\.webp\)", DOCUMENT.read_text(encoding="utf-8"))
