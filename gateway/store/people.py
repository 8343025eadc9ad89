"""The people whom an identity provider has vouched for: who they were when they last signed in, sealed.

A session names a person by the key of `Known`; what is kept here is looked up with each request. Each sign-in replaces
it, so that a role that was taken away ends with the session at the latest.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, MetaData, String, Table, delete, insert, select

from gateway.database import Database, Keyring, lock, seal, unseal
from gateway.identity.known import Known

__all__ = ["METADATA", "People"]

METADATA: Final = MetaData()

_PERSON: Final = Table(
    "known_person",
    METADATA,
    Column("key", String(80), primary_key=True),
    Column("key_id", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
)


class People:
    """The people in one database (opened with METADATA)."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def remember(self, person: Known) -> None:
        """Keep who the person is now."""
        await self._database.act(lambda connection: self._remember(connection, person))

    async def find(self, key: str) -> Known | None:
        """Return the person with this key, None where there is none or they were erased."""
        wanted = select(_PERSON).where(_PERSON.c.key == key)
        row = await self._database.look(lambda connection: connection.execute(wanted).one_or_none())
        data_key = self._keyring.find(row.key_id) if row else None
        if row is None or data_key is None:
            return None
        return msgspec.json.decode(unseal(data_key, row.body, bound_to=("person", key)), type=Known)

    def _remember(self, connection: Connection, person: Known) -> None:
        lock(connection, f"person/{person.key}")
        data_key = self._keyring.key(f"person/{person.key}")
        body = seal(data_key, msgspec.json.encode(person), bound_to=("person", person.key))
        connection.execute(delete(_PERSON).where(_PERSON.c.key == person.key))
        connection.execute(insert(_PERSON).values(key=person.key, key_id=data_key.key_id, body=body))
