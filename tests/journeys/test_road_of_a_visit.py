"""The road of a visit, walked by people in the real demo: a patient at the kiosk, a physician at their desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.peers.demo import running_demo
from tests.peers.face_to_face import (
    BRISK,
    PATIENTS_PICTURE,
    PHYSICIANS_PICTURE,
    Stage,
    both_are_seen,
    drawing,
    goes_on_unbroken,
    hangs_up,
    is_seen,
    numbers_in,
    staged,
    tile_says,
)
from tests.peers.kept_visit import the_record_has_it
from tests.peers.paper import read
from tests.peers.programs import AGREED, ANSWERED, TO_CONSENT
from tests.peers.tour import PICTURES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MEASURED = (
    *(*TO_CONSENT, "yes>do-scale", ">result", "continue>do-temp", ">result"),
    *("continue>do-oxi", ">result", "continue>do-cuff"),
)
NOTE = {
    "Antécédents et allergies": "Hypertension traitée. Pas d’allergie connue.",
    "Conclusion": "Bronchite aiguë sans signe de gravité.",
    "Conduite à tenir": "Repos, hydratation. Revoir si fièvre au-delà de 3 jours.",
}
MEDICINE = {
    "Médicament ou DCI": "Paracétamol 500 mg",
    "Dose": "1 comprimé",
    "Fréquence": "3 fois par jour",
    "Durée": "5 jours",
    "Nom de naissance": "Dubois",
    "Prénoms": "Marcelle",
    "Date de naissance": "1942-01-17",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bench() -> AsyncIterator[Browser]:
    async with drawing() as browser:
        yield browser


async def signs_in(at: Stage) -> None:
    """Sign in by OpenID Connect, from the page's own door."""
    page = at.physician.page
    await at.physician.person.opens("/medecin/")
    await at.tour.takes(page, "physician-sign-in")
    await page.get_by_role("link", name="Passer par le fournisseur d’identité").click()
    await page.wait_for_selector("form button")
    await at.tour.takes(page, "physician-provider")
    await page.get_by_role("button", name="Continuer comme Dr Claire Martin").click()
    await page.wait_for_selector(".switch")
    await at.physician.is_available()


async def is_measured(at: Stage) -> str:
    """Go from the first touch to the queue; return what the kiosk said of the blood pressure."""
    patient, takes = at.patient, at.tour.takes
    await patient.page.wait_for_selector('h1:has-text("voir un médecin")')
    await takes(patient.page, "kiosk-idle")
    for step in MEASURED:
        await patient.goes(step)
        if (state := step.partition(">")[2]) in ("safety", "consent"):
            await takes(patient.page, f"kiosk-{state}")
    await takes(patient.page, "kiosk-cuff")
    await patient.goes("done>device-wait", ">result")
    await takes(patient.page, "kiosk-result")
    told = await patient.reads()
    await patient.goes(*AGREED)
    await takes(patient.page, "kiosk-reason")
    await patient.goes(*ANSWERED)
    await patient.page.wait_for_selector('h1:has-text("avant vous"), h1:has-text("prochain")')
    await takes(patient.page, "kiosk-waiting")
    return told


async def meets(at: Stage) -> None:
    page = at.physician.page
    card = page.locator(".card").filter(has_text="Mairie de Caudry")
    await card.wait_for()
    await at.tour.takes(page, "physician-queue")
    await card.locator(".take").click()
    await at.patient.sees("doctor-coming")
    await at.patient.page.wait_for_selector('h1:has-text("Martin")')
    await is_seen(at, at.patient.page, ".mirror video", "patient")
    await at.tour.takes(at.patient.page, "kiosk-doctor-coming")
    await at.patient.goes("ready>in-visit")
    await page.wait_for_selector('.screen[data-how="talking"]')
    await both_are_seen(at)
    await goes_on_unbroken(page, PATIENTS_PICTURE)
    await goes_on_unbroken(at.patient.page, PHYSICIANS_PICTURE)
    await knows_what_was_said(at)
    await at.tour.takes(page, "physician-talking")
    await at.tour.takes(at.patient.page, "kiosk-in-visit")
    await page.get_by_role("button", name="identité vérifiée : borne Caudry").click()
    await at.tour.takes(page, "physician-security")
    await page.keyboard.press("Escape")


async def knows_what_was_said(at: Stage) -> None:
    """See that the physician has the answers of the kiosk before them, and what was agreed to."""
    person = at.physician.person
    await person.sees("Le patient a dit être seul.", "Son médecin traitant peut lire", within=".said")
    pairs = await person.page.locator(".said dl div").all_inner_texts()
    assert [" ".join(each.split()) for each in pairs] == [
        "Depuis quand Quelques jours",
        "Allergie Non",
        "Médicaments Oui",
        "Oxygène chez soi Non",
    ]


async def measures_again(at: Stage) -> str:
    """Ask for the blood pressure again, from the desk; return what the kiosk then said."""
    page = at.physician.page
    await page.get_by_role("button", name="Refaire Tension").click()
    await at.patient.sees("visit-measure")
    await at.tour.takes(at.patient.page, "kiosk-visit-measure")
    await at.patient.goes("yes>do-cuff", "done>device-wait", ">live")
    await page.wait_for_selector(".wave:not([hidden])")
    await page.wait_for_timeout(900)  # so that the picture has a piece of the curve
    await at.tour.takes(page, "physician-again")
    await at.patient.sees("result")
    told = await at.patient.reads()
    await at.patient.goes("continue>in-visit")
    await at.physician.person.sees("Reçu")
    return told


async def writes(at: Stage) -> None:
    page, person = at.physician.page, at.physician.person
    await page.locator(".sides").get_by_role("button", name="Note").click()
    for label, text in NOTE.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Insérer toutes les mesures").click()
    await page.get_by_role("button", name="Ajouter un médicament").click()
    for label, text in MEDICINE.items():
        await page.get_by_role("textbox", name=label).fill(text)
    await page.get_by_label("Sexe").select_option("female")
    await page.get_by_text("Cadre de la visite").click()
    for offer in ("Le patient seul", "Pas de médecin disponible", "Pas d’examen par contact"):
        await page.get_by_role("button", name=offer).click()
    await page.get_by_role("button", name="Aucun", exact=True).click()
    await person.sees("Enregistré à")
    await page.get_by_label("Antécédents et allergies").scroll_into_view_if_needed()
    await at.tour.takes(page, "physician-note")


async def signs(at: Stage) -> list[bytes]:
    """Look, sign and send; return the papers as the physician opens them."""
    page, person = at.physician.page, at.physician.person
    await page.get_by_role("button", name="Signer…").click()
    await person.sees("Ce qui part", "Ordonnance", "RPPS 10001234567")
    await at.tour.takes(page, "physician-signing")
    await page.get_by_role("button", name="Signer et envoyer").click()
    await person.sees("C’est signé et envoyé", "Signé. Le compte rendu est dans le dossier.", "Envoyé à la borne")
    await at.tour.takes(page, "physician-over")
    links = await page.locator(".signed a[href$='.pdf']").evaluate_all("(links) => links.map(({href}) => href)")
    return [await (await page.request.get(link)).body() for link in links]


async def test_the_whole_visit_from_consent_to_the_wiped_kiosk(bench: Browser, tmp_path: Path) -> None:
    async with (
        running_demo(tmp_path, **BRISK) as demo,
        staged(bench, tmp_path, kiosk=demo.described["kiosk"], gateway=demo.described["gateway"]) as at,
    ):
        await signs_in(at)
        pressure = numbers_in(await is_measured(at))
        await meets(at)
        await tile_says(at, pressure)
        again = numbers_in(await measures_again(at))
        assert again != pressure  # the simulated cuff's values vary, or nothing would be proved
        await tile_says(at, again)
        await both_are_seen(at)
        await writes(at)
        await hangs_up(at)
        await at.tour.takes(at.patient.page, "kiosk-writing")
        papers = await signs(at)
        await takes_the_papers(at, papers, printed=tmp_path / "caudry-mairie" / "printed")
        the_papers_say(papers, pressure, again)
        await the_record_has_it(demo, papers, [pressure, again])
        await takes_the_simulated_patient(at)
        assert not at.patient.complaints, at.patient.complaints
        assert at.tour.taken == PICTURES


async def takes_the_papers(at: Stage, papers: list[bytes], *, printed: Path) -> None:
    """Print and photograph; then nothing of it is at the booth any more."""
    patient = at.patient
    await patient.sees("report")
    await at.tour.takes(patient.page, "kiosk-report")
    await patient.goes("both>take-papers")
    await patient.page.wait_for_selector('h1:has-text("Prenez")')
    await at.tour.takes(patient.page, "kiosk-papers")
    assert sorted(each.read_bytes() for each in printed.iterdir()) == sorted(papers)
    await patient.goes("done>code")
    await patient.page.wait_for_selector("svg.code path")
    await at.tour.takes(patient.page, "kiosk-code")
    await patient.goes("done>goodbye")
    await at.tour.takes(patient.page, "kiosk-goodbye")
    await patient.is_wiped()
    assert list(printed.iterdir()) == []
    left = await patient.page.content()
    assert [word for word in ("Dubois", "Martin", "Bronchite", "Tension", "<video") if word in left] == []


async def takes_the_simulated_patient(at: Stage) -> None:
    """Go on alone with the patient who joined the queue by itself: seen, measured again, and the call ended."""
    page, person = at.physician.page, at.physician.person
    await page.get_by_role("button", name="Revenir à la file").click()
    await page.locator(".card").filter(has_text="J. M., 82 ans").locator(".take").click()
    await page.wait_for_selector('.screen[data-how="talking"]')
    first = await at.physician.sees_it_move()
    await at.physician.sees_it_move(after=first + 10)
    await page.get_by_role("button", name="Refaire Tension").click()
    await page.locator(".again[data-object=cuff]").filter(has_text="Reçu").wait_for()
    await page.get_by_role("button", name="Raccrocher").click()
    await page.locator("dialog").get_by_role("button", name="Raccrocher").click()
    await person.sees("L’appel est fini")


def the_papers_say(papers: list[bytes], *pressures: str) -> None:
    report, prescription = [read(paper) for paper in papers]
    for _text, tagged, language in (report, prescription):
        assert (tagged, language) == (True, "fr-FR")
    expected = ("Dr Claire Martin", "RPPS 10001234567", "Mairie de Caudry", *NOTE.values(), *pressures)
    assert [each for each in expected if each.replace("’", "'") not in report[0].replace("’", "'")] == []
    expected = ("Ordonnance", "DUBOIS", "17 janvier 1942", "Paracétamol 500 mg", "3 fois par jour", "5 jours")
    assert [each for each in expected if each not in prescription[0]] == []
    assert "Bronchite" not in prescription[0]
