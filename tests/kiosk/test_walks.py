"""Every screen by five keys alone, by touch alone, muted and unseen: each button is reached, stands free, is said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser

from booth_client.journey import State, Way
from tests.kiosk.theatre import Theatre, consultation, theatre
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

_REACHED: Final = """() => {
  const all = [...document.querySelectorAll("#booth button:not(:disabled)")];
  const met = new Set();
  document.querySelector("h1").focus();
  for (let step = 0; step <= all.length; step++) {
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    met.add(document.activeElement);
  }
  return all.filter((button) => !met.has(button)).map((button) => button.textContent.trim());
}"""
"""The buttons that no press of « down » leads to."""

_COVERED: Final = """() => [...document.querySelectorAll("#booth button:not(:disabled)")].filter((button) => {
  const { left, top, width, height } = button.getBoundingClientRect();
  const at = document.elementFromPoint(left + width / 2, top + height / 2);
  return !button.contains(at);
}).map((button) => button.textContent.trim())"""
"""The buttons whose middle a finger does not meet."""

_UNSAID: Final = """async (language) => {
  const { linesOf } = await import("/page/voice.js");
  const { phrasesOf, templatesOf } = await import("/page/speech.js");
  const { text } = await import(`/page/${language}.js`);
  const clips = (await (await fetch("/voice/manifest.json")).json())[language];
  const given = { has: (phrase) => phrase in clips, text, asked: true };
  return linesOf(document.querySelector("#booth")).map((line) => line.words)
    .filter((words) => /\\p{L}/u.test(words) && phrasesOf(words, templatesOf(text), given).length === 0);
}"""
"""What stands on the screen and no voice says."""

_TALK: Final = consultation(State.IN_VISIT)
SHADES: Final[tuple[tuple[State, dict[str, Any]], ...]] = (
    (State.HELPER, {"behind": (State.IDLE,)}),
    (State.HELPER, {"behind": (State.REST,)}),
    (State.HELPER, {"behind": (State.WHO,)}),
    (State.HELPER, {"behind": (State.IN_VISIT,), "consultation": _TALK}),
    (State.HELPER, {"behind": (State.IDLE,), "cleaned": True}),
    (State.HELPER_CODE, {"typed": "271828", "wrong": None}),
    (State.HELPER_CODE, {"wrong": "wait"}),
    *((state, {"guided": True, "helper": "Marie"}) for state in (State.DO_CUFF, State.LIVE, State.RESULT)),
    (State.EMERGENCY_CALL, {"online": False}),
    *((State.OUT_OF_SERVICE, {"shut": True, "revoked": why}) for why in (False, True)),
    (State.TAKE_PAPERS, {"card": True}),
    (State.GOODBYE, {"card": True}),
    *((state, {"companion": "parent"}) for state in (State.CONSENT, State.CONSENT_VISIT, State.CONSENT_SHARE)),
    *((State.EXPLAIN, {"companion": "carer", "topic": topic}) for topic in ("readings", "visit", "share")),
    *((State.QUESTIONS, {"companion": "relative", "question": at}) for at in range(4)),
    (State.MEAL, {"companion": "parent"}),
    (State.VISIT_MEASURE, {"companion": "carer"}),
    (State.VISIT_EXAM, {"companion": "relative"}),
    (State.WHO, {"closed": frozenset({Way.CARD})}),
    (State.WHO_PHONE, {"checked": True}),
)
"""Screens as the machine may set them beside their plain form."""


async def answers(stage: Theatre, seer: Visitor, language: str, state: State, changes: dict[str, Any]) -> list[str]:
    """Return what of one screen somebody cannot reach, touch or hear."""
    await stage.play(seer, state, language=language, **changes)
    reached = await seer.page.evaluate(_REACHED)
    covered = await seer.page.evaluate(_COVERED)
    unsaid = [words for words in await seer.page.evaluate(_UNSAID, language) if words not in NAMES]
    return [
        f"{state}-{language} {why}: {what}"
        for why, found in (("not by keys", reached), ("not by touch", covered), ("not said", unsaid))
        for what in found
    ]


NAMES: Final = ("Mairie de Caudry", "Dr Jean Roy", "Ana Lopez")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_button_is_reached_by_keys_met_by_a_finger_and_said(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        wrong: list[str] = []
        for state, changes in [*((state, {}) for state in State), *SHADES]:
            wrong += await answers(stage, seer, language, state, changes)
        assert wrong == []


async def test_whoever_mutes_the_booth_misses_nothing(browser: Browser, tmp_path: Path) -> None:
    """Nothing is said that is not written: with the voice off each sentence of a screen is there to be read."""
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        await stage.play(seer, State.COMFORT)
        for _ in range(3):
            await seer.page.locator('button[data-local="softer"]').click()
        await seer.finds("La voix est coupée.")
        written: list[tuple[State, dict[str, Any], str]] = [
            (State.EMERGENCY_CALL, {"online": False}, "Pas d’Internet. La borne sonne fort."),
            (State.TAKE_PAPERS, {"hinted": True}, "Prenez vos papiers, s’il vous plaît."),
            (State.GOODBYE, {"card": True}, "Reprenez votre carte."),
            (State.OUT_OF_SERVICE, {"shut": True}, "La borne est fermée."),
            (State.OUT_OF_SERVICE, {"shut": True, "revoked": True}, "Cette borne n’est plus autorisée."),
            (State.HELPER_CODE, {"wrong": "wait"}, "Trop d’essais."),
            (State.HELPER, {"behind": (State.IN_VISIT,), "consultation": _TALK}, "L’appel continue sans son ni image."),
            (State.CONSENT, {"companion": "parent"}, "Le médecin peut voir les mesures de votre enfant"),
        ]
        for state, changes, words in written:
            await stage.play(seer, state, **changes)
            await seer.finds(words)


async def test_a_screen_that_goes_by_itself_is_seen_by_who_looks_late(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        for state in (State.CONSENT, State.DO_SCALE, State.RESULT):
            stage.sets(state)
        await seer.page.wait_for_selector('main[data-state="result"]')
        await seer.goes(">consent", ">do-scale", ">result")
        with pytest.raises(AssertionError, match=r"do-scale did not come in 0\.2 s; the screen is result"):
            await seer.sees("do-scale", seconds=0.2)


async def test_a_press_under_which_the_screen_is_drawn_again_counts(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url) as seer:
        said: list[str] = []
        seer.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: said.append(str(frame))))
        await seer.page.reload()
        await stage.play(seer, State.CONSENT)
        yes = seer.page.locator('button[data-act="yes"]')
        await seer.page.wait_for_timeout(520)
        await yes.hover()
        await seer.page.mouse.down()
        await yes.evaluate("(button) => { window.under = button; }")
        for large, contrast, online in ((True, False, True), (False, True, True), (False, False, False)):
            stage.sets(State.CONSENT, anew=False, large=large, contrast=contrast, online=online)
            await seer.page.wait_for_function(
                "([large, contrast]) => document.documentElement.hasAttribute('data-large') === large"
                " && (document.documentElement.dataset.theme === 'contrast') === contrast",
                arg=[large, contrast],
            )
        assert await yes.evaluate("(button) => button === window.under")
        await seer.page.mouse.up()
        async with asyncio.timeout(PATIENCE):
            while not any('"act":"yes"' in each for each in said):
                await asyncio.sleep(0.05)
