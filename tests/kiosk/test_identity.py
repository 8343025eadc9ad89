"""A whole booth that knows who is there: the helper writes it down, or a code is scanned; the person says yes."""

from __future__ import annotations

import asyncio
import os
import pty
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from booth_client.config import ReaderSettings, VirtualRadioSettings
from booth_client.identity.status import Proof
from booth_client.journey import Device, Way
from tests.peers.kiosk import _AXE, CHROMIUM, FLAGS, SHOTS, Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, Town, town

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

CODE = "314159"
TO_WHO = ("touch>language", "french>safety", "no>who")
GIVEN = {
    "#birth_name": "Lefèvre-Dubois",
    "#given_names": "Jeanne Zoë",
    "#born": "2/3/1944",
    "#birth_place": "59139",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()


def booth(**changes: Any) -> dict[str, Any]:
    return {
        "ways": (Way.HELPER, Way.CODE),
        "helpers": {"Marie": CODE},
        "devices": (Device.SCALE,),
        "virtual": VirtualRadioSettings(hands_after_s=0.3, persona=PERSONA),
        **changes,
    }


async def opens(seer: Visitor, code: str = CODE) -> None:
    """Let the helper open their page on the booth's screen, with their code."""
    await seer.page.evaluate("location.assign('/aide')")
    await seer.page.fill("#code", code)
    await seer.page.keyboard.press("Enter")
    await seer.page.get_by_role("link", name="Écrire l’identité").click()
    await seer.page.wait_for_selector("#birth_name")


async def types(seer: Visitor, *, sex: str, proof: str, **changed: str) -> None:
    for field, text in (GIVEN | {f"#{name}": text for name, text in changed.items()}).items():
        await seer.page.fill(field, text)
    await seer.page.check(f"input[value={sex}]")
    await seer.page.check(f"input[value={proof}]")
    await seer.page.locator("button.main").click()


async def looks(seer: Visitor, name: str) -> None:
    """Look at a page of the helper's: axe finds nothing."""
    await seer.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    found = await seer.page.evaluate(_AXE.read_text(encoding="utf-8") + "; axe.run().then(r => r.violations)")
    assert found == []


async def people(here: Town) -> list[dict[str, Any]]:
    """Return the Patients that have come to the gateway and are somebody."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await here.search("Patient?family=lefevre")):
            await asyncio.sleep(0.1)
    return found


async def test_the_helper_writes_down_who_it_is_and_the_person_says_yes(browser: Browser, tmp_path: Path) -> None:
    settings = booth()
    async with (
        town(tmp_path, **settings) as here,
        visitor(browser, here.kiosk, bypass_csp=True) as seer,
    ):
        await seer.goes(*TO_WHO, "assisted>who-assisted", "yes>who-helper")
        await opens(seer)
        await looks(seer, "identity-fr")
        await types(seer, sex="female", proof=Proof.IDENTITY_CARD, birth_place="59 12")
        assert "À corriger" in await seer.text()
        await types(seer, sex="female", proof=Proof.FAMILY_BOOK)
        assert "Pièce que vous avez vue" in await seer.page.inner_text("[role=alert]")
        await types(seer, sex="female", proof=Proof.IDENTITY_CARD)
        await seer.sees("who-confirm")
        await seer.says("Vous êtes Jeanne L., 82 ans ?")
        assert "DUBOIS" not in (await seer.text()).upper()
        await seer.goes("yes>consent", "yes>do-scale", ">result", "continue>goodbye")
        await seer.is_wiped()
        (patient,) = await people(here)
        assert patient["extension"][0]["extension"][0]["valueCoding"]["code"] == "VALI"
        assert patient["name"][0]["family"] == "LEFEVRE-DUBOIS"
        assert "identifier" not in patient
        (weight,) = await here.search(f"Observation?patient={patient['id']}")
        assert weight["subject"]["reference"] == f"Patient/{patient['id']}"

        await seer.goes(*TO_WHO, "assisted>who-assisted", "yes>who-helper")
        await seer.page.evaluate("location.assign('/aide/personne')")  # the code counts for ten minutes
        await types(seer, sex="female", proof=Proof.PASSPORT)
        await seer.page.wait_for_selector("[role=alert]")
        assert "existe déjà" in await seer.text()
        await looks(seer, "identity-same-fr")
        await seer.page.locator("button.main").click()
        await seer.sees("who-confirm")
        await seer.goes("yes>consent", "yes>do-scale")
        async with asyncio.timeout(PATIENCE):
            while len(found := await people(here)) < 2:
                await asyncio.sleep(0.1)
        assert len({each["id"] for each in found}) == 2  # told, and never merged


async def test_a_scanned_code_asks_for_the_name_and_leaves_no_number(browser: Browser, tmp_path: Path) -> None:
    wall, line = pty.openpty()
    readers = ReaderSettings(scanner=Path(os.ttyname(line)), test_people=True)
    oid = "1.2.250.1.213.1.4.10"
    text = f"IS01{'0' * 22}S1244035999900150S2{oid}S3JEANNE\x1dS4LEFEVRE\x1dS5FS602-03-1944S759999\r"
    async with town(tmp_path, **booth(readers=readers)) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_WHO, "phone>who-qr")
        os.write(wall, b"https://example.org/\r")
        os.write(wall, text.replace(oid, "1.2.250.1.213.1.4.8").encode())  # a real person's has no place in a demo
        os.write(wall, text.encode())
        await seer.sees("who-confirm")
        await seer.goes("yes>consent", "yes>do-scale")
        (patient,) = await people(here)
        assert patient["extension"][0]["extension"][0]["valueCoding"]["code"] == "PROV"
        assert patient["meta"]["security"][0]["code"] == "HTEST"
        assert "identifier" not in patient
        assert not seer.complaints, seer.complaints
    os.close(line)
    os.close(wall)


async def test_who_says_no_is_forgotten(browser: Browser, tmp_path: Path) -> None:
    wall, line = pty.openpty()
    readers = ReaderSettings(scanner=Path(os.ttyname(line)), test_people=True)
    text = f"IS01{'0' * 22}S1244035999900150S21.2.250.1.213.1.4.10S3JEANNE\x1dS4LEFEVRE\x1dS5FS602-03-1944S759999\r"
    async with town(tmp_path, **booth(readers=readers)) as here, visitor(browser, here.kiosk) as seer:
        await seer.goes(*TO_WHO, "phone>who-qr")
        os.write(wall, text.encode())
        await seer.goes(">who-confirm", "no>who", "nothing>consent", "yes>do-scale")
        async with asyncio.timeout(PATIENCE):
            while not (found := await here.search("Patient?_count=9")):
                await asyncio.sleep(0.1)
        assert [each["name"][0]["use"] for each in found] == ["temp"]
    os.close(line)
    os.close(wall)
