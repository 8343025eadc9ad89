"""The physician examines somebody at a real booth: what the kiosk asks and shows, and what reaches the other side."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser

from booth_client.config import Instruments
from signalling.side import Endpoint
from tests.peers.visiting import Scene, chromium, in_visit, scene

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

BOTH = Instruments(stethoscope="synthetic", camera="synthetic")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def is_told(on: Scene, name: str, *states: str) -> None:
    await on.doctor.until(lambda: on.doctor.told(name) == list(states))


async def loudspeaker_is_off(on: Scene) -> bool:
    """Say whether the kiosk lets the physician's voice out."""
    return "Le haut-parleur est coupé." in await on.seer.text()


async def test_the_heart_is_heard_only_with_consent_and_only_while_the_kiosk_says_so(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path, instruments=BOTH) as on:
        await in_visit(on)
        seer, agent = on.seer, on.doctor.lines[Endpoint.AGENT]
        on.doctor.requests("listen", name="r-1", spot="heart-mitral")
        await seer.sees("visit-measure")
        await seer.says("Le médecin veut écouter votre cœur. Prenez l’appareil n° 6.")
        await seer.looks("visit-listen-asked")
        assert agent.sound == 0
        await seer.goes("no>in-visit")
        await is_told(on, "r-1", "asked", "refused")
        assert agent.sound == 0

        on.doctor.requests("listen", name="r-2", spot="heart-mitral")
        await seer.goes(">visit-measure", "yes>visit-exam")
        await seer.says("Le médecin écoute votre cœur.")
        await on.doctor.until(lambda: agent.sound > 25)
        await is_told(on, "r-2", "asked", "doing")
        assert await loudspeaker_is_off(on)
        await seer.looks("visit-exam")
        await seer.checks("visit-exam")

        on.doctor.requests("listen", name="r-3", spot="back-left-lower")
        await seer.page.wait_for_selector('h1:has-text("dos")')
        await is_told(on, "r-2", "asked", "doing", "done")
        on.doctor.requests("scale", name="r-4")
        on.doctor.requests("measure", name="r-5", kind="cuff")
        await is_told(on, "r-4", "refused")
        await is_told(on, "r-5", "refused")

        await seer.goes("stop>in-visit")
        await is_told(on, "r-3", "asked", "doing", "done")
        assert not await loudspeaker_is_off(on)
        await seer.page.wait_for_timeout(300)
        heard = agent.sound
        await seer.page.wait_for_timeout(500)
        assert agent.sound == heard
        on.doctor.requests("listen", name="r-3", spot="back-left-lower")  # the same again: nothing new
        await on.doctor.until(lambda: on.doctor.told("r-3")[-2:] == ["done", "done"])
        assert not seer.complaints, seer.complaints


async def test_a_still_of_the_exam_camera_arrives_whole_while_the_person_lets_the_physician_look(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path, instruments=BOTH) as on:
        await in_visit(on)
        seer, agent = on.seer, on.doctor.lines[Endpoint.AGENT]
        on.doctor.requests("still", name="s-1")
        await is_told(on, "s-1", "accepted", "refused")
        on.doctor.requests("camera", name="r-1")
        await seer.goes(">visit-measure")
        await seer.says("Le médecin veut voir de près. Prenez la caméra n° 7.")
        await seer.goes("yes>visit-exam")
        await seer.looks("visit-exam-camera")
        await on.doctor.until(lambda: agent.pictures > 5)
        assert agent.last is not None
        assert (agent.last.width, agent.last.height) == (640, 480)
        on.doctor.requests("still", name="s-2")
        await is_told(on, "s-2", "accepted", "done")
        (told,) = agent.said("blob")
        await on.doctor.until(lambda: sum(map(len, agent.blobs)) == told["size"])
        picture = b"".join(agent.blobs)
        assert hashlib.sha256(picture).hexdigest() == told["sha256"]
        assert on.doctor.answers_to("s-2")[-1]["blob"] == told["id"]
        assert Image.open(io.BytesIO(picture)).size == (1600, 1200)
        on.doctor.requests("stop", name="r-2", of="r-1")
        await seer.sees("in-visit")
        await is_told(on, "r-1", "asked", "doing", "done")
        assert not seer.complaints, seer.complaints


async def test_what_the_physician_writes_is_read_large_and_answered(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path, instruments=BOTH) as on:
        await in_visit(on)
        seer = on.seer
        on.doctor.requests("write", name="r-1", text="Avez-vous mal quand vous respirez ?")
        await seer.sees("visit-text")
        await seer.says("Avez-vous mal quand vous respirez ?")
        await seer.looks("visit-text")
        await seer.checks("visit-text")
        await seer.goes("no>in-visit")
        await is_told(on, "r-1", "asked", "doing", "done")
        assert on.doctor.answers_to()[-1]["reply"] == "no"
        on.doctor.requests("listen", name="r-2", spot="lung-left-upper")
        await seer.goes(">visit-measure", "yes>visit-exam")
        on.doctor.requests("write", name="r-3", text="Respirez fort par la bouche.")
        await seer.finds("Respirez fort par la bouche.")
        await seer.goes("stop>in-visit")
        await is_told(on, "r-3", "asked", "doing", "done")
        assert "Respirez fort" not in await seer.text()
        assert not seer.complaints, seer.complaints


async def test_the_loudspeaker_is_switched_off_and_on_by_the_physician_and_it_is_said(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        on.doctor.requests("quiet", name="r-1", on=True)
        await on.seer.finds("Le haut-parleur est coupé.")
        on.doctor.requests("quiet", name="r-2", on=False)
        await on.seer.page.get_by_text("Le haut-parleur est coupé.").wait_for(state="detached")
        on.doctor.requests("listen", name="r-3", spot="heart-mitral")
        await is_told(on, "r-3", "refused")  # this booth has no stethoscope
        on.doctor.lines[Endpoint.AGENT].say(k="request", id="r-4", what="listen")
        await on.doctor.until(lambda: on.doctor.lines[Endpoint.AGENT].said("error"))


async def test_papers_that_are_printed_during_the_talk_are_shown_and_taken(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        documents: list[Any] = await on.doctor.signs(told=False)
        on.doctor.requests("print", name="r-1", documents=documents)
        await on.seer.sees("visit-papers")
        await on.seer.page.wait_for_selector('h1:has-text("Prenez")')
        await on.seer.looks("visit-papers")
        await is_told(on, "r-1", "accepted", "doing")
        assert on.doctor.answers_to()[-1]["sheets"] >= 1
        await on.seer.goes("done>in-visit")
        await on.doctor.until(lambda: on.doctor.answers_to()[-1].get("reply") == "taken")
        on.doctor.requests("print", name="r-2", documents=[])
        await is_told(on, "r-2", "accepted", "failed")
        await on.seer.page.wait_for_selector('h1:has-text("Le papier ne sort pas.")')
        await on.seer.finds("Vous pourrez imprimer encore.")
        await on.seer.looks("visit-papers-unprinted")
        await on.seer.goes("done>in-visit")
        assert not on.seer.complaints, on.seer.complaints
