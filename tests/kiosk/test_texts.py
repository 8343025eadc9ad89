"""The kiosk's words: both catalogues complete, short sentences, French spaces, and the consent as it was shown."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from booth_client.consent import PARTS, TEXTS, VERSIONS, WARDS, agreement
from booth_client.journey import REASONS, TOUCHES, TRANSITIONS, Act, Device, State, Topic
from booth_client.questions import QUESTIONS, Question
from booth_client.questions import TEXTS as QUESTION_TEXTS
from booth_client.questions import TEXTS_FOR as QUESTION_TEXTS_FOR
from tests.peers.kiosk import CHROMIUM, FLAGS

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[2] / "booth_client" / "kiosk" / "page"
LANGUAGES = ("fr", "en")


@cache
def catalogue(language: str) -> dict[str, Any]:
    """Return a catalogue as a browser reads it."""
    source = (PAGE / f"{language}.js").read_text(encoding="utf-8").replace("export const text", "const text")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        read: dict[str, Any] = chromium.new_page().evaluate(f"(() => {{ {source}; return text; }})()")
        chromium.close()
    return read


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(one) for key, one in sorted(value.items())}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return sorted(re.findall(r"\{\w+\}", value))


def sentences(language: str) -> list[str]:
    found = []
    for words in catalogue(language)["screens"].values():
        for text in words.values():
            found += re.split(r"(?<=[.?!]) ", text)
    for part in (
        "explained",
        "questions",
        "wanted",
        "wantedFor",
        "standing",
        "signs",
        "passkey",
        "opens",
        "results",
        "explainedFor",
        "forWard",
        "questionsFor",
    ):
        found += [piece for text in _texts(catalogue(language)[part]) for piece in re.split(r"(?<=[.?!]) ", text)]
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    return [text for each in inside for text in _texts(each)]


def test_both_catalogues_have_the_same_keys_and_blanks() -> None:
    assert shape(catalogue("fr")) == shape(catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_and_every_button_has_its_words(language: str) -> None:
    words = catalogue(language)
    assert set(words["screens"]) == set(State)
    on_screens = TOUCHES - {Act.BACK, Act.COMFORT, Act.EMERGENCY}
    assert on_screens <= set(words["acts"])
    for key in words["acts"]:
        act, _, state = key.partition("@")
        assert not state or Act(act) in TRANSITIONS[State(state)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_has_more_than_twelve_words(language: str) -> None:
    assert [one for one in sentences(language) if len(one.split()) > 12] == []


def test_french_has_a_no_break_space_before_its_tall_signs_and_no_narrow_one() -> None:
    text = json.dumps(catalogue("fr"), ensure_ascii=False)
    assert re.findall(r"[^\u00a0\"]([?!;])", text) == []
    assert "\u202f" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_apostrophe_is_the_typographer_s(language: str) -> None:
    assert [text for text in _texts(catalogue(language)) if "'" in text] == []


@pytest.mark.parametrize("page", ["identity_page", "set_aside_page", "start_of_day_words", "today"])
def test_the_helper_s_pages_have_the_typographer_s_apostrophe_too(page: str) -> None:
    source = (PAGE.parent / f"{page}.py").read_text(encoding="utf-8")
    assert re.findall(r"""(?<!")"(?!")[^"\n]*[^\W\d]'[^\W\d][^"\n]*"(?!")""", source) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_called_normal_or_a_risk(language: str) -> None:
    text = json.dumps(catalogue(language), ensure_ascii=False).lower()
    assert not re.search(r"normal|risque|risk|élevé|alarm|alert", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("topic", "screen"),
    [
        (Topic.READINGS, "consent"),
        (Topic.VISIT, "consent-visit"),
        (Topic.PRESENT, "consent-present"),
        (Topic.SHARE, "consent-share"),
        (Topic.THIRD_PARTY, "third-party"),
    ],
)
def test_what_is_recorded_of_a_consent_is_what_was_shown(language: str, topic: Topic, screen: str) -> None:
    words = catalogue(language)
    asked = words["screens"][screen]
    shown = [asked["title"], asked["more"], *(piece for pair in words["explained"].get(topic, ()) for piece in pair)]
    assert " ".join(shown) == dict(TEXTS[topic].items())[language]  # type: ignore[index]  # the parameters are its keys


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", [Topic.READINGS, Topic.VISIT, Topic.SHARE])
@pytest.mark.parametrize("companion", ["parent", "relative", "carer"])
def test_who_speaks_for_another_reads_words_about_that_other_and_those_are_recorded(
    language: str, topic: Topic, companion: str
) -> None:
    words = catalogue(language)
    asked = words["screens"]["consent" if topic is Topic.READINGS else f"consent-{topic}"]
    pieces = [asked["other"], asked["more"], *(piece for pair in words["explainedFor"][topic] for piece in pair)]
    shown = " ".join(pieces).replace("{ward}", words["wards"][companion])
    given = agreement(topic, language, at=datetime(2026, 3, 3, tzinfo=UTC), by=companion)
    assert given.text == shown
    assert given.version == f"{VERSIONS[topic]}-pour-autrui"
    assert not re.search(r"\bvos mesures|votre dossier|your readings", shown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_recorded_of_an_answer_for_another_is_what_was_shown(language: str) -> None:
    assert catalogue(language)["questionsFor"] == dict(QUESTION_TEXTS_FOR[language])
    assert {name: each[language] for name, each in WARDS.items()} == catalogue(language)["wards"]  # type: ignore[index]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_recorded_of_who_would_join_is_what_was_shown(language: str) -> None:
    assert dict(PARTS[language]) == catalogue(language)["parts"]  # type: ignore[index]  # the parameters are its keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_recorded_of_an_answer_is_what_was_shown(language: str) -> None:
    words = catalogue(language)
    assert set(words["questions"]) == set(Question)
    for name, text in QUESTION_TEXTS[language].items():
        assert text == (words["questions"] | words["acts"])[name]


def test_nobody_is_asked_more_than_five_questions() -> None:
    assert set(QUESTIONS) == set(REASONS)
    assert max(len(asked) for asked in QUESTIONS.values()) <= 5


def test_the_catalogues_hold_no_other_screens_than_the_journey() -> None:
    assert set(catalogue("fr")["results"]) == set(Device)
