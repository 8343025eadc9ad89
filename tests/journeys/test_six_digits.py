"""The six digits of a call between two real browsers: the kiosk's and the physician's, compared by two people."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from structlog.testing import capture_logs

from booth_client.app import open_booth
from tests.peers.house import house
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.running import Running
from tests.peers.town import until
from tests.peers.two_pages import alerts, settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, chromium, rises

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MEDIA: Final = ["camera", "microphone"]
PROTECTED: Final = "Conversation protégée, identité vérifiée : "
KEEP_PEERS: Final = """
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.peers.push(this); }
  };
"""
CERTIFICATES: Final = """async () => {
  const found = [];
  for (const peer of window.peers) {
    const stats = await peer.getStats();
    const line = [...stats.values()].find(({type, dtlsState}) => type === "transport" && dtlsState === "connected");
    if (line) found.push([line.remoteCertificateId, line.localCertificateId].map((id) => stats.get(id).fingerprint));
  }
  return found;
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    running: Running
    patient: Visitor
    physician: PhysicianAtDesk


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@asynccontextmanager
async def talking(browser: Browser, folder: Path) -> AsyncIterator[Two]:
    """Let a patient at a kiosk and a physician at their page see each other."""
    async with house(folder / "house") as there, open_booth(settings_of(there, folder)) as kiosk:
        assert kiosk is not None
        async with (
            visitor(browser, kiosk.url, permissions=MEDIA) as patient,
            at_desk(browser, there.running) as physician,
        ):
            await physician.page.add_init_script(KEEP_PEERS)
            await physician.page.reload()
            await physician.is_available()
            await patient.goes(*TO_WAITING)
            await physician.takes()
            await patient.goes(">doctor-coming", "ready>in-visit")
            await rises(patient)
            yield Two(running=there.running, patient=patient, physician=physician)


async def standing(two: Two) -> str:
    """Return how safe the kiosk says that the talk is."""
    return " ".join((await two.patient.page.inner_text(".standing")).split())


async def compared(two: Two) -> tuple[str, str]:
    """Ask for the digits on both sides: by the kiosk's keys, and by the physician's shield."""
    await two.patient.keys("verify>six-digits")
    page = two.physician.page
    await page.get_by_role("button", name="identité vérifiée : borne Mairie").click()
    await two.physician.person.sees("Vérifier l’appel", within="dialog")
    theirs = await two.physician.person.reads("dialog .digits dd")
    return await two.patient.page.inner_text(".six"), theirs


async def certificates_in(page: Any) -> set[tuple[str, str]]:
    """Return (booth's, physician's) fingerprints of what is connected, as the browser's own statistics have them."""
    return {(booth, physician) for booth, physician in await page.evaluate(CERTIFICATES)}


def proved(logged: Sequence[MutableMapping[str, Any]], *endpoints: str) -> list[MutableMapping[str, Any]]:
    """Return the booth's log lines of proved connections, of all its endpoints where none is named."""
    lines = [each for each in logged if each["event"] == "connection proved"]
    return [each for each in lines if not endpoints or each["endpoint"] in endpoints]


async def test_both_screens_have_the_same_digits_and_other_ones_in_the_next_connection(
    browser: Browser, tmp_path: Path
) -> None:
    with capture_logs() as logged:
        async with talking(browser, tmp_path) as two:
            assert await standing(two) == f"{PROTECTED}Dr Claire Martin"
            await two.patient.looks("in-visit-protected")
            await two.patient.checks("in-visit-protected")
            first, theirs = await compared(two)
            assert re.fullmatch(r"\d\d \d\d \d\d", first)
            assert theirs == first
            await two.patient.looks("six-digits-talk")
            await two.patient.checks("six-digits-talk")
            await rises(two.patient)  # the physician is seen beside the digits
            seen = await certificates_in(two.physician.page)
            assert len(seen) == 2
            assert seen == {(each["booth"], each["physician"]) for each in proved(logged)}
            await two.physician.page.keyboard.press("Escape")
            await two.patient.page.reload()
            await until(lambda: len(proved(logged, "av")) == 2)
            await two.patient.sees("in-visit")
            await two.physician.page.wait_for_selector('.screen[data-how="talking"]')
            await rises(two.patient)
            again, theirs_again = await compared(two)
            assert theirs_again == again
            assert again != first
            await two.patient.goes("yes>in-visit", "verify>six-digits", "no>security-stop")
            await two.patient.looks("security-stop-digits")
            assert await standing(two) == "Conversation refusée. L’identité n’est pas prouvée."
            said = "Le patient dit que vos six chiffres ne sont pas les siens."
            await two.physician.person.sees(said, "Tout est coupé.", "La visite avait commencé")
            await two.physician.looks("stop-digits", (1440, 900))
            assert await two.physician.page.locator("video").count() == 0
            assert await alerts(two.running) == [("urn:teleborne:booth:mairie", "digits")]
            assert not two.patient.complaints, two.patient.complaints


async def test_what_the_kiosk_says_of_the_talk_is_true_from_the_first_to_the_last_moment(
    browser: Browser, tmp_path: Path
) -> None:
    async with talking(browser, tmp_path) as two:
        await two.patient.goes("verify>six-digits")
        await two.physician.page.goto("about:blank")
        await two.patient.sees("call-trouble")
        assert await standing(two) == "Conversation coupée. Nous essayons de la reprendre."
        assert await two.patient.page.locator(".six").count() == 0
        await two.physician.page.go_back()
        await two.patient.sees("in-visit")
        assert await standing(two) == f"{PROTECTED}Dr Claire Martin"
        async with asyncio.timeout(PATIENCE):
            await two.patient.goes("finish>hang-up", "yes>writing")
        assert await standing(two) == "Conversation terminée."
