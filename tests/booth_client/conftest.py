"""Who talks with whom in calls, a booth, a physician and strangers; a network between them; a booth's ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from booth_client import ledger as module
from booth_client.ledger import Ledger
from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from tests.peers.kept import BOOTH, PARIS
from tests.peers.webrtc_people import People, people, reachable


@pytest.fixture(scope="session")
def folk(tmp_path_factory: pytest.TempPathFactory) -> People:
    return people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="session")
def network() -> None:
    reachable()


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[tuple[Database, Keyring]]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        yield database, keyring


@pytest.fixture
def ledger(parts: tuple[Database, Keyring]) -> Ledger:
    return Ledger(*parts, booth=BOOTH, wake=asyncio.Event(), zone=PARIS)
