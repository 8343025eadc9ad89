"""The store on real databases: every test that asks for `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.store import METADATA, Store, open_store
from tests.store.endpoint import Endpoint, everything


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, METADATA) as database:
        yield database


@pytest.fixture
async def keyring(tmp_path: Path) -> AsyncIterator[Keyring]:
    async with open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek") as keyring:
        yield keyring


@pytest.fixture
async def store(database: Database, keyring: Keyring) -> AsyncIterator[Store]:
    async with open_store(database, keyring) as store:
        yield store


@pytest.fixture
def endpoint(store: Store) -> Endpoint:
    """Give a program that may do everything."""
    return Endpoint(store=store, principal=everything())
