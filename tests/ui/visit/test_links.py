"""A link for somebody who is to join: what the physician reads when nobody follows it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from tests.peers.house import House
from tests.peers.patients import Somebody, at_booth
from tests.peers.visit_reader import SIZES, at_desk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


async def test_a_link_that_nobody_followed_in_time_is_said_to_have_expired_and_is_made_anew(
    browser: Browser, there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signalling.company.INVITATION_LIFE", timedelta(seconds=1))
    async with at_desk(browser, there.running) as desk, at_booth(there, person=Somebody(initials="M. D.")) as booth:
        page = desk.page
        await desk.is_available()
        await desk.takes()
        await booth.protected()
        await page.get_by_role("button", name="Inviter", exact=True).click()
        await page.get_by_role("dialog").get_by_role("button", name="Interprète", exact=True).click()
        await page.locator("input.link").wait_for()
        await desk.person.sees("Lien expiré : personne n’est venu en 30 minutes.")
        assert await page.locator("input.link").count() == 0
        await desk.looks("link-expired")
        monkeypatch.undo()
        await page.get_by_role("button", name="Nouveau lien").click()
        await page.locator("input.link").wait_for()
        await page.get_by_text("Lien expiré").wait_for(state="detached")
        assert await page.locator(".asked .one").count() == 1
        await page.get_by_role("button", name="Annuler l’invitation").click()
        await page.locator(".asked .one").wait_for(state="detached")
        await desk.looks("link-gone", SIZES[0])
