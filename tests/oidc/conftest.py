"""A provider that each test can make lie, and a gateway whose people sign in through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.oidc.liar import Liar, lying_provider
from tests.peers.running import Running, running_gateway


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with lying_provider() as found:
        yield found


@pytest.fixture
async def running(tmp_path: Path, liar: Liar) -> AsyncIterator[Running]:
    """Give a gateway whose provider is the liar."""
    async with running_gateway(tmp_path, change=liar.settings(tmp_path)) as found:
        yield found
