"""The kiosk's page opens small; what a journey and a visit need comes with the first touch, and is there for good."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, Route

from booth_client.journey import State
from tests.kiosk.theatre import theatre
from tests.peers.kiosk import visitor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

LIGHT_KB: Final = 60
FEW: Final = 20
_SIZES: Final = """Object.fromEntries(performance.getEntries()
  .filter((e) => "transferSize" in e && !e.name.includes("/voice/"))
  .map((e) => [e.name.replace(location.origin, ""), e.transferSize]))"""


async def sizes(page: Page) -> dict[str, int]:
    """Return what the page has fetched, in octets that travelled; recorded voice apart."""
    await page.wait_for_load_state("networkidle")
    found: dict[str, int] = await page.evaluate(_SIZES)
    return found


async def test_the_page_opens_light_and_the_first_touch_brings_the_rest(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        await seer.sees("idle")
        opened = await sizes(seer.page)
        total = sum(opened.values()) / 1000
        print(f"opens with {total:.1f} kB in {len(opened)} requests")  # noqa: T201 - a figure to be seen
        assert total <= LIGHT_KB
        assert len(opened) <= FEW
        await seer.touches("touch")
        await seer.sees("language")
        whole = await sizes(seer.page)
        print(f"whole: {sum(whole.values()) / 1000:.1f} kB in {len(whole)} requests")  # noqa: T201
        later = {"/page/looks.js", "/page/en.js", "/page/voice.js", "/page/talk.js"}
        assert later <= whole.keys() - opened.keys()
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_after_the_first_touch_every_screen_is_there_in_both_languages(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        await stage.play(seer, State.LANGUAGE)
        before = set(await sizes(seer.page))
        for language in ("en", "fr"):
            for state in State:
                await stage.play(seer, state, language=language)
        # A document in the talk is fetched when it is shown: it is what somebody sent, no part of the page.
        assert set(await sizes(seer.page)) - before - {"/sheet/1/0"} <= {"/static/shared/body.js"}
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_a_part_that_did_not_come_is_fetched_again(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        refused: list[str] = []

        async def refuse(route: Route) -> None:
            refused.append(route.request.url)
            await route.abort()

        await seer.page.route("**/page/looks.js", refuse, times=2)
        await stage.play(seer, State.SAFETY)
        assert len(refused) == 2
        assert all("looks.js" in one or "ERR_FAILED" in one for one in seer.complaints)
