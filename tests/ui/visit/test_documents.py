"""Documents at the physician's page: sent, shown, printed, asked for, kept; and what does not work, in words."""

from __future__ import annotations

import asyncio
import io
import re
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image
from playwright.async_api import Browser, Page

from booth_client.channels import Progress
from tests.peers.house import House
from tests.peers.modules import run
from tests.peers.patients import PatientAtBooth, Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk
from tests.ui.visit.test_exam import asked, comes_true, talks

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, known=True)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 16_000
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 6000


_ROWS = """() => new Promise((rows) => { const base = indexedDB.open("teleborne.files");
  base.onsuccess = () => { const all = base.result.transaction("files").objectStore("files").count();
    all.onsuccess = () => { base.result.close(); rows(all.result); }; }; })"""
_READABLE = """async (marks) => {
  const rows = await new Promise((found) => { const base = indexedDB.open("teleborne.files");
    base.onsuccess = () => { const all = base.result.transaction("files").objectStore("files").getAll();
      all.onsuccess = () => { base.result.close(); found(all.result); }; }; });
  const plain = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? decoder.decode(value)
    : value && typeof value === "object" ? Object.values(value).map(plain).join() : String(value);
  const decoder = new TextDecoder("latin1");
  const kept = [plain(rows), JSON.stringify([{...localStorage}, {...sessionStorage}])].join();
  return rows.length === 2 ? marks.filter((mark) => kept.includes(mark)) : [`${rows.length} rows`];
}"""
"""What of the marks can be read in all that the page keeps, while it keeps two files."""


async def opens_the_tool(desk: PhysicianAtDesk) -> None:
    await desk.page.locator('[data-tool="files"]').click()
    await desk.person.sees("Envoyer un document à la borne")


async def chooses(desk: PhysicianAtDesk, *files: Path) -> None:
    await desk.page.locator("#file").set_input_files(files)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


async def whole(booth: PatientAtBooth, data: bytes) -> str:
    await booth.until(lambda: any(file.data == data for file in booth.files))
    return next(file.id for file in booth.files if file.data == data)


def was_asked(booth: PatientAtBooth, kind: str) -> bool:
    return any(each.kind == kind for each in booth.requests)


@cache
def paper_of() -> bytes:
    """Return a photograph larger than what other requests may bring."""
    taken = io.BytesIO()
    Image.effect_noise((1920, 1080), 60).convert("RGB").save(taken, "JPEG", quality=95)
    assert len(taken.getvalue()) > 1024 * 1024
    return taken.getvalue()


async def signs(desk: PhysicianAtDesk) -> None:
    """Write what a report needs, and sign it during the talk."""
    page = desk.page
    for label in ("Antécédents et allergies", "Examen", "Conclusion", "Conduite à tenir"):
        await page.get_by_label(label, exact=True).fill("Rien de particulier")
    await page.get_by_text("Cadre de la visite").click()
    for offer in ("Le patient seul", "Pas de médecin disponible", "Pas d’examen par contact"):
        await page.get_by_role("button", name=offer).click()
    await page.get_by_role("button", name="Signer…").click()
    await page.get_by_role("button", name="Signer et envoyer").click()
    await desk.person.sees("Signé. Le compte rendu est dans le dossier.")


async def test_a_document_goes_to_the_booth_is_shown_and_printed_and_each_step_is_said(
    browser: Browser, there: House, tmp_path: Path
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        await opens_the_tool(desk)
        await chooses(desk, written(tmp_path, "Conseils entorse.pdf", PDF))
        name = await whole(booth, PDF)
        await desk.person.sees("Conseils entorse.pdf", "Arrivé entier à la borne.")
        await desk.page.get_by_role("button", name="Montrer au patient").click()
        request = await asked(booth, "show")
        assert request.file == name
        booth.answer(request, Progress.DOING)
        await desk.person.sees("Affiché au patient.")
        await desk.looks("documents", tab="Visite")
        await desk.page.set_viewport_size({"width": 1440, "height": 900})
        booth.answer(request, Progress.DONE, sheets=2, of=2)
        await desk.person.sees("Le patient l’a lu, ou fermé.", "Imprimé 2/2.")
        await desk.page.get_by_role("button", name="Imprimer à la borne").last.click()
        request = await asked(booth, "print-file")
        assert request.file == name
        booth.answer(request, Progress.FAILED, why="no-paper")
        await desk.person.sees("plus de papier, ou panne")
        await desk.page.get_by_role("button", name="English").click()
        await desk.person.sees("Whole at the booth.", "Ask to see a paper")
        await desk.looks("documents-en", SIZES[0])
        kept = await desk.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert "entorse" not in kept


async def test_what_is_no_document_or_too_large_is_said_before_anything_is_sent(
    browser: Browser, there: House, tmp_path: Path
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        await opens_the_tool(desk)
        await chooses(desk, written(tmp_path, "facture.pdf", b"MZ\x90" + bytes(2000)))
        await desk.person.sees("facture.pdf", "Ce fichier n’est ni un PDF, ni une image JPEG ou PNG.")
        await chooses(desk, written(tmp_path, "gros.jpg", JPEG + bytes(16 * 1024 * 1024)))
        await desk.person.sees("gros.jpg", "Ce fichier est trop grand")
        await chooses(desk, written(tmp_path, "faux.html.jpg", JPEG))
        await whole(booth, JPEG)
        assert len(booth.files) == 1
        booth.answers = (Progress.ACCEPTED,)
        await desk.page.get_by_role("button", name="Montrer au patient").click()
        booth.answer(await asked(booth, "show"), Progress.FAILED, why="unreadable")
        await desk.person.sees("La borne ne peut pas lire ce document.")
        await desk.looks("documents-refused", SIZES[0])


async def test_a_document_cut_in_the_middle_is_said_to_be_and_goes_on_with_the_connection(
    browser: Browser, there: House, tmp_path: Path
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        await opens_the_tool(desk)
        taken: list[int] = []
        piece, looked_at = booth.agent._incoming.piece, asyncio.Event()

        def breaks(octets: bytes) -> Any:
            """Lose the line in the middle of the document, once."""
            before = sum(taken)
            taken.append(len(octets))
            if before <= len(PDF) // 2 < sum(taken):
                booth.loses()
            return piece(octets)

        booth.agent._incoming.piece = breaks  # type: ignore[method-assign]  # where the line breaks is the test's
        booth.agent._generations._ready = looked_at.wait  # and for how long
        await chooses(desk, written(tmp_path, "radio.pdf", PDF))
        cut = desk.page.locator(".files .progress", has_text="L’envoi reprend avec la liaison.")
        await cut.wait_for()
        for width, height in (SIZES[0], SIZES[2]):
            await desk.page.set_viewport_size({"width": width, "height": height})
            await cut.scroll_into_view_if_needed()
            await desk.looks("documents-cut", (width, height))
        assert re.fullmatch(r"Coupé à [1-9]\d\s%\. L’envoi reprend avec la liaison\.", await cut.inner_text())
        looked_at.set()
        await whole(booth, PDF)
        await desk.person.sees("Arrivé entier à la borne.")
        assert booth.agent.state.generation == 2
        assert sum(taken) < len(PDF) * 5 // 4  # it went on where it was


async def test_a_page_loaded_again_in_the_middle_sends_on_from_there_and_keeps_nothing_that_can_be_read(
    browser: Browser, there: House, tmp_path: Path
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        await opens_the_tool(desk)
        await chooses(desk, written(tmp_path, "bilan.jpg", JPEG))
        await whole(booth, JPEG)
        taken: list[int] = []
        piece, stalls = booth.agent._incoming.piece, True

        def comes(octets: bytes) -> Any:
            """Take in half of the document, and what comes later only once the page is there again."""
            if stalls and sum(taken) > len(PDF) // 2:
                return None, None
            taken.append(len(octets))
            return piece(octets)

        booth.agent._incoming.piece = comes  # type: ignore[method-assign]  # where the line stalls is the test's
        await chooses(desk, written(tmp_path, "Radio entorse.pdf", PDF))
        await booth.until(lambda: sum(taken) > len(PDF) // 2)
        await comes_true(desk, f"({_ROWS})().then((rows) => rows === 2)")
        assert await desk.page.evaluate(_READABLE, ["entorse", "bilan", "%PDF-1.7"]) == []
        await desk.page.reload()
        await desk.page.wait_for_selector('.screen[data-how="connecting"], .screen[data-how="recovering"]')
        stalls = False
        await booth.protected(generation=2)
        name = await whole(booth, PDF)
        await opens_the_tool(desk)
        await desk.person.sees("bilan.jpg", "Radio entorse.pdf")
        assert await desk.page.get_by_text("Arrivé entier à la borne.").count() == 2
        assert sum(taken) == len(PDF)  # each octet once
        await desk.page.get_by_role("button", name="Montrer au patient").last.click()
        assert (await asked(booth, "show")).file == name
        await desk.page.get_by_role("button", name="Raccrocher").click()
        await desk.page.locator("dialog").get_by_role("button", name="Raccrocher").click()
        await comes_true(desk, f"({_ROWS})().then((rows) => rows === 0)")


async def test_a_paper_is_asked_for_looked_at_and_kept_beside_the_signed_report(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        page = desk.page
        await opens_the_tool(desk)
        await page.get_by_role("button", name="Demander un papier").click()
        request = await asked(booth, "paper")
        await desk.person.sees("Demandé")
        await booth.sends(paper_of(), name=request.id)
        booth.answer(request, Progress.DONE, blob=request.id)
        await page.wait_for_selector("canvas.near")
        await desk.person.sees("Pas encore au dossier")
        await desk.looks("paper", tab="Visite")
        await page.set_viewport_size({"width": 1440, "height": 900})
        await signs(desk)
        await desk.person.sees("Le compte rendu est signé")
        await page.get_by_label("Légende").fill("Ordonnance de l’hôpital")
        await desk.looks("paper-after-signing", SIZES[0])
        await page.get_by_role("button", name="Raccrocher").click()
        await page.locator("dialog").get_by_role("button", name="Raccrocher").click()
        await desk.person.sees("Images reçues", "disparaît quand vous quittez la visite")
        await page.get_by_role("button", name="Joindre en complément").click()
        await desk.person.sees("Dans le dossier")
        async with there.running.person("claire") as claire:
            query = f"DocumentReference?encounter=Encounter/{booth.call}"
            async with claire.get(f"{there.running.url}/fhir/R4/{query}") as answer:
                entries = [each["resource"] for each in (await answer.json(content_type=None))["entry"]]
        (kept,) = [each for each in entries if each.get("description") == "Ordonnance de l’hôpital"]
        assert kept["relatesTo"][0]["code"] == "appends"
        assert kept["content"][0]["attachment"]["size"] == len(paper_of())


async def test_the_newer_objects_that_the_booth_has_are_asked_for_and_answered(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        devices = ["cuff", "thermometer", "analyser", "glucometer", "sensor", "strap"]
        booth.has = msgspec.structs.replace(booth.has, devices=devices, exams=["camera"])
        await talks(desk, booth)
        page = desk.page
        for name, kind in (
            ("Mesurer Glycémie", "glucometer"),
            ("Mesurer Masse grasse", "analyser"),
            ("Mesurer Respiration", "sensor"),
            ("Mesurer Pouls", "strap"),
        ):
            await page.get_by_role("button", name=name).first.click()
            await booth.until(partial(was_asked, booth, kind))
        await desk.person.sees("Demandé")
        for request in booth.requests:
            booth.answer(request, Progress.REFUSED)
        await desk.person.sees("Refusé")
        assert await page.get_by_role("button", name="Refaire Oxygène").count() == 0  # this booth has no clip
        assert await page.get_by_role("button", name="Stéthoscope").count() == 0
        booth.agent.answer(msgspec.structs.replace(booth.has, helper=True))
        await desk.person.sees("Un aidant est auprès du patient. L’image et le son sont en pause.")
        booth.agent.answer(booth.has)
        await page.get_by_text("Un aidant est auprès").wait_for(state="detached")
        booth.measures_glucose()
        await comes_true(desk, "/110/.test(document.querySelector('.vitals').textContent)")
        await desk.looks("newer", tab="Visite")
        await page.set_viewport_size({"width": 1440, "height": 900})
        await page.keyboard.press("F2")
        await desk.person.sees("Mesurer la glycémie")
        assert await page.get_by_role("button", name="Refaire l’oxygène").count() == 0
        await page.keyboard.press("g")
        await booth.until(lambda: [each.kind for each in booth.requests].count("glucometer") == 2)
        await page.get_by_role("button", name="English").click()
        await desk.person.sees("Blood glucose", "Body fat", "Breathing")
        await desk.looks("newer-en", SIZES[0])


SENDING = """(async () => {
  const sent = [], channel = Object.assign(new EventTarget(), {readyState: "open", bufferedAmount: 0,
    send: (data) => sent.push(typeof data === "string" ? JSON.parse(data).k : data.byteLength)});
  const told = [], out = new m.Outgoing((id, how) => told.push(how));
  const turn = () => new Promise((done) => setTimeout(done, 50));
  out.use(channel);
  out.send({id: "f", type: "image/jpeg", octets: new Uint8Array(40_000)});
  await turn();
  out.got({id: "f", octets: 0});
  out.use(channel);
  await turn();
  out.got({id: "f", octets: 16_384});
  await turn();
  const other = Object.assign(new EventTarget(), {...channel});
  out.use(other);
  await turn();
  out.got({id: "f", octets: 32_768});
  await turn();
  out.got({id: "f", octets: 40_000});
  return [sent, told.at(-1)];
})()"""


async def test_a_document_is_announced_once_a_connection_and_goes_on_where_the_other_side_says(page: Page) -> None:
    sent, told = await run(page, "physician/visit/blobs.js", f"await {SENDING}")
    assert sent == ["blob", 16384, 16384, 7232, "blob", 7232]
    assert told == {"octets": 40000}
