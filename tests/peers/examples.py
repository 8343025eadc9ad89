"""The examples of a document, run as a reader would: the files it names saved, then block after block in one shell.

A comment `# → text` in a block for the shell says what its output holds; they are found in that order.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator
from pathlib import Path

__all__ = ["blocks", "check_shell", "save_files", "working_folder"]

ROOT = Path(__file__).parents[2]
_LIMIT_S = 60.0


def blocks(document: str, language: str) -> list[str]:
    """Return the blocks of code of *language* in a document of the project."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / document).read_text(), flags=re.DOTALL | re.MULTILINE)


def working_folder(folder: Path, data: Path) -> Path:
    """Make a checkout's folder as far as the examples see it: `.venv`, and the demo's *data*."""
    folder.mkdir()
    (folder / "demo-data").symlink_to(data)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def save_files(document: str, folder: Path) -> list[str]:
    """Save the blocks of Python that begin with their file's name; return the others."""
    others = []
    for block in blocks(document, "python"):
        named = re.match(r"# (\w+\.py)\n", block)
        if named:
            (folder / named[1]).write_text(block)
        else:
            others.append(block)
    return others


async def run(folder: Path, *command: str) -> str:
    """Run a program in *folder*, which must succeed, and return what it printed."""
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    child = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE, stderr=STDOUT, env=environment)
    async with asyncio.timeout(_LIMIT_S):
        said, _ = await child.communicate()
    assert child.returncode == 0, f"{command[-1][-600:]}\n{said.decode()[-2000:]}"
    return said.decode()


async def check_shell(document: str, folder: Path) -> str:
    """Run the document's blocks for bash as one session; return what they printed."""
    script = "set -euo pipefail\n" + "\n".join(blocks(document, "bash"))
    said = await run(folder, "bash", "-c", script)
    rest = said
    for wanted in _promised(script):
        assert wanted in rest, f"{wanted!r} does not follow in:\n{said[-3000:]}"
        rest = rest.partition(wanted)[2]
    return said


def _promised(script: str) -> Iterator[str]:
    yield from re.findall(r"^# → (.*)$", script, flags=re.MULTILINE)
