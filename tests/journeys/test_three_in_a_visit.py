"""A visit of three in real browsers: a patient at the kiosk, their physician, an interpreter who came by a link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.peers.attacks import KEPT_ROSTER, LISTENER, OLDER_ROSTERS
from tests.peers.hostile import Attack
from tests.peers.joining import Three, agreed, comes_in, digits, met, plays, relay_of
from tests.peers.kiosk import Visitor
from tests.peers.patience import PATIENCE
from tests.peers.two_pages import SPY, alerts
from tests.peers.visiting import chromium, rises

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

NB: Final = "\u00a0"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def heading(patient: Visitor) -> str:
    return (await patient.page.inner_text("h1")).replace(NB, " ")


async def test_an_interpreter_comes_by_a_link_and_is_heard_by_all(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        patient, page, guest = three.patient, three.physician.page, three.guest.page
        link = await comes_in(three)
        await patient.sees("third-party")
        assert "Amina B" in await heading(patient)
        await patient.looks("third-party")
        await patient.checks("third-party")
        await patient.goes("yes>third-digits")
        theirs = await digits(guest, 'figure[data-part="booth"] .digits')
        assert await digits(patient.page, ".six") == theirs
        await patient.looks("third-digits")
        await patient.checks("third-digits")
        await patient.goes("yes>in-visit")
        await plays(patient.page, ".others video")
        await rises(patient)
        await patient.looks("in-visit-three")
        await patient.checks("in-visit-three")
        assert "Amina B" in await heading(patient)
        assert await digits(page, ".compare .number") == await digits(guest, 'figure[data-part="physician"] .digits')
        await three.physician.looks("company-panel", (1440, 900), (390, 844))
        await page.get_by_role("button", name="Oui, les mêmes").click()
        await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
        await plays(page, ".company video")
        assert "ligne vérifiée" in await page.inner_text(".company figcaption")
        await three.physician.looks("visit-of-three", (1440, 900), (1024, 768), (390, 844), tab="Visite")
        for part in ("booth", "physician"):
            await plays(guest, f'figure[data-part="{part}"] video')
        await three.guest.looks("guest-in")
        await guest.get_by_role("button", name="English").click()
        await three.guest.looks("guest-in-en")
        await used_once(browser, link)
        assert await said_to(three, 1) == [("active", "Amina B.", "interpreter")]
        assert not patient.complaints, patient.complaints


async def said_to(three: Three, count: int) -> list[tuple[str, str, str]]:
    """Return what the record says of who might join: what was said, whom it was about, as what; once it has arrived."""
    running = three.there.running
    url = f"{running.fhir}/Consent?category=urn:teleborne:consent|third-party&_sort=date"
    async with running.program() as program, asyncio.timeout(PATIENCE):
        while True:
            async with program.get(url) as answer:
                found = [each["resource"] for each in (await answer.json(content_type=None)).get("entry", ())]
            if len(found) == count:
                actors = [each["provision"]["actor"][0] for each in found]
                return [
                    (consent["status"], actor["reference"]["display"], actor["role"]["text"])
                    for consent, actor in zip(found, actors, strict=True)
                ]
            await asyncio.sleep(0.1)


async def used_once(browser: Browser, link: str) -> None:
    """A second person with the same link is told so."""
    context = await browser.new_context(locale="fr-FR")
    context.set_default_timeout(PATIENCE * 1000)
    other = await context.new_page()
    await other.goto(link)
    await other.get_by_label("Votre nom").fill("Un autre")
    await other.get_by_role("button", name="Entrer avec le son seulement").click()
    await other.wait_for_selector('main[data-screen="no-link"]')
    await context.close()


async def test_somebody_reloads_somebody_is_taken_out_and_the_visit_goes_on(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        patient, page, guest = three.patient, three.physician.page, three.guest.page
        await comes_in(three, button="Entrer avec le son seulement")
        await patient.goes(">third-party", "yes>third-digits", "yes>in-visit")
        await page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
        await page.wait_for_selector(".company video")
        await page.get_by_text("Son seulement").wait_for()
        await guest.reload()
        for part in ("booth", "physician"):
            await plays(guest, f'figure[data-part="{part}"] video')
        await goes_on_here(three)
        await page.reload()
        await page.wait_for_selector('.screen[data-how="talking"]')
        await page.wait_for_selector(".company video")
        await page.get_by_role("button", name="Inviter", exact=True).click()
        await page.get_by_role("button", name="Faire sortir", exact=True).click()
        await guest.wait_for_selector('main[data-screen="ended"]')
        assert "Le médecin vous a fait sortir." in await guest.inner_text("main")
        await patient.page.wait_for_selector(".others", state="detached")
        await patient.sees("in-visit")
        await rises(patient)
        assert await page.locator(".company").count() == 0
        assert not patient.complaints, patient.complaints


async def goes_on_here(three: Three) -> None:
    """Open the talk in a second window of the guest's: the first says so, and a touch brings it back."""
    guest = three.guest.page
    async with guest.expect_popup() as opening:
        await guest.evaluate("void open(location.href)")
    second = await opening.value
    await guest.get_by_text("La visite est ouverte dans une autre fenêtre.").wait_for()
    await three.guest.looks("guest-elsewhere")
    await guest.set_viewport_size({"width": 390, "height": 844})
    assert await guest.locator("h1").evaluate("(h1) => h1.getBoundingClientRect().left") == 24  # not at the edge
    await guest.get_by_role("button", name="Continuer ici").click()
    await second.get_by_role("button", name="Continuer ici").wait_for()
    await second.close()
    for part in ("booth", "physician"):
        await plays(guest, f'figure[data-part="{part}"] video')


async def test_a_listener_whom_a_relay_adds_to_the_roster_hears_nothing(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        relay = relay_of(three.there, tmp_path)
        relay.attacks(LISTENER)
        guest = three.guest.page
        await relay.between(guest)
        await guest.add_init_script(SPY)
        await comes_in(three)
        await three.patient.goes(">third-party", "yes")
        await guest.wait_for_selector('main[data-screen="ended"]')
        assert "La liaison n’était pas sûre" in await guest.inner_text("main")
        passed = await guest.evaluate("passed")
        assert (passed["attached"], passed["arrived"], passed["said"], passed["heard"]) == (0, 0, [], [])
        await three.patient.sees("in-visit")
        await rises(three.patient)
        ((who, flaw),) = await alerts(three.there.running)
        assert (who.startswith("urn:teleborne:guest:"), flaw) == (True, "roster")


@pytest.mark.parametrize(
    "attack", [OLDER_ROSTERS[0], pytest.param(OLDER_ROSTERS[1], marks=pytest.mark.soak)], ids=lambda each: each.name
)
async def test_whom_an_older_roster_would_bring_back_ends_the_visit(
    browser: Browser, tmp_path: Path, attack: Attack
) -> None:
    async with met(browser, tmp_path, attack) as three:
        page, guest = three.physician.page, three.guest.page
        await comes_in(three, button="Entrer avec le son seulement")
        await three.patient.goes(">third-party", "yes>third-digits", "yes>in-visit")
        await page.get_by_role("button", name="Faire sortir", exact=True).click()
        await guest.wait_for_selector('main[data-screen="ended"]')
        await three.patient.sees("security-stop")
        await three.physician.person.sees("L’appel n’est pas sûr. Nous l’avons arrêté.", "roster")
        await page.get_by_role("button", name="English").click()
        await three.physician.person.sees("The call is not safe. We stopped it.")
        (who, flaw), *_ = await alerts(three.there.running)
        assert (who.startswith("rpps:"), flaw) == (attack.by == "physician", "roster")


_CONNECTED: Final = "peers.filter((each) => each.connectionState === 'connected').length"


async def test_whom_the_physician_takes_out_is_out_though_a_relay_keeps_the_roster_from_the_booth(
    browser: Browser, tmp_path: Path
) -> None:
    async with met(browser, tmp_path, KEPT_ROSTER) as three:
        patient, page, guest = three.patient, three.physician.page, three.guest.page
        await guest.add_init_script(
            "RTCPeerConnection.prototype.close = () => {};"
        )  # nothing ends by the guest's doing
        await comes_in(three)
        await agreed(three)
        await plays(patient.page, ".others video")
        await page.get_by_role("button", name="Faire sortir", exact=True).click()
        await patient.page.wait_for_selector(".others", state="detached")
        assert await patient.page.evaluate(_CONNECTED) == 1
        async with asyncio.timeout(PATIENCE):
            while await guest.evaluate(_CONNECTED) > 0:
                await asyncio.sleep(0.1)
        await patient.sees("in-visit")
        await rises(patient)
        assert await alerts(three.there.running) == []


async def test_without_the_patients_yes_nobody_comes_in(browser: Browser, tmp_path: Path) -> None:
    async with met(browser, tmp_path) as three:
        await comes_in(three)
        await three.patient.goes(">third-party", "no>in-visit")
        await three.guest.page.wait_for_selector('main[data-screen="ended"]')
        assert "Le patient préfère rester seul" in await three.guest.page.inner_text("main")
        await rises(three.patient)
        assert await said_to(three, 1) == [("rejected", "Amina B.", "interpreter")]
