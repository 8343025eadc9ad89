"""The desk in other circumstances: keyboard alone, somebody unknown, no camera, the dark, the reader's own colours."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.peers.patients import House, Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk
from tests.ui.test_keyboard import tab_to

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(120)]

MARCELLE = Somebody(initials="M. D.", age=84, known=True)
NO_CAMERA = """navigator.mediaDevices.getUserMedia = async (wanted) => {
  throw new DOMException("no", wanted.video ? "NotAllowedError" : "NotFoundError"); };"""


async def test_a_visit_by_keyboard_alone(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        page, person = desk.page, desk.person
        await tab_to(person, "Je suis disponible")
        await page.keyboard.press("Space")
        await page.wait_for_selector(".take")
        await tab_to(person, "Prendre")
        await page.keyboard.press("Enter")
        await page.wait_for_selector('.screen[data-how="talking"]', timeout=25_000)
        assert await page.evaluate("document.activeElement.tagName") == "H1"
        await tab_to(person, "Vérifié")
        await page.keyboard.press("Enter")
        await person.sees("Qui est dans l’appel")
        await page.keyboard.press("Escape")
        await page.wait_for_selector("dialog", state="detached")
        assert "Vérifié" in await page.evaluate("document.activeElement.textContent")
        await page.keyboard.press("F2")
        await page.keyboard.press("o")
        await person.sees("Reçu")
        assert [request.kind for request in booth.requests] == ["oximeter"]
        await page.keyboard.press("F2")
        await page.keyboard.press("n")
        await page.wait_for_selector("#note-reason:focus")
        await page.keyboard.type(" nf8Tm")  # letters are text, and nothing else
        assert await page.get_by_label("Motif").input_value() == "Toux nf8Tm"
        await page.keyboard.press("F8")
        await person.sees("Micro coupé")
        assert await page.evaluate("document.activeElement.id") == "note-reason"
        await page.keyboard.press("Escape")  # never hangs up
        await tab_to(person, "Signer")
        await tab_to(person, "Raccrocher")
        await page.keyboard.press("Enter")
        await person.sees("L’appel s’arrête des deux côtés.")
        assert await page.evaluate("document.activeElement.textContent") == "Rester"
        await page.keyboard.press("Escape")
        await page.wait_for_selector("dialog", state="detached")
        await desk.sees_it_move()
        await tab_to(person, "Raccrocher")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await person.sees("L’appel est fini", "Écrivez le compte rendu, puis signez.")
        await desk.looks("reporting", tab="Visite")


async def test_a_reload_after_the_call_still_owes_the_report(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=Somebody(reason="Dos")) as booth:
        await desk.is_available()
        await desk.takes()
        await booth.protected()
        await desk.person.sees("Patient de", within="h1")
        await desk.page.get_by_role("button", name="Raccrocher").click()
        await desk.page.locator("dialog").get_by_role("button", name="Raccrocher").click()
        await desk.person.sees("L’appel est fini")
        await desk.page.reload()
        await desk.person.sees("L’appel est fini", "Écrivez le compte rendu, puis signez.")
        assert await desk.page.get_by_label("Motif").input_value() == "Dos"
        await prescribes_to_somebody_unknown(desk)


async def prescribes_to_somebody_unknown(desk: PhysicianAtDesk) -> None:
    """An ordonnance names the patient, whom the record does not know."""
    page = desk.page
    await desk.person.sees("Identité provisoire")
    await page.get_by_role("button", name="Ajouter un médicament").click()
    await desk.person.sees("Pour qui est l’ordonnance")
    await page.get_by_role("button", name="Signer…").click()
    await desk.person.sees("avant de signer")
    await desk.looks("unknown", tab="Note")
    await page.get_by_role("button", name="Retirer le médicament 1").click()
    texts = {
        "Antécédents et allergies": "Aucun",
        "Examen": "Conscient",
        "Conclusion": "Lombalgie",
        "Conduite à tenir": "Repos",
    }
    for label, text in texts.items():
        await page.get_by_label(label, exact=True).fill(text)
    for offer in ("Le patient seul", "Le patient ne peut pas se déplacer", "Pas d’examen par contact", "Aucun"):
        await page.get_by_role("button", name=offer, exact=offer == "Aucun").click()
    await page.get_by_role("button", name="Signer…").click()
    await page.get_by_role("button", name="Revenir à la note").click()
    await page.wait_for_selector("dialog", state="detached")
    await page.get_by_role("button", name="Signer…").click()
    await page.get_by_role("button", name="Signer et envoyer").click()
    await desk.person.sees("C’est signé et envoyé", "Envoyé à la borne")


async def test_without_a_camera_the_visit_goes_on_and_says_so(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await desk.page.add_init_script(NO_CAMERA)
        await desk.page.reload()
        await desk.is_available()
        await desk.takes()
        await booth.protected()
        await desk.sees_it_move()
        await desk.person.sees("Le navigateur bloque votre caméra.", "Pas de micro", "Pas de caméra")
        await desk.looks("no-camera", tab="Visite")
        assert booth.frames == 0


@pytest.mark.parametrize("how", ["dark", "forced"])
async def test_a_visit_in_the_dark_and_in_the_readers_own_colours(browser: Browser, there: House, how: str) -> None:
    context = {"color_scheme": "dark"} if how == "dark" else {"forced_colors": "active"}
    async with at_desk(browser, there.running, **context) as desk, at_booth(there, person=MARCELLE) as booth:
        await desk.is_available()
        await desk.person.sees("M. D., 84 ans")
        await desk.looks(f"queue-{how}", SIZES[0])
        await desk.takes()
        await booth.protected()
        await desk.sees_it_move()
        await desk.looks(f"talking-{how}", *SIZES[::2], tab="Visite")
        await desk.page.get_by_role("button", name="Vérifié : borne Mairie").click()
        await desk.looks(f"security-{how}", SIZES[0])
        await desk.page.get_by_role("button", name="Fermer").click()


async def test_a_visit_on_a_small_screen_and_with_large_letters_is_whole(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await desk.is_available()
        await desk.takes()
        await booth.protected()
        await desk.looks("small", (320, 640), tab="Visite")
        await desk.looks("small-note", (320, 640), tab="Note")
        await desk.looks("zoomed", (720, 450))


async def test_without_a_certified_number_the_desk_says_why(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk:
        desk.person.expected = ("Failed to load resource",)
        await desk.page.route("**/credential", lambda route: route.fulfill(status=503, body=""))
        await desk.page.get_by_role("switch").click()
        await desk.person.sees("Le serveur ne répond pas.")
        assert await desk.page.get_by_role("switch").get_attribute("aria-checked") == "false"
        await desk.looks("unable", SIZES[0])
        await desk.page.unroute("**/credential")
        await desk.is_available()
