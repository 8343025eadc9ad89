"""A line that does not carry the picture, and one that does not come back: what the page says and offers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser

from booth_client.channels import Frozen, Picture, Rung
from tests.peers.house import House
from tests.peers.patience import PATIENCE
from tests.peers.patients import PatientAtBooth, Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, known=True)


async def talking(desk: PhysicianAtDesk, booth: PatientAtBooth) -> None:
    await desk.is_available()
    await desk.takes()
    await booth.protected()
    await desk.sees_it_move()


async def stands(booth: PatientAtBooth) -> None:
    """See that no picture of the physician's reaches the booth any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            before = booth.pictures
            await asyncio.sleep(1)
            if booth.pictures == before:
                return


async def test_sound_alone_is_chosen_for_both_and_the_picture_comes_back(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        choice = desk.page.get_by_role("button", name="Son seul")
        assert await choice.get_attribute("aria-pressed") == "false"
        await choice.click()
        await desk.person.sees("Son seul, comme vous l’avez choisi.")
        await stands(booth)
        number = await desk.number()
        await desk.looks("sound-alone", tab="Visite")
        assert await desk.number() == number
        sounds = booth.frames
        await booth.until(lambda: booth.frames > sounds + 20)
        await choice.click()
        await desk.page.wait_for_selector(".screen .veil", state="detached")
        await desk.sees_it_move(after=number or 0)
        pictures = booth.pictures
        await booth.until(lambda: booth.pictures > pictures + 5)


async def test_sound_alone_outlives_a_new_connection(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        await desk.page.get_by_role("button", name="Son seul").click()
        await stands(booth)
        await booth.killed()
        await booth.starts()
        await booth.protected(generation=2)
        await desk.person.sees("Son seul, comme vous l’avez choisi.")
        await stands(booth)


async def test_what_the_booth_says_of_its_line_is_said_in_words(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        booth.av._try(Picture(sends=Rung.SOUND, wants=Rung.FULL))
        await desk.person.sees("L’image est coupée. Le son continue.")
        await desk.looks("sound-only", tab="Visite")
        booth.av._try(Picture(sends=Rung.SMALL, wants=Rung.FULL))
        await desk.page.wait_for_selector(".screen .veil", state="detached")
        for _ in range(7):
            booth.av._try(Frozen())
            await asyncio.sleep(0.8)
        await desk.person.sees("La liaison est lente : votre image est plus petite.")
        await desk.page.get_by_role("button", name="English").click()
        await desk.person.sees("The line is slow: your picture is smaller.")
        await desk.looks("own-small-en", *SIZES[:2], tab="Visit")


async def test_after_a_minute_without_a_connection_there_is_a_telephone_and_a_list(
    browser: Browser, there: House
) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await talking(desk, booth)
        await booth.killed()
        await desk.person.sees("La borne ne répond plus. On attend son retour.")
        assert await desk.page.locator(".telephone").count() == 0
        await asyncio.sleep(7)  # its connection is given up; only then may the page's clock be a minute later
        await desk.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(seconds=61))
        await desk.person.sees("Pas de liaison depuis une minute. Appelez le lieu :")
        assert await desk.page.locator(".telephone a").get_attribute("href") == "tel:0327000003"
        await desk.looks("telephone", tab="Visite")
        await desk.page.get_by_role("button", name="Mettre à rappeler").click()
        await desk.person.sees("Le patient est dans « À rappeler ». Vous l’avez pris.")
        await desk.page.get_by_role("button", name="English").click()
        await desk.person.sees("No connection for a minute. Call the place:")
        await desk.looks("telephone-en", *SIZES[:2], tab="Visit")
        url = f"{there.running.url}/fhir/R4/Task?code=call-back&encounter=Encounter/{booth.call}"
        async with there.running.person("claire") as claire, claire.get(url) as answer:
            (task,) = [entry["resource"] for entry in (await answer.json(content_type=None))["entry"]]
        assert (task["status"], task["owner"]["display"]) == ("accepted", "Dr Claire Martin")
        assert task["input"][0]["valueContactPoint"]["value"] == "03 27 00 00 03"
        await booth.starts()
