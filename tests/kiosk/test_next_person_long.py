"""The next person finds nothing of whoever else comes: by card, with somebody who joins; and who just walks away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Playwright, async_playwright

from booth_client.config import ReaderSettings
from booth_client.identity.demonstration_card import APPLICATION
from booth_client.words import Way
from gateway.app import gateway
from tests.kiosk.test_next_person import HERS, MATRICULE, SIGNED, TALKING, TO_WHO, martin_at, seen_by
from tests.peers.house import house
from tests.peers.joining import MEDIA, Three, agreed, comes_in, plays
from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS
from tests.peers.next_person import found, place
from tests.peers.reader import reader
from tests.peers.smart_card import card_of, card_reader
from tests.peers.town import gateway_settings
from tests.peers.two_pages import settings_of
from tests.peers.visit_reader import at_desk
from tests.peers.visiting import BRISK, TO_WAITING
from tests.peers.webrtc_people import reachable

pytestmark = [
    *(pytest.mark.browser, pytest.mark.soak),
    *(pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)),
]

GUEST: Final = "Amina Benkacem"
CARD: Final = {
    "v": 1,
    "people": [
        {
            "birth_name": "Lefèvre",
            "given_names": ["Jeanne"],
            "sex": "female",
            "born": "1944-03-17",
            "birth_place": "59999",
            "matricule": MATRICULE,
            "oid": "1.2.250.1.213.1.4.10",
        }
    ],
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def playwright() -> AsyncIterator[Playwright]:
    reachable()
    async with async_playwright() as started:
        yield started


async def test_nor_of_whose_card_was_read_and_who_walked_away(playwright: Playwright, tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    async with gateway(gateway_settings(tmp_path)) as running, card_reader(tmp_path / "reader") as slot:
        settings = seen_by(running, tmp_path, ways=(Way.CARD,), readers=ReaderSettings(cards=True, test_people=True))
        async with (
            place(tmp_path, playwright, settings, running) as at,
            martin_at(running, tmp_path) as martin,
            at.somebody() as (jeanne, hers),
        ):
            await jeanne.goes(*TO_WHO, "card>who-card")
            async with slot.holds(card_of(APPLICATION, json.dumps(CARD).encode())):
                await jeanne.sees("who-confirm")
                there: list[str | bytes] = ["Jeanne L.", MATRICULE]
                assert found(there, await at.remembered(there)) == set(there)
            await jeanne.goes("yes>consent", *TO_WAITING[3:])
            await martin.takes()
            await jeanne.goes(*TALKING)
            await martin.talks()
            await martin.hangs_up()
            await martin.signs()
            await jeanne.sees("report")  # and there is nobody in front of it any more
            await jeanne.sees("still-there", seconds=120)
            await jeanne.sees("goodbye", seconds=90)
            hers += [MATRICULE, "LEFEVRE", "Lefèvre", "Jeanne L.", "1944-03-17", *SIGNED]


async def test_nor_of_whom_somebody_joined(playwright: Playwright, tmp_path: Path) -> None:
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(MEDIA_FLAGS))
    async with house(tmp_path / "house") as there:
        settings = replace(settings_of(there, tmp_path), virtual=replace(BRISK, persona=HERS))
        async with (
            place(tmp_path, playwright, settings, None) as at,
            at_desk(browser, there.running) as physician,
            reader(browser, there.running, permissions=MEDIA) as guest,
            at.somebody() as (jeanne, hers),
        ):
            await physician.is_available()
            await jeanne.goes(*TO_WAITING)
            await physician.takes()
            await jeanne.goes(*TALKING)
            three = Three(there=there, patient=jeanne, physician=physician, guest=guest)
            link = await comes_in(three, name=GUEST)
            await agreed(three)
            await plays(jeanne.page, ".others video")
            assert found([GUEST], await at.remembered([GUEST])) == {GUEST}
            await jeanne.goes("finish>hang-up", "yes>writing", "finish>goodbye")
            hers += [GUEST, link.partition("#")[2]]
    await browser.close()
