"""The documents say what the code does: links lead somewhere, commands exist, every module has its place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.fhir.search.parameters import COMMON, TYPES
from tests.peers.attacks import ATTACKS, HIDDEN_NONCE, LOST_CONFIRMS, OLDER_ROSTERS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_project_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_program_of_the_command_is_in_the_readme_or_the_settings() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "--help"], capture_output=True, text=True, check=True, timeout=30
    )
    programs = re.findall(r"^    (\w+) ", answer.stdout, flags=re.MULTILINE)
    assert "demo" in programs
    text = "".join(path.read_text() for path in DOCUMENTS)
    assert [name for name in programs if f"teleborne {name}" not in text] == []


def test_every_make_target_named_in_a_document_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z-]+)`", document.read_text()))
        assert named <= targets, f"{document.name}: {named - targets}"


def test_every_folder_and_module_of_the_top_level_is_in_the_tree() -> None:
    tree = (ROOT / "docs/architecture.md").read_text()
    for package in ("gateway", "booth_client", "signalling", "certs_example"):
        for path in (ROOT / package).iterdir():
            if path.name.startswith("_") or path.name == "config.py":
                continue
            name = f"{path.name}/" if path.is_dir() else path.name
            assert name in tree, f"{package}/{name} has no line in docs/architecture.md"


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text
    assert re.findall(r"^### (\w+)", text, flags=re.MULTILINE)


def test_the_search_parameters_on_the_page_are_those_served() -> None:
    page = (ROOT / "docs/search.md").read_text()
    for each in TYPES.values():
        assert f"| {each.name} | {', '.join(f'`{one.name}`' for one in each.parameters) or '–'} |" in page
    assert all(f"`{one.name}`" in page for one in COMMON)


def test_what_the_page_on_encryption_names_is_there_and_the_screens_say_its_words() -> None:
    page = (ROOT / "docs/encryption.md").read_text()
    files = set(re.findall(r"\b(?:tests|gateway|booth_client|signalling)/[\w/.-]+\w", page))
    assert len(files) > 5
    assert [name for name in sorted(files) if not (ROOT / name).is_file()] == []
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}:" in makefile for target in re.findall(r"^make ([a-z-]+)", page, flags=re.MULTILINE))
    words = "".join(
        (ROOT / name).read_text()
        for name in (
            "booth_client/kiosk/page/fr.js",
            "gateway/ui/physician/visit/fr.js",
            "gateway/authority/registration.py",
        )
    )
    said = [" ".join(each.split()) for each in re.findall(r"« ([^»]+) »", page)]
    plain = " ".join(words.replace("\\u00a0", " ").split())
    proved = re.compile(r"(?<=vérifiée : )(borne )?.*")
    assert len(said) > 9
    assert [each for each in said if proved.sub(r"\1{name}", each) not in plain] == []
    tried = (*ATTACKS, HIDDEN_NONCE, *LOST_CONFIRMS, *OLDER_ROSTERS)
    assert [each.name for each in tried if f"| {each.name} | {each.by} | `{each.flaw}` |" not in page] == []
    assert '"issued.jsonl"' in words
    attending = (ROOT / "booth_client/attending.py").read_text()
    assert '"connection proved"' in attending
    assert all(f"{field}={field}" in attending for field in ("booth", "physician"))
