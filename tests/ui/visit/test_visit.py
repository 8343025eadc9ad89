"""A whole visit at the physician's page, with a patient at a booth by aiortc: seen at three sizes, in every state."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.async_api import Browser

from booth_client.channels import Progress
from booth_client.recognising import with_arm
from booth_client.words import Arm
from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Unit
from signalling import messages as m
from tests.peers.house import House
from tests.peers.patients import PatientAtBooth, Somebody, at_booth
from tests.peers.village import pressure, single
from tests.peers.visit_reader import SIZES, PhysicianAtDesk, at_desk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MARCELLE = Somebody(initials="M. D.", age=84, needs=("hearing",), known=True)
WIDE = SIZES[0]


def cuff(pressure_now: int) -> Reading:
    """Return a live pressure in the cuff."""
    rising = Measure(name=Name.CUFF, value=Decimal(pressure_now), unit=Unit.MMHG)
    return Reading(kind=Kind.BLOOD_PRESSURE, measures=(rising,), stored=False)


def pulse_oximetry(spo2: str, *qualities: Quality) -> Reading:
    """Return a live saturation."""
    now = Measure(name=Name.SPO2, value=Decimal(spo2), unit=Unit.PERCENT)
    return Reading(kind=Kind.OXYGEN_SATURATION, measures=(now,), qualities=frozenset(qualities), stored=False)


async def curve(booth: PatientAtBooth, *, seconds: float) -> None:
    """Send the pressure of a cuff that goes up and down, with one hole."""
    began = datetime.now(UTC)
    for step in range(int(seconds * 10)):
        at = began + timedelta(milliseconds=100 * step)
        value = Decimal(40 + 130 * (step % 40) // 40)
        if step % 17 != 11:
            booth.agent.wave([value], name=Name.CUFF, unit=Unit.MMHG, first_at=at, period=timedelta(milliseconds=100))
        await asyncio.sleep(0.1)


async def test_the_waiting_room(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk:
        await desk.page.set_viewport_size({"width": 390, "height": 844})
        await desk.page.get_by_role("button", name="Tous les patients").click()
        await desk.looks("off")
        await desk.is_available()
        await desk.person.sees("Personne n’attend.")
        await desk.looks("nobody")
        someone = Somebody(
            reason="J’ai mal au dos depuis trois jours, surtout le matin", needs=("interpreter", "sight")
        )
        async with at_booth(there, "mairie", MARCELLE), at_booth(there, "pharmacie", someone):
            await desk.person.sees(
                "M. D., 84 ans", "Malentendant", "Toux", "Interprète", "Vient d’arriver", "Mesures :"
            )
            assert await desk.page.locator(".take").count() == 2
            await desk.looks("queue")
            await desk.page.set_viewport_size({"width": 1440, "height": 900})
            await desk.page.get_by_role("button", name="English").click()
            await desk.person.sees("I am available", "Hard of hearing", "Take")
            await desk.page.get_by_role("button", name="Français").click()
            await desk.page.get_by_role("switch").click()
            await desk.person.sees("Activez quand vous êtes prêt.")
            assert await desk.page.locator(".card").count() == 0


async def test_a_visit_from_the_queue_to_the_signed_report(browser: Browser, there: House) -> None:
    async with at_desk(browser, there.running) as desk, at_booth(there, person=MARCELLE) as booth:
        await desk.is_available()
        await desk.takes()
        await booth.protected()
        await desk.person.sees("Marcelle Dubois", within="h1")
        await desk.person.sees("identité vérifiée : borne Mairie", "132/81", "97", "72,350", "Toux")
        first = await desk.sees_it_move()
        assert await desk.sees_it_move(after=first + 10) > first
        await booth.until(lambda: booth.frames > 20)
        await desk.looks("talking", tab="Visite")
        await looks_at_the_panels(desk)
        await measures_again(desk, booth)
        await writes_and_signs(desk, there, booth)


async def looks_at_the_panels(desk: PhysicianAtDesk) -> None:
    page = desk.page
    await page.get_by_role("button", name="identité vérifiée : borne Mairie").click()
    await desk.person.sees(
        "Dr Claire Martin", "Borne Mairie", "Image et son : vérifié. Mesures : vérifié.", "Personne n’enregistre."
    )
    await desk.looks("security")
    await page.keyboard.press("Escape")
    await page.keyboard.press("F2")
    await desk.person.sees("Refaire la tension")
    await desk.looks("commands", *SIZES[:2])
    await page.keyboard.press("Escape")
    await page.wait_for_selector("dialog", state="detached")
    await page.keyboard.press("F8")
    await desk.person.sees("Micro coupé")
    await page.get_by_role("button", name="Caméra ouverte").click()
    await desk.looks("muted", tab="Visite")
    await page.keyboard.press("F8")
    await page.get_by_role("button", name="Caméra coupée").click()
    await page.get_by_role("button", name="Raccrocher").click()
    await desk.looks("hang-up")
    await page.get_by_role("button", name="Rester").click()
    await page.set_viewport_size({"width": 1024, "height": 768})
    await page.get_by_role("button", name="attend").click()
    await desk.looks("rail", SIZES[1])
    await page.keyboard.press("Escape")
    await page.wait_for_selector("dialog", state="detached")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.locator(".sides").get_by_role("button", name="Mesures").click()
    await desk.person.sees("Dernières mesures", "Évolution")
    await desk.looks("readings", tab="Mesures")


async def measures_again(desk: PhysicianAtDesk, booth: PatientAtBooth) -> None:
    page = desk.page
    booth.answers = (Progress.ASKED, Progress.ACCEPTED, Progress.DOING)
    await page.keyboard.press("F2")
    await page.keyboard.press("t")
    await desk.person.sees("Mesure…")
    assert [request.kind for request in booth.requests] == ["cuff"]
    waves = asyncio.ensure_future(curve(booth, seconds=8))
    for number in range(3):
        booth.agent.vital(
            pulse_oximetry(str(95 + number), Quality.LOW_PERFUSION), device="oximeter", at=datetime.now(UTC)
        )
        await asyncio.sleep(1.1)
    await desk.person.sees("97", "En direct", "Peu de sang dans le doigt", "Pression du brassard")
    await desk.looks("measuring", tab="Visite")
    (left,) = with_arm((pressure("128", "79", Quality.BODY_MOVEMENT),), Arm.LEFT)
    booth.agent.vital(left, device="cuff", at=datetime.now(UTC))
    booth.answer(booth.requests[0], Progress.DONE)
    await desk.person.sees("128/79", "Bras gauche · Mouvement", "Reçu")
    await desk.person.sees("Signal perdu")
    await waves
    await desk.person.sees("Tracé en pause")
    booth.answers = (Progress.ASKED, Progress.REFUSED)
    await page.get_by_role("button", name="Refaire Poids").click()
    await desk.person.sees("Refusé")
    old = datetime.now(UTC) - timedelta(minutes=12)
    booth.agent.vital(single(Kind.BODY_TEMPERATURE, "36.9"), device="thermometer", at=old)
    await page.wait_for_selector('.vital[data-fresh="gone"]')
    indented = "e.getBoundingClientRect().x > e.parentElement.getBoundingClientRect().x + 1"
    assert not await page.evaluate(f"[...document.querySelectorAll('.vital .said > *')].some((e) => {indented})")
    await desk.looks("silent", tab="Visite")


async def sees_the_papers_taken(desk: PhysicianAtDesk, there: House, booth: PatientAtBooth) -> None:
    """Let the booth say, after the talk, how the papers are."""
    printing = f"{there.running.booths_url}/visits/{booth.call}/report/printing"
    async with there.running.booth("mairie") as session:
        for step, words in (("printed", "Imprimé 2/2. Le patient peut"), ("taken", "Pris par le patient.")):
            async with session.put(printing, json={"step": step, "sheets": 2, "of": 2}) as answer:
                assert answer.status == 204
            await desk.person.sees(words)


async def writes_and_signs(desk: PhysicianAtDesk, there: House, booth: PatientAtBooth) -> None:
    page = desk.page
    await page.locator(".sides").get_by_role("button", name="Note").click()
    await page.get_by_label("Antécédents et allergies").fill("HTA traitée. Pas d’allergie connue.")
    await page.get_by_label("Conclusion").fill("Bronchite aiguë sans signe de gravité.")
    await page.get_by_role("button", name="Signer…").click()
    await desk.person.sees("avant de signer", "Il manque ce champ.")
    await desk.looks("gaps", tab="Note")
    await page.get_by_role("button", name="Insérer toutes les mesures").click()
    await page.get_by_label("Conduite à tenir").fill("Repos, hydratation. Revoir si fièvre au-delà de 3 jours.")
    await page.get_by_role("button", name="Ajouter un médicament").click()
    assert await page.evaluate("document.activeElement.id") == "medicine-0-name"
    for label, text in (
        ("Médicament ou DCI", "Paracétamol 500 mg"),
        ("Dose", "1 comprimé"),
        ("Fréquence", "3 fois par jour"),
        ("Durée", "5 jours"),
    ):
        await page.get_by_role("textbox", name=label).fill(text)
    for offer in ("Le patient seul", "Pas de médecin disponible à proximité", "Pas d’examen par contact"):
        await page.get_by_role("button", name=offer).click()
    await desk.person.sees("Enregistré à")
    await desk.looks("note", tab="Note")
    await page.get_by_role("button", name="Signer…").click()
    await desk.person.sees("Ce qui part", "Compte rendu", "Ordonnance", "RPPS 10001234567")
    await desk.looks("signing", tab=None)
    await page.get_by_role("button", name="Signer et envoyer").click()
    await desk.person.sees("Signé. Le compte rendu est dans le dossier.")
    await desk.looks("signed", tab="Note")
    booth.answers = (Progress.ACCEPTED, Progress.REFUSED)
    await page.get_by_role("button", name="Imprimer à la borne").click()
    await desk.person.sees("La borne ne peut pas imprimer maintenant.")
    booth.answers = (Progress.ACCEPTED,)
    await page.get_by_role("button", name="Imprimer encore").click()
    await desk.person.sees("Impression…")
    booth.answer(booth.requests[-1], Progress.DOING, sheets=2)
    await desk.person.sees("Imprimé 2/2")
    booth.answer(booth.requests[-1], Progress.DONE, sheets=2, reply="taken")
    await desk.person.sees("Pris par le patient.")
    assert len(booth.requests[-1].documents or ()) == 2
    await desk.looks("printed", tab="Note")
    await page.get_by_role("button", name="Raccrocher").click()
    await page.locator("dialog").get_by_role("button", name="Raccrocher").click()
    await desk.person.sees("C’est signé et envoyé", "Envoyé à la borne")
    await desk.looks("over", tab="Visite")
    await booth.until(lambda: any(isinstance(each, m.Reported) for each in booth.heard))
    await sees_the_papers_taken(desk, there, booth)
    papers = next(each for each in booth.heard if isinstance(each, m.Reported))
    assert len(papers.documents) == 2
    pdf = await page.request.get(f"{there.running.url}/visits/{booth.call}/report/prescription.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert (await pdf.body()).startswith(b"%PDF-")
    async with there.running.program() as program, program.get(f"{there.running.fhir}/{papers.composition}") as answer:
        told = await answer.json()
    assert told["type"]["coding"][0]["code"] == "85208-7"
    assert told["encounter"]["reference"] == f"Encounter/{booth.call}"
    await page.get_by_role("button", name="Revenir à la file").click()
    await desk.person.sees("Personne n’attend.")
