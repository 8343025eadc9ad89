"""A hostile relay between the real pages, and between a real agent and the real page: it can prevent a visit, no more.

Every attack is run against the kiosk's page with its agent ↔ the physician's page, both in Chromium, and against the
agent's own connections (aiortc) ↔ the physician's page. docs/encryption.md has the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Page

from booth_client.app import open_booth
from booth_client.call import CallDeadlines
from booth_client.protection import Status
from signalling import messages as m
from tests.peers.hostile import ATTACKS, FALSE_NONCE, HIDDEN_NONCE, NOWHERE, Attack, Relay
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patients import House, PatientAtBooth, at_booth, house
from tests.peers.two_pages import SPY, alerts, settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(120)]

MEDIA: Final = ["camera", "microphone"]
MARTIN: Final = "rpps:10001234567"
BLANK: Final = "Object.assign(passed, {attached: 0, arrived: 0, said: [], heard: []}) && null"
named = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A patient who waits at a kiosk, a physician who is available, and what is between them."""

    browser: Any
    there: House
    kiosk: Visitor
    desk: PhysicianAtDesk
    relay: Relay

    async def takes(self, attack: Attack, *, card: str = ".card") -> None:
        """Let the physician take that patient while the relay does its worst."""
        for page in (self.kiosk.page, self.desk.page):
            await page.evaluate(BLANK)
        self.relay.attacks(attack)
        await self.desk.page.locator(f"{card} .take").first.click()

    async def stops(self, attack: Attack) -> None:
        """See the physician's page say that it stopped, and why, with no way on; then go back to the queue."""
        see, page = self.desk.person.sees, self.desk.page
        await see("L’appel n’est pas sûr. Nous l’avons arrêté.", f"Mot à donner au service : {attack.flaw}")
        assert self.relay.changed > 0
        assert await page.locator(".stop button").all_inner_texts() == ["Revenir à la file"]
        assert await page.locator("video").count() == 0
        await see("Aucune image ni mesure n’est passée.")
        await nothing_passed(page)
        await page.get_by_role("button", name="Revenir à la file").click()

    async def is_audited(self, attack: Attack, before: int) -> None:
        """See that the audit says, of this visit, who found it."""
        rows = (await alerts(self.there.running))[before:]
        by = MARTIN if attack.found_by == "physician" else "urn:teleborne:booth:"
        assert rows, "nothing was audited"
        assert all(flaw == attack.flaw for _, flaw in rows)
        assert any(who.startswith(by) for who, _ in rows)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    async with AsyncExitStack() as open_:
        browser = await open_.enter_async_context(chromium())
        there = await open_.enter_async_context(house(folder / "house"))
        kiosk = await open_.enter_async_context(open_booth(settings_of(there, folder)))
        assert kiosk is not None
        patient = await open_.enter_async_context(visitor(browser, kiosk.url, script=SPY, permissions=MEDIA))
        desk = await open_.enter_async_context(at_desk(browser, there.running))
        relay = Relay(folder=folder / "relay", ally=there.signer("pharmacie"))
        await relay.between(desk.page)
        await desk.page.add_init_script(SPY)
        await desk.page.reload()
        await desk.is_available()
        await patient.goes(*TO_WAITING)
        yield Stage(browser=browser, there=there, kiosk=patient, desk=desk, relay=relay)


async def nothing_passed(page: Page) -> None:
    """See that no track was attached, nothing came on the other side's, and nothing was said but proofs."""
    passed = await page.evaluate("passed")
    assert (passed["attached"], passed["arrived"]) == (0, 0)
    assert [each for each in (*passed["said"], *passed["heard"]) if not each.startswith("eyJ")] == []


async def is_told_at_the_kiosk(kiosk: Visitor) -> None:
    """See the stop in plain words, with no way on, and wait for a physician again."""
    await kiosk.sees("security-stop")
    assert await kiosk.reads() == "L'appel n'est pas sûr. Nous l'arrêtons."
    assert await kiosk.page.inner_text(".standing") == "Conversation refusée. L'identité n'est pas prouvée."
    offered = await kiosk.page.locator(".answers button").evaluate_all("all => all.map((each) => each.dataset.act)")
    assert set(offered) <= {"redo", "call-back", "finish"}
    await nothing_passed(kiosk.page)
    await kiosk.goes("redo>waiting")


async def at_the_kiosk(stage: Stage, attack: Attack, *, seconds: float = 15) -> None:
    """Let one visit of the kiosk's be attacked."""
    stage.relay.ally = stage.there.signer("pharmacie")
    before = len(await alerts(stage.there.running))
    await stage.takes(attack)
    await stage.kiosk.sees("security-stop", seconds=seconds)
    await asyncio.gather(stage.stops(attack), is_told_at_the_kiosk(stage.kiosk))
    await stage.is_audited(attack, before)


async def by_the_agent(stage: Stage, attack: Attack, **options: Any) -> None:
    """Let one visit of a booth without kiosk be attacked."""
    stage.relay.ally = stage.there.signer("mairie")
    before = len(await alerts(stage.there.running))
    async with at_booth(stage.there, "pharmacie", **options) as booth:
        await stage.takes(attack, card=f'[data-call="{booth.call}"]')
        await stage.stops(attack)
        await booth.until(lambda: any(isinstance(each, m.Ended) and each.reason == attack.flaw for each in booth.heard))
        nothing_came(booth)
    await stage.is_audited(attack, before)


def nothing_came(booth: PatientAtBooth) -> None:
    """See that the agent neither believed the other side nor saw or heard anything of it."""
    assert (booth.frames, booth.requests) == (0, [])
    assert not {booth.agent.state.status, booth.av.state.status} & {Status.PROTECTED, Status.RECOVERING}


@named
async def test_an_attack_between_kiosk_and_physician_is_found_told_and_audited(stage: Stage, attack: Attack) -> None:
    if attack.replays:
        stage.relay.old.clear()
        await at_the_kiosk(stage, FALSE_NONCE)
    await at_the_kiosk(stage, attack)


@named
async def test_an_attack_between_agent_and_physician_is_found_told_and_audited(stage: Stage, attack: Attack) -> None:
    if attack.replays:
        stage.relay.old.clear()
        await by_the_agent(stage, FALSE_NONCE)
    await by_the_agent(stage, attack)


async def test_what_is_never_confirmed_is_stopped_at_the_second_time(stage: Stage) -> None:
    await by_the_agent(stage, HIDDEN_NONCE, deadlines=CallDeadlines(confirm_s=1))


@pytest.mark.soak
async def test_what_is_never_confirmed_at_the_kiosk_is_stopped_at_the_second_time(stage: Stage) -> None:
    await at_the_kiosk(stage, HIDDEN_NONCE, seconds=45)


async def test_altered_addresses_can_only_prevent_the_visit(stage: Stage) -> None:
    desk, kiosk = stage.desk, stage.kiosk
    await stage.takes(NOWHERE)
    await kiosk.goes(">doctor-coming", "ready>doctor-coming")
    await desk.person.sees("Vérification en cours", "Rien ne passe encore.")
    assert " ".join((await kiosk.page.inner_text(".standing")).split()) == "Nous vérifions qui est le médecin."
    await desk.page.wait_for_timeout(1500)
    await nothing_passed(desk.page)
    await nothing_passed(kiosk.page)
    await desk.page.get_by_role("button", name="Raccrocher").click()
    await desk.page.get_by_role("button", name="Rendre à la file").click()
    await kiosk.sees("waiting")
    await desk.page.get_by_role("button", name="Revenir à la file").click()


async def test_without_an_attack_picture_sound_and_measurements_pass_through_the_same_relay(stage: Stage) -> None:
    async with at_desk(stage.browser, stage.there.running, "roy") as desk, at_booth(stage.there, "pharmacie") as booth:
        relay = Relay(folder=stage.relay.folder, ally=stage.relay.ally)
        await relay.between(desk.page)
        await desk.page.add_init_script(SPY)
        await desk.page.reload()
        await desk.is_available()
        await desk.page.locator(f'[data-call="{booth.call}"] .take').click()
        await booth.protected()
        await desk.sees_it_move()
        await booth.until(lambda: booth.frames > 0)
        passed = await desk.page.evaluate("passed")
        assert passed["attached"] > 0
        assert passed["arrived"] > 0
        assert any('"vital"' in each for each in passed["heard"])
