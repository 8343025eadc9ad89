"""What may happen in the middle of a visit between the two real pages, each several times, and how long it is felt.

Every program is a process of its own; the pages reach each other by a real coturn alone, behind a proxy that cuts.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.peers.coturn import Coturn, coturn
from tests.peers.countryside import Countryside, with_programs
from tests.peers.patience import PATIENCE
from tests.peers.programs import KIOSK, Programs
from tests.peers.visiting import chromium

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.soak,
    pytest.mark.timeout(1800),
]

WAY: Final = (
    *("touch>language", "french>safety", "no>consent", "yes>do-cuff", "skip>skip", "continue>consent-visit"),
    *("yes>company", "no>consent-share", "yes>reason", "cough>waiting"),
)
ROUNDS: Final = 5
KILLS: Final = int(os.environ.get("KILLS", "45"))
SEED: Final = int(os.environ.get("SEED", "20261123"))
ON_ITS_WAY_S: Final = 1.0
SETTLED_S: Final = 6.0
PASS_S: Final = 8

_GAPS: Final = """(which) => {
  const video = document.querySelector(which), gaps = (window.gaps = {most: 0, last: performance.now()});
  const look = (now) => {
    gaps.most = Math.max(gaps.most, now - gaps.last);
    gaps.last = now;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""
"""Measures in the page itself how long no picture was shown."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def relay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path_factory.mktemp("coturn")) as running:
        yield running


async def back(here: Countryside, happens: Awaitable[object], *, whole: bool = False) -> float:
    """Let something happen; return how long after it both pages show new pictures again, and see that both say so.

    *whole*: how long it all took.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    await happens
    after = await here.moves(seconds=90)
    after = clock() - began if whole else after
    await here.kiosk.sees("in-visit", seconds=60)
    await here.desk.page.wait_for_selector('.screen[data-how="talking"]')
    await here.is_heard(seconds=30)
    return after


async def longest_still(here: Countryside, during: Awaitable[None]) -> float:
    """Return the longest time in which either page showed no new picture while *during* went on."""
    shown = ((here.kiosk.page, ".remote video"), (here.desk.page, "video.far"))
    for page, video in shown:
        await page.evaluate(_GAPS, video)
    await during
    await asyncio.sleep(1)
    return max(
        [float(await page.evaluate("Math.max(gaps.most, performance.now() - gaps.last) / 1000")) for page, _ in shown]
    )


def tells(what: str, felt: list[float], how: str) -> None:
    each = ", ".join(f"{one:.1f}" for one in felt)
    sys.stdout.write(f"| {what} | {len(felt)} | {how} | {each} |\n")


async def test_a_visit_survives_all_of_it_and_the_pictures_come_back(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    async with with_programs(browser, tmp_path, relay) as (here, programs):
        await here.begins(way=WAY)
        assert await here.ways() == {"relay"}
        sys.stdout.write("\n| what happens | times | what is measured | seconds |\n|-|-|-|-|\n")
        await the_programs_die(here, programs)
        await the_pages_are_loaded_again(here)
        await the_line_is_cut(here)
        await somebody_asks_to_be_called_back(here, programs)


async def the_programs_die(here: Countryside, programs: Programs) -> None:
    still: list[float] = []
    for _ in range(ROUNDS):
        connections = await here.generation()
        still.append(await longest_still(here, here.restart()))
        await here.desk.page.wait_for_selector(".stage .notice.warn", state="detached")
        assert await here.generation() == connections
        await here.kiosk.sees("in-visit")
    tells("gateway, kill -9 and started again", still, "longest without a new picture")

    felt = [await back(here, killed(here, programs)) for _ in range(ROUNDS)]
    tells("the booth's program, kill -9 and started again", felt, "both pictures back, after it is ready")


async def killed(here: Countryside, programs: Programs) -> None:
    """Kill the booth's program, and start it again once its page has noticed."""
    await programs.kill(KIOSK)
    await here.kiosk.sees("call-trouble", seconds=20)
    await programs.start(KIOSK)


async def test_a_visit_survives_each_kill_of_the_booths_program_also_on_its_way_back(
    browser: Browser, relay: Coturn, tmp_path: Path
) -> None:
    """One of three kills comes while the connections are made again, at another moment each time."""
    chance = random.Random(SEED)
    async with with_programs(browser, tmp_path, relay) as (here, programs):
        await here.begins(way=WAY)
        felt = []
        for number in range(1, KILLS + 1):
            if number % 3:
                felt.append(await back(here, killed(here, programs)))
            else:
                await killed(here, programs)
                await asyncio.sleep(chance.uniform(0, ON_ITS_WAY_S))
        felt.append(await back(here, killed(here, programs)))
        tells(f"the same again and again, {KILLS + 1} kills", [max(felt)], "both pictures back, the longest")


async def the_pages_are_loaded_again(here: Countryside) -> None:
    for name, page in (("the kiosk's page", here.kiosk.page), ("the physician's page", here.desk.page)):
        felt = []
        for _ in range(ROUNDS):
            felt.append(await back(here, page.reload(), whole=True))
            await asyncio.sleep(SETTLED_S)
        tells(f"{name}, loaded again", felt, "both pictures back")


async def without_line(here: Countryside, out_s: float) -> None:
    here.line.link.cut = True
    await asyncio.sleep(out_s)
    here.line.link.cut = False


async def the_line_is_cut(here: Countryside) -> None:
    for out_s, rounds in ((5, ROUNDS), (40, 2)):
        felt = []
        for _ in range(rounds):
            felt.append(await back(here, without_line(here, out_s)))
            await asyncio.sleep(SETTLED_S)
        tells(f"no line for {out_s} s", felt, "both pictures back, after the line")
        if out_s == 5:
            assert max(felt) <= 3


async def somebody_asks_to_be_called_back(here: Countryside, programs: Programs) -> None:
    """Let the line stay away: after a minute there is a telephone on both screens, and a way to be called."""
    here.line.link.cut = True
    await here.kiosk.sees("call-trouble", seconds=30)
    await here.kiosk.page.locator('button[data-act="call-back"]').wait_for(timeout=90_000)
    await here.kiosk.finds("Vous pouvez appeler le 03\u00a027\u00a000\u00a000\u00a000.")
    await here.desk.person.sees("Pas de liaison depuis une minute. Appelez le lieu :")
    await here.kiosk.goes("call-back>who-phone", *"0612345678", "done>called-back", "finish>goodbye")
    await here.desk.person.sees("Le patient a demandé à être rappelé.", "Écrivez le compte rendu, puis signez.")
    asked = f"{programs.folder.gateway_url}/fhir/R4/Task?code=call-back&status=requested"
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while not found:
            await asyncio.sleep(0.2)
            answer = await here.desk.page.request.get(asked, headers={"Sec-Fetch-Site": "same-origin"})
            found = [each["resource"] for each in (await answer.json()).get("entry", ())]
    (task,) = found
    assert task["reasonCode"]["coding"][0]["code"] == "cut"
    assert "06 12 34 56 78" in {each["valueContactPoint"]["value"] for each in task["input"]}
    sys.stdout.write(
        "| no line for more than a minute | 1 | called back: on the list, in the physician's words | – |\n"
    )


async def test_passes_to_the_relays_that_ran_out_are_exchanged(browser: Browser, relay: Coturn, tmp_path: Path) -> None:
    async with with_programs(browser, tmp_path, relay, ttl_s=PASS_S) as (here, _):
        await here.begins(way=WAY)
        felt = []
        for _ in range(ROUNDS):
            await asyncio.sleep(PASS_S + 1)
            felt.append(await back(here, here.kiosk.page.reload(), whole=True))
            assert await here.ways() == {"relay"}
        tells("passes that ran out, and a page loaded again", felt, "both pictures back")
