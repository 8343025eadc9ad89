"""A visit face to face outlives what fails under it: the server's program, either page, the booth's program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.peers.face_to_face import BRISK, both_are_seen, drawing, hangs_up, numbers_in, staged, tile_says
from tests.peers.programs import KIOSK, TO_THE_QUEUE, programs

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

KILLS = 3
"""Of the booth's program, one right after the other; tests/network/test_survival.py has as many as one likes."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bench() -> AsyncIterator[Browser]:
    async with drawing() as browser:
        yield browser


async def test_the_visit_survives_a_killed_gateway_both_reloads_and_a_killed_agent(
    bench: Browser, tmp_path: Path
) -> None:
    few = {"TELEBORNE_BOOTH_DEVICES": "cuff", **BRISK}
    async with (
        programs(tmp_path, **few) as here,
        staged(bench, tmp_path, kiosk=here.kiosk, gateway=here.folder.gateway_url) as at,
    ):
        patient, page, person = at.patient, at.physician.page, at.physician.person
        person.expected = ("Failed to load resource", "WebSocket connection")
        await person.signs_in("claire-martin")
        await at.physician.is_available()
        await patient.page.wait_for_selector('h1:has-text("voir un médecin")')
        await patient.goes(*TO_THE_QUEUE)
        await at.physician.takes()
        await patient.goes(">doctor-coming", "ready>in-visit")
        await both_are_seen(at)

        await here.kill("gateway")
        await person.sees("Liaison au serveur coupée.")
        await both_are_seen(at)
        await here.start("gateway")
        await page.locator("main").get_by_text("Liaison au serveur coupée.").wait_for(state="detached")
        await both_are_seen(at)

        await patient.page.reload()
        await patient.sees("in-visit")
        await both_are_seen(at)
        await page.reload()
        await page.wait_for_selector('.screen[data-how="talking"]')
        await both_are_seen(at)

        for _ in range(KILLS):
            await here.kill(KIOSK)
            await patient.sees("call-trouble")
            await here.start(KIOSK)
            await page.wait_for_selector('.screen[data-how="talking"]')
            await patient.sees("in-visit")
            await both_are_seen(at)

        await page.get_by_role("button", name="Refaire Tension").click()
        await patient.goes(">visit-measure", "yes>do-cuff", "done>device-wait", ">result")
        await tile_says(at, numbers_in(await patient.reads()))
        await patient.goes("continue>in-visit")
        await hangs_up(at)
        await person.sees("Écrivez le compte rendu, puis signez.")
