"""Every state of a visit on both real screens, in both languages: walked, looked at, and kept as pictures.

What must not be (cut, outside, too small, found by axe, a sentence of the other language) is complained of; whether it
is beautiful, people see in `artifacts/screenshots`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page

from booth_client.app import open_booth
from tests.peers.attacks import FALSE_NONCE, NOWHERE
from tests.peers.hostile import Relay
from tests.peers.house import house
from tests.peers.kiosk import Visitor, visitor
from tests.peers.two_pages import settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, chromium, rises

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

WIDE: Final = (1440, 900)
TELEPHONE: Final = (390, 844)
NOTE: Final = {
    "history": "HTA traitée. Pas d’allergie connue.",
    "examination": "Pas de gêne respiratoire.",
    "conclusion": "Bronchite aiguë sans signe de gravité.",
    "plan": "Repos, hydratation. Revoir si fièvre au-delà de 3 jours.",
}

SETTING: Final = {
    "present": "le patient seul",
    "remote_because": "Pas de médecin disponible à proximité.",
    "limits": "Pas d’examen par contact.",
    "incidents": "Aucun",
}

FOREIGN: Final = """async ({own, other, from}) => {
  const flat = (value) => typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(flat);
  const words = async (language) => {
    const found = await Promise.all(from.map((path) => import(path.replace("LANGUAGE", language))));
    return new Set(found.flatMap((each) => flat({...each})).filter((one) => one.length > 3 && !one.includes("{")));
  };
  const [ours, theirs] = await Promise.all([words(own), words(other)]);
  const seen = document.body.innerText.split("\\n").map((line) => line.trim());
  return seen.filter((line) => theirs.has(line) && !ours.has(line));
}"""
KIOSKS: Final = ["/page/LANGUAGE.js"]
PHYSICIANS: Final = ["/static/shared/LANGUAGE.js", "/static/physician/visit/LANGUAGE.js"]


@dataclass(kw_only=True)
class Both:
    """Both screens, the language that they speak, and the relay between them."""

    kiosk: Visitor
    desk: PhysicianAtDesk
    relay: Relay
    language: str
    number: int = 0

    async def keep(self, state: str, *, tab: bool = True) -> None:
        """Look at both screens as they are now, on a telephone at the part called « Visite »."""
        self.number += 1
        name = f"state-{self.language}-{self.number:02}-{state}"
        await self.kiosk.looks(name)
        await self.kiosk.checks(name)
        await self.desk.looks(name, WIDE, TELEPHONE, tab=self.part if tab else None)
        for page, catalogues in ((self.kiosk.page, KIOSKS), (self.desk.page, PHYSICIANS)):
            foreign = await page.evaluate(FOREIGN, self._catalogues(catalogues))
            assert foreign == [], (name, foreign)

    @property
    def part(self) -> str:
        return "Visite" if self.language == "fr" else "Visit"

    def _catalogues(self, paths: list[str]) -> dict[str, Any]:
        own, other = (self.language, "en" if self.language == "fr" else "fr")
        return {"own": own, "other": other, "from": paths}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@asynccontextmanager
async def both(browser: Browser, folder: Path, language: str) -> AsyncIterator[Both]:
    media = ["camera", "microphone"]
    async with house(folder / "house") as there, open_booth(settings_of(there, folder)) as booth:
        assert booth is not None
        relay = Relay(folder=folder / "relay", ally=there.signer("pharmacie"), colleague=there.physician())
        async with (
            visitor(browser, booth.url, permissions=media) as kiosk,
            at_desk(browser, there.running) as desk,
        ):
            await relay.between(desk.page)
            await desk.page.reload()
            await desk.is_available()
            if language == "en":
                await desk.page.get_by_role("button", name="English").click()
            yield Both(kiosk=kiosk, desk=desk, relay=relay, language=language)
            assert not kiosk.complaints, "\n".join(kiosk.complaints)


def button(here: Both, french: str, english: str) -> Locator:
    page: Page = here.desk.page
    return page.get_by_role("button", name=french if here.language == "fr" else english)


async def talks(here: Both) -> None:
    await here.desk.page.wait_for_selector('.screen[data-how="talking"]')
    await here.kiosk.sees("in-visit")
    await rises(here.kiosk)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_state_of_a_visit_looks_right(browser: Browser, tmp_path: Path, language: str) -> None:
    async with both(browser, tmp_path, language) as here:
        spoken = "french>safety" if language == "fr" else "english>safety"
        await here.kiosk.goes(*(spoken if each == "french>safety" else each for each in TO_WAITING))
        await here.desk.page.locator(".take").first.wait_for()
        await here.keep("waiting", tab=False)
        await refused(here)
        await connecting(here)
        await talking(here)
        await apart(here)
        await ends(here)


async def refused(here: Both) -> None:
    here.relay.attacks(FALSE_NONCE)
    await here.desk.page.locator(".take").first.click()
    await here.kiosk.sees("security-stop")
    await here.desk.page.locator(".stop button.main").wait_for()
    await here.keep("refused", tab=False)
    await here.desk.page.locator(".stop button.main").click()
    await here.kiosk.goes("redo>waiting")


async def connecting(here: Both) -> None:
    here.relay.attacks(NOWHERE)
    await here.desk.page.locator(".take").first.click()
    await here.desk.page.wait_for_selector('.screen[data-how="connecting"]')
    await here.kiosk.sees("doctor-coming")
    await here.keep("connecting-asked")
    await here.kiosk.goes("ready>doctor-coming")
    await here.keep("connecting")
    here.relay.attacks(None)
    await here.desk.page.reload()  # asks for a new connection, which nobody disturbs
    await talks(here)


async def talking(here: Both) -> None:
    await here.keep("protected")
    page = here.desk.page
    await here.kiosk.goes("verify>six-digits")
    await page.locator("button.safety").click()
    await page.wait_for_selector("dialog .digits dd")
    await here.keep("digits", tab=False)
    await page.keyboard.press("Escape")
    await here.kiosk.goes("yes>in-visit")
    await button(here, "Son seul", "Sound only").click()
    await here.kiosk.sees("call-trouble")
    await here.keep("sound-only")
    await button(here, "Son seul", "Sound only").click()
    await talks(here)


async def apart(here: Both) -> None:
    """Let each side lose the other in turn: a page cannot be looked at while it is the one that is gone."""
    kiosk, desk = here.kiosk.page, here.desk.page
    address = await leaves(desk)
    await here.kiosk.sees("call-trouble")
    name = f"state-{here.language}-recovering"
    await here.kiosk.looks(name)
    await here.kiosk.checks(name)
    await desk.goto(address)
    await talks(here)
    address = await leaves(kiosk)
    await desk.wait_for_selector('.screen[data-how="recovering"]')
    await here.desk.looks(name, WIDE, TELEPHONE, tab=here.part)
    await desk.clock.set_fixed_time(datetime.now(UTC) + timedelta(seconds=75))
    await desk.wait_for_selector(".telephone")
    await here.desk.looks(f"state-{here.language}-recovering-long", WIDE, TELEPHONE, tab=here.part)
    await desk.clock.set_fixed_time(datetime.now(UTC))
    await desk.clock.resume()
    await kiosk.goto(address)
    await talks(here)


async def leaves(page: Page) -> str:
    address = page.url
    await page.goto("about:blank")
    return address


async def ends(here: Both) -> None:
    page = here.desk.page
    await here.kiosk.goes("finish>hang-up")
    await here.keep("hang-up")
    await here.kiosk.goes("yes>writing")
    await page.wait_for_selector(".stop.calm")
    await here.keep("ended")
    await writes(here)
    await here.keep("signing", tab=False)
    await page.locator("dialog button.main").click()
    await here.kiosk.sees("report")
    await here.keep("report")
    await here.kiosk.goes("phone>code")
    await here.keep("code")


async def writes(here: Both) -> None:
    """Write and prepare the report, by the fields' own names: the note is the same in both languages."""
    page = here.desk.page
    for field, text in NOTE.items():
        await page.locator(f"#note-{field}").fill(text)
    await page.locator("details.setting summary").click()
    for field, text in SETTING.items():
        await page.locator(f"#note-{field}").fill(text)
        await page.locator(f"#note-{field}").blur()
    await page.locator(".foot button.main").click()
    await page.wait_for_selector("dialog button.main")
