"""A server on loopback with its record, and a client's session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.signalling.record import Record
from tests.signalling.scenes import server_of


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(path=tmp_path / "visits.sqlite")


@pytest.fixture
async def address(record: Record) -> AsyncIterator[str]:
    async with server_of(record) as (_, address):
        yield address
