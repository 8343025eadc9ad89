"""A patient at a kiosk and a physician at their desk, in two browsers, each before a camera of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.peers.faces import Face, camera_flags, draw, shown
from tests.peers.kiosk import CHROMIUM, FLAGS, MEDIA_FLAGS, Visitor, visitor
from tests.peers.moving import moves
from tests.peers.patience import PATIENCE
from tests.peers.reader import Reader
from tests.peers.tour import Tour
from tests.peers.visit_reader import PhysicianAtDesk
from tests.peers.webrtc_people import reachable

__all__ = [
    "BRISK",
    "PATIENTS_PICTURE",
    "PHYSICIANS_PICTURE",
    "Stage",
    "both_are_seen",
    "drawing",
    "goes_on_unbroken",
    "hangs_up",
    "is_seen",
    "numbers_in",
    "staged",
    "tile_says",
]

BRISK = {"TELEBORNE_BOOTH_VIRTUAL_HANDS_AFTER_S": "0.4", "TELEBORNE_BOOTH_VIRTUAL_SEED": "7"}
PATIENTS_PICTURE, PHYSICIANS_PICTURE = "video.far", ".remote video"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Two people in two browsers, each before a camera of their own."""

    patient: Visitor
    physician: PhysicianAtDesk
    faces: dict[str, Face]
    tour: Tour


@asynccontextmanager
async def filmed(face: Face) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # What plays by itself is for the browser to decide, as at anybody's desk.
        flags = [*(flag for flag in MEDIA_FLAGS if "autoplay" not in flag), *camera_flags(face)]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        await browser.close()


@asynccontextmanager
async def desk(browser: Browser, url: str) -> AsyncIterator[PhysicianAtDesk]:
    """Open the physician's page in a browser where nobody is signed in; at the end nothing may have been wrong."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        color_scheme="light",
        permissions=["camera", "microphone"],
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    person = Reader(page=page, url=url)
    page.on("console", person.heard)
    page.on("pageerror", lambda error: person.complaints.append(f"page: {error}"))
    yield PhysicianAtDesk(person=person)
    assert not person.complaints, "\n".join(person.complaints)
    await context.close()


@asynccontextmanager
async def staged(bench: Browser, folder: Path, *, kiosk: str, gateway: str) -> AsyncIterator[Stage]:
    reachable()
    async with AsyncExitStack() as stack:
        faces = await draw(bench, folder)
        theirs, own = [await stack.enter_async_context(filmed(faces[who])) for who in ("patient", "physician")]
        media = ["camera", "microphone"]
        patient = await stack.enter_async_context(visitor(theirs, kiosk, permissions=media))
        physician = await stack.enter_async_context(desk(own, gateway))
        at = Stage(patient=patient, physician=physician, faces=faces, tour=Tour(browser=bench))
        try:
            yield at
        except Exception as wrong:
            for who, page in (("patient", patient.page), ("physician", physician.page)):
                wrong.add_note(f"the {who}'s page: {' '.join((await page.inner_text('body')).split())}")
            wrong.add_note(f"complaints: {[*patient.complaints, *physician.person.complaints]}")
            raise


@asynccontextmanager
async def drawing() -> AsyncIterator[Browser]:
    """Give a browser without a camera, to draw in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


async def is_seen(at: Stage, page: Any, selector: str, who: str) -> None:
    """See that *page* shows the film of *who*, whole, that it moves, and that frames go on being decoded."""
    numbers: set[int] = set()
    async with asyncio.timeout(PATIENCE):
        while len(numbers) < 4:
            if (now := await shown(page, selector)) is not None:
                nearest = {name: face.nearest(now.picture) for name, face in at.faces.items()}
                number, apart = nearest.pop(who)
                ((_, other),) = nearest.values()
                if apart < 6 and other > 40:
                    numbers.add(number)
            await asyncio.sleep(0.15)
    await moves(page, selector, frames=10)


async def goes_on_unbroken(page: Any, selector: str) -> None:
    """See that the picture is not begun anew while the page is drawn again, as it is every second."""
    counts: list[int] = []
    async with asyncio.timeout(PATIENCE):
        while not counts or counts[-1] < counts[0] + 24:
            if (now := await shown(page, selector)) is not None:
                counts.append(now.decoded)
            await asyncio.sleep(0.1)
    assert counts == sorted(counts)


async def both_are_seen(at: Stage) -> None:
    await is_seen(at, at.physician.page, PATIENTS_PICTURE, "patient")
    await is_seen(at, at.patient.page, PHYSICIANS_PICTURE, "physician")


def numbers_in(sentence: str) -> str:
    """Return « Tension : 132 sur 81. » as the physician's page writes it."""
    upper, lower = (part.split()[-1 if at == 0 else 0].strip(".") for at, part in enumerate(sentence.split(" sur ")))
    return f"{upper}/{lower}"


async def tile_says(at: Stage, pressure: str) -> None:
    tiles = at.physician.page.locator(".vital .value").filter(has_text=pressure)
    await tiles.first.wait_for()


async def hangs_up(at: Stage) -> None:
    page = at.physician.page
    await page.get_by_role("button", name="Raccrocher").click()
    await page.locator("dialog").get_by_role("button", name="Raccrocher").click()
    await at.patient.sees("writing")
