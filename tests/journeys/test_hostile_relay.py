"""A hostile relay between the real pages, and between a real agent and the real page: it can prevent a visit, no more.

Every attack is run against the kiosk's page with its agent ↔ the physician's page, both in Chromium, and against an
agent's own connections (aiortc) ↔ the physician's page. The soak reads every stop in both languages, and prints the
table of docs/encryption.md.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Page

from booth_client.app import open_booth
from booth_client.call import CallDeadlines
from booth_client.protection import Status
from signalling import messages as m
from tests.peers.attacks import ATTACKS, FALSE_NONCE, HIDDEN_NONCE, INVENTED_NAMES, LOST_CONFIRMS, NOWHERE
from tests.peers.hostile import Attack, Relay
from tests.peers.house import House, house
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.patients import PatientAtBooth, at_booth
from tests.peers.taken_over import taken_over
from tests.peers.two_pages import SPY, WITHHOLDS, alerts, settings_of
from tests.peers.visit_reader import PhysicianAtDesk, at_desk
from tests.peers.visiting import TO_WAITING, chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MEDIA: Final = ["camera", "microphone"]
MARTIN: Final = "rpps:10001234567"
BLANK: Final = "Object.assign(passed, {attached: 0, arrived: 0, said: [], heard: []}) && null"
QUICK: Final = CallDeadlines(confirm_s=1)
WITHHELD: Final = dict(zip(LOST_CONFIRMS, ("said", "heard"), strict=True))
OF_A_CONNECTION: Final = tuple(each for each in ATTACKS if not (each.of_the_booth and each.by == "booth"))
"""The others are found before there is a connection, by what both of a booth's have in common: the kiosk's has both."""


def named(attacks: tuple[Attack, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("attack", attacks, ids=lambda attack: attack.name)


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
        await self.desk.page.evaluate("(which) => { withheld = which; lost = 0; }", WITHHELD.get(attack, ""))
        self.relay.attacks(attack)
        await self.desk.page.locator(f"{card} .take").first.click()

    async def stops(self, attack: Attack, *, english: bool = False) -> None:
        """See the physician's page say that it stopped, and why, with no way on; then go back to the queue."""
        see, page = self.desk.person.sees, self.desk.page
        await see("L’appel n’est pas sûr. Nous l’avons arrêté.", f"Mot à donner au service : {attack.flaw}")
        assert (self.relay.changed if attack.to else await page.evaluate("lost")) > 0
        assert await page.locator(".stop button").all_inner_texts() == ["Mettre à rappeler", "Revenir à la file"]
        assert await page.locator("video").count() == 0
        await see("Aucune image ni mesure n’est passée.")
        await nothing_passed(page)
        if english:
            await page.get_by_role("button", name="English").click()
            await see("The call is not safe. We stopped it.", f"Word to give to the service: {attack.flaw}")
            await see("No picture and no reading came through.", "Telephone the booth and tell the service.")
            await page.get_by_role("button", name="Français").click()
        await page.get_by_role("button", name="Revenir à la file").click()

    async def is_audited(self, attack: Attack, before: int) -> None:
        """See that the audit says, of this visit, who found it."""
        rows = (await alerts(self.there.running))[before:]
        by = MARTIN if attack.by == "physician" else "urn:teleborne:booth:"
        assert rows, "nothing was audited"
        assert all(flaw == attack.flaw for _, flaw in rows), rows
        assert any(who.startswith(by) for who, _ in rows), rows


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    async with AsyncExitStack() as open_:
        browser = await open_.enter_async_context(chromium())
        there = await open_.enter_async_context(house(folder / "house"))
        relay = Relay(folder=folder / "relay", ally=there.signer("pharmacie"), colleague=there.physician())
        server = await open_.enter_async_context(taken_over(there.running, "mairie", relay))
        kiosk = await open_.enter_async_context(open_booth(settings_of(there, folder, server=server)))
        assert kiosk is not None
        patient = await open_.enter_async_context(visitor(browser, kiosk.url, script=SPY, permissions=MEDIA))
        desk = await open_.enter_async_context(at_desk(browser, there.running))
        await relay.between(desk.page)
        for script in (SPY, WITHHOLDS):
            await desk.page.add_init_script(script)
        await desk.page.reload()
        await desk.is_available()
        await patient.goes(*TO_WAITING)
        yield Stage(browser=browser, there=there, kiosk=patient, desk=desk, relay=relay)


async def nothing_passed(page: Page) -> None:
    """See that no track was attached, nothing came on the other side's, and nothing was said but proofs."""
    passed = await page.evaluate("passed")
    assert (passed["attached"], passed["arrived"]) == (0, 0)
    said = [each for each in (*passed["said"], *passed["heard"]) if not each.startswith("eyJ")]
    assert set(said) <= {'{"k":"proved"}'}, said


async def is_told_at_the_kiosk(kiosk: Visitor, *, english: bool = False) -> None:
    """See the stop in plain words, with no way on, and wait for a physician again."""
    await kiosk.sees("security-stop")
    assert await kiosk.reads() == "L’appel n’est pas sûr. Nous l’arrêtons."
    assert await kiosk.page.inner_text(".standing") == "Conversation refusée. L’identité n’est pas prouvée."
    offered = await kiosk.page.locator(".answers button").evaluate_all("all => all.map((each) => each.dataset.act)")
    assert set(offered) <= {"redo", "call-back", "finish"}
    await nothing_passed(kiosk.page)
    if english:
        await kiosk.goes("comfort>comfort", "english>security-stop")
        assert await kiosk.reads() == "The call is not safe. We stop it."
        assert await kiosk.page.inner_text(".standing") == "Conversation refused. The identity is not proved."
        await kiosk.goes("comfort>comfort", "french>security-stop")
    await kiosk.goes("redo>waiting")


async def at_the_kiosk(stage: Stage, attack: Attack, *, seconds: float = PATIENCE, english: bool = False) -> float:
    """Let one visit of the kiosk's be attacked; return after how many seconds it was stopped."""
    clock = asyncio.get_running_loop().time
    stage.relay.ally = stage.there.signer("pharmacie")
    before = len(await alerts(stage.there.running))
    began = clock()
    await stage.takes(attack)
    await stage.kiosk.sees("security-stop", seconds=seconds)
    stopped = clock() - began
    await asyncio.gather(stage.stops(attack, english=english), is_told_at_the_kiosk(stage.kiosk, english=english))
    await stage.is_audited(attack, before)
    return stopped


@asynccontextmanager
async def agent(stage: Stage, **options: Any) -> AsyncIterator[PatientAtBooth]:
    """Let somebody wait at a booth without kiosk, whose line is the relay's as well."""
    stage.relay.ally = stage.there.signer("mairie")
    stage.relay.attacks(None)
    async with (
        taken_over(stage.there.running, "pharmacie", stage.relay) as server,
        at_booth(stage.there, "pharmacie", server=server, **options) as booth,
    ):
        yield booth


async def by_the_agent(stage: Stage, attack: Attack, *, english: bool = False, **options: Any) -> float:
    """Let one visit of a booth without kiosk be attacked; return after how many seconds it was stopped."""
    clock = asyncio.get_running_loop().time
    before = len(await alerts(stage.there.running))
    async with agent(stage, **options) as booth:
        began = clock()
        await stage.takes(attack, card=f'[data-call="{booth.call}"]')
        await booth.until(lambda: ended(booth, attack))
        stopped = clock() - began
        await stage.stops(attack, english=english)
        nothing_came(booth)
    await stage.is_audited(attack, before)
    return stopped


def ended(booth: PatientAtBooth, attack: Attack) -> bool:
    return any(isinstance(each, m.Ended) and each.reason == attack.flaw for each in booth.heard)


def nothing_came(booth: PatientAtBooth) -> None:
    """See that the agent neither believed the other side nor saw or heard anything of it."""
    assert (booth.frames, booth.requests) == (0, [])
    assert not {booth.agent.state.status, booth.av.state.status} & {Status.PROTECTED, Status.RECOVERING}


async def remembered(stage: Stage, attack: Attack, run: Callable[..., Any]) -> None:
    """Let the relay see another visit first, where it is to bring back what was said in it."""
    if attack.replays:
        stage.relay.old.clear()
        await run(stage, FALSE_NONCE)


@named(ATTACKS)
async def test_an_attack_between_kiosk_and_physician_is_found_told_and_audited(stage: Stage, attack: Attack) -> None:
    await remembered(stage, attack, at_the_kiosk)
    await at_the_kiosk(stage, attack, english=attack is ATTACKS[0])


@named(OF_A_CONNECTION)
async def test_an_attack_between_agent_and_physician_is_found_told_and_audited(stage: Stage, attack: Attack) -> None:
    await remembered(stage, attack, by_the_agent)
    await by_the_agent(stage, attack)


@named((HIDDEN_NONCE, *LOST_CONFIRMS))
async def test_what_is_confirmed_by_one_side_alone_is_stopped_at_the_second_time_and_neither_has_unlocked(
    stage: Stage, attack: Attack
) -> None:
    await by_the_agent(stage, attack, deadlines=QUICK)


async def test_altered_addresses_can_only_prevent_the_visit_and_that_is_told_and_audited(stage: Stage) -> None:
    desk, before = stage.desk, len(await alerts(stage.there.running))
    async with agent(stage, deadlines=CallDeadlines(open_s=1)) as booth:
        await stage.takes(NOWHERE, card=f'[data-call="{booth.call}"]')
        await desk.person.sees("Vérification en cours", "Rien ne passe encore.")
        await booth.until(lambda: booth.av.state.generation > 1)
        await nothing_passed(desk.page)
        nothing_came(booth)
        await gives_back(desk)
    await nobody_met(stage, before)


async def nobody_is_met_at_the_kiosk(stage: Stage, *, for_s: float) -> None:
    """Let a visit of the kiosk's lead nowhere for a while: both are told that proof is awaited, and nothing else."""
    await stage.takes(NOWHERE)
    await stage.kiosk.goes(">doctor-coming", "ready>doctor-coming")
    await stage.desk.person.sees("Vérification en cours", "Rien ne passe encore.")
    await stage.desk.page.wait_for_timeout(for_s * 1000)
    for page in (stage.kiosk.page, stage.desk.page):
        await nothing_passed(page)
    assert " ".join((await stage.kiosk.page.inner_text(".standing")).split()) == "Nous vérifions qui est le médecin."
    assert stage.relay.changed > 0
    await gives_back(stage.desk)
    await stage.kiosk.sees("waiting")


async def test_altered_addresses_lead_nowhere_from_the_kiosk_either(stage: Stage) -> None:
    await nobody_is_met_at_the_kiosk(stage, for_s=1.5)


async def gives_back(desk: PhysicianAtDesk) -> None:
    await desk.page.get_by_role("button", name="Raccrocher").click()
    await desk.page.get_by_role("button", name="Rendre à la file").click()
    await desk.page.get_by_role("button", name="Revenir à la file").click()


async def nobody_met(stage: Stage, before: int) -> None:
    """See that the audit says how often they tried."""
    ((who, what),) = (await alerts(stage.there.running))[before:]
    assert who == "urn:teleborne:signalling"
    assert what.startswith("Never connected, tries: ")


async def test_names_that_a_server_invents_are_shown_nowhere(stage: Stage) -> None:
    async with at_desk(stage.browser, stage.there.running, "roy") as desk:
        await desk.is_available()
        stage.relay.attacks(INVENTED_NAMES)
        await desk.page.locator(".card .take").first.click()
        await stage.kiosk.goes(">doctor-coming", "ready>in-visit")
        assert await stage.kiosk.reads() == "Vous parlez avec le docteur Hélène Roy."
        assert stage.relay.changed > 0
        assert "Personne" not in await stage.kiosk.text()
        await stage.kiosk.goes("finish>hang-up", "yes>writing", "finish>goodbye")
        await stage.kiosk.is_wiped()
    await stage.kiosk.goes(*TO_WAITING)


async def test_without_an_attack_picture_sound_and_measurements_pass_through_the_same_relay(stage: Stage) -> None:
    async with at_desk(stage.browser, stage.there.running, "roy") as desk, agent(stage) as booth:
        relay = Relay(folder=stage.relay.folder, ally=stage.relay.ally, colleague=stage.relay.colleague)
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


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_the_whole_matrix_fails_closed(stage: Stage) -> None:
    sys.stdout.write(
        "\n| attack | found by | flaw | kiosk's page: stopped after | agent: stopped after |\n|-|-|-|-|-|\n"
    )
    times: list[float] = []
    for attack in (*ATTACKS, HIDDEN_NONCE, *LOST_CONFIRMS):
        slow = attack.flaw is HIDDEN_NONCE.flaw
        await remembered(stage, attack, at_the_kiosk)
        kiosk = await at_the_kiosk(stage, attack, seconds=45, english=True)
        apart = attack in ATTACKS and attack not in OF_A_CONNECTION
        if not apart:
            await remembered(stage, attack, by_the_agent)
        alone = (
            None if apart else await by_the_agent(stage, attack, english=True, **({"deadlines": QUICK} if slow else {}))
        )
        times += [kiosk, *([] if alone is None else [alone])]
        other = "(the same booth)" if alone is None else f"{alone:.1f} s"
        sys.stdout.write(f"| {attack.name} | {attack.by} | `{attack.flaw}` | {kiosk:.1f} s | {other} |\n")
    sys.stdout.write(f"{len(times)} of {len(times)} stopped, told in both languages and audited; nothing passed\n")
    before = len(await alerts(stage.there.running))
    await nobody_is_met_at_the_kiosk(stage, for_s=40)
    await nobody_met(stage, before)
