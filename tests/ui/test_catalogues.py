"""Every text exists in French and in English, is used, and is written as French is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

UI: Final = Path(__file__).parents[2] / "gateway" / "ui"
FOLDERS: Final = sorted(path.parent for path in UI.rglob("fr.js") if path.parent.name != "visit")


def catalogue(folder: Path, language: str) -> dict[str, str]:
    text = (folder / f"{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  "([\w-]+)": "(.*)",$', text, flags=re.MULTILINE))


def test_every_page_s_own_words_are_found() -> None:
    assert {path.name for path in FOLDERS} >= {"shared", "doors", "citizen", "calls"}
    assert sum(len(catalogue(folder, "fr")) for folder in FOLDERS) > 150


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_both_languages_have_the_same_keys_and_fill_in_the_same_names(folder: Path) -> None:
    french, english = catalogue(folder, "fr"), catalogue(folder, "en")
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_line_of_a_catalogue_escapes_the_reader_of_this_test(folder: Path, language: str) -> None:
    text = (folder / f"{language}.js").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if line.startswith('  "')]
    assert len(entries) == len(catalogue(folder, language))


def test_what_a_page_says_alone_takes_no_word_of_all_pages_away() -> None:
    shared = catalogue(UI / "shared", "fr").keys()
    for folder in (UI / "doors", UI / "citizen"):
        assert not shared & catalogue(folder, "fr").keys()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_french_keeps_its_signs_with_the_word_before_them(folder: Path) -> None:
    for key, text in catalogue(folder, "fr").items():
        assert not re.search(r"[^\u00a0][;:?!»]|«[^\u00a0]", text), key
        assert not re.search(r"['\u202f]| [;:?!»]", text), key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_text_judges_a_value(folder: Path, language: str) -> None:
    # Until signed rules are installed nothing is called normal, abnormal or a risk.
    for key, text in catalogue(folder, language).items():
        assert not re.search(r"\bnormal|anormal|risque|risk|danger|alerte|alert\b", text, flags=re.IGNORECASE), key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_text_is_used(folder: Path) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in UI.rglob("*.js") if path.name not in ("fr.js", "en.js"))
    stems = {match.group(1) for match in re.finditer(r"[`\"]([a-z][\w-]*-)\$\{", code)}
    for key in catalogue(folder, "fr"):
        assert f'"{key}"' in code or any(key.startswith(stem) for stem in stems), key
