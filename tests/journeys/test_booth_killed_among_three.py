"""A booth's program that is killed in a visit of three knows afterwards whose digits were the same."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.kiosk.test_visit_survives import program, toml
from tests.peers.house import house
from tests.peers.joining import MEDIA, Three, agreed, comes_in, plays
from tests.peers.kiosk import visitor
from tests.peers.reader import reader
from tests.peers.two_pages import settings_of
from tests.peers.visit_reader import at_desk
from tests.peers.visiting import TO_WAITING, chromium, rises

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def test_the_patient_is_not_asked_again_for_digits_that_were_the_same(browser: Browser, tmp_path: Path) -> None:
    async with house(tmp_path / "house") as there:
        settings = settings_of(there, tmp_path)
        config, status = toml(tmp_path / "booth.toml", settings), settings.status_file
        assert status is not None
        async with program(config, status) as process:
            kiosk = json.loads(status.read_text("utf-8"))["kiosk"]
            async with (
                visitor(browser, kiosk, permissions=MEDIA) as patient,
                at_desk(browser, there.running) as physician,
                reader(browser, there.running, permissions=MEDIA) as guest,
            ):
                three = Three(there=there, patient=patient, physician=physician, guest=guest)
                await physician.is_available()
                await patient.goes(*TO_WAITING)
                await physician.takes()
                await patient.goes(">doctor-coming", "ready>in-visit")
                await comes_in(three)
                await agreed(three)
                await plays(patient.page, ".others video")
                os.kill(process.pid, signal.SIGKILL)
                await process.wait()
                await patient.sees("call-trouble")
                async with program(config, status):
                    await patient.sees("in-visit")
                    await patient.page.wait_for_selector(".others video")
                    await plays(patient.page, ".others video")
                    await rises(patient)
                    assert await patient.page.locator(".others figcaption strong").count() == 0
                    assert await patient.page.locator('main[data-state="in-visit"]').count() == 1
