"""The desk in other circumstances: keyboard alone, somebody unknown, no camera, a small screen, no server."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.peers.house import House
from tests.peers.patients import Somebody, at_booth
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk
from tests.ui.test_keyboard import tab_to

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, known=True)
MEDICINE = (
    ("Médicament ou DCI", "Paracétamol 500 mg"),
    ("Dose", "1 comprimé"),
    ("Fréquence", "3 fois par jour"),
    ("Durée", "5 jours"),
)
NO_CAMERA = """navigator.mediaDevices.getUserMedia = async (wanted) => {
  throw new DOMException("no", wanted.video ? "NotAllowedError" : "NotFoundError"); };"""


async def test_a_visit_by_keyboard_alone(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        page, person = desk.page, desk.person
        await tab_to(person, "Je suis disponible")
        await page.keyboard.press("Space")
        await page.wait_for_selector(".take")
        assert await page.evaluate("document.activeElement.role") == "switch"
        await tab_to(person, "Prendre")
        await page.keyboard.press("Enter")
        await page.wait_for_selector('.screen[data-how="talking"]')
        assert await page.evaluate("document.activeElement.tagName") == "H1"
        await person.sees("Conversation protégée, identité vérifiée : borne Mairie")
        await tab_to(person, "Conversation protégée")
        await page.keyboard.press("Enter")
        await person.sees("Qui est dans l’appel")
        await page.keyboard.press("Escape")
        await page.wait_for_selector("dialog", state="detached")
        assert "identité vérifiée" in await page.evaluate("document.activeElement.textContent")
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
        await desk.sees_it_move()
        await signs_by_keyboard(desk)
        assert [request.what for request in booth.requests] == ["measure", "print"]
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
        await person.sees("C’est signé et envoyé")
        await tab_to(person, "Revenir à la file")
        await page.keyboard.press("Enter")
        await person.sees("Personne n’attend.")


async def signs_by_keyboard(desk: PhysicianAtDesk) -> None:
    """Write what a report needs, sign it, and have it printed."""
    page, person = desk.page, desk.person
    for field in ("history", "examination", "conclusion", "plan"):
        await tab_to_field(desk, f"note-{field}")
        await page.keyboard.type(f"{field} par le clavier")
    await tab_to(person, "Cadre de la visite")
    await page.keyboard.press("Enter")
    for offer in ("Le patient seul", "Le patient ne peut pas se déplacer", "Pas d’examen par contact"):
        await tab_to(person, offer)
        await page.keyboard.press("Space")
    await tab_to(person, "Signer")
    await page.keyboard.press("Enter")
    await person.sees("Ce qui part")
    await tab_to(person, "Signer et envoyer")
    await page.keyboard.press("Enter")
    await person.sees("Signé. Le compte rendu est dans le dossier.")
    await tab_to(person, "Imprimer à la borne")
    await page.keyboard.press("Enter")
    await person.sees("Imprimé 1/1")


async def tab_to_field(desk: PhysicianAtDesk, name: str) -> None:
    """Press Tab until the field of that id has the focus."""
    for _ in range(80):
        await desk.page.keyboard.press("Tab")
        if await desk.page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"{name} cannot be reached with Tab")


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
        await desk.looks("reporting", tab="Visite")
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
    await page.get_by_role("button", name="Ajouter un médicament").click()
    await page.get_by_role("button", name="Retirer le médicament 2").click()
    for label, text in (
        *MEDICINE,
        ("Nom de naissance", "Petit"),
        ("Prénoms", "Louis"),
        ("Date de naissance", "1951-07-14"),
    ):
        await page.locator("form.note").get_by_label(label, exact=True).fill(text)
    await page.get_by_label("Sexe").select_option("male")
    await desk.person.sees("Enregistré à")
    await page.reload()
    await desk.person.sees("Pour qui est l’ordonnance")
    assert await page.get_by_label("Sexe").input_value() == "male"
    assert await page.get_by_label("Prénoms").input_value() == "Louis"
    texts = {
        "Antécédents et allergies": "Aucun",
        "Examen": "Conscient",
        "Conclusion": "Lombalgie",
        "Conduite à tenir": "Repos",
    }
    for label, text in texts.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_text("Cadre de la visite").click()
    for offer in ("Le patient seul", "Le patient ne peut pas se déplacer", "Pas d’examen par contact", "Aucun"):
        await page.get_by_role("button", name=offer, exact=offer == "Aucun").click()
    await page.get_by_role("button", name="Signer…").click()
    await page.get_by_role("button", name="Revenir à la note").click()
    await page.wait_for_selector("dialog", state="detached")
    await page.get_by_role("button", name="Signer…").click()
    await page.get_by_role("button", name="Signer et envoyer").click()
    await desk.person.sees("C’est signé et envoyé", "Envoyé à la borne")
    assert await page.get_by_role("link", name="Ordonnance").count() == 1


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


async def test_a_visit_on_a_small_screen_and_with_large_letters_is_whole(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await desk.is_available()
        await desk.takes()
        await booth.protected()
        await desk.looks("small", (320, 640), tab="Visite")
        await desk.looks("small-note", (320, 640), tab="Note")
        await desk.looks("zoomed", (720, 450))
        await desk.page.set_viewport_size({"width": 1024, "height": 600})
        await desk.page.get_by_role("button", name="Refaire Poids").scroll_into_view_if_needed()
        await desk.looks("low", (1024, 600))
        shown = await desk.page.locator(".vital").last.bounding_box()
        assert shown is not None
        assert shown["y"] + shown["height"] <= 600


async def test_a_desk_that_cannot_be_loaded_says_what_to_do(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk:
        desk.person.expected = ("Failed to load resource",)
        await desk.page.route("**/physician/visit/app.js", lambda route: route.abort())
        await desk.page.get_by_role("switch").click()
        await desk.person.sees("Le serveur ne répond pas. Vérifiez le réseau, puis rechargez la page.")
        assert await desk.page.get_by_role("switch").get_attribute("aria-checked") == "false"
        await desk.looks("unloaded", SIZES[0])
        await desk.page.unroute("**/physician/visit/app.js")
        await desk.page.reload()
        await desk.is_available()


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
