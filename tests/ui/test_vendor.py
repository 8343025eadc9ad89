"""What others wrote is here byte for byte, with its licence, and is listed."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "gateway/ui/shared/vendor", ROOT / "tests/vendor")
PACKAGES: list[tuple[Path, dict[str, Any]]] = [
    (folder, package)
    for folder in FOLDERS
    for package in tomllib.loads((folder / "VENDOR.toml").read_text(encoding="utf-8"))["package"]
]
NAMES = [package["name"] for _, package in PACKAGES]


@pytest.mark.parametrize(("folder", "package"), PACKAGES, ids=NAMES)
def test_every_vendored_byte_is_the_one_that_was_written_down(folder: Path, package: dict[str, Any]) -> None:
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in package["files"]}
    assert found == package["files"]


@pytest.mark.parametrize(("folder", "package"), PACKAGES, ids=NAMES)
def test_every_vendored_package_has_its_licence_beside_it(folder: Path, package: dict[str, Any]) -> None:
    assert package["licence_file"] in package["files"]
    assert (folder / package["licence_file"]).stat().st_size > 500
    assert package["integrity"].startswith("sha512-")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.parent.name)
def test_nothing_lies_in_a_vendor_folder_unlisted(folder: Path) -> None:
    listed = {(folder / name).resolve() for where, package in PACKAGES if where == folder for name in package["files"]}
    fonts = (ROOT / "gateway/ui/shared/fonts").rglob("*") if folder == FOLDERS[0] else ()
    present = {path.resolve() for path in (*folder.rglob("*"), *fonts) if path.is_file() and path.name != "VENDOR.toml"}
    assert present == listed


@pytest.mark.parametrize("name", NAMES)
def test_third_party_md_lists_every_vendored_package(name: str) -> None:
    assert name in (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
