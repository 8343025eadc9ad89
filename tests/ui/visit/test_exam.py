"""The physician examines somebody from the page: what is asked, heard, seen, written, and put into the record."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser

from booth_client.channels import Progress, Request
from booth_client.words import Exam
from tests.peers.house import House
from tests.peers.patience import PATIENCE
from tests.peers.patients import PatientAtBooth, Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, known=True)


async def talks(desk: PhysicianAtDesk, booth: PatientAtBooth) -> None:
    await desk.is_available()
    await desk.takes()
    await booth.protected()
    booth.answers = (Progress.ASKED,)
    await desk.page.wait_for_selector(".exam")


async def comes_true(desk: PhysicianAtDesk, expression: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await desk.page.evaluate(expression):
            await asyncio.sleep(0.05)


async def asked(booth: PatientAtBooth, what: str) -> Request:
    """Wait until the booth was asked for *what*, and return the newest such request."""
    await booth.until(lambda: any(each.what == what for each in booth.requests))
    return next(each for each in reversed(booth.requests) if each.what == what)


async def test_a_heart_is_heard_through_the_chosen_filter_while_the_booth_says_so(
    browser: Browser, there: House
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        page = desk.page
        await page.get_by_role("button", name="Stéthoscope").click()
        await desk.person.sees("Touchez un point")
        await page.get_by_role("button", name="Cœur, foyer mitral").click()
        request = await asked(booth, "listen")
        assert request.spot == "heart-mitral"
        await desk.person.sees("Demandé")
        booth.answer(request, Progress.DOING)
        booth.instruments.use(Exam.LISTEN)
        await desk.person.sees("le patient ne vous entend pas")
        await page.get_by_role("button", name="Cloche").click()
        await comes_true(desk, "document.querySelector('meter.level')?.value > 0.02")
        await desk.looks("stethoscope", tab="Visite")
        await page.set_viewport_size({"width": 1440, "height": 900})
        await page.get_by_role("button", name="English").click()
        await desk.person.sees("the patient does not hear you")
        await desk.looks("stethoscope-en", SIZES[0])
        await page.get_by_role("button", name="Français").click()
        await page.locator(".stop-exam").click()
        assert (await asked(booth, "stop")).of == request.id
        booth.answer(request, Progress.DONE)
        await page.wait_for_selector("meter.level", state="detached")


async def test_a_still_is_frozen_captioned_and_in_the_record_when_it_is_said_to_be(
    browser: Browser, there: House
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        page = desk.page
        await page.get_by_role("button", name="Caméra d’examen").click()
        request = await asked(booth, "camera")
        booth.answer(request, Progress.DOING)
        booth.instruments.use(Exam.CAMERA)
        await comes_true(desk, "document.querySelector('video.near')?.videoWidth === 640")
        await desk.looks("exam-camera", SIZES[0])
        await page.get_by_role("button", name="Figer et prendre l’image").click()
        await booth.sends_a_still(await asked(booth, "still"))
        await page.wait_for_selector("canvas.near")
        assert await page.evaluate("[...document.querySelectorAll('canvas.near')].map((c) => [c.width, c.height])") == [
            [1600, 1200]
        ]
        await desk.person.sees("1600", "1200", "Pas encore au dossier")
        await page.get_by_label("Légende").fill("Grain de beauté, avant-bras")
        await page.get_by_role("button", name="Joindre au dossier").click()
        await desk.person.sees("Dans le dossier")
        await desk.looks("still", tab="Visite")
        await page.set_viewport_size({"width": 1440, "height": 900})
        assert "Grain de beauté, avant-bras" in await page.locator("#note-examination").input_value()
        async with there.running.person("claire") as claire:
            query = f"DocumentReference?encounter=Encounter/{booth.call}"
            async with claire.get(f"{there.running.url}/fhir/R4/{query}") as answer:
                (entry,) = (await answer.json(content_type=None))["entry"]
        assert entry["resource"]["description"] == "Grain de beauté, avant-bras"
        assert entry["resource"]["content"][0]["attachment"]["contentType"] == "image/jpeg"


async def test_what_is_written_large_is_answered_and_gone_after_the_visit(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        page = desk.page
        await page.get_by_role("button", name="Écrire en grand").click()
        await page.get_by_label("Texte à montrer en grand").fill("Avez-vous mal ?")
        await page.get_by_role("button", name="Afficher à la borne").click()
        request = await asked(booth, "write")
        assert request.text == "Avez-vous mal ?"
        booth.answer(request, Progress.DONE, reply="no")
        await desk.person.sees("Le patient répond : non")
        await desk.looks("written", tab="Visite")
        await page.set_viewport_size({"width": 1440, "height": 900})
        await page.get_by_role("button", name="Couper le haut-parleur").click()
        assert (await asked(booth, "quiet")).on is True
        await desk.person.sees("Haut-parleur coupé")
        kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert "mal" not in kept


async def test_a_request_is_said_again_on_a_new_connection_and_done_once(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talks(desk, booth)
        page = desk.page
        await page.get_by_role("button", name="Refaire Tension").click()
        first = await asked(booth, "measure")
        assert not first.again
        booth.loses()
        await booth.until(lambda: any(each.again for each in booth.requests))
        assert [each.id for each in booth.requests] == [first.id, first.id]
        booth.answer(first, Progress.DONE)
        await desk.person.sees("Reçu")
