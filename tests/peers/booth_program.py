"""`teleborne booth` as the program it is: in a process of its own, with the variables that its unit gives it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from booth_client.config import BoothSettings
from booth_client.status import is_well
from tests.peers.patience import PATIENCE

__all__ = ["UNIT", "booth_program", "of_the_unit", "toml"]

UNIT: Final = Path(__file__).parents[2] / "deploy" / "booth" / "teleborne-booth.service"


def of_the_unit() -> dict[str, str]:
    """Return the variables that the booth's unit sets."""
    lines = re.findall(r"^Environment=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)
    return dict(word.split("=", 1) for line in lines for word in line.split())


def toml(settings: Any) -> str:
    """Return settings as the file that an operator would write: what is None is left out."""
    return "".join(f"{name} = {value}\n" for name, value in _pairs(settings))


def _pairs(settings: Any) -> list[tuple[str, str]]:
    given = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return [(name, _value(value)) for name, value in given.items() if value is not None]


def _value(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        return "{" + ", ".join(f"{name} = {text}" for name, text in _pairs(value)) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)


@asynccontextmanager
async def booth_program(
    settings: BoothSettings, folder: Path, *, within: Sequence[str] = (), **variables: str
) -> AsyncIterator[Process]:
    """Run the booth with its settings file in *folder*, and *variables* besides ours; enters when it is ready.

    *within* is a command that becomes it.
    """
    config, log = folder / "booth.toml", folder / "booth.log"
    config.write_text(toml(settings), "utf-8")
    with log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            *(*within, sys.executable, "-m", "gateway.cli", "booth", "--config", str(config)),
            env={**os.environ, **variables},
            stdin=DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        async with asyncio.timeout(60):
            while not is_well(settings.status_file):
                assert process.returncode is None, log.read_text("utf-8")
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(PATIENCE):
                await process.wait()
