"""Every screen of the journey, in both languages and all comforts, at three sizes: complete, legible, accessible."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser

from booth_client.journey import State
from tests.kiosk.theatre import theatre
from tests.peers.kiosk import PICTURED, visitor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_screen_is_whole_legible_and_accessible(browser: Browser, tmp_path: Path, language: str) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state in State:
            await stage.play(seer, state, language=language)
            await seer.looks(f"{state}-{language}")
            await seer.checks(f"{state}-{language}")
            assert await seer.page.evaluate("document.activeElement.tagName") == "H1"
            assert await seer.page.locator("h1").count() == 1
            assert await seer.page.get_attribute("html", "lang") == language
            assert (await seer.reads()) in (await seer.page.title()).replace("\u00a0", " ")
        assert not seer.complaints, "\n".join(seer.complaints)


PLAIN = [pytest.param("online", language, marks=pytest.mark.soak) for language in ("fr", "en")]
"""Every screen with its hint and no comfort; the screens that have one are among the shades in every run."""


@pytest.mark.parametrize(("comfort", "language"), [("large", "fr"), ("contrast", "fr"), ("large", "en"), *PLAIN])
async def test_every_screen_stands_its_hint_large_text_and_contrast(
    browser: Browser, tmp_path: Path, comfort: str, language: str
) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url, pictured=PICTURED) as seer:
        for state in State:
            await stage.play(seer, state, language=language, hinted=True, **{comfort: True})
            await seer.looks(f"{state}-{language}-{comfort}")
            await seer.checks(f"{state}-{language}-{comfort}")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_a_lost_booth_is_said_to_be_out_of_order_and_shows_nothing_of_anybody(
    browser: Browser, tmp_path: Path
) -> None:
    async with theatre(tmp_path) as stage:
        gone = asyncio.Event()
        async with visitor(browser, stage.kiosk.url) as seer:
            await stage.play(seer, State.RESULT)
            assert "132" in await seer.text()
            await seer.page.context.set_offline(offline=True)
            for page in stage.kiosk._pages:
                page.put_nowait("")
            await seer.sees("out-of-service")
            assert "132" not in await seer.text()
            gone.set()
        assert gone.is_set()
