"""The structure holds: imports point down, heavy libraries have one door, every task has a parent."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.peers.patience import PATIENCE

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "signalling", "booth_client", "certs_example")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TABLES = {"gateway/fhir/codes.py"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_point_down_and_each_heavy_library_has_one_door() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert answer.returncode == 0, answer.stdout
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", answer.stdout), answer.stdout


def test_every_module_imports_alone() -> None:
    program = [sys.executable, "-m", "tests.alone", *map(module_name, SOURCES)]
    answer = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (answer.returncode, answer.stdout) == (0, ""), answer.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_is_started_without_a_parent(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            called = f"{node.func.value.id}.{node.func.attr}"
            assert called not in {"asyncio.create_task", "asyncio.ensure_future", "loop.create_task"}, (
                f"{path.relative_to(ROOT)}:{node.lineno} starts a task outside a TaskGroup"
            )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_says_in_one_sentence_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            text = ast.get_docstring(node)
            assert text, f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has no docstring"
            assert text.splitlines()[0].endswith((".", "!", "?", ":")), f"{node.name}: the first line is one sentence"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_module_lists_as_public_exists(path: Path) -> None:
    tree = ast.parse(path.read_text())
    listed: list[str] = []
    defined: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            defined.update(alias.asname or alias.name for alias in node.names)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            listed = ast.literal_eval(statement.value)
    assert set(listed) <= defined


def test_no_file_outgrows_its_subject() -> None:
    # Tables and texts may be long; a program file over 300 lines has usually lost its one subject.
    grown = {str(path.relative_to(ROOT)) for path in SOURCES if len(path.read_text().splitlines()) > 300}
    assert grown - TABLES == set()


def test_nothing_at_run_time_names_another_host() -> None:
    # Names of standards (system URIs of FHIR, UCUM…) are identifiers, never fetched; pages may reach no host at all.
    pages = [path for path in (ROOT / "gateway/ui").rglob("*") if path.suffix in {".template", ".css"}]
    pages += [path for path in (ROOT / "booth_client/kiosk").rglob("*") if path.suffix in {".html", ".css"}]
    assert pages
    for page in pages:
        assert not re.search(r"(?:src|href|url\()\s*[=(]?\s*[\"']?(?:https?:)?//", page.read_text()), page


def test_the_lock_holds_hashes_and_no_registry_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9._-]+(?:\[.*\])?==", text, flags=re.MULTILINE)
        assert len(pins) > 30
        assert text.count("--hash=sha256:") >= len(pins)


def test_the_two_locks_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))

    server, newcomer = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: newcomer.get(name) for name in server} == server


def test_every_dependency_has_its_licence_written_down() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    third_party = (ROOT / "THIRD_PARTY.md").read_text().lower()
    for requirement in wanted:
        name = re.split(r"[\[<>=]", requirement)[0].lower()
        assert f"| {name} |" in third_party, f"{name} has no row in THIRD_PARTY.md"


@pytest.mark.parametrize(
    ("lock", "packages"),
    [
        ("requirements.lock", ("gateway", "signalling", "booth_client")),
        ("requirements-dev.lock", ("tests", "benchmarks", "scripts", "certs_example")),
    ],
)
def test_every_module_that_is_imported_comes_from_the_lock(lock: str, packages: tuple[str, ...]) -> None:
    # Found on a fresh machine only, otherwise: here somebody may have installed it by hand.
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
    here = {*PACKAGES, "tests", "benchmarks", "scripts"} | {path.stem for path in (ROOT / "scripts").glob("*.py")}
    distributions = packages_distributions()
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            for name in third_party(path) - here:
                provided = {re.sub(r"[-_.]+", "-", each).lower() for each in distributions.get(name, ())}
                assert provided & locked, f"{path.relative_to(ROOT)} imports {name}, which {lock} does not bring"


def third_party(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names


RECORDING = re.compile(
    r"MediaRecorder|captureStream|MediaStreamTrackProcessor|showSaveFilePicker|createWritable"
    r"|(?:av|container)\.open\([^)]*(?:mode\s*=\s*)?[\"'][wa][\"']"
)
"""What would let a page or a program write sound or moving pictures down: none of it is used anywhere."""


def test_no_code_path_records_a_visit() -> None:
    pages = [path for folder in ("gateway/ui", "booth_client/kiosk") for path in (ROOT / folder).rglob("*.js")]
    found = [str(path.relative_to(ROOT)) for path in (*SOURCES, *pages) if RECORDING.search(path.read_text())]
    assert found == []
    assert RECORDING.search("new MediaRecorder(stream)")
    assert RECORDING.search('av.open(path, "w")')
