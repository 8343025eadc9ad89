"""A citizen writes a reading by hand: checked, asked again, sent once, and called saved only when it is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Route

from gateway.fhir.json import loads
from tests.peers.reader import Reader, reader
from tests.peers.running import PATIENT, Running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

SAVE = "Enregistrer"


async def kept(village: Running, code: str, value: str) -> list[dict[str, Any]]:
    """Return the Observations by hand of this measure whose number has exactly these digits."""
    url = f"{village.fhir}/Observation?patient=Patient/{PATIENT}&code=http://loinc.org|{code}&_count=200"
    async with village.person("claire") as session, session.get(url) as answer:
        bundle = loads(await answer.read())
    found = [entry["resource"] for entry in bundle.get("entry", [])]
    return [
        one
        for one in found
        if "device" not in one
        and value in [str(part["valueQuantity"]["value"]) for part in one.get("component", [one])]
    ]


async def write(person: Reader, kind: str, *typed: str) -> None:
    await person.opens(f"/carnet/#add/{kind}")
    for at, text in enumerate(typed):
        await person.page.fill(f"#part-{at}", text)
    await person.page.get_by_role("button", name=SAVE).click()


async def test_a_citizen_adds_a_reading_and_sees_it_in_the_trend(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        await person.page.get_by_role("button", name="Ajouter une mesure").click()
        await person.sees("Choisissez la mesure")
        await person.looks("citizen-choose")
        await person.page.get_by_role("button", name="Température").click()
        await person.sees("Notez votre température")
        await person.looks("citizen-add")
        await person.page.get_by_label("Température").fill("37,20")
        await person.page.get_by_role("button", name=SAVE).click()
        await person.sees("C’est enregistré", "37,20 °C", "Mesure enregistrée. Un médecin l’interprétera.")
        await person.looks("citizen-saved")
        await person.page.get_by_role("button", name="Revenir à l’accueil").click()
        await person.page.get_by_role("button", name="Température").click()
        await person.sees("une mesure sur 7 jours, 37,20 °C", "Trait vide : noté à la main.")
        await person.looks("citizen-by-hand")
    [observation] = await kept(village, "8310-5", "37.20")
    assert observation["performer"] == [{"reference": f"Patient/{PATIENT}"}]
    assert observation["method"]["text"] == "Saisie à la main"
    async with reader(browser, village) as person:
        await person.signs_in("claire")
        await person.page.get_by_role("button", name="Marcelle Dubois").click()
        await person.sees("37,20", "à la main", within=".tiles")


async def test_it_is_called_saved_only_after_the_server_has_said_so(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        held: list[Route] = []

        async def hold(route: Route) -> None:
            held.append(route)

        await person.page.route("**/fhir/R4/Observation", hold)
        await write(person, "pulse", "71")
        await person.sees("On enregistre…")
        assert "C’est enregistré" not in await person.reads()
        assert await kept(village, "8867-4", "71") == []
        await person.looks("citizen-saving")
        await held[0].continue_()
        await person.sees("C’est enregistré")
    assert len(await kept(village, "8867-4", "71")) == 1


async def test_a_lost_answer_keeps_the_figures_and_sending_again_stores_them_once(
    browser: Browser, village: Running
) -> None:
    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with reader(browser, village) as person:
        person.expected = ("Failed to load resource",)
        await person.signs_in("marcelle")
        await person.page.route("**/fhir/R4/Observation", lose_the_answer)
        await write(person, "blood-pressure", "128", "77")
        await person.sees("Pas enregistré", "Vos chiffres restent ici")
        assert await person.page.input_value("#part-0") == "128"
        await person.looks("citizen-unsaved")
        await person.page.unroute("**/fhir/R4/Observation")
        await person.page.get_by_role("button", name=SAVE).click()
        await person.sees("C’est enregistré", "128/77")
    assert len(await kept(village, "85354-9", "77")) == 1


async def test_a_double_press_stores_once(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        await person.opens("/carnet/#add/weight")
        await person.page.fill("#part-0", "68.9")
        await person.page.get_by_role("button", name=SAVE).dblclick()
        await person.sees("C’est enregistré", "68,9")
        await asyncio.sleep(0.3)
    assert len(await kept(village, "29463-7", "68.9")) == 1


async def test_what_cannot_be_is_refused_in_words_at_its_field(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        await write(person, "blood-pressure", "1320", "")
        await person.sees("1320 ? Vérifiez.", "Écrivez le chiffre.")
        assert await person.page.evaluate("document.activeElement.id") == "part-0"
        assert await person.page.get_attribute("#part-0", "aria-describedby") == "part-0-complaint"
        await person.looks("citizen-check")
        await person.page.fill("#part-0", "90")
        await person.page.fill("#part-1", "85")
        await person.page.get_by_role("button", name=SAVE).click()
        await person.sees("Le grand chiffre doit dépasser le petit")
        await person.page.get_by_label("Un autre moment").check()
        await person.page.fill("#part-0", "132")
        await person.page.get_by_role("button", name=SAVE).click()
        await person.sees("Choisissez le jour et l’heure.")
        await person.page.fill("#moment", "2090-01-01T08:00")
        await person.page.get_by_role("button", name=SAVE).click()
        await person.sees("Ce moment n’est pas encore arrivé.")
        await person.looks("citizen-moment")
        await person.page.fill("#moment", "2026-01-15T08:30")
        await person.page.get_by_role("button", name=SAVE).click()
        await person.sees("C’est enregistré")
    [observation] = await kept(village, "85354-9", "85")
    assert observation["effectiveDateTime"] == "2026-01-15T08:30:00+01:00"


async def test_what_is_seldom_so_is_asked_again_without_a_judgement(browser: Browser, village: Running) -> None:
    async with reader(browser, village) as person:
        await person.signs_in("marcelle")
        await write(person, "blood-pressure", "231", "99")
        await person.sees("C’est bien ce chiffre ?", "231/99 mmHg")
        await person.looks("citizen-confirm")
        await person.page.get_by_role("button", name="Corriger").click()
        assert await person.page.input_value("#part-0") == "231"
        await person.page.get_by_role("button", name=SAVE).click()
        await person.page.get_by_role("button", name="Oui, enregistrer").click()
        await person.sees("C’est enregistré", "231/99", "Un médecin l’interprétera.")
    assert len(await kept(village, "85354-9", "231")) == 1


async def test_english_typing_and_english_words(browser: Browser, village: Running) -> None:
    async with reader(browser, village, locale="en-GB") as person:
        await person.signs_in("marcelle")
        await write_in_english(person)
        await person.sees("It is saved", "36.90 °C", "A doctor will interpret it.")
        await person.looks("citizen-saved-en")


async def write_in_english(person: Reader) -> None:
    await person.opens("/carnet/#add/temperature")
    await person.page.get_by_label("Temperature").fill("36.90")
    await person.page.get_by_role("button", name="Save").click()
