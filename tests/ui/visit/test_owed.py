"""What a physician owes: reports that wait, also after a stopped call, while the next patient is taken."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from signalling import messages as m
from signalling.errors import Flaw
from tests.peers.house import House
from tests.peers.patients import PatientAtBooth, Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk
from tests.ui.visit.test_documents import signs
from tests.ui.visit.test_exam import comes_true

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, known=True)


async def talks(desk: PhysicianAtDesk, booth: PatientAtBooth) -> None:
    await desk.page.locator(f'[data-call="{booth.call}"] .take').click()
    await booth.protected()
    await desk.page.wait_for_selector('.screen[data-how="talking"]')


async def test_after_a_stopped_call_the_next_is_taken_and_the_report_is_signed_later(
    browser: Browser, there: House
) -> None:
    async with at_desk(browser, there.running) as desk:
        page = desk.page
        await desk.is_available()
        async with at_booth(there, person=MARCELLE) as first:
            await talks(desk, first)
            await page.get_by_label("Conclusion").fill("Avant l’arrêt")
            await first.link.send(m.Stop(reason=Flaw.DIGITS), call=first.call)
            await desk.person.sees("L’appel n’est pas sûr. Nous l’avons arrêté.")
            await page.get_by_role("button", name="Plus tard, revenir à la file").click()
            await desk.person.sees("Comptes rendus à signer", "M. D., 84 ans", "Personne n’attend.")
        async with at_booth(there, person=MARCELLE) as again:
            await talks(desk, again)
            await again.link.send(m.HangUp(reason="finished"), call=again.call)
            await desk.person.sees("Le patient a raccroché.")
            await desk.looks("reporting-may-wait", SIZES[0])
            await page.get_by_role("button", name="Plus tard, revenir à la file").click()
        await page.locator("[data-owed]").nth(1).wait_for()
        await desk.looks("owed")
        await page.get_by_role("switch").click()
        await page.reload()  # somebody who is not available any more still owes them
        await page.locator("[data-owed]").nth(1).wait_for()
        await page.locator(f'[data-owed="{first.call}"] button').click()
        await comes_true(desk, "document.querySelector('#note-conclusion')?.value === 'Avant l’arrêt'")
        await signs(desk)
        await desk.person.sees("Signé. Le compte rendu est dans le dossier.", "Revenir à la file")
        await page.get_by_role("button", name="Revenir à la file").click()
        await page.locator(f'[data-owed="{first.call}"]').wait_for(state="detached")
        assert await page.locator("[data-owed]").count() == 1
        await page.get_by_role("button", name="English").click()
        await desk.person.sees("Reports to sign", "Write and sign")
