"""The list « À rappeler » in the physician's page: it appears when a booth asks, is taken, closed, and looks right."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Route

from gateway.care.call_back import Because, CallBack
from gateway.fhir.encounter import booth_encounter
from gateway.fhir.patient import provisional_patient
from gateway.fhir.task import call_back_id, call_back_task
from tests.peers.reader import Reader, reader
from tests.peers.running import PATIENT, Running
from tests.peers.village import send

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


async def asked(running: Running, number: int, *, phone: str | None, patient: str | None = None) -> str:
    """Let a booth say that somebody is to be called back; return the Task's id."""
    encounter, now = str(uuid.UUID(int=0x9000 + number)), datetime.now(UTC)
    who = patient or str(uuid.UUID(int=0x8000 + number))
    wanted = CallBack(
        id=call_back_id(encounter),
        patient=who,
        encounter=encounter,
        asked=now - timedelta(minutes=4 * number),
        changed=now,
        because=Because.CUT if phone else Because.OFFLINE,
        phone=phone,
        place="Mairie de Caudry",
        place_phone="03 27 00 00 03",
    )
    visit = booth_encounter(
        id=encounter,
        patient=f"Patient/{who}",
        status="in-progress",
        start=now - timedelta(minutes=20),
        location="Mairie de Caudry",
        phone="03 27 00 00 03",
    )
    person = [] if patient else [provisional_patient(id=who)]
    async with running.booth() as booth:
        await send(booth, running, [*person, visit, call_back_task(wanted)])
    return wanted.id


async def pressed(person: Reader, name: str) -> None:
    await person.page.get_by_role("button", name=name).first.click()


async def test_whom_a_booth_wants_called_back_appears_is_taken_and_closed(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("claire")
        await person.page.wait_for_selector(".tile")
        assert await person.page.locator(".calls").count() == 0
        task = await asked(village, 1, phone="06 12 34 56 78", patient=PATIENT)
        await asked(village, 2, phone=None)
        await person.sees("À rappeler", "L’appel a été coupé.", "n’a pas laissé de numéro", within=".calls")
        card = person.page.locator(f'[data-call="{task}"]')
        assert "Marcelle Dubois" in await card.inner_text()
        assert await card.locator("a.dial").first.get_attribute("href") == "tel:0612345678"
        await person.page.evaluate("location.hash = ''")
        await person.looks("calls")
        await pressed(person, "Prendre Marcelle Dubois")
        await person.sees("Vous l’avez pris.", "Ce rappel est à vous.", within=".calls")
        await pressed(person, "Clore… Marcelle Dubois")
        await person.sees("Comment cela s’est-il fini ?", within=".calls")
        await person.looks("calls-closing")
        await pressed(person, "English")
        await person.sees("How did it end?", within=".calls")
        await person.looks("calls-closing-en")
        await pressed(person, "Français")
        await pressed(person, "Pas de réponse")
        await person.sees("Ce rappel est clos.", within=".calls")
        assert await card.count() == 0
        assert await person.page.evaluate("document.activeElement.id") == "calls"


async def test_what_another_has_taken_is_said_and_may_be_taken_over(browser: Browser, village: Running) -> None:
    task = await asked(village, 3, phone="06 98 76 54 32")
    async with reader(browser, village) as person, village.person("roy") as roy:
        await person.signs_in("claire")
        card = person.page.locator(f'[data-call="{task}"]')
        await card.wait_for()

        async def of_roy(act: str, version: str) -> int:
            async with roy.post(f"{village.url}/call-backs/{task}/{act}", json={"version": version}) as answer:
                return answer.status

        assert await of_roy("take", "1") == 200
        await card.get_by_text("Pris par Dr Paul Roy.").wait_for()
        await card.get_by_role("button", name="Reprendre").click()
        await card.get_by_text("Vous l’avez pris.").wait_for()
        assert await of_roy("give-back", "3") == 403
        await card.get_by_role("button", name="Rendre à la liste").click()
        await card.get_by_role("button", name="Prendre").wait_for()


async def test_an_answer_that_comes_late_does_not_take_the_next_one_off_the_list(
    browser: Browser, village: Running
) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("claire")
        await person.page.wait_for_selector(".tile")
        late, came = asyncio.Event(), asyncio.Event()

        async def holds(route: Route) -> None:
            """Keep the first answer back, as a slow line would."""
            answer = await route.fetch()
            if not came.is_set():
                came.set()
                await late.wait()
            await route.fulfill(response=answer)

        await person.page.route("**/fhir/R4/Task?*", holds)
        first = await asked(village, 5, phone="06 00 00 00 05")
        await came.wait()
        next_one = await asked(village, 6, phone="06 00 00 00 06")
        await asyncio.sleep(0.5)  # what is asked meanwhile would have its answer by now
        late.set()
        await asyncio.sleep(0.5)  # and what stood on the list for a moment would have gone
        for task in (first, next_one):
            await person.page.locator(f'[data-call="{task}"]').wait_for()


async def test_a_reload_and_the_keyboard_lose_nothing(browser: Browser, village: Running) -> None:
    task = await asked(village, 4, phone="06 00 00 00 04")
    async with reader(browser, village) as person:
        await person.signs_in("claire")
        button = person.page.locator(f'[data-call="{task}"] button').first
        await button.focus()
        await person.page.keyboard.press("Enter")
        await person.page.locator(f'[data-call="{task}"]').get_by_text("Vous l’avez pris.").wait_for()
        assert await button.evaluate("(it) => it === document.activeElement")
        await person.page.reload()
        await person.page.locator(f'[data-call="{task}"]').get_by_text("Vous l’avez pris.").wait_for()
