"""What resources are found by, made anew from their bodies: after a restore, a migration, or a lost index key.

The gateway may run meanwhile: each batch is a transaction of its own, and a resource is locked while it is done.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select, update

from gateway.database import Database, Keyring, unseal
from gateway.fhir.json import loads
from gateway.fhir.search.index import extract
from gateway.store import indexing
from gateway.store.keys import Keys, type_number
from gateway.store.tables import MISSING, resource
from gateway.store.version import sealed_at

__all__ = ["index_keys", "reindex"]

_BATCH: Final = 200


async def index_keys(keyring: Keyring) -> Keys:
    """Return what the index of this keyring's store is hashed with."""
    key = await asyncio.to_thread(keyring.key, "search index")
    return Keys(key.derive("search index"))


async def reindex(database: Database, keyring: Keyring, *, base: str) -> int:
    """Make the derived rows of every resource anew and return how many resources there were; safe to repeat.

    *base* is the FHIR base that is ours: references to it are references to us.
    """
    keys = await index_keys(keyring)
    done, last = 0, 0
    known: indexing.Known = set()
    while True:
        batch = await database.act(partial(_batch, keyring=keyring, keys=keys, base=base, last=last, known=known))
        if batch is None:
            return done
        count, last, fresh = batch
        known |= fresh
        done += count


def _batch(
    connection: Connection, *, keyring: Keyring, keys: Keys, base: str, last: int, known: indexing.Known
) -> tuple[int, int, indexing.Known] | None:
    # These columns alone: a migration reindexes tables that have not yet all those of this release.
    columns = (resource.c[name] for name in ("serial", "type", "id", "version", "patient", "key_id", "body"))
    statement = select(*columns).where(resource.c.serial > last).order_by(resource.c.serial).limit(_BATCH)
    rows = connection.execute(statement.with_for_update()).all()
    fresh: indexing.Known = set()
    for row in rows:
        fresh |= _one(connection, row, keyring, keys=keys, base=base, known=known)
    return (len(rows), rows[-1].serial, fresh) if rows else None


def _one(
    connection: Connection, row: Any, keyring: Keyring, *, keys: Keys, base: str, known: indexing.Known
) -> indexing.Known:
    indexing.forget(connection, row.serial)
    key = None if row.body is None else keyring.find(row.key_id)
    values: dict[str, Any] = {"own": keys.of(f"{row.type}/{row.id}")}
    index = None
    if key is not None:
        body = unseal(key, row.body, bound_to=sealed_at(row.type, row.id, str(row.version)))
        index = extract(loads(body, own=True), base=base)
        values["patient"] = index.patient
        values["date"] = index.date.low if index.date else MISSING
        values["until"] = index.date.high if index.date else MISSING
    patient = values.get("patient", row.patient)
    values["record"] = keys.of(f"Patient/{patient}") + type_number(row.type) if patient else None
    connection.execute(update(resource).where(resource.c.serial == row.serial).values(values))
    found = indexing.entries(row.type, index, keys=keys, known=known) if index else indexing.NONE
    indexing.keep(connection, row.serial, found, keys=keys)
    return set(found.texts)
