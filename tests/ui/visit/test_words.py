"""Every text of the visit exists in French and in English, is used, and is written as French is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

VISIT: Final = Path(__file__).parents[3] / "gateway" / "ui" / "physician" / "visit"


def catalogue(language: str) -> dict[str, str]:
    text = (VISIT / f"{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  "([\w-]+)": "(.*)",$', text, flags=re.MULTILINE))


def test_both_languages_have_the_same_keys_and_fill_in_the_same_names() -> None:
    french, english = catalogue("fr"), catalogue("en")
    assert len(french) > 150
    assert list(french) == list(english)
    for key, text in french.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_line_of_a_catalogue_escapes_the_reader_of_this_test(language: str) -> None:
    text = (VISIT / f"{language}.js").read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if line.startswith('  "')]) == len(catalogue(language))


def test_french_keeps_its_signs_with_the_word_before_them() -> None:
    for key, text in catalogue("fr").items():
        assert not re.search(r"[^\u00a0][;:?!»]|«[^\u00a0]", text), key
        assert not re.search(r"['\u202f]| [;:?!»]", text), key


def test_no_text_judges_a_value() -> None:
    for language in ("fr", "en"):
        for key, text in catalogue(language).items():
            assert not re.search(r"\bnormal|anormal|risque|risk|danger|alerte|alert\b", text, flags=re.IGNORECASE), key


def test_every_text_is_used() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for path in VISIT.glob("*.js") if path.name not in ("fr.js", "en.js")
    )
    stems = {match.group(1) for match in re.finditer(r"[`\"]([a-z][\w-]*-)\$\{", code)} | {"reason-", "need-"}
    unused = [
        key for key in catalogue("fr") if f'"{key}"' not in code and not any(key.startswith(stem) for stem in stems)
    ]
    assert unused == []
