"""What an operator does with the gateway's database, in words: migrate it, and make its index anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec

from gateway.config import GatewaySettings, is_loopback
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.http import fhir
from gateway.store.fleet import TABLES, Fleet
from gateway.store.migrating import migrate as migrated
from gateway.store.reindexing import reindex as reindexed
from gateway.store.revision import check

__all__ = ["fleet", "migrate", "reindex"]

Said = Callable[[str], object]


async def migrate(settings: GatewaySettings, *, said: Said) -> None:
    """Bring the database up to this release; raises SettingsError where that is not possible."""
    async with _opened(settings) as (database, keyring):
        run = await migrated(database, keyring, base=_base(settings))
        for each in run:
            said(f"migrated: {each}")
        if not run:
            said("nothing to migrate: the database is of this release")


async def reindex(settings: GatewaySettings, *, said: Said) -> None:
    """Make anew what every resource is found by; raises SettingsError for a database of another release."""
    async with _opened(settings) as (database, keyring):
        await database.act(check)
        said(f"indexed: {await reindexed(database, keyring, base=_base(settings))} resources")


async def fleet(settings: GatewaySettings, *, as_json: bool, said: Said) -> None:
    """Tell of every booth how it is now, and why; the gateway may run."""
    async with _opened(settings) as (database, _):
        booths = await Fleet(database).booths(now=datetime.now(UTC))
    for each in booths:
        if as_json:
            told = {"name": each.name, "condition": each.condition, "reasons": each.reasons, "heard": each.heard}
            said(msgspec.json.encode(told | {"status": each.status}).decode())
        else:
            heard = f"{each.heard.astimezone():%Y-%m-%d %H:%M:%S}"
            said(f"{each.condition:10} {each.name:30} {heard}  {', '.join(each.reasons) or '–'}")


@asynccontextmanager
async def _opened(settings: GatewaySettings) -> AsyncIterator[tuple[Database, Keyring]]:
    folder = settings.data_dir
    url = settings.database or f"sqlite:///{folder / 'gateway.db'}"
    keys = settings.keyring or f"sqlite:///{folder / 'keyring.db'}"
    async with (
        open_keyring(keys, folder / "key-encryption-key") as keyring,
        open_database(url, *TABLES, patient=True) as database,
    ):
        yield database, keyring


def _base(settings: GatewaySettings) -> str:
    listen = settings.listen
    scheme, host = "https" if listen.certificate else "http", "localhost" if is_loopback(listen.host) else listen.host
    return (settings.base_url or f"{scheme}://{host}:{listen.port}") + fhir.PATH
