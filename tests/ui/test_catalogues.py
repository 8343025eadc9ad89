"""Every text exists in French and in English, is used, and is written as French is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

UI: Final = Path(__file__).parents[2] / "gateway" / "ui"
FRENCH_TEXT: Final = "à â ç é è ê ë î ï ô ù û ü ÿ œ æ"


def catalogue(language: str) -> dict[str, str]:
    text = (UI / "shared" / f"{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  "([\w-]+)": "(.*)",$', text, flags=re.MULTILINE))


def test_both_languages_have_the_same_keys() -> None:
    french, english = catalogue("fr"), catalogue("en")
    assert len(french) > 100
    assert french.keys() == english.keys()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_line_of_a_catalogue_escapes_the_reader_of_this_test(language: str) -> None:
    text = (UI / "shared" / f"{language}.js").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if line.startswith('  "')]
    assert len(entries) == len(catalogue(language))


def test_both_languages_fill_in_the_same_names() -> None:
    french, english = catalogue("fr"), catalogue("en")
    for key, text in french.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


def test_french_keeps_its_signs_with_the_word_before_them() -> None:
    for key, text in catalogue("fr").items():
        assert not re.search(r"[^\u00a0][;:?!»]|«[^\u00a0]", text), key
        assert not re.search(r"['\u202f]| [;:?!»]", text), key


def test_no_text_judges_a_value() -> None:
    # Until signed rules are installed nothing is called normal, abnormal or a risk.
    for language in ("fr", "en"):
        for key, text in catalogue(language).items():
            assert not re.search(r"\bnormal|anormal|risque|risk|danger|alerte|alert\b", text, flags=re.IGNORECASE), key


def test_every_text_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in UI.rglob("*.js") if path.name not in ("fr.js", "en.js"))
    stems = {match.group(1) for match in re.finditer(r"[`\"]([a-z][\w-]*-)\$\{", code)}
    for key in catalogue("fr"):
        assert f'"{key}"' in code or any(key.startswith(stem) for stem in stems), key
