"""The kiosk's voice: a clip for each phrase as it is written today; what is said in real Chromium, and what is not."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import av
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.journey import State
from tests.kiosk.theatre import Theatre, theatre
from tests.peers.kiosk import Visitor, visitor

_ROOT: Final = Path(__file__).parents[2]
_VOICE: Final = _ROOT / "booth_client" / "kiosk" / "voice"
LANGUAGES: Final = ("fr", "en")
in_chromium = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

_LISTEN: Final = """() => {
  window.said = [];
  const start = AudioBufferSourceNode.prototype.start;
  const url = new Map();
  const ask = window.fetch;
  window.fetch = async (what) => {
    const answer = await ask(what);
    const octets = answer.arrayBuffer.bind(answer);
    answer.arrayBuffer = async () => { const held = await octets(); url.set(held, String(what)); return held; };
    return answer;
  };
  const decode = AudioContext.prototype.decodeAudioData;
  AudioContext.prototype.decodeAudioData = async function (held) {
    const from = url.get(held);
    const sound = await decode.call(this, held);
    sound.from = from;
    return sound;
  };
  AudioBufferSourceNode.prototype.start = function (...given) {
    if (this.buffer?.from) window.said.push(this.buffer.from.split("/").at(-1));
    return start.apply(this, given);
  };
}"""


@cache
def recorder() -> Any:
    """Return scripts/voice.py, which needs the synthesiser only to record."""
    spec = importlib.util.spec_from_file_location("voice", _ROOT / "scripts" / "voice.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def manifest() -> dict[str, dict[str, list[str]]]:
    read: dict[str, dict[str, list[str]]] = json.loads((_VOICE / "manifest.json").read_text("utf-8"))
    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_of_the_catalogue_has_the_clip_of_its_wording(language: str) -> None:
    wanted = {phrase: recorder().file_of(language, phrase) for phrase in recorder().phrases(language)}
    named = {phrase: clip for phrase, (clip, _) in manifest()[language].items()}
    assert named == wanted, "the words have changed: run `make voice`"


def test_the_shape_of_an_apostrophe_is_not_heard() -> None:
    assert recorder().file_of("fr", "C\u2019est fait") == recorder().file_of("fr", "C'est fait")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clip_is_there_unchanged_and_no_other(language: str) -> None:
    hashes = dict(manifest()[language].values())
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (_VOICE / language).iterdir()}
    assert there == hashes


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clip_can_be_heard(language: str) -> None:
    for name in (clip for clip, _ in manifest()[language].values()):
        with av.open(str(_VOICE / language / name)) as clip:
            frames = list(clip.decode(audio=0))
        seconds = sum(frame.samples for frame in frames) / 48_000
        loudest = max(abs(value) for frame in frames for value in memoryview(frame.planes[0]).cast("f"))
        assert 0.15 < seconds < 8, name
        assert 0.2 < loudest <= 1.0, name


@pytest.fixture(scope="module")
def spoken() -> dict[str, dict[str, str]]:
    """Return the phrase of each clip, by language."""
    return {language: {clip: phrase for phrase, (clip, _) in clips.items()} for language, clips in manifest().items()}


class Listener:
    """Somebody who hears what the booth says."""

    def __init__(self, seer: Visitor, spoken: dict[str, dict[str, str]]) -> None:
        self._page = seer.page
        self._spoken = spoken

    async def hears(self, *phrases: str, language: str = "fr") -> None:
        """Wait until these were said, in this order, with nothing between them."""
        clips = [manifest()[language][phrase][0] for phrase in phrases]
        await self._page.wait_for_function(
            "(clips) => window.said.some((_, at) => clips.every((clip, step) => window.said[at + step] === clip))",
            arg=clips,
        )

    async def heard(self) -> list[str]:
        """Return what was said so far."""
        known = {clip: phrase for clips in self._spoken.values() for clip, phrase in clips.items()}
        return [known[clip] for clip in await self._page.evaluate("window.said")]

    async def forgets(self) -> None:
        await self._page.evaluate("window.said = []")


@pytest_asyncio.fixture(loop_scope="module")
async def booth(
    browser: Browser, tmp_path: Path, spoken: dict[str, dict[str, str]]
) -> AsyncIterator[tuple[Theatre, Visitor, Listener]]:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url, has_touch=True) as seer:
        await seer.page.evaluate(f"({_LISTEN})()")
        yield stage, seer, Listener(seer, spoken)
        assert not seer.complaints, "\n".join(seer.complaints)


class TestInChromium:
    """What a person hears."""

    pytestmark = in_chromium

    async def test_a_screen_says_its_sentence_then_its_buttons(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.SAFETY)
        await ear.hears("Avez-vous un de ces signes ?")
        await ear.hears(
            "Mal à la poitrine", "Du mal à respirer", "Visage ou bras faible", "Beaucoup de sang", "Oui", "Non"
        )

    async def test_a_device_is_said_with_its_number_in_one_breath(
        self, booth: tuple[Theatre, Visitor, Listener]
    ) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.DO_OXI)
        sticker = (await seer.reads()).split("n° ")[1].removesuffix(".")
        await ear.hears(f"Mettez un doigt dans la pince n° {sticker}.")

    async def test_a_result_is_said_only_to_who_asks_for_it(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.RESULT)
        await ear.hears("C’est enregistré.")
        await ear.hears("Refaire")
        assert not {"132", "100", "32", "81"} & set(await ear.heard())
        await seer.page.locator('button[data-local="listen"]').click()
        await ear.hears("Tension :", "100", "32", "sur", "81", "C’est enregistré.")

    async def test_a_name_is_never_said(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.WHO_CONFIRM)
        await seer.page.locator('button[data-local="listen"]').click()
        await ear.hears("Vous êtes")
        await ear.hears("Non")
        assert "Jeanne" in await seer.text()
        assert not any("Jeanne" in phrase for phrase in await ear.heard())

    async def test_a_touch_silences_it(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.SAFETY)
        await ear.hears("Avez-vous un de ces signes ?")
        await seer.page.mouse.move(5, 5)
        await seer.page.locator("h1").dispatch_event("pointerdown", {"pointerId": 1, "bubbles": True})
        said = len(await ear.heard())
        await seer.page.wait_for_timeout(1500)
        assert len(await ear.heard()) == said
        assert await seer.page.locator("[data-saying]").count() == 0

    async def test_english_is_said_in_english_and_what_is_said_is_marked(
        self, booth: tuple[Theatre, Visitor, Listener]
    ) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.LEAVE, language="en")
        await seer.page.wait_for_selector("h1[data-saying]")
        await ear.hears("Do you want to leave?", language="en")

    async def test_it_can_be_made_softer_until_it_is_silent(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, _ = booth
        await stage.play(seer, State.COMFORT)
        for _ in range(3):
            await seer.page.locator('button[data-local="softer"]').click()
        await seer.finds("La voix est coupée.")
        assert await seer.page.locator('button[data-local="softer"]').is_disabled()

    async def test_five_keys_are_enough_and_say_where_one_is(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.SAFETY)
        await ear.hears("Avez-vous un de ces signes ?")
        await ear.forgets()
        await seer.page.keyboard.press("ArrowDown")
        await ear.hears("Oui")
        await seer.page.keyboard.press("ArrowDown")
        await ear.hears("Non")
        await seer.page.keyboard.press("F2")
        await ear.hears("Avez-vous un de ces signes ?")
        await seer.page.wait_for_timeout(520)
        await seer.page.keyboard.press("F1")
        await seer.sees("help-called")

    async def test_a_finger_that_reads_chooses_by_a_double_tap(self, booth: tuple[Theatre, Visitor, Listener]) -> None:
        stage, seer, ear = booth
        await stage.play(seer, State.SAFETY)
        await ear.hears("Avez-vous un de ces signes ?")
        hand = await seer.page.context.new_cdp_session(seer.page)
        both = [{"x": 300, "y": 400, "id": 1}, {"x": 600, "y": 400, "id": 2}]
        await hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": both})
        await ear.hears("Le doigt lit.", "Touchez deux fois pour choisir.")
        await hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await ear.forgets()
        box = await seer.page.locator('main button[data-act="no"]').bounding_box()
        assert box is not None
        finger = [{"x": box["x"] + 40, "y": box["y"] + 40, "id": 1}]

        async def tap() -> None:
            await hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": finger})
            await hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        await tap()
        await ear.hears("Non")
        await seer.sees("safety")
        await seer.page.wait_for_timeout(520)
        await tap()
        await tap()
        await seer.page.wait_for_selector('main:not([data-state="safety"])')
