"""« Parc », the operator's page: every state of it, live, by keyboard, in both languages; and nothing of a person."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.config import BoothSettings, GatewayLink
from booth_client.enrolling import enrol
from booth_client.link import open_session, tls
from certs_example.make import make
from gateway.config import AuthorityLink, GatewaySettings, PersonSettings
from gateway.demo.fleet import invented
from gateway.demo.places import ELSEWHERE
from gateway.fleet import SILENT, Health, Part, Position, Status, Stop, Wanted, Ways
from tests.http.test_waiting import store
from tests.peers.certifying import certifying_booths
from tests.peers.reader import reader
from tests.peers.running import PEOPLE, Running, running_gateway
from tests.ui.test_keyboard import tab_to

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

AWAY = "avesnes-les-aubert"
CAUDRY = Status(
    version="0.1.0",
    python="3.11.2",
    busy=True,
    in_service=True,
    parts=tuple(Part(what=what, health=Health.GOOD) for what in ("network", "clock", "disk", "printer")),
    place="Mairie de Caudry",
    position=Position(latitude=50.1249, longitude=3.4118),
)


@dataclass(kw_only=True)
class Fleet:
    """A gateway whose booths have told how they are; `ahead` moves its clock."""

    running: Running
    booths: dict[str, aiohttp.ClientSession]
    ahead: list[timedelta]
    stack: AsyncExitStack

    async def tell(self, name: str, status: Status | None = None) -> None:
        now = datetime.now(UTC)
        told = status or invented(name, started=now - timedelta(hours=6), now=now, order=Wanted())
        url = f"{self.running.booths_url}/fleet/status"
        async with self.booths[name].put(url, data=msgspec.json.encode(told)) as answer:
            assert answer.status == 200

    async def tells(self) -> None:
        """Let every booth tell how it is, but the one that is away."""
        for name in sorted(set(ELSEWHERE) - {AWAY}):
            await self.tell(name)
        await self.tell("mairie", CAUDRY)


def with_operators(settings: GatewaySettings, authority: str) -> GatewaySettings:
    operators = [PersonSettings(id=name.lower(), name=f"{name} Renard", role="operator") for name in ("Odile", "Paule")]
    link = AuthorityLink(url=authority, name="cambresis")
    return replace(settings, people=(*PEOPLE, *operators), authority=link)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    folder, ahead = tmp_path_factory.mktemp("fleet"), [-SILENT - timedelta(seconds=1)]
    certificates = make(folder / "certificates", booths=("mairie", *ELSEWHERE))
    clock = {"now": lambda: datetime.now(UTC) + ahead[0]}
    async with AsyncExitStack() as stack:
        authority = await stack.enter_async_context(certifying_booths(folder))
        change = partial(with_operators, authority=authority)
        running = await stack.enter_async_context(running_gateway(folder, change=change, **clock))
        there = replace(running, certificates=certificates)
        booths = {name: await stack.enter_async_context(there.booth(name)) for name in ("mairie", *ELSEWHERE)}
        found = Fleet(running=there, booths=booths, ahead=ahead, stack=stack)
        await found.tell(AWAY)
        ahead[0] = timedelta(0)
        await found.tells()
        yield found


async def test_the_fleet_as_an_operator_sees_it(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.opens("/admin/")
        await person.sees("Entrez dans le parc des bornes", "Rien sur les personnes.")
        await person.looks("admin-sign-in")
        await person.signs_in("odile")
        await person.sees("Parc des bornes", "À traiter", "Quelqu’un est demandé sur place", "Personne ne s’en occupe")
        await person.sees("Imprimante : en panne", "Pile faible : Brassard n° 2", "Plus de nouvelles de la borne")
        assert await person.reads(".tally") == "1 en panne 1 à surveiller 1 hors ligne 3 marchent"
        await person.looks("admin-fleet")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("Booth fleet", "Somebody is wanted on site", "Printer: broken")
        await person.looks("admin-fleet-en")


async def test_every_booth_of_the_fleet_by_itself(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.signs_in("odile")
        for name, said in (
            ("solesmes", ("La borne est en panne.", "Ne reconnaît plus la borne", "Imprimante")),
            ("le-cateau", ("quelque chose est à regarder", "peu de papier", "Pile faible", "Pile 12 %")),
            (AWAY, ("La borne est hors ligne", "3 à envoyer")),
            ("mairie", ("La borne marche. Quelqu’un y est.", "Aucun appareil n’est inscrit")),
        ):
            await person.page.evaluate(f"location.hash = 'booth/{name}'")
            await person.sees(*said)
            await person.looks(f"admin-booth-{name}")
        assert await person.page.evaluate("document.activeElement.tagName") == "H1"
        await person.page.get_by_role("button", name="English").click()
        await person.sees("The booth is running. Somebody is there.", "What happened")
        await person.looks("admin-booth-en")
        await person.page.evaluate("location.hash = 'booth/nowhere'")
        await person.sees("This booth is not known")
        await person.looks("admin-booth-unknown")
        await person.page.get_by_role("link", name="Back to the fleet").click()
        await person.sees("All booths")


async def test_what_a_booth_tells_appears_without_a_reload(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.signs_in("odile")
        await person.sees("En direct", within="body")
        row = person.page.locator('[data-booth="mairie"]')
        await row.get_by_text("Marche", exact=True).wait_for()
        worn = msgspec.structs.replace(CAUDRY, parts=(Part(what="disk", health=Health.BROKEN),))
        await fleet.tell("mairie", worn)
        await row.get_by_text("Panne", exact=True).wait_for()
        await person.sees("Disque : en panne", within=".alerts")
        assert await person.reads("[role=status]") == "Mairie de Caudry : Panne"
        await fleet.tell("mairie", CAUDRY)
        await row.get_by_text("Marche", exact=True).wait_for()
        await person.page.get_by_text("Réglé depuis hier : 1").click()
        await person.sees("Mairie de Caudry : Disque", within=".alerts")
        await person.looks("admin-settled")


async def test_an_alert_is_taken_and_the_other_operator_sees_by_whom(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    alert = '[data-alert="solesmes/help"]'
    async with reader(browser, fleet.running) as odile, reader(browser, fleet.running) as paule:
        await odile.signs_in("odile")
        await paule.signs_in("paule")
        await odile.page.locator(alert).get_by_role("button").click()
        await odile.page.locator(alert).get_by_text("Vous vous en occupez").wait_for()
        assert await odile.reads("[role=status]") == "Vous vous en occupez."
        assert await odile.page.locator(alert).get_by_role("button").evaluate("(it) => it === document.activeElement")
        await paule.page.locator(alert).get_by_text("Odile Renard s’en occupe").wait_for()
        await paule.looks("admin-taken")
        await paule.page.locator(alert).get_by_role("button", name="Prendre la suite").click()
        await odile.page.locator(alert).get_by_text("Paule Renard s’en occupe").wait_for()
        await paule.page.locator(alert).get_by_role("button", name="Rendre à la liste").click()
        await odile.page.locator(alert).get_by_text("Personne ne s’en occupe").wait_for()


async def test_an_act_says_its_effect_is_confirmed_and_kept(browser: Browser, fleet: Fleet, tmp_path: Path) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.signs_in("odile")
        await person.page.evaluate("location.hash = 'booth/busigny'")
        await person.sees("Qui est déjà là finit sa visite.", "La visite en cours s’arrêtera.")
        await person.page.get_by_role("button", name="Révoquer le certificat…").click()
        assert await person.page.evaluate("document.activeElement.id") == "sure"
        await person.looks("admin-sure")
        await person.page.get_by_role("button", name="Annuler").click()
        assert (await person.page.evaluate("document.activeElement.textContent")).strip() == "Révoquer le certificat…"
        await person.page.get_by_role("button", name="Révoquer le certificat…").click()
        await person.page.get_by_role("button", name="Révoquer le certificat", exact=True).click()
        await person.sees("Le certificat de cette borne est révoqué.", "Odile Renard a révoqué le certificat")
        assert await person.page.evaluate("document.activeElement.id") == "acts"
        await person.looks("admin-revoked")
        url = f"{fleet.running.booths_url}/fleet/status"
        async with fleet.booths["busigny"].put(url, data=b"{}") as answer:
            assert answer.status == 401
        await person.page.get_by_role("link", name="Inscrire de nouveau…").click()
        await person.sees("Inscrire une borne", "Il sert une fois, pendant un quart d’heure.")
        assert await person.page.get_by_label("Nom de la borne").input_value() == "busigny"
        await person.looks("admin-enrolment")
        await person.page.get_by_role("button", name="Faire un code").click()
        await person.sees("Code pour busigny", "une seule fois", "--enrol")
        assert await person.page.evaluate("document.activeElement.id") == "code"
        code = (await person.page.locator(".secret").inner_text()).strip()
        await person.looks("admin-code")
        booth = _booth(fleet, tmp_path, "busigny")
        await enrol(booth, code)
        fleet.booths["busigny"] = await fleet.stack.enter_async_context(open_session(tls(booth.gateway)))
        await fleet.tell("busigny")
        await person.page.get_by_role("link", name="Retour au parc").click()
        await person.page.get_by_role("link", name="Journal").click()
        await person.sees("la borne est inscrite, avec une clé neuve", "Odile Renard a révoqué le certificat")
        await person.page.get_by_role("button", name="Vérifier la chaîne").click()
        await person.sees("La chaîne est entière")
        await person.page.get_by_role("button", name="Tout revérifier").click()
        await person.page.get_by_role("button", name="Tout revérifier", disabled=False).wait_for()
        await person.sees("La chaîne est entière")
        await person.looks("admin-audit")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("the booth is enrolled, with a new key", "The chain is whole")
        await person.looks("admin-audit-en")


async def test_a_booth_s_past_goes_on_behind_a_button(browser: Browser, fleet: Fleet) -> None:
    for number in range(16):
        await fleet.tell("mairie", msgspec.structs.replace(CAUDRY, help_wanted=number % 2 == 0))
    async with reader(browser, fleet.running) as person:
        await person.signs_in("odile")
        await person.page.evaluate("location.hash = 'booth/mairie'")
        await person.page.locator(".past li").nth(11).wait_for()
        assert await person.page.locator(".past li").count() == 12
        await person.page.get_by_role("button", name="Lignes plus anciennes").click()
        await person.page.locator(".past li").nth(15).wait_for()
    await fleet.tell("mairie", CAUDRY)


async def test_the_figures_are_drawn_and_told_in_a_table(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await store(fleet.running, yesterday, 23, "queued", "admitted", "active", "ended")
    await store(fleet.running, yesterday, 12, "queued", "ended")
    month = f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
    ways = (Ways(month=month, begun=64, left={Stop.WHO: 14, Stop.MEASURING: 11, Stop.START: 3}),)
    await fleet.tell("mairie", msgspec.structs.replace(CAUDRY, ways=ways))
    async with reader(browser, fleet.running) as person:
        await person.signs_in("odile")
        await person.page.get_by_role("link", name="Statistiques").click()
        await person.sees("Demandes de visite par jour", "Temps hors service", "Avesnes")
        told = await person.reads("[aria-labelledby=waits]")
        for each in ("La moitié attend au plus 4 min", "Ont parlé à un médecin 23", "Parties pendant l’attente 12"):
            assert each in told
        told = await person.reads("[aria-labelledby=before]")
        for each in ("Ont touché l’écran 64", "Dire qui on est 14", "Langue et signes graves trop peu"):
            assert each in told
        async with person.page.expect_download() as download:
            await person.page.get_by_role("link", name="Télécharger (CSV)").click()
        assert (await download.value).suggested_filename == "teleborne.csv"
        await person.page.get_by_text("Voir les chiffres").click()
        days = await person.page.locator(".bars tbody th").all_inner_texts()
        under = await person.page.locator(".bars .day").all_text_contents()
        assert [day.split()[0] for day in under] == [day.split()[0] for day in reversed(days[::-7])]
        assert len(under) > 1
        await person.looks("admin-statistics")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("Requests for a visit a day", "Time out of service", "Left while waiting")
        await person.looks("admin-statistics-en")
        await person.page.set_viewport_size({"width": 320, "height": 640})
        for place in ("statistics", "audit", "enrolment"):
            await person.page.evaluate(f"location.hash = '{place}'")
            await person.page.locator(".back").wait_for()
            await person.checks(f"320 {place}")


def _booth(fleet: Fleet, folder: Path, name: str) -> BoothSettings:
    running = fleet.running
    link = GatewayLink(
        base_url=running.booths_url,
        ca=running.certificates.ca,
        certificate=folder / "booth.pem",
        key=folder / "booth-key.pem",
        enrolment=running.url,
    )
    return BoothSettings(name=name, data_dir=folder, gateway=link)


async def test_who_signed_in_long_ago_says_again_who_they_are_and_comes_back_to_the_booth(
    browser: Browser, fleet: Fleet
) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.page.clock.install()
        await person.signs_in("odile")
        await person.page.evaluate("location.hash = 'booth/solesmes'")
        await person.sees("La borne est en panne.")
        await person.page.clock.fast_forward(
            timedelta(minutes=6) // timedelta(milliseconds=1) + int(fleet.ahead[0].total_seconds() * 1000)
        )
        await person.page.get_by_role("button", name="Fermer la borne…").click()
        await person.sees("dites d’abord de nouveau qui vous êtes")
        await person.looks("admin-sign-in-again")
        await person.page.get_by_role("button", name="Se connecter de nouveau").click()
        await person.sees("Maison de santé de Solesmes", within="h1")


async def test_nobody_else_is_let_in_and_nothing_of_a_person_is_there(browser: Browser, fleet: Fleet) -> None:
    async with reader(browser, fleet.running) as person:
        await person.signs_in("claire")
        await person.opens("/admin/")
        await person.sees("Vous êtes connecté comme Dr Claire Martin")
        asked: list[str] = []
        person.page.on("request", lambda request: asked.append(request.url))
        await person.signs_in("odile")
        await person.sees("Toutes les bornes")
        assert not [url for url in asked if re.search(r"/fhir/|/live\?|/visits", url)]


async def test_the_fleet_by_keyboard_alone(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.opens("/admin/")
        await tab_to(person, "Entrer comme Odile Renard")
        await person.page.keyboard.press("Enter")
        await person.sees("Toutes les bornes")
        await tab_to(person, "Je m’en occupe")
        await tab_to(person, "Maison de santé de Solesmes")
        await person.page.keyboard.press("Enter")
        await person.sees("Autotest")
        assert await person.page.evaluate("document.activeElement.tagName") == "H1"
        await tab_to(person, "Fermer la borne…")
        await person.page.keyboard.press("Enter")
        await tab_to(person, "Fermer la borne")
        await tab_to(person, "Annuler")
        await person.page.keyboard.press("Enter")
        await tab_to(person, "Retour au parc")
        await person.page.keyboard.press("Enter")
        await person.sees("Toutes les bornes")


@pytest.mark.parametrize("how", ["dark", "forced"])
async def test_the_fleet_in_the_dark_and_in_the_readers_own_colours(browser: Browser, fleet: Fleet, how: str) -> None:
    await fleet.tells()
    context = {"color_scheme": "dark"} if how == "dark" else {"forced_colors": "active"}
    async with reader(browser, fleet.running, **context) as person:
        await person.signs_in("odile")
        await person.sees("Toutes les bornes")
        await person.looks(f"admin-fleet-{how}")
        await person.page.evaluate("location.hash = 'booth/solesmes'")
        await person.sees("Autotest")
        await person.looks(f"admin-booth-{how}")


async def test_nothing_is_lost_at_320_pixels_nor_at_1024(browser: Browser, fleet: Fleet) -> None:
    await fleet.tells()
    async with reader(browser, fleet.running) as person:
        await person.signs_in("odile")
        for width, height in ((320, 640), (1024, 768)):
            await person.page.set_viewport_size({"width": width, "height": height})
            for place in ("", "booth/solesmes"):
                await person.page.evaluate(f"location.hash = '{place}'")
                await person.sees("Autotest" if place else "Toutes les bornes")
                await person.checks(f"{width} {place}")
                name = f"admin-{place.replace('/', '-') or 'fleet'}-{width}x{height}.png"
                await person.page.screenshot(path=Path("artifacts/screenshots/pages") / name, full_page=True)


async def test_the_page_is_light_and_an_empty_fleet_is_said_in_words(browser: Browser, tmp_path: Path) -> None:
    change = partial(with_operators, authority="http://127.0.0.1:9")
    async with running_gateway(tmp_path, change=change) as running, reader(browser, running) as person:
        await person.signs_in("odile")
        await person.sees("Aucune borne pour le moment.")
        await person.looks("admin-empty")
        sizes: dict[str, int] = await person.page.evaluate(
            """Object.fromEntries(performance.getEntries().filter((e) => "transferSize" in e)
                 .map((e) => [e.name, e.transferSize]))"""
        )
        own = {url: size for url, size in sizes.items() if "/fleet/" not in url}
        print(f"/admin/: {sum(own.values()) / 1000:.1f} kB in {len(own)} requests")  # noqa: T201 - a figure to be seen
        assert sum(own.values()) <= 60_000
        assert len(own) <= 20
