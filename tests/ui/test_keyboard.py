"""Both journeys with the keyboard alone, the focus always visible and where one expects it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.peers.reader import Reader, reader
from tests.peers.running import Running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

FOCUS = """() => {
  const e = document.activeElement;
  const r = e.getBoundingClientRect();
  const ringed = [undefined, "::after"].some((part) => getComputedStyle(e, part).outlineStyle !== "none");
  const bar = document.querySelector(".tabs");
  const fixed = bar && getComputedStyle(bar).position === "fixed" && !bar.contains(e);
  const hidden = fixed && r.bottom > bar.getBoundingClientRect().top;
  const text = (e.labels?.[0] ?? e).textContent.trim().replace(/\\s+/g, " ");
  return { text, ringed, seen: r.bottom > 0 && r.top < innerHeight && !hidden };
}"""


async def tab_to(person: Reader, text: str) -> None:
    """Press Tab until what has the focus says *text*; each stop must show where one is."""
    for _ in range(60):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("document.activeElement === document.body"):
            continue  # round the end, through the browser's own bar
        focus = await person.page.evaluate(FOCUS)
        assert focus["ringed"], focus
        assert focus["seen"], focus
        if focus["text"].startswith(text):
            return
    raise AssertionError(f"Tab never comes to {text!r}")


async def test_the_physicians_page_by_keyboard_alone(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.opens("/")
        await tab_to(person, "Espace médecin")
        await person.page.keyboard.press("Enter")
        await person.sees("Entrez dans l’espace médecin")
        await tab_to(person, "Entrer comme Dr Claire Martin")
        await person.page.keyboard.press("Enter")
        await person.page.wait_for_selector(".tile")
        await tab_to(person, "Marcelle Dubois")
        await person.page.keyboard.press("Enter")
        await person.sees("Marcelle Dubois", within="h1")
        assert await person.page.evaluate("document.activeElement.tagName") == "H1"
        await tab_to(person, "Poids")
        await person.page.keyboard.press("Space")
        await person.sees("Évolution : Poids")
        await tab_to(person, "1 an")
        await person.page.keyboard.press("Enter")
        await person.sees("sur 1 an")
        await tab_to(person, "Voir les chiffres")
        await person.page.keyboard.press("Enter")
        await person.page.wait_for_selector("table", state="visible")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["computer", "phone"])
async def test_the_notebook_by_keyboard_alone(browser: Browser, village: Running, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    async with reader(browser, village, viewport=viewport) as person:
        await person.opens("/carnet/")
        await tab_to(person, "Entrer comme Marcelle Dubois")
        await person.page.keyboard.press("Enter")
        await person.sees("Bonjour Marcelle")
        await tab_to(person, "Ajouter une mesure")
        await person.page.keyboard.press("Enter")
        await person.sees("Choisissez la mesure")
        await tab_to(person, "Tension")
        await person.page.keyboard.press("Enter")
        await person.sees("Notez votre tension")
        await tab_to(person, "Grand chiffre")
        await person.page.keyboard.type("131")
        await tab_to(person, "Petit chiffre")
        await person.page.keyboard.type("82")
        await tab_to(person, "Enregistrer")
        await person.page.keyboard.press("Enter")
        await person.sees("C’est enregistré")
        await tab_to(person, "Revenir à l’accueil")
        await person.page.keyboard.press("Enter")
        await person.sees("Bonjour Marcelle")
        await tab_to(person, "Quitter")
        await person.page.keyboard.press("Enter")
        await person.sees("Entrez dans votre carnet")


async def test_enter_in_a_field_saves_and_the_skip_link_leads_to_the_content(
    browser: Browser, village: Running
) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        await person.page.keyboard.press("Tab")
        assert (await person.page.evaluate(FOCUS))["text"] == "Aller au contenu"
        await person.page.keyboard.press("Enter")
        assert await person.page.evaluate("document.activeElement.id") == "content"
        await person.opens("/carnet/#add/pulse")
        await person.page.fill("#part-0", "72")
        await person.page.press("#part-0", "Enter")
        await person.sees("C’est enregistré")
