"""The road of a visit, walked by people in the real demo: a patient at the kiosk, a physician at their desk."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fhirpy import AsyncFHIRClient
from playwright.async_api import Browser, async_playwright

from gateway.authority import CERTIFICATE
from gateway.fhir.provenance import signature
from gateway.identity.signature import check, covered
from signalling import jws
from tests.peers.demo import Demo, running_demo, smart_token
from tests.peers.faces import Face, Shown, camera_flags, draw, shown
from tests.peers.kiosk import CHROMIUM, FLAGS, MEDIA_FLAGS, Visitor, visitor
from tests.peers.paper import read
from tests.peers.programs import KIOSK, programs
from tests.peers.reader import Reader
from tests.peers.tour import PICTURES, Tour
from tests.peers.visit_reader import PhysicianAtDesk
from tests.peers.webrtc_people import reachable

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(240)]

TO_CONSENT = ("touch>language", "french>safety", "no>who-phone", "without>consent")
MEASURED = (
    *(*TO_CONSENT, "yes>do-scale", ">result", "continue>do-temp", ">result"),
    *("continue>do-oxi", ">result", "continue>do-cuff"),
)
AGREED = ("continue>consent-visit", "yes>company", "no>consent-share", "yes>reason")
ANSWERED = (
    *("cough>questions:since", "days>questions:allergies", "no>questions:medicines"),
    *("yes>questions:oxygen", "no>waiting"),
)
TO_THE_QUEUE = (*TO_CONSENT, "yes>do-cuff", "skip>skip", *AGREED, *ANSWERED)
BRISK = {"TELEBORNE_BOOTH_VIRTUAL_HANDS_AFTER_S": "0.4", "TELEBORNE_BOOTH_VIRTUAL_SEED": "7"}
PATIENTS_PICTURE, PHYSICIANS_PICTURE = "video.far", ".remote video"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Two people in two browsers, each before a camera of their own."""

    patient: Visitor
    physician: PhysicianAtDesk
    faces: dict[str, Face]
    tour: Tour


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bench() -> AsyncIterator[Browser]:
    """Give a browser without a camera, to draw in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def filmed(face: Face) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # What plays by itself is for the browser to decide, as at anybody's desk.
        flags = [*(flag for flag in MEDIA_FLAGS if "autoplay" not in flag), *camera_flags(face)]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        await browser.close()


@asynccontextmanager
async def desk(browser: Browser, url: str) -> AsyncIterator[PhysicianAtDesk]:
    """Open the physician's page in a browser where nobody is signed in; at the end nothing may have been wrong."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        color_scheme="light",
        permissions=["camera", "microphone"],
    )
    page = await context.new_page()
    person = Reader(page=page, url=url)
    page.on("console", person.heard)
    page.on("pageerror", lambda error: person.complaints.append(f"page: {error}"))
    yield PhysicianAtDesk(person=person)
    assert person.complaints == []
    await context.close()


@asynccontextmanager
async def staged(bench: Browser, folder: Path, *, kiosk: str, gateway: str) -> AsyncIterator[Stage]:
    reachable()
    async with AsyncExitStack() as stack:
        faces = await draw(bench, folder)
        theirs, own = [await stack.enter_async_context(filmed(faces[who])) for who in ("patient", "physician")]
        media = ["camera", "microphone"]
        patient = await stack.enter_async_context(visitor(theirs, kiosk, permissions=media))
        physician = await stack.enter_async_context(desk(own, gateway))
        yield Stage(patient=patient, physician=physician, faces=faces, tour=Tour(browser=bench))


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


async def is_seen(at: Stage, page: Any, selector: str, who: str) -> None:
    """See that *page* shows the film of *who*, whole, that it moves, and that frames go on being decoded."""
    first: Shown | None = None
    numbers: set[int] = set()
    async with asyncio.timeout(20):
        while len(numbers) < 4:
            if (now := await shown(page, selector)) is not None:
                nearest = {name: face.nearest(now.picture) for name, face in at.faces.items()}
                number, apart = nearest.pop(who)
                ((_, other),) = nearest.values()
                if apart < 6 and other > 40:
                    numbers.add(number)
                    first = first or now
            await asyncio.sleep(0.15)
    assert first is not None
    async with asyncio.timeout(10):
        while not ((now := await shown(page, selector)) and now.decoded > first.decoded + 10):
            await asyncio.sleep(0.1)


async def goes_on_unbroken(page: Any, selector: str) -> None:
    """See that the picture is not begun anew while the page is drawn again, as it is every second."""
    counts: list[int] = []
    async with asyncio.timeout(20):
        while not counts or counts[-1] < counts[0] + 24:
            if (now := await shown(page, selector)) is not None:
                counts.append(now.decoded)
            await asyncio.sleep(0.1)
    assert counts == sorted(counts)


async def both_are_seen(at: Stage) -> None:
    await is_seen(at, at.physician.page, PATIENTS_PICTURE, "patient")
    await is_seen(at, at.patient.page, PHYSICIANS_PICTURE, "physician")


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
    await page.wait_for_selector('.screen[data-how="talking"]', timeout=25_000)
    await both_are_seen(at)
    await goes_on_unbroken(page, PATIENTS_PICTURE)
    await goes_on_unbroken(at.patient.page, PHYSICIANS_PICTURE)
    await at.tour.takes(page, "physician-talking")
    await at.tour.takes(at.patient.page, "kiosk-in-visit")
    await page.get_by_role("button", name="identité vérifiée : borne Caudry").click()
    await at.tour.takes(page, "physician-security")
    await page.keyboard.press("Escape")


def numbers_in(sentence: str) -> str:
    """Return « Tension : 132 sur 81. » as the physician's page writes it."""
    upper, lower = (part.split()[-1 if at == 0 else 0].strip(".") for at, part in enumerate(sentence.split(" sur ")))
    return f"{upper}/{lower}"


async def tile_says(at: Stage, pressure: str) -> None:
    tiles = at.physician.page.locator(".vital .value").filter(has_text=pressure)
    await tiles.first.wait_for(timeout=15_000)


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


async def hangs_up(at: Stage) -> None:
    page = at.physician.page
    await page.get_by_role("button", name="Raccrocher").click()
    await page.locator("dialog").get_by_role("button", name="Raccrocher").click()
    await at.patient.sees("writing")


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
    await patient.sees("idle", seconds=20)
    assert list(printed.iterdir()) == []
    left = await patient.page.content()
    assert [word for word in ("Dubois", "Martin", "Bronchite", "Tension", "<video") if word in left] == []


async def takes_the_simulated_patient(at: Stage) -> None:
    """Go on alone with the patient who joined the queue by itself: seen, measured again, and the call ended."""
    page, person = at.physician.page, at.physician.person
    await page.get_by_role("button", name="Revenir à la file").click()
    await page.locator(".card").filter(has_text="J. M., 82 ans").locator(".take").click()
    await page.wait_for_selector('.screen[data-how="talking"]', timeout=25_000)
    first = await at.physician.sees_it_move()
    await at.physician.sees_it_move(after=first + 10)
    await page.get_by_role("button", name="Refaire Tension").click()
    await page.locator(".again[data-object=cuff]").filter(has_text="Reçu").wait_for(timeout=30_000)
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


async def the_record_has_it(demo: Demo, papers: list[bytes], pressures: list[str]) -> None:
    """Find all of the visit as an integrator does, and verify the signature with the authority's certificate alone."""
    async with aiohttp.ClientSession() as session:
        token = await smart_token(session, demo.described)
    client = AsyncFHIRClient(demo.described["fhir"], authorization=f"Bearer {token}")
    (composition,) = await client.resources("Composition").search(type="http://loinc.org|85208-7").fetch()
    encounter = await composition["encounter"].to_resource()
    assert (encounter["class"]["code"], encounter["status"]) == ("VR", "finished")
    assert encounter["participant"][0]["individual"]["display"] == "Dr Claire Martin"
    documents = await client.resources("DocumentReference").search(encounter=f"Encounter/{encounter.id}").fetch()
    pdfs = [base64.b64decode(each["content"][0]["attachment"]["data"]) for each in documents]
    assert sorted(pdfs) == sorted(papers)
    await the_signature_holds(demo, f"Composition/{composition.id}", papers)
    assert {each["content"][0]["attachment"]["hash"] for each in documents} == {
        base64.b64encode(hashlib.sha1(each).digest()).decode() for each in papers
    }
    search = client.resources("Observation").search(encounter=f"Encounter/{encounter.id}", code="85354-9")
    kept = await search.sort("date").fetch()
    values = ["/".join(str(part["valueQuantity"]["value"]) for part in each["component"][:2]) for each in kept]
    assert list(dict.fromkeys(values)) == pressures


async def the_signature_holds(demo: Demo, composition: str, papers: list[bytes]) -> None:
    """Verify it with the registration authority's certificate alone, over what is stored."""
    async with aiohttp.ClientSession() as session:
        token = await smart_token(session, demo.described)

        async def read_back(query: str) -> Any:
            url, bearer = f"{demo.described['fhir']}/{query}", {"Authorization": f"Bearer {token}"}
            async with session.get(url, headers=bearer) as answer:
                return await answer.json(content_type=None)

        stored = await read_back(composition)
        (entry,) = (await read_back(f"Provenance?target={composition}"))["entry"]
    token = signature(entry["resource"])
    part = token.split(".")[1]
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    pem = (demo.folder / "authority" / CERTIFICATE).read_bytes()
    authority = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(authority, ec.EllipticCurvePublicKey)
    recorded = datetime.fromisoformat(entry["resource"]["recorded"])
    check(token, signed=text, physician="rpps:10001234567", authority=authority, now=recorded)
    signed = json.loads(text)
    assert signed["composition"] == {"reference": composition, "sha256": jws.digest(covered(stored))}
    assert {each["sha256"] for each in signed["documents"]} == {jws.digest(each) for each in papers}


async def test_the_visit_survives_a_killed_gateway_both_reloads_and_a_killed_agent(
    bench: Browser, tmp_path: Path
) -> None:
    few = {"TELEBORNE_BOOTH_DEVICES": "cuff", **BRISK}
    async with (
        programs(tmp_path, **few) as here,
        staged(bench, tmp_path, kiosk=here.kiosk, gateway=here.folder.gateway_url) as at,
    ):
        patient, page, person = at.patient, at.physician.page, at.physician.person
        person.expected = ("Failed to load resource", "WebSocket connection")
        await person.signs_in("claire-martin")
        await at.physician.is_available()
        await patient.page.wait_for_selector('h1:has-text("voir un médecin")')
        await patient.goes(*TO_THE_QUEUE)
        await at.physician.takes()
        await patient.goes(">doctor-coming", "ready>in-visit")
        await both_are_seen(at)

        await here.kill("gateway")
        await person.sees("Liaison au serveur coupée.")
        await both_are_seen(at)
        await here.start("gateway")
        await page.locator("main").get_by_text("Liaison au serveur coupée.").wait_for(state="detached", timeout=20_000)
        await both_are_seen(at)

        await patient.page.reload()
        await patient.sees("in-visit")
        await both_are_seen(at)
        await page.reload()
        await page.wait_for_selector('.screen[data-how="talking"]', timeout=25_000)
        await both_are_seen(at)

        await here.kill(KIOSK)
        await patient.sees("call-trouble")
        await here.start(KIOSK)
        await page.wait_for_selector('.screen[data-how="talking"]', timeout=25_000)
        await patient.sees("in-visit", seconds=30)
        await both_are_seen(at)

        await page.get_by_role("button", name="Refaire Tension").click()
        await patient.goes(">visit-measure", "yes>do-cuff", "done>device-wait", ">result")
        await tile_says(at, numbers_in(await patient.reads()))
        await patient.goes("continue>in-visit")
        await hangs_up(at)
        await person.sees("Écrivez le compte rendu, puis signez.")
