"""A paper checked by whoever holds it: its code photographed, the gateway's page opened, the file compared."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Browser

from gateway.errors import NotFound
from gateway.identity.paper import paper_claims, paper_code
from signalling import jws
from tests.care.reports import NOW
from tests.peers.desk import VISIT, Desk, visited
from tests.peers.reader import Reader, reader
from tests.peers.running import Running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with visited(tmp_path_factory.mktemp("house")) as running:
        yield running


def photographed(pdf: bytes, folder: Path) -> str:
    """Return what a telephone reads on the last page of a paper, printed at 200 dots an inch."""
    for program, package in (("pdftoppm", "poppler-utils"), ("zbarimg", "zbar-tools")):
        assert shutil.which(program), f"{program} is missing: `make setup-test` ({package})"
    (folder / "paper.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "200", "-gray", "-png", "paper.pdf", "paper"], cwd=folder, check=True)
    last = max(folder.glob("paper-*.png"))
    read = subprocess.run(["zbarimg", "-q", "--raw", last], capture_output=True, text=True, check=True)
    last.unlink()
    return read.stdout.strip()


async def checked(person: Reader, link: str, *sees: str) -> None:
    """Open the link as a telephone does."""
    parts = urlsplit(link)
    await person.page.goto("about:blank")
    await person.page.goto(f"{person.url}{parts.path}#{parts.fragment}")
    await person.sees(*sees)


async def test_a_paper_is_checked_from_its_code_to_its_octets(browser: Browser, house: Running, tmp_path: Path) -> None:
    async with house.person("claire") as session:
        desk = Desk(house, session)
        ready = await desk.prepare()
        async with session.get(house.url + ready["papers"][1]["preview"]) as answer:
            preview = await answer.read()
        link = photographed(preview, tmp_path)
        assert link.startswith(f"{house.url}/verifier/#")
        async with reader(browser, house) as person:
            person.expected = ("404",)
            await checked(person, link, "Aucune signature pour ce papier")
            await person.looks("verifier-unsigned")
        assert (await desk.sign(desk.jws(ready["to_sign"])))[0] == 200
        async with session.get(f"{house.url}{VISIT}/prescription.pdf") as answer:
            paper = await answer.read()
    async with reader(browser, house) as person:
        await checked(person, photographed(paper, tmp_path), "Ce papier est authentique", "Ordonnance", "Claire")
        await person.looks("verifier-signed")
        (tmp_path / "other.pdf").write_bytes(paper + b" ")
        for name, said in (("paper.pdf", "exactement le fichier signé"), ("other.pdf", "Ce n’est pas le fichier")):
            await person.page.set_input_files("#file", tmp_path / name)
            await person.sees(said)
        await person.page.get_by_role("button", name="English").click()
        await person.sees("This paper is authentic", "This is not the signed file.")
        await person.looks("verifier-signed-en")


async def test_what_the_code_says_holds_nothing_of_anybody_s_health_and_no_name_of_the_patient(
    house: Running, tmp_path: Path
) -> None:
    async with house.person("claire") as session:
        async with session.get(f"{house.url}{VISIT}/prescription.pdf") as answer:
            link = photographed(await answer.read(), tmp_path)
        async with session.get(f"{house.url}/verifier/keys") as answer:
            papers = (await answer.json())["papers"]
    token = urlsplit(link).fragment
    said = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert set(said) == {"v", "iat", "kind", "by", "rpps", "doc", "proof"}
    assert paper_claims(token, jws.key_of(papers)).kind == "prescription"  # with the published key alone


async def test_a_code_of_somebody_else_s_making_or_a_changed_one_is_not_ours(browser: Browser, house: Running) -> None:
    forged = paper_code(
        ec.generate_private_key(ec.SECP256R1()),
        kind="report",
        by="Dr X",
        rpps="1" * 11,
        written=NOW,
        doc="d",
        proof="p",
    )
    async with reader(browser, house) as person:
        await person.opens("/verifier/")
        await person.sees("Photographiez le code du papier")
        await person.looks("verifier-none")
        for code in (forged, "not-a-code"):
            await checked(person, f"{house.url}/verifier/#{code}", "Ce code n’est pas le nôtre")
        await person.looks("verifier-forged")
    async with aiohttp.ClientSession() as stranger:
        for body in ({"code": forged}, {"code": "x"}, {"code": 1}, {}):
            async with stranger.post(f"{house.url}/verifier/proof", json=body) as answer:
                assert answer.status in (400, 404)
    with pytest.raises(NotFound):
        paper_claims(forged, ec.generate_private_key(ec.SECP256R1()).public_key())


async def test_without_an_answer_the_page_says_so_and_tries_again(browser: Browser, house: Running) -> None:
    async with reader(browser, house) as person:
        person.expected = ("Failed to load resource",)
        await person.page.route("**/verifier/keys", lambda route: route.abort())
        await checked(person, f"{house.url}/verifier/#a.b.c", "Nous ne pouvons pas vérifier maintenant")
        await person.looks("verifier-offline")
        await person.page.unroute("**/verifier/keys")
        await person.page.get_by_role("button", name="Essayer de nouveau").click()
        await person.sees("Ce code n’est pas le nôtre")
