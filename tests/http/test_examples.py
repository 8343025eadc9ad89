"""Every example for integrators works as it stands, against a gateway of its own with the demo's record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.record import write_record
from tests.peers.examples import check_shell, run, save_files, working_folder
from tests.peers.integrating import gateway_process

DOCUMENT = "docs/fhir.md"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which a reader of the document tries its examples."""
    data = tmp_path_factory.mktemp("data")
    with gateway_process(data) as gateway:
        asyncio.run(write_record(gateway.folder))
        folder = working_folder(data.parent / "checkout", data)
        save_files("README.md", folder)
        yield folder


async def test_every_example_for_the_shell_works_and_prints_what_it_says(desk: Path) -> None:
    await check_shell(DOCUMENT, desk)


async def test_every_example_in_python_works_and_prints_weights(desk: Path) -> None:
    programs = save_files(DOCUMENT, desk)
    assert len(programs) >= 3
    for program in programs:
        said = await run(desk, ".venv/bin/python", "-c", program)
        weights = re.findall(r"(\d+\.\d+) kg$", said, flags=re.MULTILINE)
        assert weights, said
    assert re.fullmatch(r"\d+\.\d{3} kg\n", said), "the last keeps the digits that the scale sent"
