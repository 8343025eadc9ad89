"""Documents at a real booth: what the physician sends is shown and printed, a paper is shown to them, nothing stays."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser

from booth_client.config import Instruments, PrinterSettings
from signalling.side import Endpoint
from tests.peers.ipp_printer import ipp_printer
from tests.peers.patience import PATIENCE
from tests.peers.visiting import Scene, chromium, in_visit, scene
from tests.peers.webrtc_physician import Physician

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

CAMERA = Instruments(camera="synthetic")
_SHOWN = """() => { const e = document.querySelector('.document img');
  return e && e.complete && e.naturalWidth ? [e.naturalWidth, e.naturalHeight] : null; }"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


def leaflet(pages: int = 2) -> bytes:
    """Return a PDF with a coloured page each, and a script that would say more."""
    with pikepdf.new() as made:
        for number in range(pages):
            page = made.add_blank_page(page_size=(595, 842))
            page.Contents = made.make_stream(f"{number % 2} 0 {1 - number % 2} rg 60 60 475 722 re f".encode())
        action = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS="app.alert('here')")
        made.Root.OpenAction = action
        written = io.BytesIO()
        made.save(written)
        return written.getvalue()


def agent(on: Scene) -> Physician:
    return on.doctor.lines[Endpoint.AGENT]


async def sends(on: Scene, data: bytes, *, name: str = "f-1", kind: str = "application/pdf", **lie: Any) -> Any:
    """Send a file as a page does, and return what the booth says of it in the end."""
    fields = {"id": name, "type": kind, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **lie}
    line = agent(on)

    def told() -> list[dict[str, Any]]:
        return [each for each in line.said("got") if each["id"] == name]

    line.blob.send(json.dumps({"k": "blob", **fields}))
    await on.doctor.until(told)
    if "flaw" not in told()[-1]:
        for at in range(0, len(data), 16_384):
            line.blob.send(data[at : at + 16_384])
        await on.doctor.until(lambda: told()[-1]["octets"] == fields["size"] or "flaw" in told()[-1])
    return told()[-1]


async def is_told(on: Scene, name: str, *states: str) -> dict[str, Any]:
    await on.doctor.until(lambda: on.doctor.told(name)[-len(states) :] == list(states))
    return on.doctor.answers_to(name)[-1]


async def shown(on: Scene) -> list[int]:
    async with asyncio.timeout(PATIENCE):
        while (size := await on.seer.page.evaluate(_SHOWN)) is None:
            await asyncio.sleep(0.05)
    return list(size)


async def comes_true(on: Scene, expression: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await on.seer.page.evaluate(expression):
            await asyncio.sleep(0.05)


async def colour(on: Scene) -> str:
    """Return which page is on the screen, by its colour."""
    clip = await on.seer.page.locator(".document").bounding_box()
    assert clip is not None
    with Image.open(io.BytesIO(await on.seer.page.locator(".document").screenshot())) as seen:
        red, _, blue = seen.convert("RGB").getpixel((seen.width // 2, seen.height // 2))  # type: ignore[misc]
    return "red" if red > blue else "blue"


async def test_a_document_of_the_physicians_is_shown_turned_enlarged_and_printed_as_it_was_shown(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        seer = on.seer
        assert agent(on).said("has") == [
            {
                "k": "has",
                "devices": ["scale", "cuff"],
                "exams": [],
                "printer": True,
                "paper": True,
                "channel": "control",
            }
        ]
        document = leaflet()
        assert (await sends(on, document))["octets"] == len(document)
        on.doctor.requests("show", name="r-1", file="f-1")
        await seer.sees("visit-file")
        await is_told(on, "r-1", "accepted", "asked", "doing")
        await seer.says("Le médecin vous montre une page.")
        assert await shown(on) == [1653, 2339]
        assert await colour(on) == "blue"
        await seer.finds("Page 1 sur 2")
        for language in ("fr", "en"):
            await seer.looks(f"visit-file-{language}")
            await seer.checks(f"visit-file-{language}")
            if language == "fr":
                await seer.goes("comfort>comfort", "english>visit-file")
        await seer.goes("comfort>comfort", "french>visit-file")
        await seer.touches("larger")
        await seer.page.wait_for_selector('.document[data-part="0"]')
        await seer.looks("visit-file-larger")
        await seer.touches("larger")
        await seer.touches("more")
        await seer.finds("Page 2 sur 2")
        await shown(on)
        assert await colour(on) == "red"
        assert await seer.page.locator('button[data-act="more"]').count() == 0
        await seer.goes("print>visit-papers")
        await seer.page.wait_for_selector('h1:has-text("Prenez 2 feuilles")')
        told = await is_told(on, "r-1", "doing")
        assert (told["sheets"], told["of"]) == (2, 2)
        (printed,) = (tmp_path / "print").iterdir()
        with pikepdf.open(printed) as paper:
            assert len(paper.pages) == 2
            assert "/OpenAction" not in paper.Root
        await seer.goes("print>visit-papers")
        await on.doctor.until(lambda: len(list((tmp_path / "print").iterdir())) == 2)
        await seer.page.wait_for_selector('h1:has-text("Prenez 2 feuilles")')
        await seer.goes("done>in-visit")
        await is_told(on, "r-1", "done")
        on.doctor.requests("print-file", name="r-2", file="f-1")
        await seer.sees("visit-papers")
        await is_told(on, "r-2", "accepted", "doing")
        await seer.goes("done>in-visit")
        assert (await is_told(on, "r-2", "done"))["reply"] == "taken"
        await nothing_is_left(on, tmp_path)
        assert not seer.complaints, seer.complaints


async def nothing_is_left(on: Scene, folder: Path) -> None:
    """Leave, and see that neither the page, nor the booth, nor its disk has any of it."""
    address = await on.seer.page.evaluate("location.origin")
    await on.seer.goes("finish>hang-up", "yes>writing", "finish>goodbye")
    await on.seer.is_wiped()
    assert (
        await on.seer.page.evaluate(
            "performance.getEntriesByType('resource').filter((e) => /sheet/.test(e.name)).length"
        )
        == 0
    )
    for at in range(3):
        asked = await on.seer.page.request.get(f"{address}/sheet/{at}/0")
        assert asked.status == 404
    assert list((folder / "print").iterdir()) == []
    kept = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".pem", ".toml")]
    assert [path for path in kept if any(mark in path.read_bytes() for mark in (b"%PDF-", b"\xff\xd8\xff\xe0"))] == []


async def test_what_cannot_be_taken_or_shown_says_why_and_the_talk_goes_on(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        document = leaflet(1)
        assert (await sends(on, document, name="f-1", sha256="0" * 64))["flaw"] == "hash"
        assert (await sends(on, document, name="f-2", size=17 * 1024 * 1024))["flaw"] == "size"
        assert (await sends(on, b"MZ" + document, name="f-3"))["flaw"] == "type"
        assert (await sends(on, document, name="f-4", kind="text/html"))["flaw"] == "type"
        assert "flaw" not in await sends(on, b"%PDF-1.7 nothing", name="f-5")
        assert "flaw" not in await sends(on, leaflet(11), name="f-6")
        whys = {"f-1": "unknown", "f-5": "unreadable", "f-6": "pages"}
        for name, why in whys.items():
            on.doctor.requests("show", name=f"show-{name}", file=name)
            assert (await is_told(on, f"show-{name}", "accepted", "failed"))["why"] == why
        await on.seer.sees("in-visit")
        await sends(on, document, name="f-7")
        on.doctor.requests("show", name="r-1", file="f-7")
        await on.seer.sees("visit-file")
        await on.doctor.leaves()
        await on.seer.sees("call-trouble")  # nobody reads on behind a lost call
        on.doctor.admitted = None
        await on.doctor.join()
        await on.doctor.talks(generation=2)
        await on.seer.sees("in-visit")
        on.doctor.requests("show", name="r-2", file="f-7")  # the booth still has it
        await on.seer.sees("visit-file")
        await on.seer.goes("continue>in-visit")
        await is_told(on, "r-2", "doing", "done")


async def test_a_paper_is_photographed_looked_at_and_only_then_sent(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        seer = on.seer
        on.doctor.requests("paper", name="p-1")
        await seer.sees("visit-measure")
        await seer.says("Le médecin veut voir un papier.")
        await seer.looks("visit-paper-asked")
        await seer.goes("no>in-visit")
        await is_told(on, "p-1", "asked", "refused")
        on.doctor.requests("paper", name="p-2")
        await seer.goes(">visit-measure", "yes>visit-show")
        await seer.says("Montrez votre papier à la caméra.")
        await comes_true(on, "document.querySelector('.photo video')?.videoWidth >= 1280")
        await seer.looks("visit-show-camera")
        await seer.checks("visit-show-camera")
        await seer.goes("take>visit-hold", ">visit-look")
        await comes_true(on, "document.querySelector('.photo canvas')?.width >= 1280")
        await seer.looks("visit-look-camera")
        assert agent(on).said("blob") == []
        await seer.goes("no>visit-show", "take>visit-hold", ">visit-look", "yes>in-visit")
        told = await is_told(on, "p-2", "asked", "doing", "done")
        (announced,) = agent(on).said("blob")
        assert (told["blob"], announced["id"], announced["type"]) == ("p-2", "p-2", "image/jpeg")
        with Image.open(io.BytesIO(b"".join(agent(on).blobs))) as paper:
            assert paper.width >= 1280
        width = "document.querySelector('.self video').srcObject.getVideoTracks()[0].getSettings().width"
        await comes_true(on, f"{width} === 640")
        on.doctor.requests("paper", name="p-3")
        await seer.goes(">visit-measure", "yes>visit-show", "stop>in-visit")
        await is_told(on, "p-3", "asked", "doing", "refused")
        assert not seer.complaints, seer.complaints


async def test_whoever_holds_the_exam_camera_sees_what_it_sees(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path, instruments=CAMERA) as on:
        await in_visit(on)
        on.doctor.requests("camera", name="r-1")
        await on.seer.sees("visit-measure")
        assert await on.seer.page.locator(".near img").count() == 0
        await on.seer.goes("yes>visit-exam")
        await comes_true(on, "document.querySelector('.near img')?.naturalWidth === 640")
        for language in ("fr", "en"):
            await on.seer.looks(f"visit-near-{language}")
            await on.seer.checks(f"visit-near-{language}")
            if language == "fr":
                await on.seer.goes("comfort>comfort", "english>visit-exam")
        await on.seer.goes("stop>in-visit")
        assert await on.seer.page.locator(".near").count() == 0
        assert not on.seer.complaints, on.seer.complaints


async def test_papers_that_did_not_come_out_are_printed_again_once_somebody_has_put_paper_in(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        ipp_printer(tmp_path / "ipp") as real,
        scene(browser, tmp_path, printer=PrinterSettings(uri=real.uri)) as on,
    ):
        await in_visit(on)
        await on.doctor.hangs_up()
        await on.seer.sees("writing")
        await on.doctor.signs()
        real.load(0, pages=2)
        await on.seer.goes(">report", "print>take-papers")
        await on.seer.sees("code")
        await on.seer.says("Pas de papier. Photographiez ce code.")
        await on.seer.finds("Vous pourrez imprimer encore.")
        await on.seer.looks("code-out-of-paper")
        await on.seer.checks("code-out-of-paper")
        assert (await on.doctor.papers_are("unprinted"))["sheets"] == 0
        real.add(5)
        await on.seer.goes("print>take-papers")
        await on.seer.page.wait_for_selector('h1:has-text("Prenez")')
        await on.doctor.papers_are("printed")
        await on.seer.looks("take-papers-again")
        assert await on.seer.page.locator('button[data-act="print"]').inner_text() == "Imprimer encore"
        await on.seer.touches("print")
        await on.seer.page.wait_for_selector('h1:has-text("Prenez")')
        await on.doctor.until(lambda: len(real.out) == 2)
        assert await on.seer.page.locator('button[data-act="print"]').count() == 0  # twice is enough
        await on.seer.goes("done>goodbye")
        assert not on.seer.complaints, on.seer.complaints
