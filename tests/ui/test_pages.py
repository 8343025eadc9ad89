"""Every state of every page, looked at: in two sizes, by axe, in both languages, in the dark and in forced colours."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

from tests.peers.reader import Reader, reader
from tests.peers.running import Running, running_gateway

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


async def unreachable(route: Route) -> None:
    await route.abort()


async def busy(route: Route) -> None:
    await route.fulfill(status=503, body="")


async def test_the_three_doors(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.opens("/")
        await person.sees("Ouvrir la borne de démonstration", "Mon carnet", "Espace médecin", "inventées")
        await person.looks("doors")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("Open the demonstration booth", "For physicians")
        assert await person.page.get_attribute("html", "lang") == "en"
        await person.looks("doors-en")
        await person.opens("/carnet/")
        await person.sees("Enter your notebook")  # the language stays


async def test_the_doors_are_whole_without_an_answer_from_the_server(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        person.expected = ("Failed to load resource",)
        await person.page.route("**/session", unreachable)
        await person.opens("/")
        await person.sees("La borne", "À la mairie ou à la pharmacie")
        await person.looks("doors-alone")


async def test_the_physicians_states(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.opens("/medecin/")
        await person.looks("physician-sign-in")
        await person.signs_in("claire")
        await person.sees("132/81", "72,40", "37,2", "En direct", "Tensiomètre n° 2")
        await person.looks("physician-record")
        await person.page.get_by_text("Voir les chiffres").click()
        await person.looks("physician-figures")
        await person.page.get_by_role("button", name="Pharmacie de Bertry").first.click()
        await person.sees("Mouvement", "Brassard lâche", "L’appareil n’a pas pu lire.", "—")
        await person.looks("physician-remarks")
        await person.page.get_by_role("button", name="Marcelle Dubois").click()
        await person.page.get_by_role("button", name="Poids").click()
        await person.sees("84 ans", "30 mesures sur 30 jours")
        await person.looks("physician-trend")
        await person.page.get_by_role("button", name="Tension 1").click()
        await person.page.get_by_role("button", name="1 an", exact=True).click()
        await person.sees("32 mesures sur 1 an")
        await person.looks("physician-year")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("32 readings in 1 year", "Latest readings", within="body")
        await person.looks("physician-en")


async def test_the_physicians_list_on_a_phone(browser: Browser, village: Running) -> None:
    async with reader(browser, village, viewport={"width": 390, "height": 844}) as person:
        await person.signs_in("claire")
        await person.sees("Patients récents", "Marcelle Dubois", "Identité provisoire", "Mairie de Caudry")
        assert await person.reads("h1") == "File d’attente"
        await person.looks("physician-list")
        await person.page.set_viewport_size({"width": 390, "height": 844})
        await person.page.get_by_role("button", name="Marcelle Dubois").click()
        await person.sees("Dernières mesures")
        assert await person.page.evaluate("document.activeElement.textContent") == "Marcelle Dubois"
        await person.page.get_by_role("button", name="Tous les patients").click()
        await person.sees("Patients récents")


async def test_the_page_of_somebody_else_says_so(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        await person.opens("/medecin/")
        await person.sees("Vous êtes connecté comme Marcelle Dubois", "Entrer comme Dr Claire Martin")
        await person.looks("physician-somebody-else")


@pytest.mark.parametrize(("path", "who"), [("/medecin/", "claire"), ("/carnet/", "marcelle")])
async def test_a_page_that_cannot_open_says_what_is_safe_and_what_to_do(
    browser: Browser, village: Running, path: str, who: str
) -> None:
    async with reader(browser, village) as person:
        person.expected = ("Failed to load resource",)
        await person.page.route("**/fhir/R4/**", unreachable)
        await person.page.goto(f"{village.url}/demo/sign-in?person={who}")
        await person.sees("La page n’a pas pu s’ouvrir", "Les mesures sont en sécurité")
        await person.looks(f"{path.strip('/')}-failed-offline")
        await person.page.unroute("**/fhir/R4/**")
        await person.page.route("**/fhir/R4/**", busy)
        await person.page.get_by_role("button", name="Réessayer").click()
        await person.sees("Le serveur est occupé")
        await person.looks(f"{path.strip('/')}-failed-busy")
        await person.page.unroute("**/fhir/R4/**")
        await person.page.get_by_role("button", name="Réessayer").click()
        await person.page.wait_for_selector(".tile")


async def test_while_opening_the_page_says_so(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        held: list[Route] = []

        async def hold(route: Route) -> None:
            held.append(route)

        await person.page.route("**/session", hold)
        await person.page.goto(f"{village.url}/carnet/")
        await person.sees("On ouvre la page…")
        await person.looks("opening")
        await held[0].continue_()
        await person.sees("Entrez dans votre carnet")


@pytest.mark.parametrize(("path", "who"), [("/medecin/", "claire"), ("/carnet/", "marcelle")])
async def test_a_lost_link_is_said_in_words(browser: Browser, village: Running, path: str, who: str) -> None:
    async with reader(browser, village) as person:
        person.expected = ("Failed to load resource",)
        await person.page.route("**/live**", unreachable)
        await person.signs_in(who)
        await person.sees("Liaison coupée depuis", "On réessaie")
        await person.looks(f"{path.strip('/')}-link-lost")


async def test_the_citizens_states(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.opens("/carnet/")
        await person.looks("citizen-sign-in")
        await person.signs_in("marcelle")
        await person.sees("Bonjour Marcelle", "Balance n° 4", "En direct", "appelez le 15 ou le 112")
        await person.looks("citizen-home")
        await person.page.get_by_role("link", name="Mesures").click()
        await person.sees("Vos mesures", "7 jours")
        for kind in ("Tension", "Pouls", "Oxygène", "Température", "Poids"):
            await person.page.get_by_role("button", name=kind, exact=True).click()
            await person.sees(f"{kind} :")
        await person.page.get_by_role("button", name="30 jours").click()
        await person.sees("30 mesures sur 30 jours, de 68,19 à 68,86")
        await person.looks("citizen-trend")
        await person.page.get_by_role("button", name="Pouls", exact=True).click()
        await person.sees("Pouls : aucune mesure")
        await person.looks("citizen-trend-none")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("Pulse: no reading")
        await person.looks("citizen-en")


async def scanned(person: Reader, picture: Path) -> str:
    """Return what a real reader of codes finds in the one on the page."""
    await person.page.locator(".code svg").screenshot(path=picture)
    command = ["zbarimg", "-q", "--raw", str(picture)]
    read = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True, timeout=20)
    return read.stdout.strip()


async def test_the_citizens_code_for_a_booth(browser: Browser, village: Running, tmp_path: Path) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        async with person.page.expect_response("**/arrival") as made:
            await person.page.get_by_role("button", name="Mon code pour la borne").click()
        code = (await (await made.value).json())["code"]
        await person.sees("Montrez ce code à la borne", "Il vaut jusqu’à", "Votre nom n’est pas dans le code.")
        assert await person.page.evaluate("document.activeElement.tagName") == "H1"
        first = await person.page.locator(".code path").get_attribute("d")
        assert await scanned(person, tmp_path / "code.png") == code
        await person.looks("citizen-code")
        await person.page.get_by_role("button", name="Faire un autre code").click()
        await person.page.wait_for_function(
            "(d) => document.querySelector('.code path')?.getAttribute('d') !== d", arg=first
        )
        await person.page.emulate_media(color_scheme="dark")
        await person.looks("citizen-code-dark")
        await person.page.route("**/arrival", busy)
        person.expected = ("Failed to load resource",)
        await person.page.get_by_role("button", name="Faire un autre code").click()
        await person.sees("Pas de code : le serveur ne répond pas.")
        await person.looks("citizen-code-failed")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("Show this code to the booth")


async def test_a_code_that_ran_out_says_so_and_is_made_anew(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.page.clock.install()
        await person.signs_in("marcelle")
        await person.page.evaluate("location.hash = 'code'")
        await person.sees("Il ne sert qu’une fois.")
        await person.page.clock.fast_forward(6 * 60_000)
        await person.sees("Ce code est trop vieux.")
        assert await person.page.locator(".code path").count() == 0


async def test_an_empty_village_is_said_in_words_too(browser: Browser, tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as running, reader(browser, running) as person:
        await person.signs_in("claire")
        await person.sees("Aucune mesure pour le moment.")
        await person.looks("physician-empty")
        await person.page.get_by_role("button", name="Quitter").click()
        await person.sees("Entrez dans l’espace médecin")
        await person.signs_in("marcelle")
        await person.sees("Votre carnet est vide.")
        await person.looks("citizen-empty")


@pytest.mark.parametrize("how", ["dark", "forced"])
async def test_the_pages_in_the_dark_and_in_the_readers_own_colours(
    browser: Browser, village: Running, how: str
) -> None:
    context = {"color_scheme": "dark"} if how == "dark" else {"forced_colors": "active"}
    async with reader(browser, village, **context) as person:
        await person.opens("/")
        await person.looks(f"doors-{how}")
        await person.signs_in("claire")
        await person.page.wait_for_selector(".tile")
        await person.looks(f"physician-{how}")
        await person.signs_in("marcelle")
        await person.looks(f"citizen-{how}")
        await person.opens("/carnet/#add/blood-pressure")
        await person.page.get_by_role("button", name="Enregistrer").click()
        await person.looks(f"citizen-add-{how}")


async def every_page(person: Reader, name: str) -> None:
    """Check the six places where there is most on the screen."""
    await person.opens("/")
    await person.checks(f"{name} doors")
    await person.signs_in("claire")
    await person.page.wait_for_selector(".patient")
    await person.checks(f"{name} physician")
    await person.page.get_by_role("button", name="Marcelle Dubois").click()
    await person.sees("mesures sur 30 jours")
    await person.page.get_by_text("Voir les chiffres").click()
    await person.checks(f"{name} record")
    await person.signs_in("marcelle")
    await person.checks(f"{name} citizen")
    for place in ("readings/weight", "add", "add/blood-pressure"):
        await person.opens(f"/carnet/#{place}")
        await person.checks(f"{name} {place}")


async def test_nothing_is_lost_at_320_pixels(browser: Browser, village: Running) -> None:
    async with reader(browser, village, viewport={"width": 320, "height": 640}) as person:
        await every_page(person, "320")


async def test_nothing_is_lost_when_everything_is_twice_as_large(browser: Browser, village: Running) -> None:
    # A browser's 200 % zoom is half as many CSS pixels, each twice as large.
    size = {"width": 640, "height": 400}
    async with reader(browser, village, viewport=size, device_scale_factor=2) as person:
        await every_page(person, "200 %")


async def test_nothing_is_lost_with_wider_text(browser: Browser, village: Running) -> None:
    # WCAG 1.4.12; a constructed sheet, since the page's policy allows no inline style.
    async with reader(browser, village) as person:
        await person.page.add_init_script("""addEventListener("DOMContentLoaded", () => {
            const sheet = new CSSStyleSheet();
            const wider = ["line-height: 1.5", "letter-spacing: .12em", "word-spacing: .16em"];
            sheet.replaceSync(`* { ${wider.map((each) => `${each} !important;`).join("")} }`);
            document.adoptedStyleSheets = [sheet]; })""")
        await every_page(person, "spacing")


async def test_nothing_moves_for_who_wants_no_motion(browser: Browser, village: Running) -> None:
    async with reader(browser, village, reduced_motion="reduce") as person:
        await person.opens("/medecin/")
        assert await person.page.evaluate("document.getAnimations().length") == 0
        assert (
            await person.page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") == "0s"
        )
